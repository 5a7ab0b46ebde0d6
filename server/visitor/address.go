package visitor

import "net/http"

// Address is by which address visitors reach the site, for links that leave it.
type Address struct {
	// Origin is the beginning of it, "https://parley.example"; if it is empty, the
	// request is believed.
	Origin string
	// Scheme returns "http" or "https" for a request; nil: by its connection.
	Scheme func(*http.Request) string
}

// Of returns the origin of the site as the one who sent a request reaches it.
func (a Address) Of(r *http.Request) string {
	if a.Origin != "" {
		return a.Origin
	}
	scheme := a.Scheme
	if scheme == nil {
		scheme = schemeOf
	}
	return scheme(r) + "://" + r.Host
}

func schemeOf(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// SchemeForwarded returns the scheme that X-Forwarded-Proto names, which a reverse proxy
// right before this server has set.
func SchemeForwarded(r *http.Request) string {
	if r.Header.Get("X-Forwarded-Proto") == "https" {
		return "https"
	}
	return "http"
}
