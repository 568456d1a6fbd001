package clock

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestWallClockByDefault(t *testing.T) {
	now, err := Flags{ClockRate: 1}.Func()
	if err != nil {
		t.Fatal(err)
	}
	if d := time.Since(now()); d < 0 || d > time.Minute {
		t.Errorf("off by %v", d)
	}
}

func TestARateRunsFaster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now, err := Flags{Now: "2026-11-21T08:00:00Z", ClockRate: 60}.Func()
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got, want := now(), time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC); !got.Equal(want) {
			t.Errorf("after a minute at rate 60 it is %v, want %v", got, want)
		}
	})
}

func TestFollowsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clock")
	if _, err := (Flags{Now: "@" + file}).Func(); err == nil {
		t.Error("a missing clock file is no error")
	}
	first := time.Date(2026, 11, 21, 8, 0, 0, 0, time.UTC)
	for _, at := range []time.Time{first, first.Add(time.Hour), first.Add(time.Minute)} {
		if err := Set(file, at); err != nil {
			t.Fatal(err)
		}
		now, err := Flags{Now: "@" + file}.Func()
		if err != nil {
			t.Fatal(err)
		}
		if got := now(); !got.Equal(at) {
			t.Errorf("clock says %v, file %v", got, at)
		}
		// While the file cannot be read, the last time stays.
		if err := os.WriteFile(file, []byte("nonsense"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := now(); !got.Equal(at) {
			t.Errorf("with a broken file the clock says %v, want %v", got, at)
		}
	}
}

func TestBadTimeIsRefused(t *testing.T) {
	if _, err := (Flags{Now: "yesterday"}).Func(); err == nil {
		t.Error("--now yesterday was taken")
	}
}
