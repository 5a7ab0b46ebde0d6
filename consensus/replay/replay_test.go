package replay_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"parley/consensus"
	"parley/consensus/replay"
	"parley/consensus/scenario"
	"parley/consensus/trace"

	"pgregory.net/rapid"
)

// same reports whether two recordings are, where an empty list and none are.
func same(a, b replay.Recording) bool {
	for _, r := range []*replay.Recording{&a, &b} {
		if len(r.Checks) == 0 {
			r.Checks, r.Known = nil, 16
		}
		if len(r.Script.Setup.Disks) == 0 {
			r.Script.Setup.Disks = nil
		}
	}
	return reflect.DeepEqual(a, b)
}

// A recording comes back from each of its forms; from a link with two digits of each
// check.
func TestEveryFormReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecording().Draw(t, "recording")
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		got, recorded, err := replay.ReadText(r.Text())
		if err != nil || !recorded || !same(got, r) {
			t.Fatalf("text: %v, %v\n%s\n%s", recorded, err, r.Text(), got.Text())
		}
		code, err := r.Link()
		var long *replay.Error
		if errors.As(err, &long) && long.Problem == replay.Long && len(code) > replay.LinkMax || err == nil && len(code) <= replay.LinkMax {
			if got, err = replay.ReadLink(code); err != nil || !same(got, r.Trim(2)) {
				t.Fatalf("link: %v\n%s\n%s", err, r.Text(), got.Text())
			}
		} else {
			t.Fatalf("link: %d characters, %v", len(code), err)
		}
		if r = r.Trim(2); r.Text() != got.Text() {
			t.Fatalf("the text of what the link holds is\n%s\nand not\n%s", got.Text(), r.Text())
		}
	})
}

// short is a recording with something of everything.
func short() replay.Recording {
	s := scenario.Defaults()
	s.Seed, s.Nodes, s.Dials[scenario.LossRate] = 7, 3, 5000
	s.Options = []scenario.Option{{Name: "heartbeat", Value: 50_000_000}}
	s.Off = []string{"raft.vote-once"}
	s.Disks = map[consensus.NodeID][]byte{2: {1, 2, 3}}
	return replay.Recording{
		Epochs: replay.Epochs{Engine: 1, World: 1},
		Script: scenario.Script{
			Title: "A short run", Setup: s, For: 4 * consensus.Second,
			Actions: []scenario.Action{
				{At: 300_000_000, Kind: scenario.Crash, Node: 3},
				{At: 412_345_678, Kind: scenario.Request, Node: consensus.Client(1), Text: "set x 3"},
				{At: 412_345_678, Kind: scenario.Hold, Message: 17, Value: 30_000_000},
				{At: 500_000_000, Kind: scenario.Partition, Groups: []consensus.NodeSet{consensus.SetOf(1), consensus.SetOf(2, 3)}},
				{At: 600_000_000, Kind: scenario.SetClock, Node: 1, Value: -5_000_000, Drift: -200},
			},
			Markers: []scenario.Marker{{At: 300_000_000, Caption: "N3 is gone"}, {At: 2_000_000_000, Caption: "The end"}},
		},
		End: 3_200_000_000, Digest: 0x0123456789abcdef, Known: 16,
		Checks: []trace.Digest{0x1122334455667788, 0x2233445566778899, 0x33445566778899aa, 0x445566778899aabb, 0x5566778899aabbcc},
	}
}

const shortText = `epoch 1 world 1
title A short run
engine raft
machine kv
nodes 3
clients 1
seed 7
latency 10ms jitter 10ms loss 0.5% copies 0% reorder 0%
disk 200us torn 0%
patience 500ms pace 0/s
option heartbeat 50ms
off raft.vote-once
stored n2 010203
for 4s
at 300ms mark N3 is gone
at 300ms crash n3
digest 1122334455667788
at 412.345678ms request c1: set x 3
digest 2233445566778899
at 412.345678ms hold 17 30ms
digest 33445566778899aa
at 500ms partition n1 | n2 n3
digest 445566778899aabb
at 600ms clock n1 offset -5ms drift -200ppm
digest 5566778899aabbcc
at 2s mark The end
end 3.2s digest 0123456789abcdef
`

// shortLink is the link of the same, for ever.
const shortLink = `1kQAAE7xLFwRyYWZ0AQH7KsztqFCckV9UolBUmsfMbsjImZGaWFSSlJpYws7FyFeUmFaiV5Zfkqqbn5ecysjEDETMXCeYWIU0UvwaJNgYGJgZGVkZmRsYGfqZ2dnYOJl4GICAvTi1RKFCwZhJjcvPWCGzWCE9Py91EyN7SEaqQmpeChMATkKyAAAAIkJkhqjqvXk18axoJAA`

func TestTheFormsStay(t *testing.T) {
	r := short()
	if got := r.Text(); got != shortText {
		t.Errorf("the text is\n%s", got)
	}
	code, err := r.Link()
	if err != nil || code != shortLink {
		t.Errorf("%v, the link is\n%s\nand was\n%s\nLinks are a format that others keep: give a new form a new codec or format number, and go on reading this one.", err, code, shortLink)
	}
	got, err := replay.ReadLink(shortLink)
	if err != nil || !same(got, r.Trim(2)) {
		t.Errorf("%v\n%s", err, got.Text())
	}
	if s, err := scenario.Parse(r.Script.String()); err != nil || !reflect.DeepEqual(s, r.Script) {
		t.Errorf("%v", err)
	}
}

