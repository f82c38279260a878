package httpapi

import (
	"testing"
)

func TestSmoke(t *testing.T) {
	x := newSite(t)
	x.unit("bo", "")
	x.add("Nguyễn Thị Lan", "lan@bo.vn", "bo")
	token, _ := x.in("lan@bo.vn")
	x.do(call{method: "GET", path: "/api/v1/me", token: token}).want(t, 200, `"name":"Nguyễn Thị Lan"`, "passwordHash")
	x.do(call{method: "GET", path: "/api/v1/me/sessions", token: token}).want(t, 200, `"current":true`, "successor")
	x.do(call{method: "GET", path: "/api/openapi.json"}).want(t, 200, `"/api/v1/me"`, "")
	t.Log(x.log.String())
}
