//go:build js && (only_raft || only_multipaxos || only_synod)

package main

import "parley/wasm/engine/runner"

// newWorker returns a worker that runs Worlds of its own.
func newWorker(post func([]byte), _ chan<- func()) worker { return runner.New(post) }