// A script is no recording, and is read all the same.
func TestScriptsAreRead(t *testing.T) {
	r := short()
	got, recorded, err := replay.ReadText(r.Script.String())
	if err != nil || recorded || !reflect.DeepEqual(got.Script, r.Script) {
		t.Errorf("%v, %v\n%s", recorded, err, got.Script)
	}
	if _, recorded, err = replay.ReadText("fly\n"); recorded || err == nil || !strings.Contains(err.Error(), `line 1: "fly": `) {
		t.Errorf("%v, %v", recorded, err)
	}
}

// Each way in which a text can be wrong has its sentence and its line.
func TestTextRefusals(t *testing.T) {
	change := func(old, new string) string {
		if strings.Count(shortText, old) != 1 {
			t.Fatalf("%q is not there once", old)
		}
		return strings.Replace(shortText, old, new, 1)
	}
	for _, c := range []struct{ text, want string }{
		{change("epoch 1 world 1\n", ""), "the line with the epochs is missing"},
		{change("epoch 1 world 1", "epoch 1"), `line 1: "epoch 1": the epochs are written`},
		{change("epoch 1 world 1", "epoch 0 world 1"), "epochs are numbers from 1"},
		{change("epoch 1 world 1", "epoch 1 world x"), "epochs are numbers from 1"},
		{change("title A", "epoch 1 world 1\ntitle A"), "line 2: \"epoch 1 world 1\": the epochs were said before"},
		{change("epoch 1 world 1", "epoch 1 world 2"), "a later version of Parley made this recording: it needs epoch 2 of the World"},
		{change("digest 1122334455667788\n", ""), "below each action stands its digest"},
		{change("digest 2233445566778899\n", ""), `line 19: "at 412.345678ms hold 17 30ms": the action above has no digest below it`},
		{change("digest 5566778899aabbcc\n", ""), "below each action stands its digest"},
		{change("digest 1122334455667788", "digest"), "a digest is written"},
		{change("digest 1122334455667788", "digest 11223344556677889"), "up to 16 hexadecimal digits"},
		{change("digest 1122334455667788", "digest 11223344556677XX"), "up to 16 hexadecimal digits"},
		{change("digest 2233445566778899", "digest 22"), "the same number of digits"},
		{change("digest 2233445566778899", "digest 2233445566778899\ndigest 2233445566778899"), "a digest stands right below its action"},
		{change("for 4s", "for 4s\ndigest 11"), "a digest stands right below its action"},
		{change("end 3.2s digest 0123456789abcdef\n", ""), "the last line is missing"},
		{change("end 3.2s digest 0123456789abcdef", "end 3.2s"), "the last line is written"},
		{change("end 3.2s digest 0123456789abcdef", "end 3.2s digest 0123"), "the last line is written"},
		{change("end 3.2s digest 0123456789abcdef", "end 3.2s digest 0123456789abcdeX"), "a digest is of hexadecimal digits"},
		{change("end 3.2s", "end soon"), `"soon" is no time`},
		{change("end 3.2s", "end 500ms"), "the recording ends at 500ms, before its last action"},
		{shortText + "at 4s crash n1\n", "the recording has ended in a line above"},
		{shortText + "end 3.2s digest 0123456789abcdef\n", "the recording has ended in a line above"},
		{change("nodes 3", "nodes 0"), `line 5: "nodes 0": `},
		{shortText + strings.Repeat("# much\n", 400_000), "bytes, at most"},
	} {
		_, _, err := replay.ReadText(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.300q:\n got %v\nwant %s", c.text, err, c.want)
		}
	}
	_, _, err := replay.ReadTextFor(change("off raft.vote-once", "off raft.gravity"), scenario.Known{Machines: []string{"kv"}, Protocols: []*consensus.Protocol{{Name: "raft", Options: []consensus.OptionInfo{{Name: "heartbeat", Max: 1 << 50}}}}})
	if err == nil || !strings.Contains(err.Error(), `line 12: "off raft.gravity": `) {
		t.Errorf("%v", err)
	}
}

func TestRecordingsAreValidated(t *testing.T) {
	for i, change := range []func(*replay.Recording){
		func(r *replay.Recording) { r.Epochs.Engine = 0 },
		func(r *replay.Recording) { r.Epochs.World = 0 },
		func(r *replay.Recording) { r.Epochs.World = replay.WorldEpochs + 1 },
		func(r *replay.Recording) { r.Script.Setup.Nodes = 0 },
		func(r *replay.Recording) { r.End = -1 },
		func(r *replay.Recording) { r.End = scenario.RunMax + 1 },
		func(r *replay.Recording) { r.End = 1 },
		func(r *replay.Recording) { r.Checks = r.Checks[1:] },
		func(r *replay.Recording) { r.Known = 0 },
		func(r *replay.Recording) { r.Known = 17 },
		func(r *replay.Recording) { r.Known = 15 },
	} {
		r := short()
		change(&r)
		if r.Validate() == nil {
			t.Errorf("recording %d was taken", i)
		}
	}
	r := short()
	if r = r.Trim(2); r.Validate() != nil || !r.Agrees(0, 0x11ff<<48) || r.Agrees(0, 0x12ff<<48) {
		t.Errorf("%v %v", r.Validate(), r.Checks)
	}
}
