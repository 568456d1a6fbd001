package tablet

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func fuzzedJSON(f testing.TB, v any) []byte {
	f.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		f.Fatal(err)
	}
	return b
}

// FuzzUnpackOps reads rescued ops: what is read is written as the same bytes.
func FuzzUnpackOps(f *testing.F) {
	o, err := flightsync.ParseOp(flightsync.Dot{Author: 4, Seq: 300}, []byte{6, 8, 65, 0x22, 2, 3, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packOps([]flightsync.Op{o, o}))
	f.Add([]byte{4, 1, 200, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		ops, err := unpackOps(b)
		if err != nil {
			return
		}
		again, err := unpackOps(packOps(ops))
		if err != nil || !reflect.DeepEqual(ops, again) {
			t.Fatalf("%d ops, read again %d, %v", len(ops), len(again), err)
		}
	})
}

// FuzzMissing reads the dots of what could not be read: what is read is written as the same dots.
func FuzzMissing(f *testing.F) {
	f.Add(packMissing([]flightsync.Dot{{Author: 3, Seq: 1}, {Author: 4, Seq: 300}}))
	f.Add([]byte{3, 128})
	f.Fuzz(func(t *testing.T, b []byte) {
		dots := unpackMissing(b)
		if again := unpackMissing(packMissing(dots)); !reflect.DeepEqual(dots, again) {
			t.Fatalf("%v is read again as %v", dots, again)
		}
	})
}

func FuzzSealedName(f *testing.F) {
	f.Add(sealedName(flightsync.Dot{Author: 4, Seq: 300}))
	f.Add(metaSealed + "short")
	f.Fuzz(func(t *testing.T, name string) {
		if d, ok := parseSealedName(name); ok && sealedName(d) != name {
			t.Fatalf("%q reads as %s", name, d)
		}
	})
}

// FuzzFiles reads arbitrary bytes as each of the tablet's own files.
func FuzzFiles(f *testing.F) {
	dir := f.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	pair, err := keys.Open(path("device.keys"), &endless{})
	if err != nil {
		f.Fatal(err)
	}
	public := pair.Signer().Public()
	f.Add(fuzzedJSON(f, index{Flights: []record{{Generation: 1, Salt: []byte{1}, Held: flightsync.Vector{1, 2}}}, Gone: counts{Issued: 1}, LastSync: time.Unix(1e9, 0)}))
	f.Add(fuzzedJSON(f, device{Tablet: passenger.TabletID{1}, Name: "galley 1", Token: "t", GroundSign: public, GroundAgree: public}))
	f.Add(fuzzedJSON(f, wrapped{LeaseEnd: time.Unix(2e9, 0), Key: make([]byte, 113)}))
	f.Add([]byte(`{"flights":[{"held":[-1]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := os.WriteFile(path("file"), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if x, err := parseIndex(b); err == nil {
			again := fuzzedIndex(t, x, path("again"))
			if !reflect.DeepEqual(again, fuzzedIndex(t, again, path("again"))) {
				t.Fatalf("an index that is not read as it is written: %+v", x)
			}
		} else if code := passenger.CodeOf(err); code == passenger.Phase && !bytes.Contains(b, []byte("version")) {
			t.Fatal(err)
		}
		if d, k, err := loadDevice(path("file"), path("device.keys"), slog.New(slog.DiscardHandler)); err != nil || k == nil && d.enrolled() || k != nil && len(d.GroundSign) != keys.PublicSize {
			t.Fatalf("a device with a key of ground of %d bytes, %v", len(d.GroundSign), err)
		}
		if rec, err := parseRecord(b); err == nil {
			again, err := summed(rec)
			if err == nil {
				err = checkSum(again)
			}
			if err != nil {
				t.Skip(err)
			}
		}
		var w wrapped
		if json.Unmarshal(b, &w) == nil {
			if _, err := unwrap(pair, passenger.TabletID{1}, passenger.FlightID{1}, w); err == nil {
				t.Fatal("a key that nobody wrapped")
			}
		}
	})
}

// fuzzedIndex writes an index and reads it again.
func fuzzedIndex(t *testing.T, x index, path string) index {
	t.Helper()
	if err := writeFile(path, x); err != nil {
		t.Skip(err) // times that JSON does not take
	}
	y, err := loadIndex(path)
	if err != nil {
		t.Fatal(err)
	}
	return y
}

// endless is a fixed stream of bytes that make keys.
type endless struct{ n byte }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		e.n = e.n*7 + 3
		p[i] = e.n
	}
	return len(p), nil
}

// FuzzTimes reads what a tablet knew of the time: what is read can be gone on from, and is written as read.
func FuzzTimes(f *testing.F) {
	f.Add(fuzzedJSON(f, times{Version: timesVersion, Boot: "a", Known: reading{t0, time.Hour}, Since: time.Minute, Heard: ground, Wall: reading{t0, 0}}))
	f.Add([]byte(`{"version":1,"known":{"time":"9999-01-01T00:00:00Z","at":-5}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := parseTimes(b)
		if err != nil {
			return
		}
		again, err := parseTimes(fuzzedJSON(t, x))
		if err != nil || !reflect.DeepEqual(x, again) {
			t.Fatalf("%+v, read again %+v, %v", x, again, err)
		}
		k := &timekeeper{times: x, wall: func() time.Time { return t0 }, boot: func() (string, time.Duration) { return x.Boot, longest }, others: map[passenger.TabletID]reading{}}
		now, _ := k.now()
		if k.sure(now.Add(time.Hour)) {
			t.Fatalf("%+v: at %v it is sure that an hour later has passed", x, now)
		}
	})
}
