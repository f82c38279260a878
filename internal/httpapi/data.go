package httpapi

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/announcement"
	"hocso/internal/auth"
	"hocso/internal/drill"
	"hocso/internal/learning"
	"hocso/internal/letter"
	"hocso/internal/people"
	"hocso/internal/privacy"
	"hocso/internal/reminder"
	"hocso/internal/survey"
)

// dataAnswer is everything that is kept about a person.
type dataAnswer struct {
	Person people.Person `json:"person"`
	learning.Record
	DrillRuns     []drill.Run             `json:"drillRuns"`
	Surveys       []survey.Participant    `json:"surveys"`  // that I have answered; what, nobody knows
	Sessions      []sessionKept           `json:"sessions"` // also those that ended and are not forgotten yet
	Factors       auth.FactorView         `json:"factors"`
	Subscriptions []reminder.Subscription `json:"subscriptions"`
	Deliveries    []reminder.Delivery     `json:"deliveries"`
	Bounce        *letter.Bounce          `json:"bounce,omitempty"` // mail does not reach my address
	Notices       []privacy.Reading       `json:"notices"`
	Announcements []announcement.Reading  `json:"announcements"` // that I have read
	Sittings      []mySitting             `json:"sittings"`      // over exercises, that I took part in, ran, or have something to do from
	Requests      []privacy.RequestView   `json:"requests"`
	Headships     []headshipView          `json:"headships"` // units that I lead or led
	Cohorts       []cohortRef             `json:"cohorts"`   // that I am in
	Left          []leftOut               `json:"left"`      // what is kept and not listed here, and why
}

func (s *Server) myData(c *fiber.Ctx) error {
	ctx, who := c.UserContext(), actor(c)
	var a dataAnswer
	var err error
	if a.Person, err = s.People.Person(ctx, who.ID); err != nil {
		return err
	}
	if a.Record, err = s.Learning.Record(ctx, who); err != nil {
		return err
	}
	runs, err := s.Drills.Runs(ctx, who.ID)
	if err != nil {
		return err
	}
	for _, r := range runs {
		a.DrillRuns = append(a.DrillRuns, r)
	}
	if a.Surveys, err = s.Surveys.Participations(ctx, who.ID); err != nil {
		return err
	}
	sessions, err := s.Auth.Kept(ctx, who)
	if err != nil {
		return err
	}
	for _, x := range sessions {
		a.Sessions = append(a.Sessions, sessionKept{x.Device, x.CreatedAt, x.LastSeenAt, x.EndedAt})
	}
	if a.Factors, err = s.Auth.ShowFactors(ctx, who); err != nil {
		return err
	}
	if a.Subscriptions, err = s.Reminders.Devices(ctx, who); err != nil {
		return err
	}
	if a.Deliveries, err = s.Reminders.DeliveriesOf(ctx, who.ID); err != nil {
		return err
	}
	if a.Bounce, err = s.Auth.Letters.Find(ctx, a.Person.Email); err != nil {
		return err
	}
	if a.Notices, err = s.Privacy.Readings(ctx, who); err != nil {
		return err
	}
	if a.Announcements, err = s.Announcements.ReadingsOf(ctx, who.ID); err != nil {
		return err
	}
	if a.Sittings, err = s.sittingsOf(c, who.ID); err != nil {
		return err
	}
	if a.Requests, err = s.Privacy.Mine(ctx, who); err != nil {
		return err
	}
	units, err := s.People.Units(ctx)
	if err != nil {
		return err
	}
	for _, u := range units {
		for _, h := range u.Heads {
			if h.Person == who.ID {
				a.Headships = append(a.Headships, headshipView{unitRef{u.ID, u.Name}, h.From, h.To, h.Deputy})
			}
		}
	}
	cohorts, err := s.People.CohortsWith(ctx, people.Console(), a.Person)
	if err != nil {
		return err
	}
	for _, x := range cohorts {
		a.Cohorts = append(a.Cohorts, cohortRef{x.ID, x.Name})
	}
	a.Left = leftOuts()
	return c.JSON(a)
}

type sessionKept struct {
	Device     string     `json:"device"`
	CreatedAt  time.Time  `json:"createdAt"`
	LastSeenAt time.Time  `json:"lastSeenAt"`
	EndedAt    *time.Time `json:"endedAt,omitempty"`
}

type headshipView struct {
	Unit   unitRef `json:"unit"`
	From   string  `json:"from"`
	To     string  `json:"to,omitempty"`
	Deputy bool    `json:"deputy,omitempty"`
}

// leftOut is what is kept about a person and not shown, in words for them.
type leftOut struct {
	What people.Text `json:"what"`
	Why  people.Text `json:"why"`
}

// leftOuts lists it. docs/privacy.md has the same by collection.
func leftOuts() []leftOut {
	return []leftOut{
		{
			people.Text{Vi: "Mật khẩu, khóa của ứng dụng mã, mã khôi phục, mã phiên và mã lời mời", En: "Your password, the key of your authenticator app, recovery codes, the tokens of sign-ins and invitations"},
			people.Text{Vi: "Chỉ lưu ở dạng không đọc lại được; đưa ra sẽ giúp kẻ xấu.", En: "Kept only in a form that cannot be read back; to give it out would help thieves."},
		},
		{
			people.Text{Vi: "Mã nhận ra bạn khi đăng nhập bằng tài khoản cơ quan", En: "What you are known by when you sign in with the organisation's account"},
			people.Text{Vi: "Chỉ lưu ở dạng không đọc lại được.", En: "Kept only in a form that cannot be read back."},
		},
		{
			people.Text{Vi: "Địa chỉ và khóa nhận thông báo của máy bạn", En: "The address and keys by which your device receives notifications"},
			people.Text{Vi: "Ai có chúng thì gửi được thông báo tới máy bạn.", En: "Whoever has them can send notifications to your device."},
		},
		{
			people.Text{Vi: "Mã của những gì điện thoại đã gửi, số lời nhắc gần đây, số lần nhập sai mật khẩu", En: "Ids of what your phone sent, the count of recent reminders and of wrong passwords"},
			people.Text{Vi: "Chỉ là mã và con số kỹ thuật, tự mất sau nhiều nhất 180 ngày; nội dung đã có ở trên.", En: "Technical ids and counts that go by themselves within 180 days; what they stand for is above."},
		},
		{
			people.Text{Vi: "Tin về bạn chờ gửi cho cổng tin nhắn của cơ quan", En: "Messages about you that wait for a gateway of the organisation"},
			people.Text{Vi: "Chỉ có mã của bạn và lời nhắc như ở trên, tự mất sau 30 ngày.", En: "They hold your id and reminders as above, and go by themselves after 30 days."},
		},
		{
			people.Text{Vi: "Câu trả lời khảo sát của bạn", En: "Your answers to surveys"},
			people.Text{Vi: "Khảo sát ẩn danh: không ai, kể cả hệ thống, biết câu trả lời nào là của bạn. Chỉ lưu việc bạn đã trả lời.", En: "Surveys are anonymous: nobody, and no program, knows which answers are yours. Only that you have answered is kept."},
		},
		{
			people.Text{Vi: "Việc bạn làm khi giữ vai trò: chiến dịch, bài viết, nhật ký", En: "What you did in a role: campaigns, courses, the audit trail"},
			people.Text{Vi: "Là việc của cơ quan; ở đó chỉ ghi mã của bạn, không ghi tên.", En: "It belongs to the organisation, and holds your id, not your name."},
		},
	}
}
