package pack_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/klauspost/compress/zstd"
	"pgregory.net/rapid"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/crewapi/pack/invented"
	"github.com/cabinloop/cabinloop/passenger"
)

func same(t rapid.TB, ops [][]byte, peer ...uint32) (dict uint32, body []byte) {
	t.Helper()
	dict, body = pack.Pack(ops, peer...)
	got, err := pack.Unpack(dict, body, 0)
	if err != nil {
		t.Fatalf("id %d: %v", dict, err)
	}
	if !slices.EqualFunc(ops, got, bytes.Equal) {
		t.Fatalf("id %d (-want +got):\n%s", dict, cmp.Diff(ops, got, cmpopts.EquateEmpty()))
	}
	return dict, body
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		for a, ops := range invented.Flight(seed, invented.LongHaul, invented.Unseen) {
			for _, tt := range []struct {
				peer []uint32
				want uint32
			}{{nil, pack.V2}, {pack.Known(), pack.V2}, {pack.UpTo(pack.V1), pack.V1}, {[]uint32{pack.Raw, pack.Plain, 18}, pack.Plain}} {
				if dict, _ := same(t, ops, tt.peer...); dict != tt.want {
					t.Errorf("lane %d for a peer that knows %d: id %d, want %d", a, tt.peer, dict, tt.want)
				}
			}
		}
	}
	if dict, body := same(t, nil); dict != pack.Raw || len(body) != 0 {
		t.Errorf("nothing packs to id %d with %d bytes, want id 0 with none", dict, len(body))
	}
	same(t, [][]byte{{}, {}, {0}})
}

