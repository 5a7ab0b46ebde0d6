package check

// vector is a growing list of values that copies cheaply: a copy shares everything, and
// whoever writes first copies the few hundred bytes around. It is a tree of two levels
// below its root, so index i stands in leaf i>>leafBits, at place i&leafMask. What was
// never written is the zero value.
type vector[T any] struct {
	root   []*branch[T]
	shared bool // the root is seen by a copy
}

const (
	leafBits = 6
	leafLen  = 1 << leafBits
	leafMask = leafLen - 1
)

// owner is whom a part of a tree belongs to; only its owner writes to it. It has a size
// so that each has its own address.
type owner struct{ _ byte }

type branch[T any] struct {
	of     *owner
	leaves [leafLen]*leaf[T]
}

type leaf[T any] struct {
	of    *owner
	cells [leafLen]T
}

// get returns the value at i.
func (v *vector[T]) get(i uint32) (cell T) {
	if top := i >> (2 * leafBits); int(top) < len(v.root) {
		if b := v.root[top]; b != nil {
			if l := b.leaves[i>>leafBits&leafMask]; l != nil {
				return l.cells[i&leafMask]
			}
		}
	}
	return cell
}

// at returns the place of the value at i, to be written by me.
func (v *vector[T]) at(me *owner, i uint32) *T {
	if top := i >> (2 * leafBits); int(top) < len(v.root) {
		if b := v.root[top]; b != nil && b.of == me {
			if l := b.leaves[i>>leafBits&leafMask]; l != nil && l.of == me {
				return &l.cells[i&leafMask]
			}
		}
	}
	return v.own(me, i)
}

// own is at where something on the way belongs to somebody else, or is not there yet.
func (v *vector[T]) own(me *owner, i uint32) *T {
	top := int(i >> (2 * leafBits))
	if v.shared || top >= len(v.root) {
		root := make([]*branch[T], max(len(v.root), top+1))
		copy(root, v.root)
		v.root, v.shared = root, false
	}
	b := v.root[top]
	if b == nil || b.of != me {
		c := &branch[T]{of: me}
		if b != nil {
			c.leaves = b.leaves
		}
		b, v.root[top] = c, c
	}
	at := &b.leaves[i>>leafBits&leafMask]
	if l := *at; l == nil || l.of != me {
		c := &leaf[T]{of: me}
		if l != nil {
			c.cells = l.cells
		}
		*at = c
	}
	return &(*at).cells[i&leafMask]
}
