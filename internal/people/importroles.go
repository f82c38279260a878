package people

import "slices"

// mostRoleChanges is how many granted and taken roles an import tells of one by one.
const mostRoleChanges = 100

// RoleChange is a role that an import granted to a person, or took.
type RoleChange struct {
	Person ID
	Grant  Grant
	Taken  bool
}

// noteRoles notes which roles the people of a batch that was stored have now and had before.
func (m *importing) noteRoles(changes []planned) {
	for _, c := range changes {
		for _, g := range c.p.Grants {
			if !slices.Contains(c.was.Grants, g) {
				m.noteRole(RoleChange{Person: c.p.ID, Grant: g})
			}
		}
		for _, g := range c.was.Grants {
			if !slices.Contains(c.p.Grants, g) {
				m.noteRole(RoleChange{Person: c.p.ID, Grant: g, Taken: true})
			}
		}
	}
}

func (m *importing) noteRole(c RoleChange) {
	if len(m.result.RoleChanges) < mostRoleChanges {
		m.result.RoleChanges = append(m.result.RoleChanges, c)
	} else {
		m.result.MoreRoleChanges++
	}
}

// Words writes a change as the audit trail keeps it: the person and role@unit.
func (c RoleChange) Words() string {
	s := string(c.Person) + " " + string(c.Grant.Role)
	if c.Grant.Unit != "" {
		s += "@" + string(c.Grant.Unit)
	}
	return s
}