// TestAnyBytes packs what no version of package sync may ever write, also mixed with what it does,
// and holds that nothing gets larger than raw.
func TestAnyBytes(t *testing.T) {
	t.Parallel()
	known := invented.Flight(7, invented.Size{Travellers: 20, Notes: 5, Tablets: 1, Feedback: 10}, invented.Unseen)
	rapid.Check(t, func(t *rapid.T) {
		var ops [][]byte
		for range rapid.IntRange(0, 30).Draw(t, "n") {
			lane := rapid.SampledFrom(known).Draw(t, "lane")
			op := bytes.Clone(rapid.SampledFrom(append(lane, nil)).Draw(t, "op"))
			switch rapid.IntRange(0, 3).Draw(t, "how") {
			case 0:
				op = rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes")
			case 1:
				if len(op) > 0 {
					op[rapid.IntRange(0, len(op)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
				}
			case 2:
				op = op[:rapid.IntRange(0, len(op)).Draw(t, "cut")]
			}
			ops = append(ops, op)
		}
		if _, body := same(t, ops); len(body) > len(join(ops)) {
			t.Fatalf("%d bytes pack to %d", len(join(ops)), len(body))
		}
	})
}

func TestLarge(t *testing.T) {
	t.Parallel()
	many := invented.Flight(1, invented.Size{Travellers: 300, Notes: 50, Tablets: 1, Feedback: pack.MaxOps}, invented.Unseen)[4]
	same(t, many[:pack.MaxOps])
	// Several blocks of zstd, and matches across them.
	text := bytes.Join(many, nil)
	var large [][]byte
	for i := range 60 {
		large = append(large, text[i*1000:i*1000+16<<10])
	}
	for _, id := range []uint32{pack.Plain, pack.V1, pack.V2} {
		if dict, body := same(t, large, id); dict != id || len(body) > len(join(large))/2 {
			t.Errorf("%d bytes pack to %d with id %d, want half or less with id %d", len(join(large)), len(body), dict, id)
		}
	}
	dict, body := pack.Pack(many[:pack.MaxOps+1])
	if _, err := pack.Unpack(dict, body, 0); passenger.CodeOf(err) != passenger.TooMuch {
		t.Errorf("%d ops: %v, want too_much", pack.MaxOps+1, err)
	}
	for _, peer := range pack.Known() {
		dict, body := pack.Pack(many[:100], peer)
		limit := len(join(many[:100]))
		if _, err := pack.Unpack(dict, body, limit); err != nil {
			t.Errorf("id %d at the limit: %v", dict, err)
		}
		if _, err := pack.Unpack(dict, body, limit/4); passenger.CodeOf(err) != passenger.TooMuch {
			t.Errorf("id %d beyond the limit: %v, want too_much", dict, err)
		}
	}
}

func TestUnknownVersion(t *testing.T) {
	t.Parallel()
	for _, id := range []uint32{2, 15, 18, 1 << 31} {
		if _, err := pack.Unpack(id, []byte{1}, 0); passenger.CodeOf(err) != passenger.Unavailable {
			t.Errorf("id %d: %v, want unavailable: the ops stay until the app is updated", id, err)
		}
	}
}

// bombs are bodies that would unpack to far more than they are.
func bombs() map[string]packed {
	rle := func(blocks int) []byte {
		var b []byte
		for i := range blocks {
			last := uint64(0)
			if i == blocks-1 {
				last = 1
			}
			b = append(binary.AppendUvarint(b, 128<<10<<3|1<<1|last), 8)
		}
		return b
	}
	e, err := zstd.NewWriter(nil, zstd.WithWindowSize(128<<10), zstd.WithSingleSegment(false), zstd.WithEncoderCRC(false))
	if err != nil {
		panic(err)
	}
	zeros := pack.Strip(e.EncodeAll(make([]byte, 64<<20), nil))
	// A structure of one message with a tag that repeats as often as it can.
	several := append([]byte{1, 0, 6, 3, 0, 2, 6, 8, 0}, 255, 255, 255, 1)
	return map[string]packed{
		"plain, rle blocks":        {pack.Plain, rle(1000)},
		"plain, zeros":             {pack.Plain, zeros},
		"version 1, rle blocks":    {pack.V1, append([]byte{0}, rle(1000)...)},
		"version 1, zeros":         {pack.V1, append([]byte{0}, zeros...)},
		"version 1, repeated tags": {pack.V1, append([]byte{0, 1}, several...)},
		"version 1, a full stream": {pack.V1, append([]byte{0}, rle(32)...)},
		"version 1, letters":       {pack.V1, append(binary.AppendUvarint([]byte{1}, 4<<20), 1, 2, 3)},
		"version 2, repeated tags": {pack.V2, append([]byte{0, 1}, several...)},
	}
}

type packed struct {
	dict uint32
	body []byte
}

func TestBombs(t *testing.T) { // not parallel: it counts what is allocated
	for name, b := range bombs() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		ops, err := pack.Unpack(b.dict, b.body, 0)
		runtime.ReadMemStats(&after)
		if code := passenger.CodeOf(err); code != passenger.Invalid && code != passenger.TooMuch {
			t.Errorf("%s: %d ops, %v, want invalid or too_much", name, len(ops), err)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 6*pack.MaxBytes {
			t.Errorf("%s: %d bytes of body made it allocate %d MiB", name, len(b.body), got>>20)
		}
	}
}

// TestVersion1 holds that what version 1 was made of is what it is: a change is a new version.
func TestVersion1(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"v1.dict":   "88266a03fe31218a68e6d096952dcd830e26fb7f0d8a34d523c0fcc38fb8c344",
		"v1.tables": "7b8f612242184619d80bba2dde24382742e973a64984f211a4ab62379f394460",
	} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(b); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s has SHA-256 %x, want %s: tablets in use hold the old one; make a new version", file, sum, want)
		}
		if len(b) > pack.MaxDictionary {
			t.Errorf("%s has %d bytes, want at most %d", file, len(b), pack.MaxDictionary)
		}
	}
	b, err := os.ReadFile("v1.dict")
	if err != nil {
		t.Fatal(err)
	}
	d, err := zstd.InspectDictionary(b)
	if err != nil || d.ID() != pack.V1 || pack.V1 != 16 {
		t.Errorf("the dictionary says it is %d (%v), want 16", d.ID(), err)
	}
}

func FuzzUnpack(f *testing.F) {
	for _, ops := range append(invented.Flight(1, invented.Size{Travellers: 10, Notes: 3, Tablets: 1, Feedback: 8}, invented.Unseen), [][]byte{{}, {1, 2, 3}}) {
		for _, peer := range pack.Known() {
			dict, body := pack.Pack(ops, peer)
			f.Add(dict, body)
			f.Add(dict, body[:len(body)/2])
		}
	}
	for _, b := range bombs() {
		f.Add(b.dict, b.body)
	}
	f.Fuzz(func(t *testing.T, dict uint32, body []byte) {
		const limit = 256 << 10
		ops, err := pack.Unpack(dict, body, limit)
		if err != nil {
			if code := passenger.CodeOf(err); code == passenger.Internal {
				t.Errorf("%v", err)
			}
			return
		}
		total := 0
		for _, o := range ops {
			total += len(o)
		}
		if total > limit || len(ops) > pack.MaxOps {
			t.Errorf("%d ops with %d bytes", len(ops), total)
		}
		if len(join(ops)) <= limit { // raw bodies may hold lengths that are longer than needed
			same(t, ops)
		}
	})
}

// TestBubble: what is shared belongs to no synctest bubble, whoever comes first.
func TestBubble(t *testing.T) {
	for range 2 {
		synctest.Test(t, func(t *testing.T) { same(t, [][]byte{make([]byte, 1000)}, pack.Plain) })
		synctest.Test(t, func(t *testing.T) { same(t, [][]byte{{9, 8, 1, 16, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1}}) })
	}
}
