package mongodb

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// What a server over PostgreSQL says now and then to racing writers, the embedded
// database never does: here it is said to order.
func TestAgain(t *testing.T) { synctest.Test(t, meets) }

func meets(t *testing.T) {
	refusal := func(codes ...int) error {
		var e mongo.BulkWriteException
		for _, c := range codes {
			e.WriteErrors = append(e.WriteErrors, mongo.BulkWriteError{WriteError: mongo.WriteError{Code: c}})
		}
		return fmt.Errorf("wrapped: %w", e)
	}
	other := errors.New("other")
	for _, tt := range []struct {
		name    string
		answers []error
		writes  int
	}{
		{"at once", []error{nil}, 1},
		{"another error", []error{other}, 1},
		{"met once", []error{refusal(deadlock), nil}, 2},
		{"met on MongoDB", []error{mongo.CommandError{Code: writeConflict}, nil}, 2},
		{"met one, then another error", []error{mongo.WriteException{WriteErrors: mongo.WriteErrors{{Code: deadlock}}}, other}, 2},
		{"all of many met", []error{refusal(deadlock, writeConflict), nil}, 2},
		{"a bulk without a reason", []error{refusal()}, 1},
		{"taken", []error{refusal(11000)}, 1},
		{"some met, some taken", []error{refusal(deadlock, 11000)}, 1},
	} {
		writes := 0
		err := again(t.Context(), func() error { writes++; return tt.answers[writes-1] })
		if want := tt.answers[len(tt.answers)-1]; writes != tt.writes || fmt.Sprint(err) != fmt.Sprint(want) {
			t.Errorf("%s: %d writes, %v; want %d, %v", tt.name, writes, err, tt.writes, want)
		}
	}
	writes := 0
	if err := again(t.Context(), func() error { writes++; return refusal(deadlock) }); err == nil || writes != meetings {
		t.Errorf("always met: %d writes, %v; want %d and the error", writes, err, meetings)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	writes = 0
	if err := again(ended, func() error { writes++; return refusal(deadlock) }); err == nil || writes != 1 {
		t.Errorf("met after the context ended: %d writes, %v; want 1 and the error", writes, err)
	}
}
