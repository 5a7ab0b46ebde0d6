//go:build !js

package main

import "os"

func main() {
	println("ui runs in a browser: make build compiles it for js/wasm")
	os.Exit(2)
}
