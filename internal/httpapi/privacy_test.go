package httpapi

import (
	"testing"
	"time"
)

// Everybody may read the notice; that a person read it is noted once, and asked for
// again when the text is another.
func TestNotice(t *testing.T) {
	o := newOrganisation(t)
	me := func() reply { return o.do(call{method: "GET", path: v1 + "/me", token: o.learner}) }
	read := func(version string) reply {
		return o.do(call{method: "POST", path: v1 + "/me/notice", token: o.learner, body: map[string]string{"version": version}})
	}
	version := o.Privacy.Text.Version
	o.do(call{method: "GET", path: v1 + "/notice"}).want(t, 200, `"version":"`+version+`"`, "{organisation}")
	me().want(t, 200, `"noticeDue":true`, "")
	read("").want(t, 422, `"field":"version","code":"required"`, "")
	read("0-old").want(t, 409, "notice_changed", "")
	me().want(t, 200, `"noticeDue":true`, "")
	read(version).want(t, 200, `"at":"2026-03-02T08:00:00Z"`, "")
	me().want(t, 200, `"noticeDue":false`, "")
	o.clock.advance(time.Minute)
	read(version).want(t, 200, `"at":"2026-03-02T08:00:00Z"`, "") // the fact is the first one
	o.do(call{method: "GET", path: v1 + "/me/notice", token: o.learner}).want(t, 200, `"read":[{"version":"`+version+`","hash":"`+o.Privacy.Text.Hash+`"`, "")
	o.do(call{method: "GET", path: v1 + "/me/notice", token: o.head}).want(t, 200, `"read":[]`, "")
}
