package httpapi

// auditRows are about the trail of who did what.
func auditRows() []matrixRow {
	const auditors = "auditor:200 *:403" // not those of a unit
	return []matrixRow{
		{route: "GET /api/v1/audit", about: "all of it", expect: auditors, ask: at("/audit"), has: `"action":"`},
		{route: "GET /api/v1/audit", about: "of a person", expect: auditors, ask: func(w *world, _ *kind) call {
			return call{path: "/audit?actor=" + string(w.by["admin"].id)}
		}, has: `"actor":"`},
		{route: "GET /api/v1/audit/check", expect: auditors, ask: at("/audit/check"), has: `"problems":[]`},
	}
}
