package apptest

import (
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/replay"
	"parley/consensus/scenario"
	"parley/web/app"
)

// handmade does so many things to a run as a visitor does them: something, a look at what
// comes of it, the next thing; at whatever moment the screen shows then.
func handmade(t *testing.T, engine string, seed uint64, acts int) *page {
	t.Helper()
	p := open(t, nil)
	p.acted(func() { p.ChooseAlgorithm(engine) })
	p.SetSpeed(8)
	draw := consensus.Rand(seed)
	below := func(n int) consensus.NodeID { return consensus.NodeID(draw.Below(int64(n))) }
	for done, tries := 0, 0; done < acts; tries++ {
		if tries > 20*acts {
			t.Fatalf("%d of %d acts were done", done, acts)
		}
		p.play(consensus.Duration(100+draw.Below(1500)) * ms)
		if !p.Playing {
			p.Toggle()
		}
		before := p.store["run.script"]
		p.acted(func() {
			switch below(8) {
			case 0, 1:
				p.CrashOrRestart(1 + below(5))
			case 2, 3:
				p.Request(1)
			case 4:
				p.TimeOut(1 + below(5))
			case 5:
				if flights := p.Store.State(p.Cursor.Events).Messages; len(flights) > 0 {
					p.Drop(flights[below(len(flights))].ID)
				}
			case 6:
				p.SplitBy(app.SplitHalves)
			default:
				p.Heal()
			}
		})
		if p.store["run.script"] != before {
			done++
		}
	}
	p.play(second)
	return p
}

// TestLinksOfVisitsAreShort holds what chats let through: a hundred things that were done
// to a run fit 900 characters, three hundred 1900.
func TestLinksOfVisitsAreShort(t *testing.T) {
	for _, engine := range []string{"raft", "multipaxos", "synod"} {
		for _, c := range []struct{ acts, max int }{{100, 900}, {300, 1900}} {
			p := handmade(t, engine, uint64(c.acts), c.acts)
			out := &outside{}
			p.SetOutside(out)
			p.acted(p.ToggleShare)
			code, _, _ := strings.Cut(strings.TrimPrefix(out.address, "#"), "&")
			rec, err := replay.ReadLink(code)
			if err != nil || len(rec.Script.Actions) != c.acts {
				t.Fatalf("%s: %d actions in the link, want %d: %v", engine, len(rec.Script.Actions), c.acts, err)
			}
			t.Logf("%s: %d acts in %s fit %d characters", engine, c.acts, scenario.FormatSpan(rec.End), len(out.address))
			if len(out.address) > c.max {
				t.Errorf("%s: the link of %d acts has %d characters, at most %d are wanted\n%s", engine, c.acts, len(out.address), c.max, rec.Text())
			}
			// And it is the run.
			q := open(t, nil)
			q.acted(func() { q.OpenAddress(code) })
			q.until("a verdict", func() bool { return q.origin().State != "" })
			if o := q.origin(); o.State != "same" {
				t.Errorf("%s: opened, the run of %d acts is %+v", engine, c.acts, o)
			}
		}
	}
}

// outside notes what the page asked for.
type outside struct {
	address, saved string
	copied         []string
	short          func(url, why string)
	script         string // of the room that was asked for
	made           func(id, token, why string)
	opened         []string // in other tabs
	blocked        bool     // the browser opens none
	reloads        int
}

func (o *outside) CreateRoom(script string, done func(id, token, why string)) {
	o.script, o.made = script, done
}

func (o *outside) Open(address string) bool {
	if !o.blocked {
		o.opened = append(o.opened, address)
	}
	return !o.blocked
}
func (o *outside) Reload() { o.reloads++ }

