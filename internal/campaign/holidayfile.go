package campaign

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"hocso/internal/fault"
	"hocso/internal/people"
)

// readHolidays reads a file of lines "date,name_vi,name_en", with or without a line of
// headers, separated by commas, semicolons or tabs. What is wrong is named by the number
// of its line: "3.date". Days that are in have, or in the file already, are duplicates.
func readHolidays(text string, have HolidayList) (days []Holiday, bad []fault.Field) {
	const mostProblems = 100
	text = strings.TrimPrefix(text, "\ufeff")
	r := csv.NewReader(strings.NewReader(text))
	first, _, _ := strings.Cut(text, "\n")
	for _, separator := range ";\t" {
		if strings.ContainsRune(first, separator) && !strings.Contains(first, ",") {
			r.Comma = separator
		}
	}
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	seen := map[string]bool{}
	for _, d := range have.Days {
		seen[d.On] = true
	}
	refuse := func(line int, what, code string) {
		if len(bad) < mostProblems {
			bad = append(bad, fault.Field{Field: fmt.Sprintf("%d.%s", line, what), Code: code})
		}
	}
	for n := 0; ; n++ {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
			refuse(parse.StartLine, "line", "quotes")
			break // what follows cannot be told apart
		}
		line, _ := r.FieldPos(0)
		on := strings.TrimSpace(cells[0])
		switch {
		case n == 0 && strings.EqualFold(on, "date"):
			continue
		case n > mostLines:
			refuse(line, "line", "too_many")
			return nil, bad
		case len(cells) != 3:
			refuse(line, "line", "columns")
			continue
		}
		before := len(bad)
		if _, code := holidayOn(on); code != "" {
			refuse(line, "date", code)
		} else if seen[on] {
			refuse(line, "date", "duplicate")
		}
		name := tidy(people.Text{Vi: cells[1], En: cells[2]})
		for _, f := range checkHolidayName(name) {
			refuse(line, strings.Replace(f.Field, "name.", "name_", 1), f.Code)
		}
		if seen[on] = true; len(bad) == before {
			days = append(days, Holiday{On: on, Name: name})
		}
	}
	if len(days) == 0 && len(bad) == 0 {
		refuse(1, "line", "empty")
	}
	return days, bad
}
