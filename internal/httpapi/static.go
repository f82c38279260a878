package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/fault"
)

// appPolicy is the content security policy of the app (design: phone, section 2).
const appPolicy = "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; " +
	"frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types svelte-trusted-html sw"

// file is one file of the app with its compressed twins, as the build made them.
type file struct {
	body, br, gz []byte
	kind, etag   string
}

// static is the built app, all of it in memory: some hundred kilobytes.
type static struct {
	files  map[string]file // by path with its slash
	policy string
}

// newStatic reads the app out of app. What cannot be read is as if it were not
// there: without index.html a page says how to build it.
func newStatic(app fs.FS) *static {
	st := &static{files: map[string]file{}, policy: appPolicy}
	if app == nil {
		return st
	}
	raw := map[string][]byte{}
	err := fs.WalkDir(app, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		raw["/"+p], err = fs.ReadFile(app, p)
		return err
	})
	if err != nil {
		return st
	}
	for p, body := range raw {
		ext := path.Ext(p)
		if _, twin := raw[strings.TrimSuffix(p, ext)]; twin && (ext == ".br" || ext == ".gz") {
			continue
		}
		sum := sha256.Sum256(body)
		st.files[p] = file{body, raw[p+".br"], raw[p+".gz"], kindOf(p), `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
	}
	st.policy = policyFor(st.files["/index.html"].body)
	return st
}

// kindOf names the types itself where the machine's table could be wrong or empty.
func kindOf(p string) string {
	switch path.Ext(p) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".json":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if t := mime.TypeByExtension(path.Ext(p)); t != "" {
		return t
	}
	return "application/octet-stream"
}

var inline = regexp.MustCompile(`(?s)<(script|style)(?:\s[^>]*)?>(.*?)</`) // never assigned again

// policyFor admits, by hash, what the build put into index.html itself: the styles
// of the first paint. Nothing else inline ever runs.
func policyFor(index []byte) string {
	hashes := map[string]string{}
	for _, m := range inline.FindAllSubmatch(index, -1) {
		if len(m[2]) > 0 {
			sum := sha256.Sum256(m[2])
			hashes[string(m[1])] += " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
		}
	}
	policy := appPolicy
	for _, k := range []string{"script", "style"} {
		if hashes[k] != "" {
			policy += "; " + k + "-src 'self'" + hashes[k]
		}
	}
	return policy
}

// page serves the app: a file by its exact name, and index.html for every other
// address a person can open.
func (s *Server) page(c *fiber.Ctx) error {
	if m := c.Method(); m != fiber.MethodGet && m != fiber.MethodHead {
		c.Set(fiber.HeaderAllow, "GET, HEAD")
		return &refusal{http.StatusMethodNotAllowed, "method_not_allowed"}
	}
	p := c.Path()
	f, ok := s.static.files[p]
	if !ok {
		navigation := path.Ext(p) == "" || p == "/index.html"
		if !navigation || !strings.Contains(c.Get(fiber.HeaderAccept), "text/html") && p != "/" {
			return fault.New(fault.NotFound, "not_found", "no such address")
		}
		if f, ok = s.static.files["/index.html"]; !ok {
			return s.notBuilt(c)
		}
	}
	cache := "no-cache"
	if strings.HasPrefix(p, "/assets/") {
		cache = "public, max-age=31536000, immutable" // the build puts a hash into these names
	}
	c.Set(fiber.HeaderCacheControl, cache)
	c.Set(fiber.HeaderContentSecurityPolicy, s.static.policy)
	c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	c.Set(fiber.HeaderETag, f.etag)
	if strings.Contains(c.Get(fiber.HeaderIfNoneMatch), f.etag) {
		return c.SendStatus(fiber.StatusNotModified)
	}
	c.Set(fiber.HeaderContentType, f.kind)
	body := f.body
	accept := c.Get(fiber.HeaderAcceptEncoding)
	switch {
	case f.br != nil && accepts(accept, "br"):
		body = f.br
		c.Set(fiber.HeaderContentEncoding, "br")
	case f.gz != nil && accepts(accept, "gzip"):
		body = f.gz
		c.Set(fiber.HeaderContentEncoding, "gzip")
	}
	return c.Send(body)
}

// accepts reports whether an Accept-Encoding names coding with a weight above 0.
func accepts(header, coding string) bool {
	for _, e := range strings.Split(header, ",") {
		name, weight, _ := strings.Cut(e, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		q, ok := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(weight), " ", ""), "q=")
		if !ok {
			return true
		}
		w, err := strconv.ParseFloat(q, 64)
		return !errors.Is(err, strconv.ErrSyntax) && w > 0
	}
	return false
}

const notBuilt = `<!doctype html>
<html lang="vi"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Hocso</title>
<h1>Ứng dụng chưa được dựng</h1>
<p>Máy chủ đang chạy, nhưng phần giao diện chưa có. Hãy dựng rồi khởi động lại:</p>
<pre>make run</pre>
<h1 lang="en">The app is not built</h1>
<p lang="en">The server runs, but its screens are not there yet. Build them and start again with the command above. It needs Node 20.19 or newer.</p>
</html>
`

func (s *Server) notBuilt(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	return c.SendString(notBuilt)
}
