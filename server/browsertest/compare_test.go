package browsertest

import (
	"strconv"
	"strings"
	"testing"
)

// choose opens a run of an algorithm and waits until it is there.
func (p *Page) choose(algorithm string) {
	p.t.Helper()
	p.Wait(`document.querySelector("#algorithm option[value=` + algorithm + `]") !== null`)
	Eval[bool](p, `(s => { s.value = `+quote(algorithm)+`; s.dispatchEvent(new Event("change", {bubbles: true})); return true })(document.querySelector("#algorithm"))`)
	p.WaitFor(`#notices [data-kind="fork"]`)
	p.Wait(ready)
	p.Wait(`document.querySelector("#algorithm").value === ` + quote(algorithm))
}

// dial sets a dial of the drawer.
func (p *Page) dial(id, value string) {
	p.t.Helper()
	Eval[bool](p, `(s => { s.value = `+quote(value)+`; for (const e of ["input", "change"]) s.dispatchEvent(new Event(e, {bubbles: true})); return true })(document.querySelector(`+quote("#"+id)+`))`)
	p.Wait(`document.querySelector(` + quote("#"+id) + `).value.replace(/\s/g, "") === ` + quote(value))
}

// TestMultiPaxos chooses Multi-Paxos: somebody leads, a key is written and read, and a
// reload loads the engine that the run needs.
func TestMultiPaxos(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	p.choose("multipaxos")
	p.setSpeed(8)
	p.WaitText("#headline", " leads ")
	p.Click("#tab-store")
	p.Type("#key", "x")
	p.Type("#value", "3")
	p.Click("#write")
	p.Wait(`document.querySelectorAll("#operations li[data-state=done]").length === 1`)
	p.Click("#read")
	p.Wait(`document.querySelectorAll("#operations li[data-state=done]").length === 2`)
	if text := p.Text("#operations li:first-child .result"); !strings.Contains(text, "3") {
		t.Errorf("reading gave %q", text)
	}
	here := p.pause()
	p.Reload()
	p.Wait(ready)
	p.WaitText("#headline", " leads ")
	if at := p.now(); at != here {
		t.Errorf("after a reload the run stands at %d ms, before at %d", at, here)
	}
}

// TestDuel lets two proposers overtake each other for ever, and then back off.
func TestDuel(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	p.choose("synod")
	p.Click("#fold-drawer")
	p.WaitFor("#dial-jitter")
	p.dial("dial-jitter", "0s")
	p.dial("dial-patience", "10s")
	p.Click("#fold-drawer")
	p.Click("#tab-rules")
	backOff := `li[data-rule$="back-off"] .switch`
	p.Click(backOff)
	p.WaitText("#rules-off", "1 rule is off")
	p.Click(`[data-act="duel"]`)
	p.Click("#tab-store")
	p.Wait(`document.querySelectorAll("#operations li[data-state=waiting]").length === 2`)
	p.setSpeed(11)
	started := p.now()
	p.Wait(`Number(document.querySelector('[data-testid="timeline"]').getAttribute("aria-valuenow")) > ` + strconv.Itoa(started+2000))
	if n := Eval[int](p, `document.querySelectorAll("#operations li[data-state=done]").length`); n != 0 {
		t.Fatalf("%d operations are done although nobody backs off", n)
	}
	p.WaitText("#feed", "back-off is off")
	p.Click("#tab-rules")
	p.Click(backOff)
	p.Click("#tab-store")
	p.Wait(`document.querySelectorAll("#operations li[data-state=done]").length === 2`)
}

// option sets an option of the drawer.
func (p *Page) option(name, value string) {
	p.t.Helper()
	Eval[bool](p, `(s => { s.value = `+quote(value)+`; for (const e of ["input", "change"]) s.dispatchEvent(new Event(e, {bubbles: true})); return true })(document.querySelector(`+quote("#option-"+name)+`))`)
}

// ask has a client ask for a command, and returns the answer.
func (p *Page) ask(command string) string {
	p.t.Helper()
	before := Eval[int](p, `document.querySelectorAll("#operations li[data-state=done]").length`)
	p.WaitFor("#command")
	Eval[bool](p, `(document.querySelector("#command").select(), true)`) // to be replaced
	p.Type("#command", command)
	p.Click("#ask")
	p.Wait(`document.querySelectorAll("#operations li[data-state=done]").length === ` + strconv.Itoa(before+1))
	return p.Text("#operations li:first-child .result")
}