func (o *outside) Site() string                             { return "https://parley.example" }
func (o *outside) Show(address string, _ bool)              { o.address = address }
func (o *outside) Save(_, _, text string)                   { o.saved = text }
func (o *outside) Shorten(_ string, done func(_, _ string)) { o.short = done }
func (o *outside) Copy(text string, done func(ok bool)) {
	o.copied = append(o.copied, text)
	done(true)
}
func (o *outside) CopyCode(text string, done func(ok bool))            { o.Copy("code of "+text, done) }
func (o *outside) Make(_ [][]byte, _ app.Order, done func(why string)) { done("") }

// rows are the things that the dialog offers to copy.
func (p *page) rows() map[string]string {
	rows := map[string]string{}
	for _, r := range p.Screen().Sharing.Rows {
		rows[r.Name] = r.Text
	}
	return rows
}

// TestLongRunsAreFiles holds that a run which does not fit a link is offered as a file, and
// as a short link, and that the address bar does not change then.
func TestLongRunsAreFiles(t *testing.T) {
	p := open(t, nil)
	p.Pause()
	out := &outside{}
	p.SetOutside(out)
	draw := consensus.Rand(1)
	for range 50 { // commands that do not shrink
		value := make([]byte, 240)
		for i := range value {
			value[i] = byte('a' + draw.Below(26))
		}
		p.acted(func() {
			p.Act(scenario.Action{Kind: scenario.Request, Node: consensus.Client(1), Text: "set x " + string(value)})
		})
	}
	p.acted(p.ToggleShare)
	v := p.Screen().Sharing
	if len(v.Rows) != 0 || v.QR != "" || !v.CanSave || v.Short == "" || !strings.Contains(v.Says, "send the recording as a file") || out.address != "" {
		t.Errorf("a long run is offered as %+v, and the address is %q", v, out.address)
	}
	p.SaveRecording()
	if rec, recorded, err := replay.ReadText(out.saved); err != nil || !recorded || len(rec.Script.Actions) != 50 {
		t.Errorf("the file: %v, %t, %.200s", err, recorded, out.saved)
	}
	p.acted(p.MakeShort)
	p.acted(func() { out.short("https://parley.example/s/abcdefghijk", "") })
	if rows := p.rows(); len(rows["short"]) == 0 || !strings.Contains(rows["html"], "/s/abcdefghijk") || rows["link"] != "" {
		t.Errorf("with a short link there is %v", rows)
	}
}

// TestTheFullLinkIsBesideTheShortOne, whether the server gave one or not.
func TestTheFullLinkIsBesideTheShortOne(t *testing.T) {
	p := open(t, nil)
	p.until("a leader", p.leads)
	out := &outside{}
	p.SetOutside(out)
	p.acted(p.CrashLeader)
	if out.address != "" {
		t.Errorf("before it is shared, the run has the address %s", out.address)
	}
	p.acted(p.ToggleShare)
	full := p.rows()["link"]
	if full != "https://parley.example/"+out.address || !strings.HasPrefix(out.address, "#1") {
		t.Fatalf("the link is %q, the address %q", full, out.address)
	}
	p.acted(p.MakeShort)
	p.acted(func() { out.short("", "The server is tired.") })
	if v := p.Screen().Sharing; p.rows()["link"] != full || v.NoShort != "The server is tired." || v.Short == "" {
		t.Errorf("without a short link there is %+v", v)
	}
	p.acted(p.MakeShort)
	p.acted(func() { out.short("https://parley.example/s/abcdefghijk", "") })
	if rows := p.rows(); rows["link"] != full || !strings.HasPrefix(rows["short"], "https://parley.example/s/abcdefghijk?t=") {
		t.Errorf("with a short link there is %v", rows)
	}
	p.CopyShare("qr", p.Screen().Sharing.QR)
	if got := out.copied; len(got) != 1 || got[0] != "code of "+p.rows()["short"] || p.Screen().Sharing.CopyQR != "Copied" {
		t.Errorf("of the code %q was copied", got)
	}
	if at := out.address; !strings.HasPrefix(at, "#1") {
		t.Errorf("the address has become %s", at)
	}
}
