package app

import (
	"context"
	"slices"
	"time"

	"hocso/internal/people"
)

// demoRoles are the roles that the first people of a demo organisation have, in
// order; the first of them all leads the organisation.
func demoRoles() []people.Role {
	return []people.Role{people.Head, people.Administrator, people.Trainer, people.SecurityOfficer, people.Auditor, people.Learner}
}

// demoApprover is the sign-in of a second administrator: nobody approves their own campaign.
const demoApprover = people.Role("approver")

// makePeople makes units, people and heads, and returns a sign-in for each role.
func (d *demo) makePeople(ctx context.Context, persons int) ([]demoSignIn, error) {
	hash, err := d.auth.Hasher.Hash(ctx, demoPassword)
	if err != nil {
		return nil, err
	}
	now := d.clock.now()
	paths := map[people.UnitID][]people.UnitID{}
	for _, u := range demoUnits(persons) {
		path := []people.UnitID{}
		if u.parent != "" {
			path = append(slices.Clone(paths[u.parent]), u.parent)
		}
		paths[u.id] = path
		d.units = append(d.units, people.Unit{ID: u.id, Name: u.name, Parent: u.parent, Path: path, Heads: []people.Headship{}, ChangedAt: now, Version: 1})
	}
	roles := demoRoles()
	var signIns []demoSignIn
	for i := range persons {
		name := demoName(d.r)
		unit := d.units[i%len(d.units)].ID
		joined := d.today.AddDate(0, 0, -d.r.IntN(3000)-400)
		p := people.Person{
			ID: people.ID(newID()), Name: name, NameKey: people.NameKey(name), Email: demoEmail(name, d.taken), Unit: unit, Grants: []people.Grant{},
			Status: people.Active, JoinedOn: joined.Format(time.DateOnly), Settings: people.Settings{Locale: "vi"}, PasswordHash: hash, ChangedAt: now, Version: 1,
		}
		if i < len(roles) {
			role := roles[i]
			switch role {
			case people.Head, people.Learner:
				p.Unit = "an-toan"
			default:
				p.Grants = append(p.Grants, people.Grant{Role: role})
			}
			signIns = append(signIns, demoSignIn{role, p.Name, p.Email, demoPassword, p.Unit})
		}
		if i == len(roles) {
			p.Grants = append(p.Grants, people.Grant{Role: people.Administrator})
			signIns = append(signIns, demoSignIn{demoApprover, p.Name, p.Email, demoPassword, p.Unit})
		}
		d.people = append(d.people, p)
	}
	d.appointHeads()
	if err := d.db.People().InsertUnits(ctx, d.units); err != nil {
		return nil, err
	}
	for chunk := range slices.Chunk(d.people, 1000) {
		if err := d.db.People().InsertPeople(ctx, chunk); err != nil {
			return nil, err
		}
	}
	return signIns, nil
}

// appointHeads gives every unit a head out of its own people: the first without
// another role; the first of all leads "an-toan".
func (d *demo) appointHeads() {
	since := d.today.AddDate(-3, 0, 0).Format(time.DateOnly)
	for i := range d.units {
		u := &d.units[i]
		for j, p := range d.people {
			if p.Unit == u.ID && len(p.Grants) == 0 && (j == 0 || j >= len(demoRoles())) {
				u.Heads = append(u.Heads, people.Headship{Person: p.ID, From: since})
				break
			}
		}
	}
}
