package export

import (
	"parley/consensus"
	"parley/web/scene"
	"parley/web/view"
)

// Size is that of a picture, in pixels; being SVG it can be shown in any other one.
type Size struct{ W, H float64 }

// Bounds of a picture's width and height, in pixels.
const (
	SizeMin = 200.
	SizeMax = 4000.
)

func (z Size) bounded() Size {
	return Size{max(SizeMin, min(z.W, SizeMax)), max(SizeMin, min(z.H, SizeMax))}
}

// about says what a picture shows.
func about(s *view.Scene, scheme scene.Scheme, when string) scene.Picture {
	return scene.Picture{Title: s.Store.Protocol.Title + ", " + when, Scheme: scheme}
}

// Ring returns the cluster of the scene's moment as a standalone SVG file.
func Ring(s view.Scene, z Size, words scene.Words, scheme scene.Scheme) []byte {
	z = z.bounded()
	return scene.RingSVG(s, z.W, z.H, words, about(&s, scheme, view.FormatTime(s.Cursor.T)))
}

// Logs returns the logs of the scene's moment as a standalone SVG file; a height of 0 is as
// high as they are.
func Logs(s view.Scene, z Size, words scene.Words, scheme scene.Scheme) []byte {
	if z.H == 0 {
		z.H = scene.LogsHeight(s.Store)
	}
	z = z.bounded()
	return scene.LogsSVG(s, z.W, z.H, words, about(&s, scheme, view.FormatTime(s.Cursor.T)))
}

// Diagram returns the space-time diagram of a stretch, with the scene's cursor in it if it
// is there, as a standalone SVG file.
func Diagram(s view.Scene, r Range, z Size, words scene.Words, scheme scene.Scheme) []byte {
	z = z.bounded()
	s.Left, s.Span = r.From, max(r.Until-r.From, consensus.Millisecond)
	return scene.DiagramSVG(s, z.W, z.H, words, about(&s, scheme, r.String()))
}

// Moving returns the cluster over a stretch as a standalone SVG file that moves without a
// script. The error is a sentence without a full stop.
func Moving(s view.Scene, r Range, z Size, words scene.Words, scheme scene.Scheme) ([]byte, error) {
	z = z.bounded()
	return scene.RingMoving(s, z.W, z.H, words, scene.Moving{Picture: about(&s, scheme, r.String()), From: r.From, Until: r.Until})
}
