package crewapi

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	"github.com/cabinloop/cabinloop/internal/keys"
	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// fill sets every exported field, at any depth, to something that is not zero.
func fill(v reflect.Value, n *int) {
	*n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(1_800_000_000+int64(*n), 0).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), n)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), n)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.String:
		v.SetString("x" + strings.Repeat("y", *n%7))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n%50) + 1)
	case reflect.Uint8, reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n%50) + 1)
	default:
		panic("no filler for " + v.Type().String())
	}
}

func filled[T any]() (out T) {
	n := 0
	fill(reflect.ValueOf(&out).Elem(), &n)
	return out
}

// wire sends a message through its bytes.
func wire[M proto.Message](t *testing.T, in, out M) M {
	t.Helper()
	b, err := proto.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestEveryFieldSurvives(t *testing.T) {
	req := filled[flightsync.Request]()
	got, err := toRequest(wire(t, fromRequest(req, pack.Newest), &crewv1.ExchangeRequest{}))
	if d := cmp.Diff(req, got); d != "" || err != nil {
		t.Errorf("request: %v (-want +got)\n%s", err, d)
	}
	if err := check(fromRequest(req, pack.Newest)); err != nil {
		t.Errorf("our own request breaks our rules: %v", err)
	}
	res := filled[flightsync.Response]()
	gotRes, err := toResponse(wire(t, fromResponse(res, pack.V1), &crewv1.ExchangeResponse{}))
	if d := cmp.Diff(res, gotRes); d != "" || err != nil {
		t.Errorf("response: %v (-want +got)\n%s", err, d)
	}
	a := filled[passenger.Duty]()
	a.WrappedKey = bytes.Repeat([]byte{7}, passenger.FlightKeySize+keys.Overhead)
	a.Key = passenger.FlightKey{Carrier: "KL", Number: 641, Suffix: "A", Date: "2026-11-21", Departure: "AMS", Attempt: 2}
	gotA, err := toDuty(wire(t, fromDuty(a), &crewv1.Assignment{}))
	if d := cmp.Diff(a, gotA); d != "" || err != nil {
		t.Errorf("assignment: %v (-want +got)\n%s", err, d)
	}
}

func TestDeliveryCrosses(t *testing.T) {
	group := passenger.FlightID{1, 2}
	run := filled[flightsync.SealedRun]()
	for i := range run.Ops {
		run.Ops[i] = bytes.Repeat([]byte{byte(i)}, keys.Overhead+1)
	}
	m := wire(t, fromDelivery(group, []flightsync.SealedRun{run}), &crewv1.DeliverRequest{})
	id, got, err := toDelivery(m)
	if d := cmp.Diff([]flightsync.SealedRun{run}, got); d != "" || err != nil || id != group {
		t.Errorf("delivery of %s: %v (-want +got)\n%s", id, err, d)
	}
	if err := check(m); err != nil {
		t.Errorf("our own request breaks our rules: %v", err)
	}
	for name, bad := range map[string]func(){
		"short op": func() { m.Runs[0].Ops[0] = make([]byte, keys.Overhead) }, "no op": func() { m.Runs[0].Ops = nil },
		"too many ops": func() { m.Runs[0].Ops = slices.Repeat(run.Ops[:1], flightsync.MaxRunOps+1) },
		"no run":       func() { m.Runs = nil }, "too many runs": func() { m.Runs = make([]*crewv1.SealedRun, 65) },
	} {
		m = fromDelivery(group, []flightsync.SealedRun{run})
		m.Runs[0].Ops = slices.Clone(m.Runs[0].Ops)
		bad()
		if err := check(m); passenger.CodeOf(err) != passenger.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDeliveryIsBounded: so many ops, in however many runs; they are dear to open.
func TestDeliveryIsBounded(t *testing.T) {
	run := flightsync.SealedRun{First: 1, Ops: slices.Repeat([][]byte{make([]byte, keys.Overhead+1)}, flightsync.MaxRunOps-1)}
	one := flightsync.SealedRun{Author: 1, First: 1, Ops: run.Ops[:1]}
	if _, runs, err := toDelivery(fromDelivery(passenger.FlightID{1}, []flightsync.SealedRun{run, one})); err != nil || len(runs) != 2 {
		t.Errorf("%d ops: %v", flightsync.MaxRunOps, err)
	}
	if _, _, err := toDelivery(fromDelivery(passenger.FlightID{1}, []flightsync.SealedRun{run, one, one})); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("%d ops: %v", flightsync.MaxRunOps+1, err)
	}
}

func TestNobodyAndZeroCross(t *testing.T) {
	got, err := toRequest(wire(t, fromRequest(flightsync.Request{Me: flightsync.Nobody}, pack.Newest), &crewv1.ExchangeRequest{}))
	if err != nil || got.Me != flightsync.Nobody {
		t.Errorf("nobody crossed as %d, %v", got.Me, err)
	}
	got, err = toRequest(wire(t, fromRequest(flightsync.Request{Me: 0}, pack.Newest), &crewv1.ExchangeRequest{}))
	if err != nil || got.Me != 0 {
		t.Errorf("author 0 crossed as %d, %v", got.Me, err)
	}
	a := passenger.Duty{Assignment: passenger.Assignment{Key: passenger.FlightKey{Carrier: "KL", Number: 1, Date: "2026-11-21", Departure: "AMS", Attempt: 1}}}
	if got, err := toDuty(fromDuty(a)); err != nil || !got.STD.IsZero() || !got.STA.IsZero() || !got.LeaseEnd.IsZero() || got.WrappedKey != nil {
		t.Errorf("no schedule crossed as %+v, %v", got, err)
	}
	a.WrappedKey = []byte{1}
	if _, err := toDuty(fromDuty(a)); passenger.CodeOf(err) != passenger.Invalid {
		t.Errorf("a wrapped key of one byte: %v", err)
	}
}

func FuzzDelivery(f *testing.F) {
	b, err := proto.Marshal(fromDelivery(passenger.FlightID{1}, []flightsync.SealedRun{filled[flightsync.SealedRun]()}))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{0x12, 1, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &crewv1.DeliverRequest{}
		if proto.Unmarshal(b, m) != nil {
			return
		}
		group, runs, err := toDelivery(m)
		if err != nil {
			if c := passenger.CodeOf(err); c != passenger.Invalid {
				t.Fatalf("refused with %s", c)
			}
			return
		}
		id, again, err := toDelivery(fromDelivery(group, runs))
		if err != nil || id != group || check(m) == nil && !reflect.DeepEqual(runs, again) {
			t.Fatalf("read %+v, wrote and read %+v, %v", runs, again, err)
		}
	})
}

func FuzzRequest(f *testing.F) {
	for _, r := range []flightsync.Request{{}, filled[flightsync.Request](), {Me: flightsync.Nobody, Runs: []flightsync.Run{{First: 1, Ops: [][]byte{{}, {1}}}}}} {
		b, err := proto.Marshal(fromRequest(r, pack.Newest))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0x12, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0x3a, 4, 0x22, 2, 0xff, 0xff})
	newer, err := proto.Marshal(&crewv1.ExchangeRequest{Group: make([]byte, 8), Runs: []*crewv1.Run{{FirstSeq: 1, Dict: pack.Newest + 1, Ops: []byte{1}, Head: make([]byte, 16)}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(newer)
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &crewv1.ExchangeRequest{}
		if proto.Unmarshal(b, m) != nil {
			return
		}
		valid := check(m) == nil
		r, err := toRequest(m)
		if err != nil {
			refused(t, err) // unavailable: packed in a newer way
			return
		}
		again, err := toRequest(fromRequest(r, pack.Newest))
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if valid && !reflect.DeepEqual(r, again) {
			t.Fatalf("read %+v, wrote and read %+v", r, again)
		}
	})
}
