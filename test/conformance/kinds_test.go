package conformance_test

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// The classes of lanes, and which kinds they may write (kinds.md).
const (
	admin = iota + 1
	safety
	manifest
	notes
	tablet
)

var mayWrite = map[uint64][]int{
	1: {admin}, 2: {admin}, 3: {admin}, 4: {admin, tablet}, 5: {admin}, 6: {admin}, 7: {admin}, 8: {admin}, 9: {admin}, 10: {admin},
	16: {safety, tablet}, 17: {safety, notes}, 32: {manifest}, 33: {manifest}, 34: {manifest}, 35: {manifest}, 48: {notes},
	64: {tablet}, 65: {tablet}, 66: {tablet}, 67: {tablet}, 68: {tablet}, 69: {tablet}, 70: {tablet}, 71: {tablet, admin}, 72: {tablet},
}

// how a field of a content is read.
const (
	number = iota
	text
	flag   // 1 is true
	author // plus one
	bytes_
	vectorField
	dotField
	forkField
	travellers
	phrases
	texts
)

type reads struct {
	name string
	how  int
}

var travellerFields = map[int]reads{1: {"no", number}, 2: {"name", text}, 3: {"seat", text}, 4: {"tier", text}}

var feedbackFields = map[int]reads{1: {"outcome", text}, 2: {"reason", text}, 3: {"reaction", text}, 4: {"words", text}}

var contents = map[uint64]map[int]reads{
	1: {1: {"key", text}, 2: {"arrival", text}, 3: {"std", number}, 4: {"sta", number}},
	2: {1: {"author", author}, 2: {"class", number}, 3: {"tablet", bytes_}, 4: {"incarnation", bytes_}, 5: {"role", text}, 6: {"zone", text}, 7: {"removed", flag},
		8: {"algorithm", number}, 9: {"public", bytes_}, 10: {"fork", forkField}},
	3:  {2: {"arrival", text}, 3: {"std", number}, 4: {"sta", number}},
	4:  {1: {"word", text}, 2: {"at", number}, 3: {"station", text}},
	5:  {1: {"author", author}, 2: {"seq", number}},
	7:  {1: {"author", author}, 2: {"from", number}, 3: {"to", number}, 4: {"code", text}},
	8:  {1: {"text", text}},
	9:  {1: {"vector", vectorField}},
	16: {1: {"text", text}},
	17: {1: {"text", text}},
	32: {1: {"travellers", travellers}},
	33: travellerFields,
	35: {1: {"at", number}, 2: {"doubt", text}},
	48: {1: {"event", flag}, 2: {"cases", number}, 3: {"name", text}, 4: {"seat", text}, 5: {"tier", text}, 6: {"happened", phrases}, 7: {"do", phrases}, 8: {"do_not", phrases},
		9: {"why", texts}, 10: {"words", text}, 11: {"priority", number}, 12: {"moment", text}, 13: {"private", flag}, 14: {"expires", number}},
	64: {1: {"vector", vectorField}},
	66: feedbackFields,
	67: {1: {"code", text}, 2: {"quantity", number}, 3: {"policy", number}, 4: {"note", dotField}},
	69: {1: {"text", text}},
	71: feedbackFields,
	72: {1: {"reason", text}, 2: {"only", number}},
}

// contentOf reads the content of an op, by name; an error sets it aside as unreadable.
func contentOf(o op) (map[string]any, error) {
	out, err := contentFields(o.content, contents[o.header.Kind])
	if err == nil && !readable(o, out) {
		err = errMalformed
	}
	return out, err
}

func contentFields(b []byte, table map[int]reads) (map[string]any, error) {
	fs, err := fields(b)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, f := range fs {
		r, known := table[f.id]
		if !known || f.wire == 1 || f.wire == 5 {
			continue
		}
		var v any
		switch r.how {
		case number:
			v = f.num
		case text:
			v = string(f.data)
		case flag:
			v = f.num != 0
		case author:
			if f.num == 0 || f.num > 64 {
				return nil, errMalformed
			}
			v = f.num - 1
		case bytes_:
			v = hexOf(f.data)
		case vectorField:
			vs, ok := unpackVector(f.data)
			if !ok {
				return nil, errMalformed
			}
			v = vs
		case dotField:
			ds, ok := dots(f.data)
			if !ok || len(ds) != 1 {
				return nil, errMalformed
			}
			v = ds[0].String()
		case forkField:
			k, err := contentFields(f.data, map[int]reads{1: {"of", author}, 2: {"at", number}, 3: {"start", bytes_}, 4: {"first", bytes_}})
			if err != nil || k["of"] == nil || k["first"] == nil || strings.Trim(k["first"].(string), "0") == "" {
				return nil, errMalformed
			}
			v = k
		case travellers, phrases:
			inner := travellerFields
			if r.how == phrases {
				inner = map[int]reads{1: {"code", text}, 2: {"args", texts}}
			}
			m, err := contentFields(f.data, inner)
			if err != nil || r.how == travellers && (m["no"] == nil || m["no"] == uint64(0)) {
				return nil, errMalformed
			}
			old, _ := out[r.name].([]any)
			v = append(old, m)
		case texts:
			old, _ := out[r.name].([]any)
			v = append(old, string(f.data))
		}
		out[r.name] = v
	}
	return out, nil
}

var (
	keyRE  = regexp.MustCompile(`^([A-Z][A-Z0-9]|[A-Z0-9][A-Z]|[A-Z]{3})\d{4}[A-Z]?/\d{4}-\d\d-\d\d/[A-Z]{3}(/[1-9]\d?)?$`)
	seatRE = regexp.MustCompile(`^(0{0,2}[1-9]\d{0,2}[A-Z])?$`)
)

// readable is what kinds.md asks of a content beyond its fields.
func readable(o op, c map[string]any) bool {
	str := func(name string) string { s, _ := c[name].(string); return s }
	switch o.header.Kind {
	case 1:
		return c["key"] == nil || keyRE.MatchString(str("key"))
	case 2, 5, 7:
		return c["author"] != nil
	case 4:
		return slices.Contains([]string{"boarding", "doors-closed", "off-block", "off", "on", "in", "diverted", "cancelled"}, str("word"))
	case 33:
		return c["no"] != nil && c["no"] != uint64(0)
	case 48:
		return (c["event"] == true) == (o.header.Traveller == 0)
	case 66, 71:
		reasons := []string{"asleep", "not-on-board", "not-this-person", "no-stock", "no-time", "not-the-moment", "already-settled", "other"}
		return slices.Contains([]string{"acted", "declined", "not-possible"}, str("outcome")) && slices.Contains([]string{"", "pleased", "neutral", "displeased"}, str("reaction")) &&
			(str("outcome") == "not-possible") == (str("reason") != "") && (str("reason") == "" || slices.Contains(reasons, str("reason"))) &&
			utf8.RuneCountInString(str("words")) <= 500
	case 67:
		q, _ := c["quantity"].(uint64)
		return str("code") != "" && q >= 1
	case 69:
		return seatRE.MatchString(strings.ToUpper(strings.TrimSpace(str("text"))))
	}
	return true
}
