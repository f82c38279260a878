package httpapi

import (
	"fmt"
	"strings"
	"testing"
)

func TestChangeRetention(t *testing.T) {
	o := newOrganisation(t)
	path := v1 + "/settings/retention"
	table := map[string]string{"answers": "24", "trail": "36", "drills": "180", "deliveries": "90", "ops": "180", "sessions": "90", "exercises": "36", "leavers": "0"}
	put := func(version int, change ...string) reply {
		row := map[string]string{}
		for what, n := range table {
			row[what] = n
		}
		for i := 0; i < len(change); i += 2 {
			if row[change[i]] = change[i+1]; change[i+1] == "" {
				delete(row, change[i])
			}
		}
		var rows []string
		for what, n := range row {
			rows = append(rows, fmt.Sprintf("%q:%s", what, n))
		}
		return o.do(call{method: "PUT", path: path, token: o.root, body: fmt.Sprintf(`{"version":%d,"keep":{%s}}`, version, strings.Join(rows, ","))})
	}
	for _, tt := range [][]string{
		{"answers", "0", "out_of_range"},
		{"answers", "121", "out_of_range"},
		{"trail", "11", "out_of_range"},
		{"drills", "181", "out_of_range"},
		{"deliveries", "29", "out_of_range"},
		{"ops", "179", "out_of_range"},
		{"sessions", "0", "out_of_range"},
		{"sessions", "", "required"},
		{"exercises", "11", "out_of_range"},
		{"exercises", "121", "out_of_range"},
		{"leavers", "-1", "out_of_range"},
		{"leavers", "121", "out_of_range"},
		{"leavers", "", "required"},
		{"weather", "3", "unknown_field"},
	} {
		put(0, tt[0], tt[1]).want(t, 422, `"errors":[{"field":"keep.`+tt[0]+`","code":"`+tt[2]+`"}]`, "")
	}
	put(0, "answers", `"24"`).want(t, 400, "wrong_type", "")
	put(-1).want(t, 422, `"field":"version"`, "")
	o.do(call{method: "PUT", path: path, token: o.root, body: `{"version":0}`}).want(t, 422, `{"field":"keep","code":"required"}`, "")
	o.do(call{method: "GET", path: path, token: o.root}).want(t, 200, `"version":0`, `"at":`)
	put(3).want(t, 409, "changed_meanwhile", "")
	put(0).want(t, 200, `"version":0`, `"at":`) // nothing changed
	put(0, "answers", "12").want(t, 200, `{"what":"answers","unit":"months","usual":24,"least":1,"most":120,"keep":12,"by":"`+string(o.id["root@bo.vn"])+`","byName":`, "")
	put(0, "answers", "13").want(t, 409, "changed_meanwhile", "")
	o.do(call{method: "GET", path: v1 + "/notice"}).want(t, 200, "12 tháng", "24 tháng")
}
