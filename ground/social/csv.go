package social

import (
	"bytes"
	"fmt"
	"strings"
)

// record is one CSV row being read line by line.
type record struct {
	comma  byte
	fields []string
	cur    []byte
	quoted bool // inside quotes
	lines  []line
	size   int
}

type recordState int

const (
	recordDone recordState = iota
	recordOpen             // a quote is still open
	recordBad              // something stands behind a closing quote
)

// feed reads one more line of the record. A quote inside an unquoted field is text.
func (r *record) feed(ln line) recordState {
	r.lines = append(r.lines, ln)
	r.size += len(ln.text)
	s := ln.text
	i := 0
	for {
		if !r.quoted && i < len(s) && s[i] == '"' && len(r.cur) == 0 {
			r.quoted = true
			i++
		}
		if r.quoted {
			for {
				q := bytes.IndexByte(s[i:], '"')
				if q < 0 {
					r.cur = append(r.cur, s[i:]...)
					return recordOpen
				}
				r.cur = append(r.cur, s[i:i+q]...)
				i += q + 1
				if i < len(s) && s[i] == '"' {
					r.cur = append(r.cur, '"')
					i++
					continue
				}
				break
			}
			r.quoted = false
			rest := bytes.TrimRight(s[i:], "\r\n")
			switch {
			case len(rest) == 0:
				r.end()
				return recordDone
			case rest[0] == r.comma:
				r.end()
				i++
				continue
			}
			return recordBad
		}
		c := bytes.IndexByte(s[i:], r.comma)
		if c < 0 {
			r.cur = append(r.cur, bytes.TrimRight(s[i:], "\r\n")...)
			r.end()
			return recordDone
		}
		r.cur = append(r.cur, s[i:i+c]...)
		r.end()
		i += c + 1
	}
}

func (r *record) end() {
	r.fields = append(r.fields, string(r.cur))
	r.cur = r.cur[:0]
}

func (r *record) raw() []byte {
	var b []byte
	for _, ln := range r.lines {
		b = append(b, ln.text...)
	}
	return bytes.TrimRight(b, "\r\n")
}

// csvReader reads rows; after a row whose quotes are broken it looks again at the lines
// behind the row's first, so that one stray quote costs one row and not the rest of the file.
type csvReader struct {
	src     *lines
	comma   byte
	columns int // of the header
	again   int // lines up to this number are looked at a second time
}

// next returns a record, or a reason with the line it is about, or (nil, 0, "") at the end.
func (c *csvReader) next() (rec *record, lineNo int, reason string) {
	for {
		ln, ok := c.src.next()
		if !ok {
			return nil, 0, ""
		}
		if len(bytes.TrimSpace(ln.text)) == 0 {
			continue
		}
		r := &record{comma: c.comma}
		state := recordOpen
		for {
			if ln.long || r.size+len(ln.text) > MaxRowBytes {
				r.lines = append(r.lines, ln)
				reason = fmt.Sprintf("the row is longer than %d bytes, or a quote is never closed", MaxRowBytes)
				break
			}
			if state = r.feed(ln); state != recordOpen {
				break
			}
			if ln, ok = c.src.next(); !ok {
				reason = "a quote is never closed: the file may be cut off"
				break
			}
		}
		first, last := r.lines[0].no, r.lines[len(r.lines)-1].no
		if state == recordBad {
			reason = "text stands behind a closing quote: double the quotes inside a quoted text"
		}
		// A part of a broken row that is no row by itself belongs to the refusal already given.
		if first <= c.again && (reason != "" || len(r.fields) != c.columns) {
			c.src.unread(r.lines[1:])
			continue
		}
		if reason != "" {
			c.again = max(c.again, last)
			c.src.unread(r.lines[1:])
			return nil, first, reason
		}
		return r, first, ""
	}
}

// sniffComma chooses between "," and ";" by the header line.
func sniffComma(header []byte) byte {
	if bytes.Count(header, []byte{';'}) > bytes.Count(header, []byte{','}) {
		return ';'
	}
	return ','
}

// columnNames maps the names of a header, in lower case, to columns. Of two names for the same
// column the one with the higher rank wins.
type columnNames map[string]struct {
	column string
	rank   int
}

// postColumns are the columns of a post.
var postColumns = columnNames{
	"channel": {"channel", 1}, "external_id": {"external_id", 2}, "tweet_id": {"external_id", 1},
	"conversation_id": {"conversation_id", 1}, "author_id": {"author_id", 2}, "author": {"author_id", 1},
	"author_name": {"author_name", 1}, "author_handle": {"author_handle", 1},
	"text_fixed": {"text", 2}, "text": {"text", 1}, "lang": {"lang", 1},
	"created_at": {"created_at", 2}, "tweet_created": {"created_at", 1},
	"in_reply_to": {"in_reply_to", 1}, "url": {"url", 1},
}

// header maps column names to positions. The reason is "" when it can be used.
func header(names []string, known columnNames, needed string) (columns map[string][]int, reason string) {
	columns = map[string][]int{}
	rank := map[string]int{}
	seen := map[string]bool{}
	for i, n := range names {
		n = strings.ToLower(strings.TrimSpace(n))
		c, ok := known[n]
		if !ok {
			continue
		}
		if seen[n] {
			return nil, "the column " + n + " stands twice in the header"
		}
		seen[n] = true
		if c.rank > rank[c.column] {
			rank[c.column] = c.rank
			columns[c.column] = append([]int{i}, columns[c.column]...)
		} else {
			columns[c.column] = append(columns[c.column], i)
		}
	}
	if len(columns[needed]) == 0 {
		return nil, "the header has no column " + needed + "; the first line must name the columns"
	}
	return columns, ""
}
