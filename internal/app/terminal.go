package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"time"

	"hocso/internal/config"
)

// Terminal is where a command was started.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
	Getenv   func(string) string
}

// ErrProblems reports that a command printed what is wrong, one problem a line.
var ErrProblems = errors.New("there are problems")

// load reads the settings and prepares the log, which goes to standard error as
// JSON. Arguments that are no flags are refused.
func (t Terminal) load(command string, args []string, extra func(*flag.FlagSet)) (config.Config, *slog.Logger, error) {
	cfg, rest, err := config.Load(command, args, t.Getenv, t.Err, extra)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%s: unexpected argument %q", command, rest[0])
	}
	return cfg, slog.New(slog.NewJSONHandler(t.Err, nil)), err
}

// say prints one line for the person at the terminal.
func (t Terminal) say(format string, args ...any) {
	_, _ = fmt.Fprintf(t.Out, format+"\n", args...) // a closed terminal must not stop the work
}

// sayJSON prints a value for a script.
func (t Terminal) sayJSON(v any) error {
	return json.NewEncoder(t.Out).Encode(v)
}

// nowMillis is the program's clock: UTC, truncated to what BSON keeps.
func nowMillis() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// PrintConfig prints the settings, secrets masked.
func PrintConfig(_ context.Context, t Terminal, args []string) error {
	return config.Print(t.Out, args, t.Getenv)
}

// Version prints which build this is.
func Version(_ context.Context, t Terminal, _ []string) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return errors.New("this build does not know its version")
	}
	revision := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = " " + s.Value
		}
	}
	t.say("hocso %s%s %s", info.Main.Version, revision, info.GoVersion)
	return nil
}
