package room

import "testing"

// TestAdmits holds which pages may open a connection.
func TestAdmits(t *testing.T) {
	others := []string{"https://friend.example"}
	for _, c := range []struct {
		origin string
		admits bool
	}{
		{"", true}, {"https://parley.example:8443", true}, {"HTTP://Parley.Example:8443", true}, {"https://friend.example", true},
		{"https://parley.example", false}, {"https://friend.example:444", false}, {"http://friend.example", false},
		{"null", false}, {"https://", false}, {"://parley.example:8443", false}, {"https://parley.example:8443.evil.example", false},
		{"parley.example:8443", false},
	} {
		if got := Admits(c.origin, "parley.example:8443", others); got != c.admits {
			t.Errorf("a page of %q: %t, want %t", c.origin, got, c.admits)
		}
	}
	if Admits("https://", "", nil) {
		t.Error("a page of nowhere may come to a site without a name")
	}
}
