package view

import (
	"parley/consensus/frame"
	"parley/consensus/trace"
)

// Bounds of a frame below; those of the protocol are larger.
const (
	frameEvents = 8192
	frameTexts  = 1024
	frameBytes  = frame.SizeMax / 8 // of texts, after which another frame is begun
)

// Trace returns the trace of the run. It is the store's: it is not to be changed.
func (s *Store) Trace() *trace.Log { return &s.log }

// Frames returns a trace as Events frames, the texts first.
func Frames(log *trace.Log) (out [][]byte) {
	texts := log.Texts()
	for first := 0; first < len(texts); {
		n, size := 0, 0
		for first+n < len(texts) && n < frameTexts && size < frameBytes {
			size += len(texts[first+n])
			n++
		}
		out = append(out, frame.Append(nil, 0, frame.Events{FirstText: uint32(first), Texts: texts[first : first+n]}))
		first += n
	}
	for first := 0; first < log.Len(); first += frameEvents {
		f := frame.Events{First: uint32(first), Events: log.AppendBytes(nil, first, min(first+frameEvents, log.Len()))}
		f.FirstText = uint32(len(texts))
		out = append(out, frame.Append(nil, 0, f))
	}
	return out
}
