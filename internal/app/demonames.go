package app

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"hocso/internal/people"
)

// demoName makes a Vietnamese name: family, middle, given.
func demoName(r *rand.Rand) string {
	families := strings.Fields("Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý Đinh Mai Trịnh Lương")
	women := "Thị|Thu|Ngọc|Minh|Thanh|Phương|Bích|Khánh|Mai|Diệu"
	men := "Văn|Đức|Quốc|Minh|Hữu|Công|Quang|Xuân|Anh|Thành"
	givenWomen := strings.Fields("Lan Hạnh Hương Ngọc Trang Linh Thảo Yến Nhung Hà Thủy Vân Oanh Quỳnh Uyên Dung Loan Châu My Xuân")
	givenMen := strings.Fields("Đức Hùng Dũng Tuấn Sơn Long Nam Phúc Khoa Bình Cường Hải Kiên Thắng Trung Vinh Ửng Toàn Lâm Ân")
	middle, given := strings.Split(women, "|"), givenWomen
	if r.IntN(2) == 0 {
		middle, given = strings.Split(men, "|"), givenMen
	}
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	return pick(families) + " " + pick(middle) + " " + pick(given)
}

// demoEmail makes an address from a name, with a number where names repeat.
func demoEmail(name string, taken map[string]int) string {
	words := strings.Fields(people.Fold(name))
	local := words[len(words)-1]
	for _, w := range words[:len(words)-1] {
		local += w[:1]
	}
	taken[local]++
	if n := taken[local]; n > 1 {
		local = fmt.Sprintf("%s%d", local, n)
	}
	return local + "@hocso.example"
}

// demoUnit is one unit of the demo organisation, with its parent.
type demoUnit struct {
	id, parent people.UnitID
	name       people.Text
}

// demoUnits is a fictional provincial agency, five levels deep, with more district
// offices the more people there are (about fifty in each).
func demoUnits(persons int) []demoUnit {
	units := []demoUnit{
		{"so", "", people.Text{Vi: "Sở Số hóa Hương Giang", En: "Huong Giang Digital Department"}},
		{"van-phong", "so", people.Text{Vi: "Văn phòng Sở", En: "Department Office"}},
		{"an-toan", "so", people.Text{Vi: "Phòng An toàn thông tin", En: "Information Security Division"}},
		{"vien-thong", "so", people.Text{Vi: "Phòng Bưu chính – Viễn thông", En: "Post and Telecom Division"}},
		{"trung-tam", "so", people.Text{Vi: "Trung tâm Dữ liệu số", En: "Digital Data Centre"}},
		{"van-hanh", "trung-tam", people.Text{Vi: "Phòng Vận hành", En: "Operations"}},
		{"ho-tro", "trung-tam", people.Text{Vi: "Phòng Hỗ trợ người dân", En: "Citizen Support"}},
		{"may-chu", "van-hanh", people.Text{Vi: "Tổ Máy chủ", En: "Server Team"}},
		{"ca-dem", "may-chu", people.Text{Vi: "Ca trực đêm", En: "Night Shift"}},
	}
	for n := 1; n <= persons/100; n++ {
		id := people.UnitID(fmt.Sprintf("chi-cuc-%d", n))
		units = append(units,
			demoUnit{id, "so", people.Text{Vi: fmt.Sprintf("Chi cục số %d", n), En: fmt.Sprintf("Branch %d", n)}},
			demoUnit{id + "-nghiep-vu", id, people.Text{Vi: fmt.Sprintf("Phòng Nghiệp vụ, Chi cục số %d", n), En: fmt.Sprintf("Services, Branch %d", n)}},
		)
	}
	return units
}
