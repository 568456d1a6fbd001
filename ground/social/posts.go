package social

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Format is the shape of an import file.
type Format string

// The formats. [Auto] looks at the first line.
const (
	Auto  Format = "auto"
	CSV   Format = "csv"
	JSONL Format = "jsonl"
)

// Options say what [DecodePosts] cannot read from the file.
type Options struct {
	Channel  passenger.Channel // of rows that name none; "" refuses such rows
	Format   Format            // "" is Auto
	File     string            // name for the refusals
	Received time.Time         // stands in for a missing created_at; zero refuses such rows
}

// DecodePosts reads the posts of an import file, one at a time, in the order of the file.
// Each step yields either a post (and a nil error) or a refusal (and a zero post). The reader
// is read as far as the loop goes; the sequence can be used once. Not safe for concurrent use.
func DecodePosts(r io.Reader, opt Options) iter.Seq2[passenger.Post, *RowError] {
	return func(yield func(passenger.Post, *RowError) bool) {
		src := newLines(r)
		refuse := func(no int, field, reason string) bool {
			return yield(passenger.Post{}, &RowError{File: opt.File, Line: no, Field: field, Reason: reason})
		}
		first, ok := src.next()
		if !ok && src.err == nil {
			refuse(1, "", "the file is empty")
			return
		}
		if bytes.HasPrefix(first.text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(first.text, []byte{0xFE, 0xFF}) {
			refuse(1, "", "the file is UTF-16; save it as UTF-8")
			return
		}
		first.text = bytes.TrimPrefix(first.text, []byte("\uFEFF"))
		format := opt.Format
		if format == "" || format == Auto {
			format = CSV
			if t := bytes.TrimSpace(first.text); len(t) > 0 && (t[0] == '{' || t[0] == '[') {
				format = JSONL
			}
		}
		if ok {
			src.unread([]line{first})
		}
		switch format {
		case CSV:
			ok = decodeCSV(src, opt, yield, refuse)
		case JSONL:
			ok = decodeJSONL(src, opt, yield, refuse)
		default:
			ok = false
			refuse(1, "", "the format is csv, jsonl or auto")
		}
		if ok && src.err != nil {
			refuse(src.no+1, "", "the file could not be read any further")
		}
	}
}

type yieldFunc = func(passenger.Post, *RowError) bool

func decodeCSV(src *lines, opt Options, yield yieldFunc, refuse func(int, string, string) bool) bool {
	head, ok := src.next()
	for ok && len(bytes.TrimSpace(head.text)) == 0 {
		head, ok = src.next()
	}
	if !ok {
		return refuse(1, "", "the file has no header")
	}
	hr := record{comma: sniffComma(head.text)}
	if head.long || hr.feed(head) != recordDone {
		return refuse(head.no, "", "the header is not one line of column names")
	}
	columns, reason := header(hr.fields)
	if reason != "" {
		return refuse(head.no, "", reason)
	}
	rows := csvReader{src: src, comma: hr.comma, columns: len(hr.fields)}
	for {
		rec, no, reason := rows.next()
		if reason != "" {
			if !refuse(no, "", reason) {
				return false
			}
			continue
		}
		if rec == nil {
			return true
		}
		if len(rec.fields) != len(hr.fields) {
			if !refuse(no, "", fmt.Sprintf("the row has %d columns, the header %d", len(rec.fields), len(hr.fields))) {
				return false
			}
			continue
		}
		get := func(column string) value {
			for _, i := range columns[column] {
				if rec.fields[i] != "" {
					return value{text: rec.fields[i]}
				}
			}
			return value{}
		}
		post, field, reason := makePost(get, rec.raw(), opt)
		if reason != "" {
			ok = refuse(no, field, reason)
		} else {
			ok = yield(post, nil)
		}
		if !ok {
			return false
		}
	}
}

func decodeJSONL(src *lines, opt Options, yield yieldFunc, refuse func(int, string, string) bool) bool {
	for {
		ln, ok := src.next()
		if !ok {
			return true
		}
		raw := bytes.TrimSpace(ln.text)
		switch {
		case len(raw) == 0:
			continue
		case ln.long:
			ok = refuse(ln.no, "", fmt.Sprintf("the row is longer than %d bytes", MaxRowBytes))
		default:
			get, reason := object(raw)
			var post passenger.Post
			var field string
			if reason == "" {
				post, field, reason = makePost(get, raw, opt)
			}
			if reason != "" {
				ok = refuse(ln.no, field, reason)
			} else {
				ok = yield(post, nil)
			}
		}
		if !ok {
			return false
		}
	}
}

// object reads one JSON object of one line. Numbers keep their digits.
func object(raw []byte) (get func(string) value, reason string) {
	if raw[0] == '[' {
		return nil, "a JSON list is not read: write one object a line"
	}
	var m map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, "the JSON object is cut off"
		}
		return nil, "this is no JSON object"
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, "something stands behind the JSON object: write one object a line"
	}
	return func(column string) value {
		best, rank := value{}, 0
		for name, c := range columnNames {
			if c.column != column || c.rank <= rank {
				continue
			}
			v := value{}
			switch x := m[name].(type) {
			case nil:
				continue
			case string:
				if x == "" {
					continue
				}
				v.text = x
			case json.Number:
				v.text, v.number = x.String(), true
			default:
				v.wrong = true
			}
			best, rank = v, c.rank
		}
		return best
	}, ""
}
