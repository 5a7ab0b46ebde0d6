package site

import "testing"

func TestNegotiate(t *testing.T) {
	const none = encodings // nothing is acceptable
	all := func(encodingID) bool { return true }
	plain := func(e encodingID) bool { return e == identity }
	noBrotli := func(e encodingID) bool { return e != brotli }
	for _, c := range []struct {
		accept []string
		has    func(encodingID) bool
		want   encodingID
	}{
		// What browsers say.
		{[]string{"gzip, deflate, br, zstd"}, all, brotli},
		{[]string{"gzip, deflate, br, zstd"}, noBrotli, gzip},
		{[]string{"gzip, deflate, br, zstd"}, plain, identity},
		{[]string{"gzip, deflate"}, all, gzip},
		{[]string{"br"}, noBrotli, identity},

		// Nothing said.
		{nil, all, identity},
		{[]string{""}, all, identity},
		{[]string{" , ,"}, all, identity},

		// Weights.
		{[]string{"br;q=0.5, gzip;q=0.8"}, all, gzip},
		{[]string{"br;q=0.8, gzip;q=0.8"}, all, brotli},
		{[]string{"br;q=0.001, gzip;q=0.001"}, all, brotli},
		{[]string{"br;q=0, gzip"}, all, gzip},
		{[]string{"br;q=0,gzip;q=0"}, all, identity},
		{[]string{"gzip;q=0.5, identity"}, all, identity},
		{[]string{"gzip;q=0.5, identity;q=0.4"}, all, gzip},
		{[]string{"identity"}, all, identity},
		{[]string{"BR ; Q=1.0 , GZIP"}, all, brotli},
		{[]string{"x-gzip"}, all, gzip},

		// The star stands for what is not mentioned.
		{[]string{"*"}, all, brotli},
		{[]string{"*"}, noBrotli, gzip},
		{[]string{"*;q=0.5, gzip"}, all, gzip},
		{[]string{"br;q=0, *"}, all, gzip},
		{[]string{"gzip, *;q=0"}, all, gzip},
		{[]string{"identity;q=0.5, *;q=0"}, all, identity},
		{[]string{"*;q=0"}, all, none},
		{[]string{"identity;q=0"}, all, none},
		{[]string{"identity;q=0, br"}, noBrotli, none},
		{[]string{"identity;q=0, br"}, all, brotli},
		{[]string{"gzip, *;q=0"}, plain, none},

		// Several headers are one list.
		{[]string{"gzip", "br"}, all, brotli},
		{[]string{"gzip;q=0", "gzip"}, plain, identity},

		// What is malformed was not said.
		{[]string{"br;q=2, gzip"}, all, gzip},
		{[]string{"br;q=-1, gzip"}, all, gzip},
		{[]string{"br;q=x, gzip"}, all, gzip},
		{[]string{"br;q=NaN, gzip"}, all, gzip},
		{[]string{"br;level=11, gzip"}, all, gzip},
		{[]string{"br;q=0.12345, gzip"}, all, gzip},
		{[]string{"zstd"}, all, identity},
	} {
		got, ok := negotiate(c.accept, c.has)
		if !ok {
			got = none
		}
		if got != c.want {
			t.Errorf("Accept-Encoding: %q: got %d (0 br, 1 gzip, 2 identity, 3 none), want %d", c.accept, got, c.want)
		}
	}
}
