package house

import (
	"slices"
	"strings"
	"testing"
)

// arrow says which rooms of this module, and which modules of others, the rooms that
// match may import. The first arrow that matches a room counts.
type arrow struct {
	room    string   // a room, or "room/..." for all inside it too
	mayUse  []string // rooms, in the same form
	foreign []string // import paths of others, in the same form
	because string
}

var (
	// contracts are the rooms that are data and words: everybody may speak them.
	contracts = []string{"consensus", "consensus/trace", "consensus/scenario", "consensus/frame", "consensus/journal"}
	vugu      = []string{"github.com/vugu/vugu/...", "github.com/vugu/vjson"}
)

var arrows = []arrow{
	{room: "consensus", because: "the contract stands on nothing, so that everything can stand on it"},
	{room: "consensus/raft", mayUse: []string{"consensus"}, because: "an engine knows the contract alone: no world, no trace, no other engine"},
	{room: "consensus/paxos", mayUse: []string{"consensus"}, because: "an engine knows the contract alone: no world, no trace, no other engine"},
	{room: "consensus/machine", mayUse: []string{"consensus"}, because: "a state machine knows the contract alone"},
	{room: "consensus/trace", mayUse: []string{"consensus"}, because: "a trace is read without the world that made it"},
	{room: "consensus/scenario", mayUse: []string{"consensus"}, because: "a scenario is written and read without a world to run it"},
	{room: "consensus/wire", because: "how a number is written depends on nothing that it means"},
	{room: "consensus/frame", mayUse: []string{"consensus", "consensus/trace", "consensus/scenario", "consensus/wire"}, because: "frames carry traces and scenarios, whoever makes or shows them"},
	{room: "consensus/hosting/tab", mayUse: []string{"consensus", "consensus/trace", "consensus/scenario", "consensus/frame", "consensus/hosting", "consensus/wire"}, because: "a tab runs the engines that it is given, in a browser and in a test alike: it knows no socket and no World"},
	{room: "consensus/hosting", mayUse: []string{"consensus", "consensus/trace", "consensus/scenario", "consensus/frame", "consensus/wire"}, because: "work for a node and what follows from it is data, whoever hands it out"},
	{room: "consensus/journal", mayUse: []string{"consensus", "consensus/trace", "consensus/scenario"}, because: "a journal is a trace as text, whoever writes or reads it"},
	{room: "consensus/sim", mayUse: []string{"consensus", "consensus/trace", "consensus/scenario"}, because: "engines are given to the World; one that it imported would be special"},
	{room: "consensus/check", mayUse: []string{"consensus", "consensus/trace"}, because: "what is checked is the trace, not the engine's opinion of itself"},
	{room: "consensus/check/linear", mayUse: []string{"consensus", "consensus/trace"}, foreign: []string{"github.com/anishathalye/porcupine"}, because: "the search for an order is another project's, and for tests and the command line only"},
	{room: "consensus/replay", mayUse: []string{"consensus", "consensus/trace", "consensus/scenario", "consensus/wire", "consensus/replay/deflate"}, because: "a recording is data: it is written and read without a World to run it"},
	{room: "consensus/replay/deflate", because: "a format of bytes knows nothing of what they mean"},
	{room: "consensus/replay/rerun", mayUse: []string{"consensus", "consensus/trace", "consensus/scenario", "consensus/replay", "consensus/sim"}, because: "running a recording again needs the World, but engines are given to it"},
	{room: "consensus/scenario/scenariotest", mayUse: []string{"consensus", "consensus/scenario"}, foreign: []string{"pgregory.net/rapid"}, because: "it makes scenarios for tests, and is in no program"},
	{room: "consensus/scenario/library", mayUse: []string{"consensus", "consensus/scenario"}, because: "stories are scripts, and know no engine but by name"},
	{room: "consensus/registry", mayUse: []string{"consensus/..."}, because: "the registry lists engines and machines for the programs at the top, and shows nothing"},

	{room: "web/vuguhelper/...", because: "a tool of the build imports no room"},
	{room: "web/texts/...", mayUse: contracts, because: "texts are words, and know what they are about"},
	{room: "web/app/...", mayUse: append([]string{"web/..."}, contracts...), foreign: vugu, because: "a component draws what the trace says; it never asks an engine, a World or a checker"},
	{room: "web/...", mayUse: append([]string{"web/..."}, contracts...), because: "the page draws what the trace says; it never asks an engine, a World or a checker"},

	{room: "wasm/ui", mayUse: append([]string{"web/..."}, contracts...), foreign: vugu, because: "the main thread shows; engines run in the worker, and would be downloaded twice"},
	{room: "wasm/files/...", mayUse: append([]string{"web/export", "web/scene", "web/view", "wasm/files/..."}, contracts...), because: "it writes and reads files of traces, for those who ask for one; it runs nothing"},
	{room: "wasm/engine/...", mayUse: []string{"consensus/...", "wasm/engine/..."}, because: "the worker runs; it draws nothing"},

	{room: "server/room/...", mayUse: []string{"consensus/..."}, because: "the rules of a live room are compiled into two relays, and know neither's sockets"},
	{room: "server/bundle", mayUse: []string{"server/..."}, foreign: []string{"github.com/andybalholm/brotli"}, because: "the build compresses what the others only serve"},
	{room: "server/answer", because: "what an answer looks like depends on nobody who gives one"},
	{room: "server/visitor", because: "who asks is told by the request alone"},
	{room: "server/boltfile", foreign: []string{"go.etcd.io/bbolt/..."}, because: "a file of the data folder is opened in the same way whatever is in it"},
	{room: "server/links/boltstore", mayUse: []string{"server/links", "server/boltfile"}, foreign: []string{"go.etcd.io/bbolt/..."}, because: "a store is files and nothing else, so that links can be kept elsewhere too"},
	{room: "server/links", mayUse: []string{"consensus/...", "server/answer", "server/visitor"}, because: "short links are answered the same way wherever the handler runs: it knows no file and no socket"},
	{room: "server/links/kvstore", mayUse: []string{"server/links"}, foreign: []string{"github.com/syumai/workers/cloudflare/kv"}, because: "a store is a key-value store and nothing else, so that links can be kept elsewhere too"},
	{room: "server/worker/api", mayUse: []string{"server/api", "server/door", "server/links/...", "server/room", "server/site", "server/visitor"}, foreign: []string{"github.com/syumai/workers/..."}, because: "on Workers the same handlers answer as natively; nothing is written twice"},
	{room: "server/worker/room", mayUse: []string{"consensus/hosting", "consensus/registry", "consensus", "server/room"}, because: "between package room and an object there is a border and nothing else"},
	{room: "server/api", mayUse: []string{"server/links", "server/poster", "server/site"}, because: "it puts together what answers, wherever that runs: it knows no file, no socket and no store"},
	{room: "server/door", mayUse: []string{"server/answer", "server/visitor", "server/room"}, because: "rooms are asked for in the same way at every relay: the handler knows no socket and no store"},
	{room: "server/relay/bot", mayUse: []string{"consensus/...", "server/door", "server/relay"}, foreign: []string{"github.com/coder/websocket", "go.uber.org/goleak"}, because: "a bot is a tab with a socket; it knows of a relay what a browser knows (its tests start one)"},
	{room: "server/relay/conformance", mayUse: []string{"consensus/...", "server/door", "server/relay/bot", "server/relay", "server/room"}, foreign: []string{"github.com/coder/websocket", "go.uber.org/goleak"}, because: "it knows the relays that it tests by their address (its own test starts the native one)"},
	{room: "server/relay/peer", foreign: []string{"github.com/gorilla/websocket", "github.com/lxzan/gws"}, because: "other relays stand beside ours in its bench, and nowhere else"},
	{room: "server/relay/boltstore", mayUse: []string{"server/relay", "server/boltfile"}, foreign: []string{"go.etcd.io/bbolt/...", "go.uber.org/goleak"}, because: "a store is files and nothing else, so that rooms can be kept elsewhere too"},
	{room: "server/relay", mayUse: []string{"consensus/...", "server/relay/peer", "server/answer", "server/visitor", "server/door", "server/room"}, foreign: []string{"github.com/coder/websocket", "github.com/VictoriaMetrics/metrics", "go.uber.org/goleak"}, because: "the relay is sockets, limits and figures around the rules of rooms; it knows no rule and no file"},
	{room: "server/export", mayUse: []string{"consensus/...", "server/poster", "web/export", "web/scene", "web/view"}, because: "files of a run are made by what exports them on the page, from the run itself; a poster is the server's"},
	{room: "server/poster", mayUse: []string{"consensus/...", "web/scene", "web/view"}, because: "a poster is drawn by the painters of the page, from the run itself; nothing else of the server draws"},
	{room: "server/browsertest", mayUse: []string{"server/..."}, foreign: []string{"github.com/chromedp/..."}, because: "browsers are driven in tests, not in the program"},
	{room: "server/...", mayUse: []string{"consensus/...", "server/...", "web/export"}, foreign: []string{"github.com/coder/websocket"}, because: "the server runs engines and serves the page as files; it has no page in it but what exports it"},
}

