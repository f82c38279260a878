package auth

import (
	"context"
	"time"

	"hocso/internal/fault"
	"hocso/internal/people"
	"hocso/internal/qr"
)

// Card is one person's invitation on a sheet.
type Card struct {
	Person people.Person
	Link   string
	QR     qr.Code // of the link
}

// Sheet is the invitations of many people, to be printed and handed out.
type Sheet struct {
	Cards     []Card
	ExpiresAt time.Time
	LeftOut   int // people without a password who hold roles outside of what the actor manages
}

// InviteAll makes invitations for those whom people.Service.Waiting names, or for those
// of them who are in only, unless it is empty. Earlier unused invitations of the same
// people end, so that a lost sheet is worth nothing. Besides the faults of Waiting:
// fault.Invalid with the field people for one who is not waiting.
func (s *Service) InviteAll(ctx context.Context, a people.Actor, unit people.UnitID, below bool, only []people.ID) (Sheet, error) {
	waiting, leftOut, err := s.People.Waiting(ctx, a, unit, below)
	if err != nil {
		return Sheet{}, err
	}
	chosen := make(map[people.ID]bool, len(only))
	for _, id := range only {
		chosen[id] = true
	}
	sheet := Sheet{Cards: []Card{}, ExpiresAt: s.Now().Add(InvitationTime), LeftOut: leftOut}
	var invitations []Invitation
	for _, p := range waiting {
		if len(only) > 0 && !chosen[p.ID] {
			continue
		}
		delete(chosen, p.ID)
		token, i := s.invitation(Invitation{Person: p.ID, Epoch: p.Epoch, By: a.ID})
		link := s.Issuer + "/invitation#" + token
		code, err := qr.Draw(link)
		if err != nil {
			return Sheet{}, err
		}
		sheet.Cards = append(sheet.Cards, Card{p, link, code})
		sheet.ExpiresAt = i.ExpiresAt
		invitations = append(invitations, i)
	}
	if len(chosen) > 0 {
		f := fault.New(fault.Invalid, "invalid_fields", "somebody is not among those who wait for an invitation here")
		f.Fields = []fault.Field{{Field: "people", Code: "unknown"}}
		return Sheet{}, f
	}
	return sheet, s.Invitations.ReplaceInvitations(ctx, invitations, s.Now())
}
