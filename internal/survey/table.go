package survey

import (
	"fmt"
	"strconv"
	"strings"

	"hocso/internal/people"
)

// Table writes a result as CSV (RFC 4180, UTF-8 with a byte order mark) in language lang, "vi" or "en":
// one line for each question and value, and for each unit of a final result. What is hidden is a line
// without figures. Texts are not in it.
func (s Survey) Table(r Result, names map[people.UnitID]people.Text, lang string) string {
	words := tableWords(lang)
	var b strings.Builder
	b.WriteString("\ufeff" + people.CSVLine(words.header))
	line := func(q Question, unit string, hidden bool, n int, counts []int, share *Interval) {
		if hidden {
			b.WriteString(people.CSVLine([]string{q.Prompt.In(lang), unit, words.hidden, "", "", "", ""}))
			return
		}
		for v, count := range counts {
			value := strconv.Itoa(v + 1)
			if len(q.Options) > 0 {
				value = q.Options[v].Text.In(lang)
			}
			b.WriteString(people.CSVLine([]string{q.Prompt.In(lang), unit, value, strconv.Itoa(count), strconv.Itoa(n), "", ""}))
		}
		if share != nil {
			b.WriteString(people.CSVLine([]string{q.Prompt.In(lang), unit, words.satisfied, "", strconv.Itoa(n), perCent(share.Share), perCent(share.Low) + "–" + perCent(share.High)}))
		}
	}
	for i, q := range r.Questions {
		of := s.Questions[i]
		if of.Kind == Words {
			continue
		}
		line(of, words.all, q.Hidden, q.N, q.Counts, q.Share)
		for _, u := range q.Units {
			name := names[u.Unit].In(lang)
			if u.Unit == "" {
				name = words.others
			} else if u.Direct {
				name += " (" + words.direct + ")"
			}
			line(of, name, u.Hidden, u.N, u.Counts, u.Share)
		}
	}
	return b.String()
}

func perCent(x float64) string { return fmt.Sprintf("%.0f%%", 100*x) }

type words struct {
	header                                 []string
	all, others, direct, hidden, satisfied string
}

func tableWords(lang string) words {
	if lang == "en" {
		return words{[]string{"Question", "Unit", "Answer", "Chosen by", "Answers", "Satisfied", "95% interval"}, "Everybody", "Others", "its own people", "Not shown", "Satisfied (4 or 5)"}
	}
	return words{[]string{"Câu hỏi", "Đơn vị", "Trả lời", "Số người chọn", "Số câu trả lời", "Hài lòng", "Khoảng tin cậy 95%"}, "Tất cả", "Còn lại", "trực thuộc", "Không hiện", "Hài lòng (4 hoặc 5)"}
}
