package httpapi

// privacyRows are about the notice and what people may ask about their data.
func privacyRows() []matrixRow {
	return []matrixRow{
		{route: "GET /api/v1/me/notice", expect: "*:200", ask: at("/me/notice"), has: `"version":"1-`},
		{route: "POST /api/v1/me/notice", about: "the one there is", expect: "*:200", ask: func(w *world, _ *kind) call {
			return call{path: "/me/notice", body: map[string]string{"version": w.Privacy.Text.Version}}
		}},
		{route: "POST /api/v1/me/notice", about: "another", expect: "*:409/notice_changed", ask: send("/me/notice", `{"version":"0-x"}`)},
	}
}
