package people

import (
	"encoding/hex"
	"strings"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// order compares names; it is lent out, as to make one takes longer than to use it.
type order struct {
	collator *collate.Collator
	buffer   collate.Buffer
}

var orders = sync.Pool{New: func() any { return &order{collator: collate.New(language.Vietnamese, collate.IgnoreCase)} }} // never assigned again

func (o *order) key(text string) string {
	o.buffer.Reset()
	return hex.EncodeToString(o.collator.KeyFromString(&o.buffer, text))
}

// NameKey returns a text whose order is the one of names in Vietnamese lists: by the
// given name, which comes last, then by the rest, in the order of the Vietnamese alphabet.
func NameKey(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return ""
	}
	given, words := words[len(words)-1], words[:len(words)-1]
	o := orders.Get().(*order)
	defer orders.Put(o)
	// Every byte is two letters, so the end of a given name sorts before all that go on.
	return o.key(given) + " " + o.key(strings.Join(words, " "))
}