func arrowOf(room string) (arrow, bool) {
	for _, a := range arrows {
		if within(room, []string{a.room}) {
			return a, true
		}
	}
	return arrow{}, false
}

// TestArrows holds who may import whom: every import of every file, for every platform.
func TestArrows(t *testing.T) {
	for _, f := range sourceFiles(t) {
		a, ok := arrowOf(f.room)
		if !ok {
			t.Errorf("%s: the room %q has no place in the house yet: add it to the table of arrows, with its reason", f.name, f.room)
			continue
		}
		for _, i := range f.imports {
			if why := a.refuses(f.room, i.path); why != "" {
				t.Errorf("%s:%d: %s may not import %s, because %s", f.name, i.line, f.room, i.path, why)
			}
		}
	}
}

// refuses returns why the import is not allowed, "" if it is.
func (a arrow) refuses(room, path string) string {
	switch target := roomOf(path); {
	case standard(path):
		return ""
	case target == "" && !within(path, a.foreign):
		return "it is another project's: " + a.because
	case target != "" && target != room && !within(target, a.mayUse):
		return a.because
	}
	return ""
}

// avoid says which packages of the standard library some rooms do without. Files
// that Vugu generates are not ours to change and are left out.
type avoid struct {
	rooms   []string
	except  []string // rooms to which the rule does not apply
	only    []string // if not empty: all others are to be avoided
	paths   []string
	because string
}

