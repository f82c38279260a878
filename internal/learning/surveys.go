package learning

import (
	"context"

	"hocso/internal/people"
	"hocso/internal/survey"
)

// Surveys takes the answers to surveys; *survey.Service satisfies it.
type Surveys interface {
	// Apply takes those of one person and returns the code of their rejection, "" if they are kept.
	// Doing it again changes nothing.
	Apply(ctx context.Context, p people.ID, x survey.Submission) (code string, err error)
}
