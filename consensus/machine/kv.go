package machine

import (
	"sort"
	"strconv"
	"unicode/utf8"

	"parley/consensus"
)

// Bounds of the key-value store.
const (
	// KeyMax is the largest number of bytes of a key.
	KeyMax = 64
	// ValueMax is the largest number of bytes of a value.
	ValueMax = 256
	// KeysMax is the largest number of keys that the store holds.
	KeysMax = 4096
)

// Answers of the key-value store that are not a value. A value is one word, so
// NoKey, which has blanks in it, is never mistaken for one.
const (
	OK    = "ok"
	NoKey = "no such key"
)

// KV is a key-value store. Keys and values are words: UTF-8 without blanks. Its
// commands and their answers:
//
//	set KEY VALUE    ok
//	get KEY          the value, or "no such key"
//	delete KEY       ok, or "no such key"
//	cas KEY OLD NEW  ok when the value was OLD and is NEW now, or
//	                 "not swapped: the value is …", or "no such key"
//
// Everything else is answered with a sentence and changes nothing. The zero value
// is an empty store.
type KV struct {
	pairs  []pair // ascending by key
	shared bool   // pairs is shared with a clone: copy before the first write
	answer []byte // memory of the last answer
}

type pair struct{ key, value string }

// Apply carries out one command and returns its answer, which is valid until the
// next Apply.
func (kv *KV) Apply(command []byte) []byte {
	var w [4][]byte
	n := words(command, &w)
	if n == 0 {
		return kv.say("the command is empty: say set, get, delete or cas")
	}
	switch string(w[0]) {
	case "set":
		if n != 3 {
			return kv.say("set takes a key and a value: set KEY VALUE")
		}
		return kv.set(w[1], w[2])
	case "get":
		if n != 2 {
			return kv.say("get takes a key: get KEY")
		}
		return kv.get(w[1])
	case "delete":
		if n != 2 {
			return kv.say("delete takes a key: delete KEY")
		}
		return kv.delete(w[1])
	case "cas":
		if n != 4 {
			return kv.say("cas takes a key, the value expected and the value wanted: cas KEY OLD NEW")
		}
		return kv.cas(w[1], w[2], w[3])
	}
	return kv.say("there is no such command: say set, get, delete or cas")
}

func (kv *KV) set(key, value []byte) []byte {
	if wrong := wrongKey(key); wrong != "" {
		return kv.say(wrong)
	}
	if wrong := wrongValue(value); wrong != "" {
		return kv.say(wrong)
	}
	i, found := kv.find(key)
	if !found && len(kv.pairs) == KeysMax {
		return kv.say("the store is full: it holds " + strconv.Itoa(KeysMax) + " keys")
	}
	kv.own()
	if !found {
		kv.pairs = append(kv.pairs, pair{})
		copy(kv.pairs[i+1:], kv.pairs[i:])
		kv.pairs[i].key = string(key)
	}
	kv.pairs[i].value = string(value)
	return kv.say(OK)
}

func (kv *KV) get(key []byte) []byte {
	i, found := kv.find(key)
	if !found {
		return kv.say(NoKey)
	}
	return kv.say(kv.pairs[i].value)
}

func (kv *KV) delete(key []byte) []byte {
	i, found := kv.find(key)
	if !found {
		return kv.say(NoKey)
	}
	kv.own()
	copy(kv.pairs[i:], kv.pairs[i+1:])
	kv.pairs[len(kv.pairs)-1] = pair{}
	kv.pairs = kv.pairs[:len(kv.pairs)-1]
	return kv.say(OK)
}

func (kv *KV) cas(key, old, value []byte) []byte {
	if wrong := wrongValue(value); wrong != "" {
		return kv.say(wrong)
	}
	i, found := kv.find(key)
	if !found {
		return kv.say(NoKey)
	}
	if kv.pairs[i].value != string(old) {
		return kv.say("not swapped: the value is " + kv.pairs[i].value)
	}
	kv.own()
	kv.pairs[i].value = string(value)
	return kv.say(OK)
}

// Clone returns an independent copy. The contents are shared until one of the two
// writes.
func (kv *KV) Clone() consensus.Machine {
	kv.shared = true
	return &KV{pairs: kv.pairs, shared: true}
}

// Save appends the contents to b: for each key its length (1 byte) and it, and the same
// of its value (2 bytes), ascending by key.
func (kv *KV) Save(b []byte) []byte {
	for _, p := range kv.pairs {
		b = append(append(b, byte(len(p.key))), p.key...)
		b = append(append(b, byte(len(p.value)), byte(len(p.value)>>8)), p.value...)
	}
	return b
}

// Load replaces the contents by what Save wrote.
func (kv *KV) Load(b []byte) bool {
	var pairs []pair
	take := func(n int) string {
		if n > len(b) {
			n = len(b)
		}
		s := string(b[:n])
		b = b[n:]
		return s
	}
	for len(b) > 0 {
		n := int(b[0])
		b = b[1:]
		key := take(n)
		if len(key) < n || len(b) < 2 || wrongKey([]byte(key)) != "" || len(pairs) == KeysMax ||
			len(pairs) > 0 && pairs[len(pairs)-1].key >= key {
			return false
		}
		n = int(b[0]) + int(b[1])<<8
		b = b[2:]
		value := take(n)
		if len(value) < n || wrongValue([]byte(value)) != "" {
			return false
		}
		pairs = append(pairs, pair{key, value})
	}
	kv.pairs, kv.shared = pairs, false
	return true
}

// Inspect returns a field for each key, ascending by key.
func (kv *KV) Inspect() []consensus.Field {
	fields := make([]consensus.Field, len(kv.pairs))
	for i, p := range kv.pairs {
		fields[i] = consensus.Field{Name: p.key, Value: p.value}
	}
	return fields
}

// find returns the place of a key, or where it would stand.
func (kv *KV) find(key []byte) (int, bool) {
	i := sort.Search(len(kv.pairs), func(i int) bool { return kv.pairs[i].key >= string(key) })
	return i, i < len(kv.pairs) && kv.pairs[i].key == string(key)
}

// own makes the contents this store's alone, before a write.
func (kv *KV) own() {
	if kv.shared {
		kv.pairs = append(make([]pair, 0, len(kv.pairs)+8), kv.pairs...)
		kv.shared = false
	}
}

func (kv *KV) say(s string) []byte {
	kv.answer = append(kv.answer[:0], s...)
	return kv.answer
}

// wrongKey says what is wrong with a key to be set, if anything.
func wrongKey(key []byte) string {
	if len(key) > KeyMax {
		return "the key is too long: at most " + strconv.Itoa(KeyMax) + " bytes"
	}
	if !utf8.Valid(key) {
		return "the key is not valid UTF-8 text"
	}
	return ""
}

// wrongValue says what is wrong with a value to be set, if anything.
func wrongValue(value []byte) string {
	if len(value) > ValueMax {
		return "the value is too long: at most " + strconv.Itoa(ValueMax) + " bytes"
	}
	if !utf8.Valid(value) {
		return "the value is not valid UTF-8 text"
	}
	return ""
}
