package embedded

import (
	"os"
	"runtime"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// version is the release of MongoDB whose behaviour is followed where it is known here, and series what it is one of.
const (
	version = "7.0.0"
	series  = "7.0"
)

// informing are the commands by which shells and other clients find out what they talk to. They answer what is true.
func informing() map[string]command {
	stats := command{run: (*call).collStats, fields: []string{"scale"}}
	all := map[string]command{
		"buildInfo":        {run: (*call).buildInfo},
		"connectionStatus": {run: (*call).connectionStatus, fields: []string{"showPrivileges"}},
		"getParameter":     {run: (*call).getParameter, fields: parameterNames()},
		"getCmdLineOpts":   {run: (*call).getCmdLineOpts},
		"hostInfo":         {run: (*call).hostInfo},
		"getLog":           {run: (*call).getLog},
		"serverStatus":     {run: (*call).serverStatus},
		"dbStats":          {run: (*call).dbStats, fields: []string{"scale"}},
		"collStats":        stats,
		"whatsmyuri":       {run: (*call).whatsMyURI},
		"logout":           {run: func(*call) error { return nil }}, // nobody is ever signed in
	}
	for old, name := range map[string]string{"buildinfo": "buildInfo", "dbstats": "dbStats", "collstats": "collStats"} {
		all[old] = all[name]
	}
	return all
}

// hello says what this server can do. What a client offers and hello does not mention was not taken: compression, to be
// told of changes (topologyVersion), a load balancer, and a way to sign in, as there is nobody to sign in.
func (c *call) hello() error {
	primary := "ismaster"
	if c.name == "hello" {
		primary = "isWritablePrimary"
	}
	// isWritablePrimary stays true for those who may only read: it is what drivers look for before they read.
	c.w.bool(primary, true).bool("helloOk", true).
		int32("maxBsonObjectSize", maxDocument).int32("maxMessageSizeBytes", maxMessage).
		int32("maxWriteBatchSize", maxStatements).
		value("localTime", dateValue(c.db.opts.Now().UnixMilli())).
		int32("logicalSessionTimeoutMinutes", 30).
		int32("minWireVersion", 0).int32("maxWireVersion", 21).bool("readOnly", c.from.mayWrite(c.name) != nil)
	if !c.is("saslSupportedMechs", "a string", rankString).missing() {
		c.w.array("saslSupportedMechs").end()
	}
	return c.err
}

func (c *call) buildInfo() error {
	c.w.string("version", version).array("versionArray")
	for _, n := range []int32{7, 0, 0, 0} {
		c.w.int32("", n)
	}
	c.w.end().string("gitVersion", "").int32("bits", strconv.IntSize).bool("debug", false).
		int32("maxBsonObjectSize", maxDocument).array("modules").string("", "hocso embedded").end().
		array("storageEngines").string("", "pebble").end()
	return nil
}

// connectionStatus says that nobody is signed in.
func (c *call) connectionStatus() error {
	privileges := c.bool("showPrivileges")
	c.w.doc("authInfo").array("authenticatedUsers").end().array("authenticatedUserRoles").end()
	if privileges {
		c.w.array("authenticatedUserPrivileges").end()
	}
	c.w.end()
	return c.err
}

// parameterNames are those getParameter knows.
func parameterNames() []string {
	return []string{"featureCompatibilityVersion", "authenticationMechanisms"}
}

func (c *call) getParameter() error {
	all := rank(c.target.t) == rankString && string(c.target.text()) == "*"
	if c.target.isDoc() {
		return notImplemented("getParameter with options")
	}
	asked := false
	for _, name := range parameterNames() {
		if !all && lookup(c.doc, name).missing() {
			continue
		}
		asked = true
		switch name {
		case "featureCompatibilityVersion":
			c.w.doc(name).string("version", series).end()
		case "authenticationMechanisms":
			c.w.array(name).end()
		}
	}
	if !asked {
		return fail(codeInvalidOptions, "no option found to get")
	}
	return nil
}

// getCmdLineOpts says how the program was started as far as it is about this database: not with options of MongoDB.
func (c *call) getCmdLineOpts() error {
	c.w.array("argv").string("", "hocso").end().doc("parsed").end()
	return nil
}

func (c *call) hostInfo() error {
	name, err := os.Hostname()
	if err != nil {
		name = "" // a machine without a name
	}
	c.w.doc("system").value("currentTime", dateValue(c.db.opts.Now().UnixMilli())).string("hostname", name).
		int32("cpuAddrSize", strconv.IntSize).int32("numCores", int32(runtime.NumCPU())).string("cpuArch", runtime.GOARCH).end().
		doc("os").string("type", runtime.GOOS).string("name", runtime.GOOS).string("version", "").end().
		doc("extra").end()
	return nil
}

// getLog has one log: what somebody should know who connects. A line of it is a JSON document, as shells expect.
func (c *call) getLog() error {
	if rank(c.target.t) != rankString {
		return fail(codeTypeMismatch, "getLog needs the name of a log")
	}
	switch which := string(c.target.text()); which {
	case "*":
		c.w.array("names").string("", "startupWarnings").end()
		return nil
	case "startupWarnings":
	default:
		return notImplemented("the log '%s'", which)
	}
	warnings := []string{"This is the database inside Hocso. It knows a part of MongoDB and refuses the rest with error 238 (docs/embedded-database.md)"}
	if c.from != nil {
		may := "read and change the data"
		if !c.from.Write {
			may = "read the data"
		}
		warnings = append(warnings, "Nobody is asked for a password: every program on this machine can "+may)
	}
	c.w.int32("totalLinesWritten", int32(len(warnings))).array("log")
	for _, text := range warnings {
		line := bson.D{
			{Key: "t", Value: c.db.started},
			{Key: "s", Value: "W"},
			{Key: "c", Value: "CONTROL"},
			{Key: "id", Value: int32(1)},
			{Key: "ctx", Value: "start"},
			{Key: "msg", Value: text},
		}
		b, err := bson.MarshalExtJSON(line, false, false)
		if err != nil {
			return err
		}
		c.w.string("", string(b))
	}
	c.w.end()
	return nil
}

func (c *call) serverStatus() error {
	now := c.db.opts.Now()
	up := now.Sub(c.db.started)
	host, err := os.Hostname()
	if err != nil {
		host = "" // a machine without a name
	}
	c.db.connMu.Lock()
	open := len(c.db.conns)
	c.db.connMu.Unlock()
	c.w.string("host", host).string("version", version).string("process", "hocso").int64("pid", int64(os.Getpid())).
		float64("uptime", up.Seconds()).int64("uptimeMillis", up.Milliseconds()).value("localTime", dateValue(now.UnixMilli())).
		doc("connections").int32("current", int32(open)).end().
		doc("storageEngine").string("name", "pebble").end()
	return nil
}

// whatsMyURI answers the address that a client has here.
func (c *call) whatsMyURI() error {
	address := "" // within the program
	if c.from != nil {
		address = c.from.address
	}
	c.w.string("you", address)
	return nil
}
