package web

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadTOML(t *testing.T) {
	got, err := readTOML([]byte("a = \"x \\\"y\\\" \\u20ac\\n\" # c\r\nb.c = 'raw \\n'\n[d.e]\nother = \"# no comment\"\n[ d ]\nf-1_2=\"\"\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"a": "x \"y\" €\n", "b": map[string]any{"c": `raw \n`},
		"d": map[string]any{"e": map[string]any{"other": "# no comment"}, "f-1_2": ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestReadTOMLRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no text": "a = 1", "no key": `= "x"`, "no equals": "a", "quoted key": `"a" = "x"`, "open text": `a = "x`, "open literal": `a = 'x`,
		"text goes on": `a = "x" y`, "long text": `a = """x"""`, "twice": "a = 'x'\na = 'y'", "text as table": "a = 'x'\na.b = 'y'",
		"text as table again": "a = 'x'\n[a]", "table twice": "[a]\n[a]", "array": "[[a]]", "open table": "[a", "table goes on": "[a] b",
		"other escape": `a = "\x41"`, "half a pair": `a = "\ud800"`, "control": "a = \"\x00\"", "not UTF-8": "a = \"\xff\"", "ends in escape": `a = "\`,
	} {
		if got, err := readTOML([]byte(text)); err == nil {
			t.Errorf("%s: got %v, want an error", name, got)
		} else if name != "not UTF-8" && !strings.Contains(err.Error(), "line ") {
			t.Errorf("%s: the error names no line: %v", name, err)
		}
	}
}

func FuzzReadTOML(f *testing.F) {
	for _, seed := range []string{english, dutch, `a = "\u20ac\U0001F600"`, "[a.b]\nc.d = ''", `a = "\`, "[", "="} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := readTOML(text)
		if (table == nil) == (err == nil) {
			t.Fatalf("got %v and error %v", table, err)
		}
		var given any
		if e := unmarshalTOML(text, &given); (e == nil) != (err == nil) || (given == nil) != (e != nil) {
			t.Fatalf("go-i18n is given %v and %v", given, e)
		}
		if err != nil {
			return
		}
		var b strings.Builder
		writeTOML(&b, "", table)
		again, err := readTOML([]byte(b.String()))
		if err != nil {
			t.Fatalf("what was read and written is not read again: %v\n%s", err, &b)
		}
		if diff := cmp.Diff(withoutEmpty(table), withoutEmpty(again)); diff != "" {
			t.Errorf("(-first +second)\n%s", diff)
		}
	})
}

// writeTOML writes a table back as dotted keys.
func writeTOML(b *strings.Builder, prefix string, table map[string]any) {
	for k, v := range table {
		switch v := v.(type) {
		case string:
			b.WriteString(prefix + k + ` = "`)
			for _, r := range v {
				switch {
				case r == '"' || r == '\\':
					b.WriteString(`\` + string(r))
				case r == '\n':
					b.WriteString(`\n`)
				case r == '\t':
					b.WriteString(`\t`)
				case r < 0x20 || r >= 0x7f && r < 0xa0:
					b.WriteString(`\u00` + string("0123456789abcdef"[r>>4]) + string("0123456789abcdef"[r&15]))
				default:
					b.WriteRune(r)
				}
			}
			b.WriteString("\"\n")
		case map[string]any:
			writeTOML(b, prefix+k+".", v)
		}
	}
}

// withoutEmpty drops empty tables, which dotted keys cannot write.
func withoutEmpty(table map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range table {
		if sub, ok := v.(map[string]any); ok {
			if sub = withoutEmpty(sub); len(sub) == 0 {
				continue
			}
			v = sub
		}
		out[k] = v
	}
	return out
}
