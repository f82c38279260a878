// Package config reads the program's settings from flags and the environment.
package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // people's time zones are known on a machine without a zone database
	"unicode"
)

// Config is what the program needs to know to start. Every setting is an
// environment variable and a flag of the same name: HOCSO_LISTEN and --listen.
type Config struct {
	Listen           string         // address the app and the API are served at
	MetricsListen    string         // address of /metrics; a loopback address, empty: none
	Data             string         // folder of the embedded database
	DatabaseListen   string         // loopback address other programs look into the embedded database at; empty: none
	DatabaseWrite    bool           // they may change it too
	MongoDBURI       string         // server to use instead of the embedded database
	PublicURL        string         // address people open, without a slash at the end
	TimeZone         *time.Location // of the organisation
	TrustedProxies   []netip.Prefix // addresses or networks whose X-Forwarded-For is believed
	PushHosts        []string       // push services allowed besides the known ones
	PushOrigins      []string       // exact origins allowed for push on loopback: only for tests
	WebhookOrigins   []string       // exact origins allowed for webhooks on loopback: only for tests
	PushContact      string         // https address push services may write to; empty: PublicURL
	SecondFactor     bool           // administrators and security officers need a second factor
	SMTPURL          string         // server that takes mail, with its password; empty: no mail
	MailFrom         string         // who writes
	OIDC             string         // file of the providers to sign in with; empty: none
	InsecureCookie   bool           // for development in Safari over http
	OrganisationName string
	AnswerDays       int    // working days until the first answer to a request about personal data
	DoneDays         int    // days until it is done
	ThirdPartyDays   int    // the same where somebody else has to do something
	ExtensionDays    int    // days that may be added once
	ErasureLedger    string // file that keeps who was erased, by id; empty: in the data folder
	PrivacyContact   string // whom people ask about their data; empty: the administrator
}

// setting is one row of the table of settings.
type setting struct {
	name, value, usage string // name of the flag; the variable is HOCSO_NAME
	secret             bool
	set                func(c *Config, value string) error
}

