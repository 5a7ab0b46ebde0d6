package answer

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Post takes the text that is sent to an address (POST): from the site's own pages and those
// that are trusted, not too much at once and not too often. Its fields that are sentences say
// why something is not taken.
type Post struct {
	// Max is the largest size of the text in bytes.
	Max int
	// Wait counts what a visitor sends, and returns how long it takes until there may be more;
	// nil: it may always be.
	Wait func(*http.Request) time.Duration

	Method  string // it was no POST
	Foreign string // it came from another site's page
	Large   string // it has more than Max bytes
	Cut     string // it did not arrive whole
	Binary  string // it is no text
	Empty   string // there is nothing in it
	// Often is for who has sent many; SECONDS stands for how long to wait.
	Often string

	foreign http.CrossOriginProtection
}

// Trust lets pages of other sites send too, by their origins. The error says which of them is
// none.
func (p *Post) Trust(origins []string) error {
	for _, o := range origins {
		if err := p.foreign.AddTrustedOrigin(o); err != nil {
			return err
		}
	}
	return nil
}

// Admits refuses what is no POST, and what comes from the page of another site; then it returns
// false.
func (p *Post) Admits(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		Refuse(w, r, http.StatusMethodNotAllowed, p.Method)
		return false
	}
	if p.foreign.Check(r) != nil {
		Refuse(w, r, http.StatusForbidden, p.Foreign)
		return false
	}
	return true
}

// Text reads what was sent, and counts it. What is not taken is refused, and ok is false; only
// text counts.
func (p *Post) Text(w http.ResponseWriter, r *http.Request) (text string, ok bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(p.Max)))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		Refuse(w, r, http.StatusRequestEntityTooLarge, p.Large)
	case err != nil:
		Refuse(w, r, http.StatusBadRequest, p.Cut)
	case !utf8.Valid(body):
		Refuse(w, r, http.StatusBadRequest, p.Binary)
	case strings.TrimSpace(string(body)) == "":
		Refuse(w, r, http.StatusBadRequest, p.Empty)
	default:
		return string(body), p.counts(w, r)
	}
	return "", false
}

// counts counts what a visitor has sent, and refuses what is too much.
func (p *Post) counts(w http.ResponseWriter, r *http.Request) bool {
	if p.Wait == nil {
		return true
	}
	wait := p.Wait(r)
	if wait <= 0 {
		return true
	}
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	w.Header().Set("Retry-After", seconds)
	Refuse(w, r, http.StatusTooManyRequests, strings.ReplaceAll(p.Often, "SECONDS", seconds))
	return false
}