var avoids = []avoid{
	{
		rooms: []string{"consensus/..."},
		only: []string{
			"bytes", "cmp", "encoding/base64", "encoding/binary", "encoding/hex", "errors", "io", "iter", "math", "math/bits",
			"slices", "sort", "strconv", "strings", "unicode", "unicode/utf8",
		},
		because: "the same inputs give the same run on every platform, and each package is downloaded by each visitor: " +
			"no clock, no global randomness, no goroutines, no sockets, no fmt (150 kB), no encoding/json (267 kB)",
	},
	{
		rooms: []string{"web/...", "wasm/..."}, except: []string{"web/vuguhelper/...", "web/scene/internal/demo"},
		paths: []string{
			"crypto/...", "encoding/gob", "encoding/json", "encoding/xml", "fmt", "go/...", "html/template", "log", "log/slog", "math/big",
			"net/...", "regexp/...", "testing/...", "text/...",
		},
		because: "each import is paid for by each visitor (in kB of brotli: fmt 150, encoding/json 267, net/http 1551)",
	},
	{
		rooms: []string{"web/texts/...", "web/view/..."}, except: []string{"web/texts/internal/list"},
		paths:   []string{"syscall/js", "os", "time", "math/rand", "math/rand/v2"},
		because: "what is shown is a function of the trace and a moment, and is tested without a browser",
	},
	{
		rooms:   []string{"server/links", "server/answer", "server/visitor", "server/api", "server/door"},
		paths:   []string{"os/...", "syscall", "path/filepath", "io/fs", "html/template", "text/template"},
		because: "such handlers run where there are no files, and where each kilobyte is loaded for each request",
	},
	{
		rooms:   []string{"server/room/..."},
		paths:   []string{"net/...", "os/...", "time", "sync/...", "syscall/..."},
		because: "the rules of a live room are pure, and compiled into two relays",
	},
}