func settings() []setting {
	return []setting{
		{"listen", "127.0.0.1:8080", "address to serve at", false, func(c *Config, v string) error { c.Listen = v; return address(v) }},
		{"metrics-listen", "127.0.0.1:9464", "address of /metrics, empty for none", false, func(c *Config, v string) error {
			c.MetricsListen = v
			if v == "" {
				return nil
			}
			return address(v)
		}},
		{"data", "./data", "folder of the embedded database", false, func(c *Config, v string) error { c.Data = v; return nil }},
		{"database-listen", "", "loopback address where other programs may read the embedded database, empty for none", false, func(c *Config, v string) error {
			c.DatabaseListen = v
			if v == "" {
				return nil
			}
			return Loopback(v)
		}},
		{"database-listen-write", "false", "they may change it too", false, func(c *Config, v string) (err error) {
			c.DatabaseWrite, err = truth(v)
			return err
		}},
		{"mongodb-uri", "", "MongoDB server to use instead of the embedded database", true, func(c *Config, v string) error {
			c.MongoDBURI = v
			if v != "" && !strings.HasPrefix(v, "mongodb://") && !strings.HasPrefix(v, "mongodb+srv://") {
				return errors.New("must start with mongodb:// or mongodb+srv://")
			}
			return nil
		}},
		{"public-url", "", "address people open; default http:// and the listen address", false, func(c *Config, v string) error {
			c.PublicURL = strings.TrimSuffix(v, "/")
			return webAddress(v, "http", "https")
		}},
		{"time-zone", "Asia/Ho_Chi_Minh", "time zone of the organisation", false, func(c *Config, v string) (err error) {
			c.TimeZone, err = time.LoadLocation(v)
			return err
		}},
		{"trusted-proxies", "", "addresses of proxies whose X-Forwarded-For is believed, with commas", false, func(c *Config, v string) (err error) {
			c.TrustedProxies, err = prefixes(list(v))
			return err
		}},
		{"push-hosts", "", "push services allowed besides the known ones, with commas", false, func(c *Config, v string) error { c.PushHosts = list(v); return nil }},
		{"push-origins", "", "exact loopback origins allowed as push services, for tests", false, func(c *Config, v string) error { c.PushOrigins = list(v); return nil }},
		{"webhook-origins", "", "exact loopback origins allowed for webhooks, for tests", false, func(c *Config, v string) error { c.WebhookOrigins = list(v); return nil }},
		{"push-contact", "", "https address push services may write to; default the public address", false, func(c *Config, v string) error { c.PushContact = v; return webAddress(v, "https") }},
		{"second-factor", "required", "for administrators and security officers: required or optional", false, func(c *Config, v string) error {
			c.SecondFactor = v == "required"
			if v != "required" && v != "optional" {
				return errors.New("must be required or optional")
			}
			return nil
		}},
		{"smtp-url", "", "server that takes mail: smtp://user:password@host:587 or smtps://; empty for no mail", true, func(c *Config, v string) error { c.SMTPURL = v; return nil }},
		{"mail-from", "", "who writes mail: Name <address>", false, func(c *Config, v string) error { c.MailFrom = v; return nil }},
		{"oidc", "", "YAML or JSON file of the providers to sign in with (OpenID Connect); empty for none", false, func(c *Config, v string) error { c.OIDC = v; return nil }},
		{"insecure-cookie", "false", "sign-in works over http in Safari too; only for development", false, func(c *Config, v string) (err error) {
			c.InsecureCookie, err = truth(v)
			return err
		}},
		{"organisation", "Học số", "name of the organisation", false, func(c *Config, v string) error { c.OrganisationName = v; return nil }},
		{"privacy-answer-days", "2", "working days until the first answer to a request about personal data", false, func(c *Config, v string) (err error) {
			c.AnswerDays, err = days(v, 1, 30)
			return err
		}},
		{"privacy-done-days", "15", "days until such a request is done", false, func(c *Config, v string) (err error) {
			c.DoneDays, err = days(v, 1, 365)
			return err
		}},
		{"privacy-third-party-days", "20", "the same where somebody else has to do something", false, func(c *Config, v string) (err error) {
			c.ThirdPartyDays, err = days(v, 1, 365)
			return err
		}},
		{"privacy-extension-days", "15", "days that may be added once", false, func(c *Config, v string) (err error) {
			c.ExtensionDays, err = days(v, 0, 365)
			return err
		}},
		{"erasure-ledger", "", "file that keeps who was erased, by id, for restores; default erasures.jsonl in the data folder", false, func(c *Config, v string) error {
			c.ErasureLedger = v
			return nil
		}},
		{"privacy-contact", "", "whom people may ask about their data: name, address, telephone; default: the administrators", false, func(c *Config, v string) error {
			c.PrivacyContact = v
			if strings.ContainsFunc(v, unicode.IsControl) || len(v) > 500 {
				return errors.New("must be one line of at most 500 bytes")
			}
			return nil
		}},
	}
}

// text is the value of a flag. Of one that is true or false the name alone means true.
type text struct {
	value string
	truth bool
}

func (t *text) String() string     { return t.value }
func (t *text) Set(v string) error { t.value = v; return nil }
func (t *text) IsBoolFlag() bool   { return t.truth }

