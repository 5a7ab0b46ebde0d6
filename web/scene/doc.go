// Package scene draws what moves: the ring, the logs, the space-time diagram and the
// timeline, as functions of a view.Scene and nothing else.
//
// Each painter decides in plain Go what to draw and says it as a display list
// ([List]): lines, curves, circles, text, with styles by number. What is drawn, where a
// message is at a moment, and what lies under a finger is therefore tested without a
// browser, and the same list can be executed by painter.js in a page or printed as a
// standalone picture ([SVG]). The files that end in _js.go hold what a browser is
// needed for: hosts, canvases and pointers. Go crosses the border to JavaScript once
// a frame for each painter, with one slice of bytes, and not at all when the frame is
// the same as the last one.
package scene
