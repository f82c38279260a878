package httpapi

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// object is a JSON object of the document.
type object = map[string]any

var param = regexp.MustCompile(`:([A-Za-z]+)`) // never assigned again

// documentRoutes serves the document that describes all rows, its own too.
func (s *Server) documentRoutes() []route {
	return []route{
		{fiber.MethodGet, "/api/openapi.json", public, shape{summary: "This document", media: fiber.MIMEApplicationJSON, compress: true}, s.openapi},
	}
}

func (s *Server) openapi(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSON)
	return c.Send(s.document)
}

// document makes the OpenAPI 3.1 document of rows. The schemas come from the Go
// types of each row's shape, so the document cannot say anything else than the code.
func document(rows []route) []byte {
	sc := newSchemas(rows)
	paths := object{}
	for _, r := range rows {
		path := param.ReplaceAllString(r.path, "{$1}")
		item, ok := paths[path].(object)
		if !ok {
			item = object{}
			paths[path] = item
		}
		item[strings.ToLower(r.method)] = operation(r, sc)
	}
	components := object{
		"securitySchemes": object{
			"token":  object{"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
			"cookie": object{"type": "apiKey", "in": "cookie", "name": "__Host-hocso"},
		},
		"responses": object{"Problem": object{
			"description": "What went wrong (RFC 9457). Match on code.",
			"content":     object{"application/problem+json": object{"schema": sc.of(problem{}, answer)}},
		}},
		"parameters": object{"AppHeader": object{
			"name": "X-Hocso", "in": "header", "description": "Sent by the app with every change; a script without Origin and cookie may leave it out.",
			"schema": object{"type": "string", "enum": []string{"1"}},
		}},
		"schemas": sc.components,
	}
	out, err := json.MarshalIndent(object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Hocso", "version": "1",
			"description": "Times are RFC 3339 in UTC. Lists are {items, next}. Unknown fields are refused. Every error is a problem document.",
		},
		"paths": paths, "components": components,
	}, "", "  ")
	if err != nil {
		panic(err) // a row whose shape is not plain data: a mistake at start
	}
	return append(out, '\n')
}

func operation(r route, sc *schemas) object {
	op := object{"operationId": operationID(r), "summary": r.shape.summary, "responses": responses(r, sc)}
	if tag := tagOf(r.path); tag != "" {
		op["tags"] = []string{tag}
	}
	params := []object{}
	for _, m := range param.FindAllStringSubmatch(r.path, -1) {
		params = append(params, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, q := range r.shape.query {
		params = append(params, object{"name": q, "in": "query", "schema": object{"type": "string"}})
	}
	if r.method != http.MethodGet {
		params = append(params, object{"$ref": "#/components/parameters/AppHeader"})
	}
	if len(params) > 0 {
		op["parameters"] = params
	}
	if r.shape.in != nil {
		op["requestBody"] = object{"required": true, "content": object{fiber.MIMEApplicationJSON: object{"schema": sc.of(r.shape.in, request)}}}
	}
	if !r.need.public {
		security := []object{{"token": []string{}}}
		if r.need.cookie {
			security = append(security, object{"cookie": []string{}})
		}
		op["security"] = security
		op["x-permissions"] = r.need.any
	}
	return op
}

func responses(r route, sc *schemas) object {
	out := object{"default": object{"$ref": "#/components/responses/Problem"}}
	for _, p := range r.shape.problems {
		status, code, _ := strings.Cut(p, " ")
		if have, ok := out[status].(object); ok {
			have["description"] = have["description"].(string) + ", " + code
			continue
		}
		out[status] = object{
			"description": code,
			"content":     object{"application/problem+json": object{"schema": sc.of(problem{}, answer)}},
		}
	}
	statuses := slices.Clone(r.shape.also)
	if r.shape.status == 0 {
		statuses = append(statuses, http.StatusOK)
	} else {
		statuses = append(statuses, r.shape.status)
	}
	for _, status := range statuses {
		res := object{"description": http.StatusText(status)}
		switch {
		case status == http.StatusNoContent || status == http.StatusNotModified:
		case r.shape.media != "" && r.shape.out == nil:
			res["content"] = object{r.shape.media: object{}}
		case r.shape.out != nil:
			res["content"] = object{fiber.MIMEApplicationJSON: object{"schema": sc.of(r.shape.out, answer)}}
		}
		out[strconv.Itoa(status)] = res
	}
	return out
}

// operationID is made of method and path: postAuthSignIn.
func operationID(r route) string {
	id := strings.ToLower(r.method)
	for _, e := range strings.FieldsFunc(strings.TrimPrefix(r.path, "/api/v1"), func(c rune) bool { return strings.ContainsRune("/:-.", c) }) {
		id += strings.ToUpper(e[:1]) + e[1:]
	}
	return id
}

func tagOf(path string) string {
	rest, ok := strings.CutPrefix(path, "/api/v1/")
	if !ok {
		return ""
	}
	tag, _, _ := strings.Cut(rest, "/")
	return tag
}
