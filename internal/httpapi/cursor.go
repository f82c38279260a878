package httpapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"hocso/internal/fault"
)

// A cursor holds what the phone has: for each item its key and a hash of its
// content. So the server keeps nothing for each phone, and what is gone can be
// named. With more items than fit the request's headers it is one hash of all:
// when that differs, the phone starts again.
const (
	pairsPrefix = "1."
	wholePrefix = "2."
	keyBytes    = 5
	hashBytes   = 5
	mostPairs   = 100
)

// item is one thing that a phone keeps.
type item struct {
	key   [keyBytes]byte
	hash  [hashBytes]byte
	kind  string
	often bool                   // the same bytes go to many phones, or to one again and again
	value func() ([]byte, error) // JSON; made only for a phone that lacks it
}

// items are everything a phone keeps, in a fixed order.
type items struct {
	all  []item
	keys map[[keyBytes]byte]bool
}

// add appends an item of a kind. id is unique within the kind, and stamp changes
// whenever value does. often says that the encoded item is worth keeping; then
// stamp must be different for different people unless value is the same.
func (x *items) add(kind, id, stamp string, often bool, value func() ([]byte, error)) {
	it := item{kind: kind, often: often, value: value}
	for n := 0; n == 0 || x.keys[it.key]; n++ { // a collision is as good as impossible, and harmless
		sum := sha256.Sum256(fmt.Appendf(nil, "%s:%s:%d", kind, id, n))
		it.key = [keyBytes]byte(sum[:keyBytes])
	}
	if x.keys == nil {
		x.keys = map[[keyBytes]byte]bool{}
	}
	x.keys[it.key] = true
	sum := sha256.Sum256([]byte(stamp))
	it.hash = [hashBytes]byte(sum[:hashBytes])
	x.all = append(x.all, it)
}

// addJSON is add for a small value, which is its own stamp.
func (x *items) addJSON(kind, id string, value any) error {
	b, err := encode(value)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	x.add(kind, id, string(b), false, func() ([]byte, error) { return b, nil })
	return nil
}

// appendJSON appends the item as it goes over the wire.
func (it item) appendJSON(b []byte) ([]byte, error) {
	value, err := it.value()
	if err != nil {
		return nil, err
	}
	b = append(append(append(b, `{"key":"`...), keyText(it.key)...), `","kind":"`...)
	b = append(append(append(b, it.kind...), `","`...), it.kind...)
	return append(append(append(b, `":`...), value...), '}'), nil
}

func keyText(k [keyBytes]byte) string { return base64.RawURLEncoding.EncodeToString(k[:]) }

// cursor is what a phone that has all items sends next time.
func (x *items) cursor() string {
	var b bytes.Buffer
	for _, it := range x.all {
		b.Write(it.key[:])
		b.Write(it.hash[:])
	}
	if len(x.all) > mostPairs {
		sum := sha256.Sum256(b.Bytes())
		return wholePrefix + base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	return pairsPrefix + base64.RawURLEncoding.EncodeToString(b.Bytes())
}

// since splits the items into those that a phone with that cursor lacks and the
// keys that are gone. No cursor: everything. fault.Gone cursor_expired if the
// cursor does not say what the phone has.
func (x *items) since(cursor string) (changed []item, deleted []string, err error) {
	if cursor == "" {
		return x.all, []string{}, nil
	}
	expired := fault.New(fault.Gone, "cursor_expired", "start again without a cursor")
	text, ok := strings.CutPrefix(cursor, pairsPrefix)
	b, bad := base64.RawURLEncoding.Strict().DecodeString(text)
	if !ok || bad != nil || len(b)%(keyBytes+hashBytes) != 0 || len(b) > mostPairs*(keyBytes+hashBytes) {
		return nil, nil, expired
	}
	had := map[[keyBytes]byte][hashBytes]byte{}
	deleted = []string{}
	for ; len(b) > 0; b = b[keyBytes+hashBytes:] {
		key := [keyBytes]byte(b[:keyBytes])
		had[key] = [hashBytes]byte(b[keyBytes : keyBytes+hashBytes])
		if !x.keys[key] {
			deleted = append(deleted, keyText(key))
		}
	}
	for _, it := range x.all {
		if h, ok := had[it.key]; !ok || h != it.hash {
			changed = append(changed, it)
		}
	}
	return changed, deleted, nil
}
