package peer

import "syscall/js"

// processorTime returns the seconds of processor time that this program has used: in
// Node of all its threads, those that compile WebAssembly included; in a browser,
// which does not tell, the time that has passed.
func processorTime() float64 {
	if p := js.Global().Get("process"); p.Truthy() && p.Get("cpuUsage").Truthy() {
		u := p.Call("cpuUsage")
		return (u.Get("user").Float() + u.Get("system").Float()) / 1e6
	}
	return js.Global().Get("performance").Call("now").Float() / 1e3
}
