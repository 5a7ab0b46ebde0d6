package room

import (
	"testing"

	"parley/consensus"
	"parley/consensus/frame"
)

// BenchmarkWork is what one piece of work costs in a room of five tabs, from the World and
// back to it, the tabs' engines and what all five are shown included.
func BenchmarkWork(b *testing.B) {
	l := newLab(b, classScript, 1)
	var tabs []*tab
	for i := range 5 {
		x := l.newTab("T", "")
		if i == 0 {
			x.token = l.owner
		}
		x.connect()
		l.pump()
		x.conduct(frame.Claim, consensus.NodeID(i+1), 0)
		tabs = append(tabs, x)
	}
	l.room.c.Limits.Events = 1 << 30
	tabs[0].conduct(frame.SetPace, 0, uint64(consensus.Second))
	tabs[0].conduct(frame.Play, 0, 0)
	l.until(Second)
	b.ReportAllocs()
	b.ResetTimer()
	for l.room.stats.Work < b.N {
		l.until(50 * Millisecond)
	}
	b.ReportMetric(float64(l.room.log.Len())/float64(l.room.stats.Work), "events/op")
}
