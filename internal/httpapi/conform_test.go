package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// contract is the OpenAPI document, which answers are held against. It compiles the
// schema of each answer once; kin-openapi does so for every answer, which took a third
// of these tests.
type contract struct {
	router     routers.Router
	components any // of the document, which its schemas refer to
	mu         sync.Mutex
	compiled   map[*openapi3.SchemaRef]*jsonschema.Schema
}

// documentContract is the contract, which is the same on every site.
var documentContract = sync.OnceValues(func() (*contract, error) {
	raw := documented().document
	doc, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, err
	}
	doc.Servers = nil
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return nil, err
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	return &contract{router: router, components: whole.(map[string]any)["components"], compiled: map[*openapi3.SchemaRef]*jsonschema.Schema{}}, nil
})

// conforms holds an answer of a documented route against the document.
func (x *site) conforms(r *http.Request, res *http.Response, body []byte) {
	x.t.Helper()
	if err := x.doc.conforms(r, res.StatusCode, res.Header, body); err != nil {
		x.t.Errorf("%s %s: answer %d is not what the document says: %v", r.Method, r.URL.Path, res.StatusCode, err)
	}
}

// held asks the same about a made-up JSON answer.
func (x *site) held(method, path string, status int, body string) error {
	header := http.Header{"Content-Type": {"application/json"}}
	return x.doc.conforms(httptest.NewRequest(method, path, nil), status, header, []byte(body))
}

func (c *contract) conforms(r *http.Request, status int, header http.Header, body []byte) error {
	route, params, err := c.router.FindRoute(r)
	if err != nil {
		return nil //nolint:nilerr // not a route: what is said then is for other tests
	}
	schema := jsonAnswer(route, status, header)
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route},
		Status:                 status, Header: header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: schema != nil},
	}
	in.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(context.Background(), in); err != nil || schema == nil {
		return err
	}
	compiled, err := c.schema(schema)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return compiled.Validate(value)
}

// jsonAnswer is the schema that the document has for a JSON answer, nil if it has none.
func jsonAnswer(route *routers.Route, status int, header http.Header) *openapi3.SchemaRef {
	kind, answer := header.Get("Content-Type"), route.Operation.Responses.Status(status)
	if answer == nil || !strings.Contains(kind, "json") {
		return nil
	}
	media := answer.Value.Content.Get(kind)
	if media == nil {
		return nil
	}
	return media.Schema
}

// schema compiles ref when it is asked for first.
func (c *contract) schema(ref *openapi3.SchemaRef) (*jsonschema.Schema, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.compiled[ref]; s != nil {
		return s, nil
	}
	raw, err := json.Marshal(ref)
	if err != nil {
		return nil, err
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	compiler, name := jsonschema.NewCompiler(), fmt.Sprintf("https://hocso.test/%d.json", len(c.compiled))
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	err = compiler.AddResource(name, map[string]any{"allOf": []any{schema}, "components": c.components})
	if err != nil {
		return nil, err
	}
	c.compiled[ref], err = compiler.Compile(name)
	return c.compiled[ref], err
}
