package visitor

import (
	"fmt"
	"testing"
	"time"
)

// TestManyClients holds that those who come from everywhere do not fill the memory.
func TestManyClients(t *testing.T) {
	l := Limit{Burst: 1, Every: time.Second}
	for i := range bucketsMax + 10 {
		l.Take(fmt.Sprint(i))
	}
	if len(l.buckets) > bucketsMax {
		t.Errorf("%d clients are remembered", len(l.buckets))
	}
}
