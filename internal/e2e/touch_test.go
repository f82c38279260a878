//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// finder is JavaScript that finds the visible control with an accessible name:
// its label, aria-label or text without what is hidden from readers, equal or
// (with a trailing …) beginning so.
const finder = `(name, kinds) => {
	const norm = (s) => (s || "").replace(/\s+/g, " ").trim();
	const fits = (s) => [name].flat().some((want) => want.endsWith("…") ? norm(s).startsWith(want.slice(0, -1)) : norm(s) === want);
	const read = (e) => e.nodeType === 3 ? e.data : e.nodeType !== 1 || e.getAttribute("aria-hidden") === "true" ? ""
		: (getComputedStyle(e).display.startsWith("inline") ? "" : " ") + [...e.childNodes].map(read).join("") + (getComputedStyle(e).display.startsWith("inline") ? "" : " ");
	const names = (e) => [e.getAttribute("aria-label"), ...(e.labels ? [...e.labels].map(read) : []), read(e), e.title];
	const shown = (e) => { const r = e.getBoundingClientRect(); return r.width > 0 && r.height > 0 && getComputedStyle(e).visibility !== "hidden" && !e.disabled && e.ariaBusy !== "true"; };
	return [...document.querySelectorAll(kinds)].find((e) => shown(e) && names(e).some(fits));
}`

const controls = "button, a[href], input, textarea, select, [role=button], [role=tab], label, summary"

// Tap touches the middle of the control with this name, as a finger would: what
// lies over it gets the touch.
func (p *phone) Tap(name string) { p.t.Helper(); p.tap(name, controls) }

func (p *phone) tap(name, kinds string) {
	p.t.Helper()
	var at struct {
		X, Y float64
		Hit  bool
		What string
	}
	js := fmt.Sprintf(`(() => { const e = (%s)(%s, %s); if (!e) return null; e.scrollIntoView({block: "center", behavior: "instant"});
		const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2, top = document.elementFromPoint(x, y);
		return {x, y, hit: !!top && (e.contains(top) || top.contains(e) || (e.control && e.control === top)), what: top ? top.outerHTML.slice(0, 200) : ""}; })()`, finder, p.words(name), quote(kinds))
	x, y := -1.0, -1.0
	p.wait("a control named "+name, func() bool {
		var raw json.RawMessage
		if p.try(evaluate(js, &raw)) != nil || string(raw) == "null" || json.Unmarshal(raw, &at) != nil || !at.Hit {
			return false
		}
		still := at.X == x && at.Y == y // not on its way, as in a sheet that comes up
		x, y = at.X, at.Y
		return still
	})
	p.touch(at.X, at.Y)
}

func (p *phone) touch(x, y float64) {
	p.t.Helper()
	if p.Mobile {
		p.do(input.DispatchTouchEvent(input.TouchStart, []*input.TouchPoint{{X: x, Y: y}}), input.DispatchTouchEvent(input.TouchEnd, []*input.TouchPoint{}))
		return
	}
	p.do(chromedp.MouseClickXY(x, y))
}

// Has reports whether a control with this name is on the screen.
func (p *phone) Has(name string) bool {
	p.t.Helper()
	return p.holds(fmt.Sprintf(`!!(%s)(%s, %s)`, finder, p.words(name), quote(controls)))
}

// Fill types text into the field with this label, in place of what was there.
func (p *phone) Fill(label, text string) {
	p.t.Helper()
	p.wait("a field named "+label, func() bool {
		return p.holds(fmt.Sprintf(`(() => { const e = (%s)(%s, "input, textarea"); if (!e) return false; e.focus(); e.select && e.select(); return document.activeElement === e; })()`, finder, p.words(label)))
	})
	p.do(input.InsertText(text))
}

// See waits until the text is on the screen.
func (p *phone) See(text string) {
	p.t.Helper()
	p.wait("the text "+text, func() bool { return p.Shows(text) })
}

// Gone waits until the text is no longer on the screen.
func (p *phone) Gone(text string) {
	p.t.Helper()
	p.wait("the text to go: "+text, func() bool { return p.holds("!" + shows(p.words(text))) })
}

// Shows reports whether the text is on the screen.
func (p *phone) Shows(text string) bool { p.t.Helper(); return p.holds(shows(p.words(text))) }

// shows is JavaScript that tells whether one of the texts is on the screen.
func shows(texts string) string {
	return fmt.Sprintf(`[%s].flat().some((text) => document.body.innerText.replace(/\s+/g, " ").includes(text))`, texts)
}

// Heading is the text of the page's heading.
func (p *phone) Heading() (text string) {
	p.t.Helper()
	p.Eval(`(document.querySelector("h1")?.textContent ?? "").replace(/\s+/g, " ").trim()`, &text)
	return text
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always marshals
	}
	return string(b)
}
