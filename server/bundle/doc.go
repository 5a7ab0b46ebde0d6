// Bundle builds the site that the server embeds: the two WebAssembly files, the
// page and everything the page refers to, each with its compressed variants.
//
//	go run ./server/bundle          the site, as small as it gets
//	go run ./server/bundle -quick   the site, compressed lightly (for make run and make test)
//	go run ./server/bundle -sizes   the site, then its sizes against their budgets
//
// # What is an asset
//
//   - ui.wasm, built from wasm/ui, engine-NAME.wasm for each algorithm and engine-room.wasm
//     for all of them and live rooms, from wasm/engine, without the tables of lines that
//     only the stack of a crash needs (lines.go)
//   - engine-NAME-ENGINE.WORLD.wasm for each engine of an earlier epoch, and the .js of its
//     toolchain, from web/engines
//   - wasm_exec.js, from the Go toolchain that built them
//   - vugu.js, the render helper that web/vuguhelper derives from Vugu
//   - vugu.js, Vugu's render helper as web/vuguhelper derives it
//   - every file under web/static, named by its path there
//   - every .js, .css and .svg file in another folder under web, named by its base name
//
// Tests (_test.js), folders named testdata and files whose name begins with a dot
// are none.
//
// # How a page refers to assets
//
// Everywhere in index.html and in assets that are text, an asset is written
// /assets/NAME, for example
//
//	<link rel="stylesheet" href="/assets/page.css">
//	const worker = new Worker("/assets/worker.js")
//	import { paint } from "./painter.js"
//
// and the built site says /assets/page.0123456789ab.css instead: the name carries a
// hash of the contents, so that browsers may keep the file for ever. (Of relative
// references only those of import statements, as in the third line, are understood.)
// A name that is no asset fails the build, and so does a circle of references.
//
// A script that shows progress needs to know how much there is to load, which the
// network does not tell about a compressed file. Where it says
//
//	0 /* bytes of ui.wasm */
//
// the built site has the size of the uncompressed file instead of the 0.
//
// Where a script says
//
//	// engines of earlier epochs
//	// loaders of engines of earlier epochs
//	// bytes of engines of earlier epochs
//
// the built site has, in the same line, "raft-1.1": "/assets/engine-raft-1.1….wasm", for each
// engine of an earlier epoch, "raft-1.1": and its .js, and "raft-1.1": and its size in bytes.
//
// index.html stands at the root of the site, and so do files under web/static/root:
// under their own names, with references replaced, to be asked for anew each time.
// Scripts among them are for pages elsewhere, and lose their indentation and comments.
package main
