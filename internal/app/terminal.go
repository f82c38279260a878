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
	"slices"
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

// loadFile is load for a command that needs the name of one file, wherever it stands.
func (t Terminal) loadFile(command, what string, args []string, extra func(*flag.FlagSet)) (cfg config.Config, log *slog.Logger, file string, err error) {
	_, rest, err := config.Load(command, args, t.Getenv, t.Err, extra)
	if len(rest) == 0 {
		if err == nil {
			err = fmt.Errorf("%s: name a %s", command, what)
		}
		return cfg, nil, "", err
	}
	at := len(args) - len(rest)
	cfg, log, err = t.load(command, slices.Delete(slices.Clone(args), at, at+1), extra)
	return cfg, log, rest[0], err
}

// stopped gives the error of a command in a person's words if somebody stopped it: what
// went wrong then went wrong because of that.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("stopped before the end")
	}
	return err
}

// note prints one line about what is going on, where it does not get into a result.
func (t Terminal) note(format string, args ...any) {
	_, _ = fmt.Fprintf(t.Err, format+"\n", args...) // a closed terminal must not stop the work
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
	t.say("hocso %s", version())
	return nil
}

// version names this build.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "of an unknown build"
	}
	revision := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = " " + s.Value
		}
	}
	return fmt.Sprintf("%s%s %s", info.Main.Version, revision, info.GoVersion)
}
