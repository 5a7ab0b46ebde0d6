package sim

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A storage holds what was appended, and so does each clone of it, whatever is appended
// to the others.
func TestStorageIsBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := []byte("what it begins with")
		all := []storage{storageOf(first)}
		want := [][]byte{first}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			i := rapid.IntRange(0, len(all)-1).Draw(t, "which")
			if rapid.IntRange(0, 4).Draw(t, "clone") == 0 {
				all, want = append(all, all[i].clone()), append(want, want[i])
				continue
			}
			b := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, rapid.SampledFrom([]int{0, 1, 9, 300, 70_000}).Draw(t, "length"))
			all[i].append(b)
			want[i] = append(want[i][:len(want[i]):len(want[i])], b...)
		}
		for i := range all {
			if !bytes.Equal(all[i].bytes(), want[i]) || all[i].size != len(want[i]) {
				t.Fatalf("storage %d of %d holds %d bytes, want %d", i, len(all), all[i].size, len(want[i]))
			}
		}
	})
}

// A log of operations holds what was added, and so does each clone of it.
func TestOpLogIsAList(t *testing.T) {
	list := func(l *opLog) (seqs []uint32) {
		for _, page := range append(l.full[:len(l.full):len(l.full)], l.last) {
			for _, o := range page {
				seqs = append(seqs, o.Seq)
			}
		}
		return seqs
	}
	rapid.Check(t, func(t *rapid.T) {
		all, want := []opLog{{}}, [][]uint32{nil}
		for n := range rapid.IntRange(1, 20).Draw(t, "steps") {
			i := rapid.IntRange(0, len(all)-1).Draw(t, "which")
			if rapid.IntRange(0, 3).Draw(t, "clone") == 0 {
				all, want = append(all, all[i].clone()), append(want, want[i])
			}
			for range rapid.SampledFrom([]int{1, opPage - 1, opPage, 3 * opPage}).Draw(t, "length") {
				all[i].add(Op{Seq: uint32(n)})
				want[i] = append(want[i][:len(want[i]):len(want[i])], uint32(n))
			}
		}
		for i := range all {
			if !slices.Equal(list(&all[i]), want[i]) {
				t.Fatalf("log %d of %d is %v, want %v", i, len(all), list(&all[i]), want[i])
			}
		}
	})
}
