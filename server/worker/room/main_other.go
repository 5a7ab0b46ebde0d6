//go:build !wasip1

// Command room is built for wasip1 only; this file lets other tools see the package.
package main

func main() {
	panic("the rooms of the Worker run in workerd: build it with GOOS=wasip1 GOARCH=wasm -buildmode=c-shared")
}
