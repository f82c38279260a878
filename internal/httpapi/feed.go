package httpapi

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"hocso/internal/feed"
	"hocso/internal/people"
)

// feedRoutes are the rows of what the public is told. They are for other people's web
// pages and readers: no sign-in, nothing about persons, and any page may read them.
func (s *Server) feedRoutes() []route {
	row := func(form, media, summary string, query []string, write func(f feed.Feed, lang string) ([]byte, error)) route {
		return route{fiber.MethodGet, "/feed/:unit." + form, public, shape{
			summary: summary, query: query, media: media, also: []int{http.StatusNotModified}, problems: []string{"404 feed_not_found"}, compress: true,
		}, s.feed(media, write)}
	}
	lang := []string{"lang"}
	return []route{
		row("atom", "application/atom+xml", "What is publicly announced to a unit, as Atom (RFC 4287)", lang, feed.Feed.Atom),
		row("json", "application/feed+json", "The same as JSON Feed 1.1", lang, feed.Feed.JSON),
		row("js", "text/javascript", "A script that shows the same on a web page, in both languages", nil, func(f feed.Feed, _ string) ([]byte, error) { return f.Script() }),
	}
}

func (s *Server) feed(media string, write func(f feed.Feed, lang string) ([]byte, error)) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderAccessControlAllowOrigin, "*")
		c.Set("Cross-Origin-Resource-Policy", "cross-origin")
		lang := c.Query("lang", "vi")
		if lang != "vi" && lang != "en" {
			return badQuery("lang", "oneof")
		}
		f, err := s.Feeds.Of(c.UserContext(), people.UnitID(c.Params("unit")))
		if err != nil {
			return err
		}
		b, err := write(f, lang)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		c.Set(fiber.HeaderCacheControl, "public, max-age=300")
		c.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
		if unchanged(c, `"`+base64.RawURLEncoding.EncodeToString(sum[:12])+`"`) {
			return c.SendStatus(fiber.StatusNotModified)
		}
		c.Set(fiber.HeaderContentType, media+"; charset=utf-8")
		return c.Send(b)
	}
}
