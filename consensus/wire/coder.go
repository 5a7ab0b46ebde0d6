// Package wire writes and reads the numbers and texts that formats are made of: each
// format describes its fields once, for both directions. What is read comes from
// strangers, so that every length is bounded before anything is allocated for it, and
// each value has one form only.
package wire

import "strconv"

// Coder writes values to Out, or takes them from In when it is Reading. After the first
// mistake it does nothing any more, and Wrong says what it was. What is written is not
// touched: several may write the same value at once.
type Coder struct {
	Out, In []byte
	Reading bool
	Wrong   string // the end of a sentence that begins with what is being read
}

// Fail tells of a mistake; the first one counts.
func (c *Coder) Fail(why string) {
	if c.Wrong == "" {
		c.Wrong, c.In = why, nil
	}
}

// End fails when something is left to be read.
func (c *Coder) End() {
	if len(c.In) > 0 {
		c.Fail(strconv.Itoa(len(c.In)) + " bytes are left over")
	}
}

// Byte codes a byte.
func (c *Coder) Byte(v *byte) {
	switch {
	case !c.Reading:
		c.Out = append(c.Out, *v)
	case len(c.In) == 0:
		c.Fail("it ends too early")
	default:
		*v, c.In = c.In[0], c.In[1:]
	}
}

// Flag codes a bool as a byte, 0 or 1.
func (c *Coder) Flag(v *bool) {
	var b byte
	if *v {
		b = 1
	}
	c.Byte(&b)
	if b > 1 {
		c.Fail("a flag is neither 0 nor 1")
	}
	if c.Reading {
		*v = b == 1
	}
}

// Wide codes an unsigned LEB128 varint in its shortest form.
func (c *Coder) Wide(v *uint64) {
	if !c.Reading {
		u := *v
		for u >= 0x80 {
			c.Out = append(c.Out, byte(u)|0x80)
			u >>= 7
		}
		c.Out = append(c.Out, byte(u))
		return
	}
	var u uint64
	for i := 0; ; i++ {
		if i == len(c.In) {
			c.Fail("it ends too early")
			return
		}
		b := c.In[i]
		if i == 9 && b > 1 || i > 0 && b == 0 {
			c.Fail("a number is not in its shortest form, or too large")
			return
		}
		u |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			*v, c.In = u, c.In[i+1:]
			return
		}
	}
}

// Number codes a varint of 32 bits.
func (c *Coder) Number(v *uint32) {
	u := uint64(*v)
	c.Wide(&u)
	if u > 1<<32-1 {
		c.Fail("a number is too large")
	}
	if c.Reading {
		*v = uint32(u)
	}
}

// Signed codes a zigzag varint.
func (c *Coder) Signed(v *int64) {
	u := uint64(*v)<<1 ^ uint64(*v>>63)
	c.Wide(&u)
	if c.Reading {
		*v = int64(u>>1) ^ -int64(u&1)
	}
}

// Fixed codes size bytes, at most 8, little-endian.
func (c *Coder) Fixed(v *uint64, size int) {
	u := uint64(0)
	for i := range size {
		b := byte(*v >> (8 * i))
		c.Byte(&b)
		u |= uint64(b) << (8 * i)
	}
	if c.Reading {
		*v = u
	}
}

// Count codes the length of a list or text, at most max, of elements that take at least
// size bytes each. After a mistake it is 0.
func (c *Coder) Count(n, max, size int) int {
	u := uint64(n)
	c.Wide(&u)
	if u > uint64(max) {
		c.Fail("a list or text has " + strconv.FormatUint(u, 10) + " elements, at most " + strconv.Itoa(max) + " are allowed")
		return 0
	}
	if c.Wrong != "" {
		return 0
	}
	if c.Reading && u*uint64(size) > uint64(len(c.In)) {
		c.Fail("it ends too early")
		return 0
	}
	return int(u)
}

// Text codes a string of at most max bytes.
func (c *Coder) Text(v *string, max int) {
	n := c.Count(len(*v), max, 1)
	if !c.Reading {
		c.Out = append(c.Out, *v...)
		return
	}
	if n > 0 {
		*v, c.In = string(c.In[:n]), c.In[n:]
	}
}

// List codes a list of at most max elements.
func List[T any](c *Coder, v *[]T, max int, code func(*Coder, *T)) {
	n := c.Count(len(*v), max, 1)
	if c.Reading && n > 0 {
		*v = make([]T, n)
	}
	for i := range n {
		if c.Wrong != "" {
			return
		}
		code(c, &(*v)[i])
	}
}
