package people

// Permissions lists the permissions in the order in which they are explained.
func Permissions() []Permission {
	return []Permission{TakeCourses, WriteCourses, ManagePeople, ManageCampaigns, TrackCompletion, ReadAudit, HandleRequests, ManageOperations, RunExercises}
}

// Sentence says what a permission lets a person do, for docs/permissions.md.
func (p Permission) Sentence() string {
	switch p {
	case TakeCourses:
		return "Learn, be graded and practise; see and change what is one's own: settings, devices, sign-ins, results, all data kept about oneself."
	case WriteCourses:
		return "Write courses, questions with their keys and learning paths, and publish them to everybody."
	case ManagePeople:
		return "Add, change, invite, import and disable people; add, rename and move units; say who leads a unit; grant roles."
	case ManageCampaigns:
		return "Plan campaigns (what, for whom, until when, with which reminders), approve what somebody else planned, start, pause and end them; see who was reminded, when and why not; announce something to the people of units, and see how many have read it; make anonymous surveys and see what five or more have answered."
	case TrackCompletion:
		return "See by name who has done, not done or is late with which course, and export that as a table; never what somebody did in a drill."
	case ReadAudit:
		return "Read the trail of who did what."
	case HandleRequests:
		return "Answer what people ask about their own data (to correct, erase, restrict, object), extend or refuse it, and have a person erased who asked for it; change nothing else."
	case ManageOperations:
		return "Change the settings of the service and look after deliveries; say which other programs are told of events."
	case RunExercises:
		return "Plan an exercise for a unit, run it on one's own phone, write down what is to improve, by whom and by when, and see that it is done."
	}
	return ""
}

// Within says what the scope of a permission is, for docs/permissions.md.
func (p Permission) Within() string {
	switch p {
	case TakeCourses:
		return "oneself alone, whatever other roles one has"
	case WriteCourses:
		return "the courses and paths one has started oneself; with the role for the whole organisation also those that came with the program"
	case ManagePeople:
		return "the unit of the role and everything below it: the person or unit asked for as well as every unit, role and person named in the change"
	case ManageCampaigns:
		return "campaigns and announcements all of whose audience is within the unit of the role, and drafts of one's own; one for everybody needs the role for the whole organisation"
	case TrackCompletion:
		return "people who are now in the unit of the role, or the unit one leads, and below it"
	case HandleRequests:
		return "people who are now in the unit of the role and below it, never oneself; to erase somebody, all that this person holds must be within it too"
	case ReadAudit:
		return "the whole organisation, for those alone who hold the role for all of it: the trail cannot be divided by units, since people and units move"
	case ManageOperations:
		return "the whole organisation"
	case RunExercises:
		return "units within the unit of the role, or the unit one leads, and below it; who takes part and who improves something must be in the unit of the exercise or below it"
	}
	return ""
}

// Allowed returns what a role may do within its unit.
func Allowed(r Role) []Permission { return permissions(r) }

// Title is the name of a role as the app shows it.
func (r Role) Title() Text {
	switch r {
	case Learner:
		return Text{"Người học", "Learner"}
	case Trainer:
		return Text{"Người viết bài", "Trainer"}
	case Administrator:
		return Text{"Người quản trị", "Administrator"}
	case SecurityOfficer:
		return Text{"Cán bộ an toàn thông tin", "Security officer"}
	case Auditor:
		return Text{"Người kiểm tra", "Auditor"}
	case Head:
		return Text{"Người phụ trách", "Head"}
	}
	return Text{}
}

// Sentence says who has a role, for docs/permissions.md.
func (r Role) Sentence() string {
	switch r {
	case Learner:
		return "Everybody who can sign in. It is never granted and cannot be taken away."
	case Trainer:
		return "Granted to those who write courses."
	case Administrator:
		return "Granted to those who look after people and campaigns, of the whole organisation or of a unit. At least one of the whole organisation always remains."
	case SecurityOfficer:
		return "Granted to those who look after security: they plan and run exercises with units."
	case Auditor:
		return "Granted to those who check, and to whoever answers for personal data. They change nothing but requests."
	case Head:
		return "Not granted: it follows from the dates between which a person is head or deputy of a unit, and ends by itself with the last day."
	}
	return ""
}
