package room

import (
	"parley/consensus/frame"
	"parley/consensus/hosting"
)

// Who is still there. A tab may go without a word: its machine falls asleep, its network
// is gone, and the socket stays open. So a tab sends a ping each Limits.Ping, whatever else
// it sends, and anything that comes of it shows that it is there. Of whom nothing has come
// for Limits.Silence, the connection is closed with CloseIdle, and the tab is missed as if its
// connection had broken: its nodes are waited for, and the same tab may come back. A tab that
// sends no pings (an old page, a stranger) is let in like any other, and is closed when it has
// said nothing for so long.
//
// A host may answer pings without telling of them (on Cloudflare they do not wake the
// room). So before somebody is closed, the host is asked when a ping came last (Out.Doubt).
// A ping that it tells of counts as a frame of the connection (Limits.Frames); one that
// never comes here costs nothing here, and is not counted.
//
// Silence alone is no reason to wake a room in which nothing happens: paused, in its lobby,
// over, or at the end of what can happen. There nobody waits for who is silent, and a room
// at rest is to cost nothing. What comes of anybody else wakes it all the same, and then
// everybody is looked at: an owner who is no more gives the room up to who is left, a
// minute (Limits.OwnerAway) after somebody has done anything.

// doubtWithin is how long a host has to tell of a ping.
const doubtWithin = Second

// Heard is told that a ping of a connection came, at that moment or at an earlier one. A host
// tells of each ping as it comes, or of the last when it is asked.
func (r *Room) Heard(now Moment, p Peer, at Moment) {
	r.now = now
	if k := r.peers[p]; k != nil && r.ended == 0 && r.counted(now, k, len(hosting.Ping)) {
		k.alive(min(at, now))
	}
	r.after(now)
}

// alive notes that something has come of a connection.
func (k *conn) alive(at Moment) {
	if at > k.heard {
		k.heard, k.doubted = at, 0
	}
}

// silent closes the connections of which nothing comes any more.
func (r *Room) silent(now Moment) {
	for i := 0; i < len(r.conns); i++ {
		k := r.conns[i]
		switch {
		case k.member == nil || now < k.heard+r.c.Limits.Silence:
		case k.doubted == 0:
			k.doubted = now
			r.outs = append(r.outs, Out{Peer: k.peer, Doubt: true})
		case now >= k.doubted+doubtWithin:
			r.leave(now, k, false)
			r.close(k, hosting.CloseIdle, "nothing was heard of this tab for too long")
			i = -1 // the list has changed
		}
	}
}

// listens adds when silent is to look again.
func (r *Room) listens(n *soonest) {
	goes := r.state == frame.Playing && !r.over() && (r.work != nil || !r.world.Quiet())
	for _, k := range r.conns {
		switch {
		case k.member == nil:
		case k.doubted != 0:
			n.at(k.doubted + doubtWithin)
		case goes:
			n.at(k.heard + r.c.Limits.Silence)
		}
	}
}
