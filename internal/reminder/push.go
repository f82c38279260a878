package reminder

import (
	"context"
	"sync"
	"time"
)

// result sums up what became of one message to all devices of a person, or by mail.
type result struct {
	accepted, gone, refused, later int
	retryAfter                     time.Duration // the longest that was asked for
	why                            Reason        // when no try will bring it through; empty: failed
}

// pushAll sends m to all devices at once and forgets those that are gone. Only 404
// and 410 remove a device: deleting on any error would lose good ones on one slip
// of our configuration.
func (s *Service) pushAll(ctx context.Context, devices []Subscription, m Message) result {
	answers := make([]Answer, len(devices))
	var wg sync.WaitGroup
	for i, d := range devices {
		wg.Go(func() { answers[i] = s.Pusher.Push(ctx, d, m) })
	}
	wg.Wait()
	var r result
	for i, a := range answers {
		s.count(string(a.Outcome))
		switch a.Outcome {
		case Accepted:
			r.accepted++
		case Gone:
			r.gone++
			if _, err := s.Subscriptions.DeleteSubscription(context.WithoutCancel(ctx), devices[i].Person, devices[i].ID); err != nil {
				s.Log.WarnContext(ctx, "forget a device that is gone", "err", err)
			}
		case Refused:
			r.refused++
			s.Log.ErrorContext(ctx, "a push service refuses our messages: check the VAPID key and the public address", "status", a.Status)
		default:
			r.later++
			r.retryAfter = max(r.retryAfter, a.RetryAfter)
		}
	}
	if r.refused == 0 {
		r.why = ReasonNoSubscription
	}
	return r
}

func (s *Service) count(outcome string) {
	if s.Count != nil {
		s.Count(outcome)
	}
}
