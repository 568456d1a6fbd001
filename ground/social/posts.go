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
	return decodeRows(r, opt, postColumns, "text", func(get func(string) value, raw []byte) (passenger.Post, string, string) {
		return makePost(get, raw, opt)
	})
}

// rowMaker turns the cells of one row into what it holds, or names the field and the reason.
type rowMaker[T any] func(get func(string) value, raw []byte) (row T, field, reason string)

// decodeRows reads the rows of a file; the column needed must be in the header of a CSV.
func decodeRows[T any](r io.Reader, opt Options, names columnNames, needed string, build rowMaker[T]) iter.Seq2[T, *RowError] {
	return func(yield func(T, *RowError) bool) {
		d := decoder[T]{src: newLines(r), opt: opt, names: names, needed: needed, build: build, yield: yield}
		d.run()
	}
}

type decoder[T any] struct {
	src    *lines
	opt    Options
	names  columnNames
	needed string
	build  rowMaker[T]
	yield  func(T, *RowError) bool
}

func (d *decoder[T]) refuse(no int, field, reason string) bool {
	var none T
	return d.yield(none, &RowError{File: d.opt.File, Line: no, Field: field, Reason: reason})
}

func (d *decoder[T]) run() {
	src := d.src
	first, ok := src.next()
	if !ok && src.err == nil {
		d.refuse(1, "", "the file is empty")
		return
	}
	if bytes.HasPrefix(first.text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(first.text, []byte{0xFE, 0xFF}) {
		d.refuse(1, "", "the file is UTF-16; save it as UTF-8")
		return
	}
	first.text = bytes.TrimPrefix(first.text, []byte("\uFEFF"))
	format := d.opt.Format
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
		ok = d.csv()
	case JSONL:
		ok = d.jsonl()
	default:
		ok = false
		d.refuse(1, "", "the format is csv, jsonl or auto")
	}
	if ok && src.err != nil {
		d.refuse(src.no+1, "", "the file could not be read any further")
	}
}

// take hands on what one row holds, or its refusal.
func (d *decoder[T]) take(no int, get func(string) value, raw []byte) bool {
	row, field, reason := d.build(get, raw)
	if reason != "" {
		return d.refuse(no, field, reason)
	}
	return d.yield(row, nil)
}

func (d *decoder[T]) csv() bool {
	src := d.src
	head, ok := src.next()
	for ok && len(bytes.TrimSpace(head.text)) == 0 {
		head, ok = src.next()
	}
	if !ok {
		return d.refuse(1, "", "the file has no header")
	}
	hr := record{comma: sniffComma(head.text)}
	if head.long || hr.feed(head) != recordDone {
		return d.refuse(head.no, "", "the header is not one line of column names")
	}
	columns, reason := header(hr.fields, d.names, d.needed)
	if reason != "" {
		return d.refuse(head.no, "", reason)
	}
	rows := csvReader{src: src, comma: hr.comma, columns: len(hr.fields)}
	for {
		rec, no, reason := rows.next()
		switch {
		case reason != "":
			ok = d.refuse(no, "", reason)
		case rec == nil:
			return true
		case len(rec.fields) != len(hr.fields):
			ok = d.refuse(no, "", fmt.Sprintf("the row has %d columns, the header %d", len(rec.fields), len(hr.fields)))
		default:
			ok = d.take(no, func(column string) value {
				for _, i := range columns[column] {
					if rec.fields[i] != "" {
						return value{text: rec.fields[i]}
					}
				}
				return value{}
			}, rec.raw())
		}
		if !ok {
			return false
		}
	}
}

func (d *decoder[T]) jsonl() bool {
	for {
		ln, ok := d.src.next()
		if !ok {
			return true
		}
		raw := bytes.TrimSpace(ln.text)
		switch {
		case len(raw) == 0:
			continue
		case ln.long:
			ok = d.refuse(ln.no, "", fmt.Sprintf("the row is longer than %d bytes", MaxRowBytes))
		default:
			if get, reason := object(raw, d.names); reason != "" {
				ok = d.refuse(ln.no, "", reason)
			} else {
				ok = d.take(ln.no, get, raw)
			}
		}
		if !ok {
			return false
		}
	}
}

// object reads one JSON object of one line. Numbers keep their digits.
func object(raw []byte, names columnNames) (get func(string) value, reason string) {
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
		for name, c := range names {
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
