package flightops

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
)

// table reads a CSV file with a header, row by row, in bounded memory. A row whose quotes are
// broken costs that row only: the lines behind its first are looked at again.
type table struct {
	r       *bufio.Reader
	file    string
	no      int // of the last line read
	rows    int
	back    []csvLine
	comma   rune
	columns map[string]int
	width   int
	err     error
}

type csvLine struct {
	no   int
	text []byte
	long bool
}

func (t *table) line() (csvLine, bool) {
	if n := len(t.back); n > 0 {
		l := t.back[n-1]
		t.back = t.back[:n-1]
		return l, true
	}
	b, err := t.r.ReadSlice('\n')
	if len(b) == 0 && err != nil {
		if err != io.EOF {
			t.err = err
		}
		return csvLine{}, false
	}
	t.no++
	l := csvLine{no: t.no, text: bytes.Clone(b)}
	for err == bufio.ErrBufferFull {
		l.long = true
		_, err = t.r.ReadSlice('\n')
	}
	if err != nil && err != io.EOF {
		t.err = err
	}
	return l, true
}

// record returns the fields of the next row, its first line, and why it is refused. ok is false
// at the end of the file.
func (t *table) record() (fields []string, no int, reason string, ok bool) {
	var l csvLine
	for {
		if l, ok = t.line(); !ok {
			return nil, t.no, "", false
		}
		if len(bytes.TrimSpace(l.text)) > 0 {
			break
		}
	}
	no = l.no
	if l.long {
		return nil, no, fmt.Sprintf("the row is longer than %d bytes", MaxRowBytes), true
	}
	row := l.text
	var more []csvLine
	for open := odd(row); open; {
		next, there := t.line()
		if !there || next.long || len(row)+len(next.text) > MaxRowBytes {
			if there {
				more = append(more, next)
			}
			t.unread(more)
			return nil, no, "a quote is never closed; double the quotes inside a quoted text", true
		}
		more = append(more, next)
		row = append(row, next.text...)
		open = open != odd(next.text)
	}
	c := csv.NewReader(bytes.NewReader(row))
	c.Comma, c.FieldsPerRecord = t.comma, -1
	fields, err := c.Read()
	if err != nil {
		t.unread(more)
		return nil, no, "the quotes of the row do not match; double the quotes inside a quoted text", true
	}
	for i := range fields {
		fields[i] = strings.TrimSpace(strings.ToValidUTF8(fields[i], "?"))
	}
	return fields, no, "", true
}

// odd reports whether a quote that a text opens is still open at its end.
func odd(text []byte) bool { return bytes.Count(text, []byte{'"'})%2 == 1 }

func (t *table) unread(ls []csvLine) {
	for _, l := range slices.Backward(ls) {
		t.back = append(t.back, l)
	}
}

// openTable reads the header; every name in required must be in it. Columns it does not know
// are skipped unread.
func openTable(file string, r io.Reader, required []string) (*table, *RowError) {
	t := &table{r: bufio.NewReaderSize(r, MaxRowBytes), file: file, comma: ',', columns: map[string]int{}}
	first, ok := t.line()
	if !ok {
		if t.err != nil {
			return nil, t.failed()
		}
		return nil, t.refuse(1, "", "the file is empty")
	}
	if bytes.HasPrefix(first.text, []byte{0xFF, 0xFE}) || bytes.HasPrefix(first.text, []byte{0xFE, 0xFF}) {
		return nil, t.refuse(1, "", "the file is UTF-16; save it as UTF-8")
	}
	first.text = bytes.TrimPrefix(first.text, []byte("\uFEFF"))
	if bytes.Count(first.text, []byte{';'}) > bytes.Count(first.text, []byte{','}) {
		t.comma = ';'
	}
	t.back = append(t.back, first)
	names, no, reason, _ := t.record()
	if reason != "" {
		return nil, t.refuse(no, "header", reason)
	}
	t.width = len(names)
	for i, n := range names {
		n = strings.ToLower(n)
		if _, twice := t.columns[n]; twice && n != "" {
			return nil, t.refuse(no, "header", "a column stands twice in the header")
		}
		t.columns[n] = i
	}
	for _, n := range required {
		if _, ok := t.columns[n]; !ok {
			return nil, t.refuse(max(no, 1), "header", "the header has no column "+n+"; the first line must name the columns")
		}
	}
	return t, nil
}

// next returns the next row that has as many fields as the header. It returns (nil, nil) at
// the end, and an error for a refused row or a reader that fails.
func (t *table) next() (*row, *RowError) {
	fields, no, reason, ok := t.record()
	if !ok {
		if t.err != nil {
			err := t.failed()
			t.err = nil
			return nil, err
		}
		return nil, nil
	}
	if t.rows++; t.rows > MaxRows {
		t.back, t.r = nil, bufio.NewReader(strings.NewReader(""))
		return nil, t.refuse(no, "", fmt.Sprintf("more than %d rows; the rest of the file was not read; send it in smaller files", MaxRows))
	}
	if reason != "" {
		return nil, t.refuse(no, "", reason)
	}
	if len(fields) != t.width {
		return nil, t.refuse(no, "", fmt.Sprintf("the row has %d fields, the header %d", len(fields), t.width))
	}
	return &row{table: t, no: no, fields: fields}, nil
}

func (t *table) failed() *RowError {
	return t.refuse(t.no+1, "", "the file cannot be read from this line on")
}

func (t *table) refuse(no int, field, reason string) *RowError {
	return &RowError{File: t.file, Line: no, Field: field, Reason: reason}
}

// row is one row; the first thing wrong with it stays.
type row struct {
	*table
	no     int
	fields []string
	wrong  *RowError
}

// get returns a field, or "" when the header has no such column.
func (r *row) get(column string) string {
	i, ok := r.columns[column]
	if !ok {
		return ""
	}
	return r.fields[i]
}

// short returns a field of at most MaxFieldRunes; a line break in it is a blank.
func (r *row) short(column string) string {
	s := strings.Join(strings.Fields(r.get(column)), " ")
	if n := len([]rune(s)); n > MaxFieldRunes {
		r.bad(column, fmt.Sprintf("longer than %d characters", MaxFieldRunes))
	}
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		r.bad(column, "holds a control character")
	}
	return s
}

func (r *row) bad(field, reason string) {
	if r.wrong == nil {
		r.wrong = r.refuse(r.no, field, reason)
	}
}
