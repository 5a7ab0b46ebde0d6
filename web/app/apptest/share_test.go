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
}

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
