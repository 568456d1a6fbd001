package social

import (
	"bufio"
	"bytes"
	"io"
)

// line is one physical line with its line end; no is its number, from 1.
type line struct {
	no   int
	text []byte
	long bool // cut at MaxRowBytes; the rest was read and dropped
}

// lines reads physical lines of bounded length and takes lines back, for a second look.
type lines struct {
	r    *bufio.Reader
	no   int
	back []line // last in, first out
	err  error  // what ended the reading, nil at a plain end of file
}

func newLines(r io.Reader) *lines { return &lines{r: bufio.NewReaderSize(r, MaxRowBytes)} }

// next returns the next line, or false at the end or at a read error (then l.err is set).
// The line's bytes are its own.
func (l *lines) next() (line, bool) {
	if n := len(l.back); n > 0 {
		ln := l.back[n-1]
		l.back = l.back[:n-1]
		return ln, true
	}
	b, err := l.r.ReadSlice('\n')
	if len(b) == 0 && err != nil {
		if err != io.EOF {
			l.err = err
		}
		return line{}, false
	}
	l.no++
	ln := line{no: l.no, text: bytes.Clone(b)}
	for err == bufio.ErrBufferFull {
		ln.long = true
		_, err = l.r.ReadSlice('\n')
	}
	if err != nil && err != io.EOF {
		l.err = err
	}
	return ln, true
}

// unread gives lines back, to be read again in the same order.
func (l *lines) unread(ls []line) {
	for i := len(ls) - 1; i >= 0; i-- {
		l.back = append(l.back, ls[i])
	}
}
