package mongodb_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// operators are all that the store may say to a database: what behaves the same,
// atomically, on every one that is supported. A new one belongs here only after the
// suite has passed with it on the embedded database and on a server.
var operators = []string{
	"$eq", "$gt", "$gte", "$lt", "$lte", "$in", "$or", "$and", "$elemMatch", "$exists",
	"$set", "$setOnInsert", "$unset", "$inc", "$min", "$max", "$addToSet",
	"$match", "$group", "$sum", "$sort", "$limit", "$count",
}

// refusedCalls are calls of the driver that some database gets wrong, or that hide
// how much they cost: sessions and transactions, change streams, collation, array
// filters, large skips, counting by metadata.
var refusedCalls = []string{
	"StartSession", "UseSession", "UseSessionWithOptions", "WithTransaction", "NewSessionContext", "StartTransaction",
	"Watch", "CreateView", "SetCollation", "SetArrayFilters", "SetSkip", "SetValidator", "EstimatedDocumentCount",
	"RunCommand", "RunCommandCursor", "SetSparse", "SetPartialFilterExpression", "GridFSBucket",
}

// TestRules holds the store to the schema and query rules.
func TestRules(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil || len(paths) < 8 {
		t.Fatalf("sources of the store: %v, %v", paths, err)
	}
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, p, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, fault := range breaches(f) {
			t.Errorf("%s: %s", set.Position(fault.at), fault.text)
		}
	}
}

type breach struct {
	at   token.Pos
	text string
}

var positional = regexp.MustCompile(`\.\$`)

// breaches finds what breaks the rules in a file.
func breaches(f *ast.File) (found []breach) {
	add := func(n ast.Node, text string) { found = append(found, breach{n.Pos(), text}) }
	bounded := map[ast.Node]bool{} // options.Find() that some call of its chain bounds
	grouped := map[ast.Node]bool{} // literals that name a field to group by
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			s, err := strconv.Unquote(n.Value)
			if err != nil || n.Kind != token.STRING {
				return true
			}
			if strings.HasPrefix(s, "$") && !grouped[n] && !slices.Contains(operators, s) {
				add(n, s+" is no operator that every database has")
			}
			if positional.MatchString(s) {
				add(n, s+" is positional: keep a map by id instead")
			}
		case *ast.CompositeLit:
			for _, e := range elements(n) {
				if e.key == "$group" {
					ast.Inspect(e.value, func(m ast.Node) bool {
						if l, ok := m.(*ast.BasicLit); ok && regexp.MustCompile(`^"\$[a-z][A-Za-z.]*"$`).MatchString(l.Value) {
							grouped[l] = !slices.Contains(operators, strings.Trim(l.Value, `"`))
						}
						return true
					})
				}
			}
		case *ast.CallExpr:
			name := called(n)
			if slices.Contains(refusedCalls, name) {
				add(n, name+" does not work the same on every database")
			}
			switch name {
			case "Aggregate":
				if len(n.Args) < 2 || !matchFirst(n.Args[1]) {
					add(n, "an aggregation begins with $match, written where it is called")
				}
			case "UpdateOne", "UpdateMany", "FindOneAndUpdate", "FindOneAndReplace", "ReplaceOne":
				for _, a := range n.Args {
					if c, ok := a.(*ast.CompositeLit); ok && (pipeline(c) || len(c.Elts) == 0) {
						add(a, name+" takes a document that says what to change, no pipeline, and a filter that says where")
					}
				}
			case "SetLimit", "SetBatchSize":
				if root := chainRoot(n); root != nil {
					bounded[root] = true
				}
			case "Find":
				if root := chainRoot(n); root == n && len(n.Args) == 0 && !bounded[n] { // options.Find(), seen after its chain
					add(n, "a query has a bound: SetLimit, or SetBatchSize to read everything")
				}
			}
		}
		return true
	})
	return found
}

// called returns the name of the function or method that a call names.
func called(c *ast.CallExpr) string {
	switch f := c.Fun.(type) {
	case *ast.SelectorExpr:
		return f.Sel.Name
	case *ast.Ident:
		return f.Name
	}
	return ""
}