// Load reads the flags in args, then the environment, then the defaults: the
// first that is there wins. It returns the arguments left over. Each wrong
// setting is named in the error. extra may register flags of a command.
func Load(command string, args []string, getenv func(string) string, help io.Writer, extra func(*flag.FlagSet)) (Config, []string, error) {
	var c Config
	fs := flag.NewFlagSet(command, flag.ContinueOnError)
	fs.SetOutput(help)
	if extra != nil {
		extra(fs)
	}
	values := map[string]*text{}
	for _, s := range settings() {
		v := &text{value: s.value, truth: s.value == "false"}
		if e := getenv(s.variable()); e != "" {
			v.value = e
		}
		values[s.name] = v
		fs.Var(v, s.name, s.usage+" ("+s.variable()+")")
	}
	if err := fs.Parse(args); err != nil {
		return c, nil, err
	}
	problems := gone(getenv)
	for _, s := range settings() {
		if err := s.set(&c, values[s.name].value); err != nil {
			shown := values[s.name].value
			if s.secret {
				shown = "********"
			}
			problems = append(problems, fmt.Errorf("--%s %q (%s): %w", s.name, shown, s.variable(), err))
		}
	}
	if c.DatabaseListen != "" && c.MongoDBURI != "" {
		problems = append(problems, errors.New("--database-listen (HOCSO_DATABASE_LISTEN): there is no embedded database to look into "+
			"while --mongodb-uri (HOCSO_MONGODB_URI) names a server; connect to that server"))
	}
	if c.SMTPURL != "" && c.MailFrom == "" {
		problems = append(problems, errors.New("--mail-from (HOCSO_MAIL_FROM): say who writes the mail that --smtp-url (HOCSO_SMTP_URL) sends"))
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + c.Listen
	}
	return c, fs.Args(), errors.Join(problems...)
}

// gone names the variables that were settings once and would be taken for such.
func gone(getenv func(string) string) (problems []error) {
	for _, x := range []struct{ variable, what string }{{"HOCSO_KEEP_ANSWERS_MONTHS", "answers"}, {"HOCSO_KEEP_AUDIT_MONTHS", "trail"}} {
		if v := getenv(x.variable); v != "" {
			problems = append(problems, fmt.Errorf("%s is no setting any more: take it out, and before the next start store what it said "+
				"with: hocso privacy retention %s=%s", x.variable, x.what, v))
		}
	}
	return problems
}

// Print writes every setting and its value, secrets masked.
func Print(w io.Writer, args []string, getenv func(string) string) error {
	fs := flag.NewFlagSet("config", flag.ContinueOnError)
	fs.SetOutput(w)
	for _, s := range settings() {
		v := s.value
		if e := getenv(s.variable()); e != "" {
			v = e
		}
		fs.String(s.name, v, s.usage)
	}
	if err := fs.Parse(args); err != nil {
		return err
	}
	for _, s := range settings() {
		v := fs.Lookup(s.name).Value.String()
		if s.secret && v != "" {
			v = "********"
		}
		if _, err := fmt.Fprintf(w, "%s=%s\n", s.variable(), v); err != nil {
			return err
		}
	}
	return nil
}

func (s setting) variable() string {
	return "HOCSO_" + strings.ReplaceAll(strings.ToUpper(s.name), "-", "_")
}

func address(v string) error {
	if _, _, err := net.SplitHostPort(v); err != nil {
		return errors.New("must be host:port")
	}
	return nil
}

// Loopback refuses an address that other machines may reach. Names are refused too, as what they stand for may change.
func Loopback(v string) error {
	a, err := netip.ParseAddrPort(v)
	if err != nil || !a.Addr().Unmap().IsLoopback() {
		return errors.New("must be a loopback address with a port, such as 127.0.0.1:27018 or [::1]:27018, " +
			"as nobody is asked for a password")
	}
	return nil
}

func days(v string, least, most int) (int, error) {
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("must be a number of days from %d to %d", least, most)
	}
	return n, nil
}

func truth(v string) (bool, error) {
	if v != "true" && v != "false" {
		return false, errors.New("must be true or false")
	}
	return v == "true", nil
}

func webAddress(v string, schemes ...string) error {
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || !strings.Contains(" "+strings.Join(schemes, " ")+" ", " "+u.Scheme+" ") {
		return fmt.Errorf("must be an address that starts with %s://", strings.Join(schemes, ":// or "))
	}
	return nil
}

func list(v string) []string {
	var out []string
	for s := range strings.SplitSeq(v, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// prefixes reads addresses and networks: "10.0.0.7" and "10.0.0.0/8".
func prefixes(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		if !strings.Contains(s, "/") {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return nil, fmt.Errorf("%q is no address: %w", s, err)
			}
			out = append(out, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%q is no network: %w", s, err)
		}
		out = append(out, p.Masked())
	}
	return out, nil
}
