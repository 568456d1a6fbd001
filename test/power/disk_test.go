package power

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// page is what a disk writes as a whole, bytes.
const page = 4096

// disk is a disk that loses power. What was flushed stays. Of a page that was not, one of its
// versions since the last flush stays: the flushed one, the newest, or one between. A file's size
// goes the same way. Names are made, moved and removed in a journal, as on ext4: a flush of
// anything makes all earlier changes of names lasting, and a cut keeps a beginning of the others.
type disk struct {
	mu      sync.Mutex
	names   map[string]*file // nil: a folder
	lasting map[string]*file
	journal []func(map[string]*file)
	off     bool // the power is gone: nothing is taken any more
	lies    bool // says that a flush went well, and does nothing
	flushes int
	calls   int                          // everything asked of it but attributes
	fails   int                          // the call that fails, once; 0: none
	counts  func(what, name string) bool // the calls that count; nil: all
	sticky  bool                         // the calls behind it that count fail too
	failed  string
}

// file is a file's content: as programs see it, as flushed, and what was written between.
type file struct {
	now, flushed []byte
	pending      []change
}

// change is a write, or with no data a new size.
type change struct {
	at   int64
	data []byte
}

func (c change) apply(b []byte) []byte {
	size := max(int64(len(b)), c.at+int64(len(c.data)))
	if c.data == nil {
		size = c.at
	}
	if size <= int64(len(b)) {
		b = b[:size]
	} else {
		b = append(b, make([]byte, size-int64(len(b)))...)
	}
	copy(b[c.at:], c.data)
	return b
}

func newDisk(image map[string][]byte) *disk {
	d := &disk{names: map[string]*file{}, lasting: map[string]*file{}}
	for name, b := range image {
		var f *file
		if b != nil {
			f = &file{now: bytes.Clone(b), flushed: bytes.Clone(b)}
		}
		d.names[name], d.lasting[name] = f, f
	}
	return d
}

func (d *disk) rename(change func(map[string]*file)) {
	change(d.names)
	d.journal = append(d.journal, change)
}

func (d *disk) change(f *file, c change) {
	c.data = bytes.Clone(c.data)
	f.now = c.apply(f.now)
	f.pending = append(f.pending, c)
}

// fail counts a call and reports whether it is to fail.
func (d *disk) fail(what, name string) bool {
	if d.counts != nil && !d.counts(what, name) {
		return false
	}
	d.calls++
	if bad := d.calls == d.fails || d.sticky && d.fails > 0 && d.calls > d.fails; !bad {
		return false
	}
	if d.failed == "" {
		d.failed = what + " " + name
	}
	return true
}

// flush makes f, and all names, lasting. f is nil for a folder.
func (d *disk) flush(f *file) {
	d.flushes++
	if d.lies {
		return
	}
	for _, change := range d.journal {
		change(d.lasting)
	}
	d.journal = nil
	if f != nil {
		for _, c := range f.pending {
			f.flushed = c.apply(f.flushed)
		}
		f.pending = nil
	}
}

// cut takes the power away and returns what the disk holds afterwards: each page that was not
// flushed is newer than its last flush with probability keep.
func (d *disk) cut(rng *rand.Rand, keep float64) map[string][]byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.off = true
	names := maps.Clone(d.lasting)
	n := 0
	for n < len(d.journal) && rng.Float64() < keep {
		n++
	}
	for _, change := range d.journal[:n] {
		change(names)
	}
	out := map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if f := names[name]; f == nil {
			out[name] = nil
		} else {
			out[name] = f.survive(rng, keep)
		}
	}
	return out
}

func (f *file) survive(rng *rand.Rand, keep float64) []byte {
	size := int64(len(f.flushed))
	versions := map[int64]int{} // of each page, how many changes there were
	for _, c := range f.pending {
		for p := c.at / page; c.data != nil && p*page < c.at+int64(len(c.data)); p++ {
			versions[p]++
		}
	}
	kept := map[int64]int{}
	for _, p := range slices.Sorted(maps.Keys(versions)) {
		if rng.Float64() < keep {
			kept[p] = 1 + rng.IntN(versions[p])
		}
	}
	out := bytes.Clone(f.flushed)
	for _, c := range f.pending {
		if c.data == nil {
			if rng.Float64() < keep {
				size = c.at
				out = c.apply(out)
			}
			continue
		}
		for p := c.at / page; p*page < c.at+int64(len(c.data)); p++ {
			if kept[p]--; kept[p] < 0 {
				continue
			}
			from, to := max(p*page, c.at), min((p+1)*page, c.at+int64(len(c.data)))
			out = change{from, c.data[from-c.at : to-c.at]}.apply(out)
		}
		if rng.Float64() < keep {
			size = max(size, c.at+int64(len(c.data)))
		}
	}
	return append([]byte{}, change{at: size}.apply(out)...) // never nil: that is a folder
}

// TestDisk shows what a cut keeps: what was flushed, and of the rest nothing or all, as asked.
func TestDisk(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	build := func() *disk {
		d := newDisk(map[string][]byte{"old": []byte("old")})
		d.add("a", "flushed")
		d.flush(d.names["a"])
		d.change(d.names["a"], change{4, []byte("XX and more")})
		d.rename(func(names map[string]*file) { names["c"] = names["old"]; delete(names, "old") })
		d.add("b", "never")
		return d
	}
	want := func(what string, got map[string][]byte, want map[string]string) {
		t.Helper()
		if len(got) != len(want) {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
		for name, text := range want {
			if b, ok := got[name]; !ok || string(b) != text {
				t.Errorf("%s: %s is %q, want %q", what, name, b, text)
			}
		}
	}
	d := build()
	want("keep nothing", d.cut(rng, 0), map[string]string{"a": "flushed", "old": "old"})
	want("keep all", build().cut(rng, 1), map[string]string{"a": "flusXX and more", "b": "never", "c": "old"})
	d = build()
	d.flush(nil)
	want("a folder flushed", d.cut(rng, 0), map[string]string{"a": "flushed", "b": "", "c": "old"})
	d = build()
	d.lies = true
	d.flush(d.names["b"])
	want("a lie", d.cut(rng, 0), map[string]string{"a": "flushed", "old": "old"})
	// Of three versions of one page every one may stay; of two pages each for itself.
	seen := map[string]bool{}
	for range 200 {
		d := newDisk(map[string][]byte{"f": make([]byte, 2*page)})
		for _, v := range "123" {
			d.change(d.names["f"], change{page - 1, []byte{byte(v), byte(v)}})
		}
		b := d.cut(rng, 0.5)["f"]
		seen[string(b[page-1:page+1])] = true
	}
	if len(seen) != 16 {
		t.Errorf("%d states of two pages with four versions each, want 16", len(seen))
	}
}

func (d *disk) add(name, text string) {
	f := &file{now: []byte{}}
	d.rename(func(names map[string]*file) { names[name] = f })
	d.change(f, change{0, []byte(text)})
}
