package replay_test

import (
	"parley/consensus"
	"parley/consensus/replay"
	"parley/consensus/scenario"
	"parley/consensus/scenario/scenariotest"
	"parley/consensus/trace"

	"pgregory.net/rapid"
)

// anyRecording generates a valid recording.
func anyRecording() *rapid.Generator[replay.Recording] {
	return rapid.Custom(func(t *rapid.T) replay.Recording {
		number := rapid.Uint32Min(1)
		r := replay.Recording{
			Epochs: replay.Epochs{Engine: number.Draw(t, "epoch"), World: rapid.Uint32Range(1, replay.WorldEpochs).Draw(t, "world")},
			Script: scenariotest.Script().Draw(t, "script"),
			Digest: trace.Digest(rapid.Uint64().Draw(t, "digest")),
			Known:  16,
		}
		if rapid.Bool().Draw(t, "plain") { // much as it is by default
			s := scenario.Defaults()
			s.Engine, s.Nodes, s.Clients = r.Script.Setup.Engine, r.Script.Setup.Nodes, r.Script.Setup.Clients
			r.Script.Setup = s
		}
		last := consensus.Time(0)
		if n := len(r.Script.Actions); n > 0 {
			last = r.Script.Actions[n-1].At
		}
		r.End = consensus.Time(rapid.Int64Range(int64(last), int64(scenario.RunMax)).Draw(t, "end"))
		for range r.Script.Actions {
			r.Checks = append(r.Checks, trace.Digest(rapid.Uint64().Draw(t, "check")))
		}
		if len(r.Checks) > 0 {
			r = r.Trim(rapid.IntRange(1, 16).Draw(t, "known"))
		}
		return r
	})
}
