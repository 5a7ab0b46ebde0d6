package scenario

import (
	"errors"
	"strconv"

	"parley/consensus"
)

// Marker is a moment of a run that somebody who tells about it points at. It changes
// nothing in the run.
type Marker struct {
	At      consensus.Time
	Caption string // at most CaptionMax bytes on one line; may be empty
}

// Bounds of the markers of a script.
const (
	// MarkersMax is the largest number of markers of a script.
	MarkersMax = 500
	// CaptionMax is the largest length of a caption, in bytes.
	CaptionMax = 400
)

// Validate refuses a marker that is out of its bounds, with a sentence that says what is
// wrong.
func (m *Marker) Validate() error {
	if err := checkMoment(m.At); err != nil {
		return err
	}
	if len(m.Caption) > CaptionMax {
		return errors.New("a caption can have " + strconv.Itoa(CaptionMax) + " bytes, not " + strconv.Itoa(len(m.Caption)))
	}
	if !plain(m.Caption) {
		return errors.New("a caption is printable text on one line")
	}
	return nil
}

// String writes the marker as a line of a script, without its end.
func (m Marker) String() string {
	return "at " + FormatSpan(m.At) + " mark " + quoted(m.Caption)
}

// parseMarker reads a marker's line. It reports false when the line is an action's.
func parseMarker(line string) (m Marker, ok bool, err error) {
	s := scanner{rest: line}
	s.next()
	moment := s.next()
	if s.peek() != "mark" {
		return m, false, nil
	}
	s.next()
	if m.At, err = ParseSpan(moment); err == nil {
		m.Caption, err = unquoted(s.all(), "caption")
	}
	if err == nil {
		err = m.Validate()
	}
	return m, true, err
}

// checkMarkers refuses markers that are out of their bounds or their order.
func (s *Script) checkMarkers() error {
	if len(s.Markers) > MarkersMax {
		return errors.New("there can be " + strconv.Itoa(MarkersMax) + " markers, not " + strconv.Itoa(len(s.Markers)))
	}
	for i := range s.Markers {
		if err := s.Markers[i].Validate(); err != nil {
			return errors.New("marker " + strconv.Itoa(i+1) + ": " + err.Error())
		}
		if i > 0 && s.Markers[i].At < s.Markers[i-1].At {
			return errors.New("marker " + strconv.Itoa(i+1) + ": it stands after a later one; put markers in the order of time")
		}
	}
	return nil
}
