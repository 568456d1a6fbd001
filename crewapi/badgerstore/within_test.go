package badgerstore

import (
	"errors"
	"testing"
	"time"
)

// TestWithin: what does not return is left, and closed when it does.
func TestWithin(t *testing.T) {
	if v, err := within(time.Hour, func() (int, error) { return 7, nil }, func(int) { t.Error("late") }); v != 7 || err != nil {
		t.Errorf("%d, %v", v, err)
	}
	goOn, late := make(chan struct{}), make(chan int)
	if _, err := within(1, func() (int, error) { <-goOn; return 8, nil }, func(v int) { late <- v }); !errors.Is(err, errSlow) || !ofDisk(err) {
		t.Errorf("%v, want that the disk is slow", err)
	}
	close(goOn)
	if v := <-late; v != 8 {
		t.Errorf("late: %d", v)
	}
}