// TestSlots asks for slots by number: one is decided once for all, and there is none
// beyond those that there are. Quorums that need not meet and a window of zero are
// refused with the reason.
func TestSlots(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	p.choose("synod")
	p.setSpeed(9)
	p.Click("#tab-store")
	for _, c := range []struct{ command, answer string }{
		{"propose 2 red", "slot 2: red"},
		{"propose 2 blue", "slot 2: red"},
		{"propose 0 red", "there is no such slot"},
		{"propose 5000 red", "too far ahead"},
		{"propose red", "propose SLOT VALUE"},
	} {
		if got := p.ask(c.command); !strings.Contains(got, c.answer) {
			t.Errorf("%s: %q, want %q", c.command, got, c.answer)
		}
	}
	p.Click("#fold-drawer")
	p.WaitFor("#option-window")
	p.option("window", "0")
	p.WaitText("#drawer", "from 1 to 128")
	p.option("phase1-quorum", "1")
	p.option("phase2-quorum", "1")
	p.WaitText("#option-phase2-quorum-wrong", "Refused: 1 of 5")
	p.Click("#new-run")
	p.WaitText("#feed", "refuses quorums of 1 for phase 1 and 1 for phase 2")
	p.WaitText("#option-phase1-quorum-wrong", "Refused: 1 of 5")
	p.option("phase1-quorum", "5")
	p.WaitText("#option-phase1-quorum-wrong", "In effect: 3. A quorum of 5 takes a new run.")
	p.Click("#new-run")
	p.Wait(`["1", "2"].every(n => document.querySelector("#option-phase" + n + "-quorum-wrong").textContent === "")`)
}

// figures are the numbers of a row of the comparison.
func (p *Page) figures(key string) [2]string {
	p.t.Helper()
	row := `[data-figure="` + key + `"] td`
	p.Wait(`document.querySelectorAll(` + quote(row) + `).length === 2`)
	return [2]string{p.Text(row), p.Text(row + " ~ td")}
}

// TestCompare kills the leaders of Raft and Multi-Paxos at once: both serve again, and the
// page says which did sooner. A reload brings both back.
func TestCompare(t *testing.T) {
	p := Open(t, "/")
	p.Wait(ready)
	p.setSpeed(8)
	p.WaitFor(leads)
	p.Click("#compare")
	p.WaitFor("#ring-beside svg")
	p.Wait(ready)
	p.WaitText("#verdict", "Nothing has failed yet") // the numbers are shown at once
	p.Wait(`document.querySelectorAll('#ring [data-role="leader"], #ring-beside [data-role="leader"]').length === 2`)
	p.Click(`[data-act="crash-leader"]`)
	p.Wait(`document.querySelectorAll('#ring [data-role="down"]').length === 1 && document.querySelectorAll('#ring-beside [data-role="down"]').length === 1`)
	p.WaitText("#notices", "Multi-Paxos lost N")
	p.Click(`[data-act="request"]`)
	p.WaitText("#verdict", "sooner than")
	p.pause()
	if f := p.figures("done"); f != [2]string{"1", "1"} {
		t.Errorf("done: %v", f)
	}
	for _, key := range []string{"sent", "bytes", "served-again"} {
		if f := p.figures(key); f[0] == f[1] {
			t.Errorf("%s is %s on both sides", key, f[0])
		}
	}
	if better := Eval[int](p, `document.querySelectorAll('[data-figure="served-again"] td[data-better]').length`); better != 1 {
		t.Errorf("%d sides served sooner", better)
	}
	slim := func() {
		t.Helper()
		if n := Eval[int](p, `document.querySelectorAll("#app *").length - document.querySelectorAll(".host *").length`); n > 320 {
			t.Errorf("Vugu carries %d elements, and each costs at every render", n)
		}
	}
	slim()
	p.Click(`[data-figure="leaderless"] .name`)
	p.WaitText(`[data-figure="leaderless"]`, "How long nobody led")
	p.Click("#tab-words")
	p.WaitText("#words", "AppendEntries")
	slim()

	p.Click("#tab-compare")
	here, verdict, sent := p.now(), p.Text("#verdict"), p.figures("sent")
	p.Reload()
	p.Wait(ready)
	p.WaitText("#verdict", verdict)
	if at, again := p.now(), p.figures("sent"); at != here || again != sent {
		t.Errorf("reloaded: %d ms, %v sent; before: %d ms, %v", at, again, here, sent)
	}

	// Another one takes the place of the second, and lives through the same.
	Eval[bool](p, `(s => { s.value = "synod"; s.dispatchEvent(new Event("change", {bubbles: true})); return true })(document.querySelector("#beside"))`)
	p.WaitText(".looks", "Synod")
	p.Wait(ready)
	p.WaitText("#verdict", "Synod")
	if at, f := p.now(), p.figures("sent"); at != here || f[0] != sent[0] || f[1] == sent[1] {
		t.Errorf("beside Synod: %d ms, %v sent; before: %d ms, %v", at, f, here, sent)
	}
	p.Click("#play") // Synod may need longer for the same request
	p.Wait(`[...document.querySelectorAll('[data-figure="done"] td')].map(e => e.textContent).join() === "1,1"`)
	p.pause()
	verdict = p.Text("#verdict")

	// The past is the past of both.
	p.Click(ByTest("timeline"))
	p.Wait(`document.querySelector("#verdict").textContent !== ` + quote(verdict))
	p.Click("#compare")
	p.Wait(`document.querySelector("#app").dataset.comparing !== "yes"`)
}
