package room

import (
	"parley/consensus"
	"parley/consensus/sim"
)

// shadow is the same run in one place: a World with all engines here, which follows from
// setup and actions alone. It is brought up to the live World when somebody wants to know
// what a tab that is gone would have answered, or whether the tabs have told the truth.
type shadow struct {
	world *sim.World
	host  *host
	works uint64 // pieces of work done
	known int    // actions it knows
	fx    consensus.Effects
}

// rebuild returns the effects of the work that is out, as they follow from the recording.
// It returns nil when the live run is not what follows from the recording: then some tab
// has answered with what its engine never said.
func (r *Room) rebuild() *consensus.Effects {
	if r.shadow == nil {
		c, err := r.c.World(r.script.Setup)
		if err != nil {
			return nil
		}
		h := newHost(&c)
		c.Host, c.Watch = h, nil // what is watched is no part of the digest
		w, err := sim.New(c)
		if err != nil {
			return nil
		}
		w.Mute(true)
		r.shadow = &shadow{world: w, host: h}
	}
	s := r.shadow
	done := r.world.Actions()[:r.world.Done()]
	if s.world.Schedule(done[s.known:]) != nil {
		return nil
	}
	s.known = len(done)
	for {
		k, more := s.world.Next(r.world.Now())
		if !more {
			return nil
		}
		s.works++
		same := s.works == r.works
		if same && (k.Node != r.work.Node || k.At != r.work.At || s.world.Digest() != r.world.Digest()) {
			return nil
		}
		s.fx.Reset()
		s.host.Step(k, &s.fx)
		if s.world.Complete(k, &s.fx) != nil {
			return nil
		}
		if same {
			r.stats.Rebuilt++
			return &s.fx
		}
	}
}
