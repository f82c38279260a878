package auth

import (
	"context"
	"time"

	"hocso/internal/fault"
	"hocso/internal/letter"
	"hocso/internal/people"
)

// What one address may ask for, and what may go to one person: nobody's mailbox is
// to be filled by a stranger.
const (
	mostResetsOfAddress = 60 // in shortWindow; a whole ministry may sit behind one address
	mostLetters         = 3  // of one kind to one person in lettersWindow
	lettersWindow       = time.Hour
)

// AskReset has a letter with a link to reset the password sent to whoever has an
// address. A known, an unknown and a disabled person are told apart neither by the
// answer nor by the work done here: the letter is written later, beside the requests.
// More than three an hour for one address are left out in silence. fault.Conflict
// mail_off; a *Throttled for too many from one place.
func (s *Service) AskReset(ctx context.Context, email, from string) error {
	if !s.Letters.On() {
		return mailOff()
	}
	email, now := people.FoldEmail(email), s.Now()
	door := bucketKey("reset-address", from)
	n, until, err := s.Throttles.Count(ctx, door, now, shortWindow)
	if err != nil {
		return err
	}
	if n > mostResetsOfAddress {
		return throttled(door, now, until)
	}
	if n, _, err = s.Throttles.Count(ctx, bucketKey("reset", email), now, lettersWindow); err != nil {
		return err
	}
	p, err := s.People.PersonByEmail(ctx, email)
	if err != nil && fault.KindOf(err) != fault.NotFound {
		return err
	}
	if n > mostLetters || !s.People.MayEnter(p) {
		p.ID = "" // a letter to nobody costs as much
	}
	return s.Letters.Queue(ctx, letter.Letter{ID: s.NewID(), Kind: ResetLetter, Person: p.ID, ExpiresAt: now.Add(ResetTime)})
}

// Reset sets the password that a mailed link allows, and ends every session of the
// person. It signs nobody in: mail alone does not stand for a second factor.
// fault.NotFound reset_unknown; fault.Gone reset_used when the link was used, is too
// old, or the password was set since; fault.Invalid with the field for a weak
// password, in which case the link can still be used. begin is as in Acceptance.
func (s *Service) Reset(ctx context.Context, token, password, from string, begin func(people.ID) error) error {
	i, err := s.unused(ctx, token, ToReset)
	if err != nil {
		return err
	}
	p, err := s.invited(ctx, i)
	if err != nil {
		return err
	}
	if p, err = s.setPassword(ctx, i, p, password, begin); err != nil {
		return err
	}
	t := try{email: p.Email, address: from} // who forgot the password has tried it before
	return s.Throttles.Forget(ctx, t.key("tries"), t.key("failures"), bucketKey("account", p.Email))
}

// InviteByMail has an invitation sent to the person's address; the link is made when
// the letter is written. Besides the faults of Invite: fault.Conflict mail_off, and a
// *Throttled for more than three an hour.
func (s *Service) InviteByMail(ctx context.Context, a people.Actor, id people.ID) error {
	p, err := s.invitable(ctx, a, id)
	if err != nil {
		return err
	}
	if !s.Letters.On() {
		return mailOff()
	}
	now := s.Now()
	door := bucketKey("invite", string(p.ID))
	n, until, err := s.Throttles.Count(ctx, door, now, lettersWindow)
	if err != nil {
		return err
	}
	if n > mostLetters {
		return throttled(door, now, until)
	}
	return s.Letters.Queue(ctx, letter.Letter{ID: s.NewID(), Kind: InvitationLetter, Person: p.ID, About: string(a.ID), ExpiresAt: now.Add(InvitationTime)})
}

func mailOff() error { return fault.New(fault.Conflict, "mail_off", "no mail server is set up") }
