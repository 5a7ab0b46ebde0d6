package main

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/vugu/vjson"
)

// TestPropertiesAreJSON holds what is written to what encoding/json reads.
func TestPropertiesAreJSON(t *testing.T) {
	for _, v := range []any{nil, true, false, 0, -12, 1.5, 1e21, "", "x", "a \"b\" \\ \n\t\x00 \u2028 é 漢 😀 </script>", "\xff"} {
		b, err := vjson.Marshal(v)
		if err != nil {
			t.Fatalf("%v: %v", v, err)
		}
		var got any
		if err := json.Unmarshal(b, &got); err != nil {
			t.Errorf("%v is written as %s: %v", v, b, err)
		}
		want := v
		switch v := v.(type) {
		case int:
			want = float64(v)
		case string:
			if v == "\xff" {
				want = "\ufffd"
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%v is written as %s", v, b)
		}
	}
	if _, err := vjson.Marshal([]int{1}); err == nil {
		t.Error("a list was written")
	}
}

// FuzzEvents reads what encoding/json reads, where the stand-in reads it at all, and
// refuses what encoding/json refuses.
func FuzzEvents(f *testing.F) {
	for _, s := range []string{
		`{"position_id":"0_1","capture":false,"event_summary":{"clientX":12.5,"target":{"value":"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}},"x":null}`,
		`{}`, ` { "a" : -1.5e3 } `, `{"a":"\ud83d"}`, `{"a":"\ud83d\u0041"}`, `{"a":[1]}`, `{"a":1,}`, `{"a" 1}`, `{"a":tru}`, `{`, `[]`, `"x"`, `{"a":"\x"}`, `{"a":"\u12"}`, "{\"a\":\"\n\"}", `{"a":01}`, `{"a":1}x`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var got, want map[string]any
		err := vjson.Unmarshal(b, &got)
		if wrong := json.Unmarshal(b, &want); wrong != nil || !utf8.Valid(b) {
			return // numbers such as 01 are read here and nowhere else
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%q is read as %v, want %v", b, got, want)
		}
	})
}

func TestEventsOfTheHelperAreRead(t *testing.T) {
	const event = `{"position_id":"0_1_t_2","event_type":"input","capture":false,"passive":true,"event_summary":{"type":"input","key":"é","target":{"value":"😀 \"x\"","checked":true,"valueAsNumber":null}}}`
	var got, want map[string]any
	if err := vjson.Unmarshal([]byte(event), &got); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(event), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("read as %v, want %v", got, want)
	}
	for _, s := range []string{``, `{`, `[]`, `{"a":[1]}`, `{"a":1}x`, `{"a"}`, `{"a":1,}`, `{a:1}`, `{"a":"`, `{"a":"\`, `{"a":"\u1`, `{"a":tru}`} {
		if err := vjson.Unmarshal([]byte(s), &got); err == nil {
			t.Errorf("%q was read", s)
		}
	}
}
