package people

import "slices"

// Role is what a person does in the service. Being head of a unit is not a role
// but follows from the unit's dated heads.
type Role string

// The roles.
const (
	Learner         Role = "learner"
	Trainer         Role = "trainer"
	Administrator   Role = "administrator"
	SecurityOfficer Role = "security_officer"
	Auditor         Role = "auditor"
	Head            Role = "head" // derived from Unit.Heads, never granted
)

// Roles lists the roles that can be granted.
func Roles() []Role { return []Role{Learner, Trainer, Administrator, SecurityOfficer, Auditor} }

// Permission is one thing that can be allowed. Every route names one.
type Permission string

// The permissions.
const (
	TakeCourses      Permission = "take_courses"     // own enrolments, drills, settings, devices
	WriteCourses     Permission = "write_courses"    // drafts, preview, publishing
	ManagePeople     Permission = "manage_people"    // people, units, import, invitations
	ManageCampaigns  Permission = "manage_campaigns" // assign courses, paths, drills and the like
	TrackCompletion  Permission = "track_completion" // completion of people in scope
	ReadAudit        Permission = "read_audit"
	HandleRequests   Permission = "handle_requests"   // what people ask about their own data
	ManageOperations Permission = "manage_operations" // settings, delivery ledger
	RunExercises     Permission = "run_exercises"     // plan and run sittings over exercises
)

// permissions is the one table: what is not listed is denied.
func permissions(r Role) []Permission {
	switch r {
	case Learner:
		return []Permission{TakeCourses}
	case Trainer:
		return []Permission{WriteCourses}
	case Administrator:
		return []Permission{ManagePeople, ManageCampaigns, TrackCompletion, ManageOperations, RunExercises}
	case SecurityOfficer:
		return []Permission{RunExercises}
	case Auditor:
		return []Permission{TrackCompletion, ReadAudit, HandleRequests}
	case Head:
		return []Permission{TrackCompletion, RunExercises}
	}
	return nil
}

// Actor is the signed-in person a request acts for. Services take it as an
// argument, so that authorisation is seen in every signature.
type Actor struct {
	ID      ID
	Session string
	Unit    UnitID
	Grants  []Grant // with the derived Head grants, and Learner for everyone
	Second  bool    // a second factor was proven in the session
	// HeldBack says that all but Learner was taken out of Grants: the person's roles ask
	// for a second factor, which was not proven in the session.
	HeldBack bool
}

// Can reports whether any of the actor's grants allows p somewhere.
func (a Actor) Can(p Permission) bool {
	return slices.ContainsFunc(a.Grants, func(g Grant) bool { return slices.Contains(permissions(g.Role), p) })
}

// Scope returns the units within which the actor may do p: all is true for the
// whole organisation, else units are the tops of the sub-trees.
func (a Actor) Scope(p Permission) (units []UnitID, all bool) {
	for _, g := range a.Grants {
		if !slices.Contains(permissions(g.Role), p) {
			continue
		}
		if g.Unit == "" {
			return nil, true
		}
		units = append(units, g.Unit)
	}
	return units, false
}

// Covers reports whether the actor may do p in unit, whose ancestors are path.
func (a Actor) Covers(p Permission, unit UnitID, path []UnitID) bool {
	units, all := a.Scope(p)
	return all || slices.ContainsFunc(units, func(u UnitID) bool { return u == unit || slices.Contains(path, u) })
}
