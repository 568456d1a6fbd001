package badgerstore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// high is the file HIGH: two slots written in turn, so that a torn write leaves the other.
// A slot is counter(8) ‖ length(2) ‖ packed vector ‖ SHA-256 of all that, cut to 16 bytes; it
// lies in one sector. A batch is flushed before its mark is written, so a mark is never ahead of
// what was flushed, and it need not be flushed itself: a power cut may leave an older mark, which
// the store covers. A mark that outlives a store's tail still tells of it.
type high struct {
	f       *os.File
	counter uint64
	vector  flightsync.Vector
	damaged bool // the file was there, but no slot could be read
}

func openHigh(dir string) (*high, error) {
	h, err := readHigh(dir)
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return nil, err
	}
	if h.f, err = os.OpenFile(filepath.Join(dir, "HIGH"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	if fresh {
		err = syncDir(dir)
	}
	return h, err
}

// readHigh reads the file without opening it for writes. Errors: that of the missing file too,
// with an empty mark.
func readHigh(dir string) (*high, error) {
	b, err := os.ReadFile(filepath.Join(dir, "HIGH"))
	h := &high{damaged: len(bytes.Trim(b, "\x00")) > 0} // zeros: its first flush never came
	for i := range 2 {
		if lo := i * highSlot; lo+highSlot <= len(b) {
			h.read(b[lo : lo+highSlot])
		}
	}
	return h, err
}

func (h *high) read(slot []byte) {
	n := int(binary.BigEndian.Uint16(slot[8:]))
	if 10+n+16 > len(slot) {
		return
	}
	sum := sha256.Sum256(slot[:10+n])
	if [16]byte(slot[10+n:10+n+16]) != [16]byte(sum[:16]) {
		return
	}
	v, err := flightsync.UnpackVector(slot[10 : 10+n])
	if counter := binary.BigEndian.Uint64(slot); err == nil && counter >= h.counter {
		h.counter, h.vector, h.damaged = counter, v, false
	}
}

// write raises the mark to v; it lowers it only for lanes that were cut. It does not flush: a
// flush is a third of what a tap costs on a tablet.
func (h *high) write(v flightsync.Vector, cuts ...flightsync.Dot) error {
	next := append(flightsync.Vector(nil), h.vector...)
	for _, d := range cuts {
		next = next.Set(d.Author, 0)
	}
	if next.CoversAll(v) && len(cuts) == 0 && !h.damaged {
		return nil
	}
	for a, n := range v {
		next = next.Set(flightsync.Author(a), max(n, next.Of(flightsync.Author(a))))
	}
	packed := next.Pack()
	slot := binary.BigEndian.AppendUint64(nil, h.counter+1)
	slot = binary.BigEndian.AppendUint16(slot, uint16(len(packed)))
	slot = append(slot, packed...)
	sum := sha256.Sum256(slot)
	slot = append(slot, sum[:16]...)
	slot = append(slot, make([]byte, highSlot-len(slot))...)
	if _, err := h.f.WriteAt(slot, int64(h.counter+1)%2*highSlot); err != nil {
		return err
	}
	h.counter, h.vector, h.damaged = h.counter+1, next, false
	return nil
}

// AcceptRollback lowers the mark to what the store holds. The owner calls it once it has taken
// a new incarnation, so that the next open does not ask for another. Errors: unavailable.
func (d *DB) AcceptRollback() error {
	const op = "badgerstore.AcceptRollback"
	st, err := d.State()
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.high.vector, d.high.damaged = nil, true
	for range 2 { // both slots
		if err := d.high.write(st.Vector()); err != nil {
			return passenger.Wrap(passenger.Unavailable, op, "the tablet could not save; try again", err)
		}
		d.high.damaged = true
	}
	d.high.damaged, d.rolledBack = false, false
	if err := d.high.f.Sync(); err != nil {
		return passenger.Wrap(passenger.Unavailable, op, "the tablet could not save; try again", err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
