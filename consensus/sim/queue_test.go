package sim

import (
	"sort"
	"testing"

	"parley/consensus"
	"pgregory.net/rapid"
)

// The queue against the slow and obvious one: a sorted slice.
func TestQueueIsASortedList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var slow []key
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			if len(slow) > 0 && rapid.IntRange(0, 2).Draw(t, "act") == 0 {
				if got := q.pop(); got != slow[0] {
					t.Fatalf("popped %+v, the first is %+v", got, slow[0])
				}
				slow = slow[1:]
				continue
			}
			at := consensus.Time(rapid.IntRange(0, 9).Draw(t, "at"))
			ref := rapid.Uint32().Draw(t, "ref")
			slow = append(slow, key{at, uint64(q.push(at, ref))<<32 | uint64(ref)})
			sort.SliceStable(slow, func(i, j int) bool { return slow[i].at < slow[j].at })
		}
		for _, k := range slow {
			if got := q.pop(); got != k {
				t.Fatalf("popped %+v, the first is %+v", got, k)
			}
		}
	})
}

func TestBitsetIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bitset
		slow := map[int]bool{0: true}
		b.set(0)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, 300).Draw(t, "i")
			switch rapid.IntRange(0, 3).Draw(t, "act") {
			case 0:
				b.cut(i)
				for k := range slow {
					if k >= i && k != 0 {
						delete(slow, k)
					}
				}
			case 1:
				b.set(i)
				slow[i] = true
			default:
				want := i
				for !slow[want] {
					want--
				}
				if got := b.last(i); got != want {
					t.Fatalf("last(%d) = %d, want %d", i, got, want)
				}
			}
		}
	})
}

func TestClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clock{
			base:  consensus.Time(rapid.Int64Range(0, int64(consensus.Second)).Draw(t, "base")),
			local: consensus.Time(rapid.Int64Range(-1e12, 1e12).Draw(t, "local")),
			drift: rapid.Int64Range(-100_000, 100_000).Draw(t, "drift"),
		}
		d := consensus.Duration(rapid.Int64Range(0, int64(spanMax)).Draw(t, "d"))
		wait := c.worldly(d)
		if wait < 0 || c.own(wait) < d-1 || wait > 0 && c.own(wait-1) > d {
			t.Fatalf("%+v: %d on the clock is %d of the World, which is %d on the clock", c, d, wait, c.own(wait))
		}
		from, to := c.read(c.base), c.read(c.base+wait)
		if to-from < d-1 || to-from > d+2 {
			t.Fatalf("%+v: read %d after %d", c, to-from, d)
		}
	})
}

func TestMoment(t *testing.T) {
	for at, want := range map[consensus.Time]string{
		0: "0.000 s", 1_204_000_000: "1.204 s", 61_000_999_999: "61.000 s", 5_000_000: "0.005 s",
	} {
		if got := moment(at); got != want {
			t.Errorf("moment(%d) = %q, want %q", at, got, want)
		}
	}
}