// TestAvoidedPackages holds what of the standard library each room does without.
func TestAvoidedPackages(t *testing.T) {
	for _, f := range sourceFiles(t) {
		if f.generated {
			continue
		}
		for _, a := range avoids {
			for _, i := range f.imports {
				if a.refuses(f.room, i.path) {
					t.Errorf("%s:%d: %s does without %s, because %s", f.name, i.line, f.room, i.path, a.because)
				}
			}
		}
	}
}

func (a avoid) refuses(room, path string) bool {
	if !within(room, a.rooms) || within(room, a.except) || !standard(path) {
		return false
	}
	return len(a.only) > 0 && !within(path, a.only) || within(path, a.paths)
}

// heavy are the packages that must not be in what a visitor downloads, not even
// through others.
var heavy = map[string][]string{
	"./wasm/engine": {"crypto/tls", "encoding/json", "fmt", "html/template", "log", "net", "net/http", "os", "regexp", "text/template", "github.com/vugu/vugu"},
	"./wasm/ui":     {"crypto/tls", "encoding/json", "html/template", "net", "net/http", "text/template"},
}

// light are importers of heavy packages that do not bring them along: the linker leaves
// out what is never called. Of reflect, which encoding/binary uses in Read, Write and
// Size alone, 386 bytes arrive in the engine (measured with Go 1.26).
var light = map[string][]string{"reflect": {"encoding/binary"}}

// TestDownloads holds what is in the two WebAssembly files, through however many
// imports it came there.
func TestDownloads(t *testing.T) {
	for program, without := range heavy {
		packages := list(t, browser, program)
		by := map[string][]string{} // who imports it
		for _, p := range packages {
			for _, i := range p.Imports {
				by[i] = append(by[i], p.ImportPath)
			}
		}
		for _, path := range without {
			guilty := slices.DeleteFunc(by[path], func(p string) bool { return slices.Contains(light[path], p) })
			if len(guilty) > 0 {
				t.Errorf("%s contains %s, which makes the download too large; it is imported by %s", program, path, strings.Join(guilty, ", "))
			}
		}
	}
}

// TestArrowsCanRefuse shows that the tables above refuse what they are there for.
func TestArrowsCanRefuse(t *testing.T) {
	for _, c := range []struct{ room, path string }{
		{"consensus", "parley/consensus/trace"},
		{"consensus/raft", "parley/consensus/sim"},
		{"consensus/raft", "github.com/vugu/vugu"},
		{"consensus/sim", "parley/consensus/raft"},
		{"consensus/sim", "parley/consensus/registry"},
		{"consensus/check", "parley/consensus/sim"},
		{"web/app", "parley/consensus/raft"},
		{"web/app/panel", "parley/consensus/sim"},
		{"web/view", "parley/consensus/check"},
		{"web/view", "github.com/vugu/vugu"},
		{"wasm/ui", "parley/consensus/sim"},
		{"wasm/engine", "parley/web/view"},
		{"server", "parley/web/view"},
		{"server", "github.com/chromedp/chromedp"},
	} {
		a, ok := arrowOf(c.room)
		if !ok || a.refuses(c.room, c.path) == "" {
			t.Errorf("%s may import %s, and should not", c.room, c.path)
		}
	}
	for _, c := range []struct{ room, path string }{
		{"consensus/raft", "time"},
		{"consensus/raft", "math/rand/v2"},
		{"consensus/sim", "sync"},
		{"consensus/trace", "fmt"},
		{"web/scene", "net/http"},
		{"web/app", "encoding/json"},
		{"web/view", "syscall/js"},
		{"wasm/engine", "regexp"},
		{"server/room", "net"},
	} {
		refused := false
		for _, a := range avoids {
			refused = refused || a.refuses(c.room, c.path)
		}
		if !refused {
			t.Errorf("%s may use %s, and should not", c.room, c.path)
		}
	}
	for _, room := range []string{"elsewhere", "consensus/newcomer"} {
		if a, ok := arrowOf(room); ok {
			t.Errorf("the room %q is not in the table, but matches %q", room, a.room)
		}
	}
}
