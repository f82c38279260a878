package embedded

import (
	"regexp"
	"slices"
	"strings"
)

// knownDifference is a kind of question that the server answers otherwise, where the embedded database follows MongoDB.
// What is compared with it is the smallest question that still has two answers.
type knownDifference struct {
	reason  string
	line    string // of the question: a regular expression
	answers func(got, want string) bool
}

func (k knownDifference) is(q question, got, want string) bool {
	if k.line != "" && !regexp.MustCompile(k.line).MatchString(q.String()) {
		return false
	}
	return k.answers == nil || k.answers(got, want)
}

var modified = regexp.MustCompile(`modified=\d+`)

// sameWords tells whether two answers have the same letters in another order.
func sameWords(got, want string) bool {
	a, b := []rune(got), []rune(want)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// refuses tells whether the embedded database alone refuses.
func refuses(code string) func(got, want string) bool {
	return func(got, want string) bool {
		return strings.Contains(got+" ", "error "+code+" ") && !strings.Contains(want, "error")
	}
}

// asKnown changes an answer of the server where it is known to be wrong whatever was asked.
func asKnown(q question, want string) string {
	if q.command[0].Key == "findAndModify" {
		// A change that changes nothing is answered as if no document had been found.
		want = strings.Replace(want, "last={0 false null} value={", "last={1 true null} value={", 1)
		// The code of a duplicate key is lost.
		want = regexp.MustCompile(`^error 1$`).ReplaceAllString(want, "error 11000")
	}
	if q.has("$count") && want == `{"n":0}` {
		want = "" // $count of nothing is a document
	}
	return want
}

// knownDifferences are those of FerretDB 2.7.0 with documentdb.
var knownDifferences = []knownDifference{
	{"$pop, $pull, $pullAll and $rename make the documents on the way to what is not there", `"\$(pop|pull|pullAll)":\{[^}]*"\w+\.|"\$rename":\{[^}]*:"\w+\.`, func(got, want string) bool {
		return (strings.Contains(want, "{}") || strings.Contains(want, "null") || strings.Contains(want, "error 11000")) && !strings.Contains(got, "error")
	}},
	{
		"keys of a sort that lie in one array are taken from several of its elements",
		`"\$?sort":\{[^}]*("a[".][^}]*"a[".]|"b[".][^}]*"b[".]|"c[".][^}]*"c[".]|"d[".][^}]*"d[".])`, sameWords,
	},
	{"keys of a sort may be parallel arrays", `"\$?sort":`, refuses("2")},
	{"conflicting paths are found only where there is a document to change", "", refuses("40")},
	{"values of other types do not lie above MinKey and below MaxKey", `"\$[gl]te?":\{"\$(min|max)Key"`, nil},
	{"$push or $addToSet of no elements makes no array", `"\$each":\[\]|"\$slice":0`, nil},
	{"two empty arrays in one key of an index are no parallel arrays", "", refuses("171")},
	{"a compound unique index lets documents repeat that lack a field", `"unique":true`, refuses("11000")},
	{"an upsert takes $all with one $elemMatch for a value", `"\$all":\[\{"\$elemMatch".*"upsert":true`, nil},
	{"$inc and $mul count with booleans", `[:,\[](true|false)`, refuses("14")},
	{"of two errors the other one is answered", `"upsert":true`, func(got, want string) bool {
		return strings.HasPrefix(got, "error") && strings.HasPrefix(want, "error")
	}},
	{"an upsert takes the fields of the query in their order, not in that of their names", `"upsert":true`, func(got, want string) bool { return sameWords(got, want) }},
	{"$min and $max do not put NaN below the other numbers", `NaN.*"\$(min|max)"|"\$(min|max)".*NaN`, nil},
	{"0 in the place of -0 is no change", `"\$(mul|inc)":.*`, func(got, want string) bool {
		return strings.Contains(got+want, "-0.0") && strings.Contains(got, "modified=1") && strings.Contains(want, "modified=0")
	}},
	{"$sum loses ones beside 2^53", `9\.00719925474099\dE\+15.*"\$sum"`, func(got, want string) bool {
		return strings.Contains(got, "E+15") && strings.Contains(want, "E+15")
	}},
	{"_id may lie above NaN", `"_id":\{.*NaN`, nil},
	{"$pull of {} takes out everything", `"\$pull":\{"[^"]+":\{\}`, nil},
	{"$set to equal numbers of other types in a document is no change", `"\$set":`, func(got, want string) bool {
		return strings.Contains(got, "modified=1") && strings.Contains(want, "modified=0")
	}},
	{"$addToSet takes numbers in documents for different when their types are", `"\$addToSet":.*\{`, func(got, want string) bool {
		return len(got) < len(want) && !strings.Contains(got+want, "error")
	}},
	{"$in takes numbers in documents and arrays for different when their types are", `"\$n?in":\[.*[[{].*\d`, nil},
	{"$all of nothing is no condition beside an _id", `"_id":.*"\$all":\[\]`, nil},
	{"$rename from within what is no document is sometimes no error", `"\$rename":`, refuses("28")},
	{"$rename of a field to itself is refused only where there is a document", `"\$rename"`, refuses("2")},
	{"$unset does not go through an array", `"\$unset":\{"\w+\.`, func(got, want string) bool {
		return strings.HasPrefix(want, "error") && !strings.Contains(got, "error")
	}},
	{"$rename of nothing looks at where it would go", `"\$rename":`, func(got, want string) bool {
		return strings.HasPrefix(want, "error") && !strings.Contains(got, "error")
	}},
	{"distinct does not look into an array at a position", `"distinct":"c","key":"[\w.]+\.\d"`, nil},
	{"$group leaves out an _id that is missing", `"\$group":`, func(got, want string) bool {
		return regexp.MustCompile(`\{"[pq]":`).MatchString(want) && !regexp.MustCompile(`\{"[pq]":`).MatchString(got)
	}},
	{"nModified counts documents that did not change", "", func(got, want string) bool {
		return got < want && modified.ReplaceAllString(got, "") == modified.ReplaceAllString(want, "")
	}},
}
