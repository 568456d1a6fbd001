package web

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tomlKey is a bare or dotted key; message ids are nothing else.
var tomlKey = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// unmarshalTOML is the reader that go-i18n is given; it always passes a *any.
func unmarshalTOML(data []byte, v any) error {
	table, err := readTOML(data)
	if err != nil {
		return err
	}
	target, ok := v.(*any)
	if !ok {
		return fmt.Errorf("read messages into %T: not supported", v)
	}
	*target = table
	return nil
}

// readTOML reads the part of TOML that files of messages use: comments, tables, and keys (bare or
// dotted) with a string on one line, basic ("…", with \" \\ \n \t \uXXXX \UXXXXXXXX) or literal
// ('…'). A file that it accepts and TOML allows means the same in both; anything else is an error
// with its line.
func readTOML(data []byte) (map[string]any, error) {
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("not UTF-8")
	}
	root := map[string]any{}
	table, opened := root, map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		var err error
		switch {
		case strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }):
			err = fmt.Errorf("a control character")
		case line == "" || line[0] == '#':
		case line[0] == '[':
			name, rest, closed := strings.Cut(line[1:], "]")
			name = strings.TrimSpace(name)
			if !closed || !tomlKey.MatchString(name) || !onlyComment(rest) {
				err = fmt.Errorf("a table is written [name] or [name.name]")
			} else if opened[name] {
				err = fmt.Errorf("table %s stands twice", name)
			} else {
				opened[name] = true
				table, err = subtable(root, strings.Split(name, "."))
			}
		default:
			err = setKey(table, line)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	return root, nil
}

func setKey(table map[string]any, line string) error {
	key, value, ok := strings.Cut(line, "=")
	key = strings.TrimSpace(key)
	if !ok || !tomlKey.MatchString(key) {
		return fmt.Errorf(`a message is written id = "text", the id of letters, digits, _, - and dots`)
	}
	text, err := tomlString(strings.TrimSpace(value))
	if err != nil {
		return err
	}
	path := strings.Split(key, ".")
	table, err = subtable(table, path[:len(path)-1])
	if err != nil {
		return err
	}
	last := path[len(path)-1]
	if _, twice := table[last]; twice {
		return fmt.Errorf("%s stands twice", key)
	}
	table[last] = text
	return nil
}

// subtable returns the table at path below t, making what is missing.
func subtable(t map[string]any, path []string) (map[string]any, error) {
	for _, name := range path {
		switch child := t[name].(type) {
		case nil:
			made := map[string]any{}
			t[name], t = made, made
		case map[string]any:
			t = child
		default:
			return nil, fmt.Errorf("%s is a text, so it holds nothing", name)
		}
	}
	return t, nil
}

// tomlString reads one string and makes sure that only a comment follows.
func tomlString(s string) (string, error) {
	bad := fmt.Errorf(`a text stands in "…" or '…' on one line`)
	if s == "" || strings.HasPrefix(s, `"""`) || strings.HasPrefix(s, `'''`) {
		return "", bad
	}
	if s[0] == '\'' {
		text, rest, closed := strings.Cut(s[1:], "'")
		if !closed || !onlyComment(rest) {
			return "", bad
		}
		return text, nil
	}
	if s[0] != '"' {
		return "", bad
	}
	end := 1
	for end < len(s) && s[end] != '"' {
		if s[end] == '\\' {
			if end+1 == len(s) || !strings.ContainsRune(`"\ntuU`, rune(s[end+1])) {
				return "", fmt.Errorf(`after \ stands one of " \ n t u U`)
			}
			end++
		}
		end++
	}
	if end >= len(s) || !onlyComment(s[end+1:]) {
		return "", bad
	}
	// Go's quoted strings know these escapes too, and refuse a code point that is none.
	text, err := strconv.Unquote(s[:end+1])
	if err != nil {
		return "", bad
	}
	return text, nil
}

func onlyComment(rest string) bool {
	rest = strings.TrimSpace(rest)
	return rest == "" || rest[0] == '#'
}
