package privacy

import "strconv"

// Retention says how long things are kept.
type Retention struct {
	AnswerMonths int // answers in quizzes; marks stay
	DrillDays    int // a person's own drill runs, after their last change
	DeliveryDays int // reminders, after they were due
	OpDays       int // ids of what phones sent
}

// Defaults are what the design asks for.
func Defaults() Retention {
	return Retention{AnswerMonths: 24, DrillDays: 180, DeliveryDays: 90, OpDays: 180}
}

// Values are what the notice says of an organisation. Without a contact it is the
// administrators.
func Values(organisation, contact string, r Retention) map[string]string {
	vi, en := contact, contact
	if contact == "" {
		vi, en = "Hãy hỏi người quản trị của cơ quan bạn.", "Ask an administrator of your organisation."
	}
	return map[string]string{
		"organisation": organisation, "contact.vi": vi, "contact.en": en,
		"answers": strconv.Itoa(r.AnswerMonths), "drills": strconv.Itoa(r.DrillDays),
		"deliveries": strconv.Itoa(r.DeliveryDays), "ops": strconv.Itoa(r.OpDays),
	}
}