// chainRoot returns the call options.Find() that a chain of setters begins with.
func chainRoot(c *ast.CallExpr) *ast.CallExpr {
	for {
		s, ok := c.Fun.(*ast.SelectorExpr)
		if !ok {
			return nil
		}
		if x, ok := s.X.(*ast.Ident); ok && x.Name == "options" && s.Sel.Name == "Find" {
			return c
		}
		if c, ok = s.X.(*ast.CallExpr); !ok {
			return nil
		}
	}
}

func pipeline(c *ast.CompositeLit) bool {
	s, ok := c.Type.(*ast.SelectorExpr)
	return ok && (s.Sel.Name == "Pipeline" || s.Sel.Name == "A")
}

type element struct {
	key   string
	value ast.Expr
}

// elements returns the elements of a bson.D, or none if c is something else.
func elements(c *ast.CompositeLit) (es []element) {
	for _, e := range c.Elts {
		pair, ok := e.(*ast.CompositeLit)
		if !ok || len(pair.Elts) != 2 {
			continue
		}
		k, ok1 := pair.Elts[0].(*ast.KeyValueExpr)
		v, ok2 := pair.Elts[1].(*ast.KeyValueExpr)
		if !ok1 || !ok2 {
			continue
		}
		if l, ok := k.Value.(*ast.BasicLit); ok {
			name, err := strconv.Unquote(l.Value)
			if err == nil {
				es = append(es, element{name, v.Value})
			}
		}
	}
	return es
}

func matchFirst(pipeline ast.Expr) bool {
	c, ok := pipeline.(*ast.CompositeLit)
	if !ok || len(c.Elts) == 0 {
		return false
	}
	first, ok := c.Elts[0].(*ast.CompositeLit)
	if !ok {
		return false
	}
	es := elements(first)
	return len(es) == 1 && es[0].key == "$match"
}

// TestBreaches sees that the rules find what they are there to find.
func TestBreaches(t *testing.T) {
	for _, tt := range []struct {
		name, code string
		want       int
	}{
		{"fine", `c.UpdateOne(ctx, bson.D{{Key: "_id", Value: 1}}, bson.D{{Key: "$inc", Value: 1}})`, 0},
		{"bounded", `c.Find(ctx, f, options.Find().SetSort(s).SetLimit(3))`, 0},
		{"a field to group by", `c.Aggregate(ctx, mongo.Pipeline{{{Key: "$match", Value: 1}}, {{Key: "$group", Value: bson.D{{Key: "_id", Value: "$unit"}}}}})`, 0},
		{"no bound", `c.Find(ctx, f, options.Find().SetSort(s))`, 1},
		{"no bound at all", `c.Find(ctx, f, options.Find())`, 1},
		{"lookup", `c.Aggregate(ctx, mongo.Pipeline{{{Key: "$match", Value: 1}}, {{Key: "$lookup", Value: 1}}})`, 1},
		{"no match", `c.Aggregate(ctx, mongo.Pipeline{{{Key: "$group", Value: 1}}})`, 1},
		{"an expression", `c.Find(ctx, bson.D{{Key: "$expr", Value: 1}})`, 1},
		{"a pattern", `c.Find(ctx, bson.D{{Key: "name", Value: bson.D{{Key: "$regex", Value: 1}}}})`, 1},
		{"code", "c.Find(ctx, bson.D{{Key: `$where`, Value: 1}})", 1},
		{"positional", `c.UpdateOne(ctx, f, bson.D{{Key: "$set", Value: bson.D{{Key: "tries.$.score", Value: 1}}}})`, 1},
		{"all positions", `c.UpdateOne(ctx, f, bson.D{{Key: "$set", Value: bson.D{{Key: "tries.$[].score", Value: 1}}}})`, 1},
		{"an update by pipeline", `c.UpdateOne(ctx, f, mongo.Pipeline{{{Key: "$set", Value: 1}}})`, 1},
		{"an update of anything", `c.UpdateOne(ctx, bson.D{}, u)`, 1},
		{"array filters", `options.UpdateOne().SetArrayFilters(x)`, 1},
		{"a session", `client.StartSession()`, 1},
		{"a transaction", `s.WithTransaction(ctx, f)`, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() { "+tt.code+" }", 0)
			if err != nil {
				t.Fatal(err)
			}
			if found := breaches(f); len(found) != tt.want {
				t.Errorf("%s: found %v, want %d", tt.code, found, tt.want)
			}
		})
	}
}
