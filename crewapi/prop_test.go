package crewapi

import (
	"reflect"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/cabinloop/cabinloop/crewapi/pack"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

func drawn(t *rapid.T, n int) []byte {
	return rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "bytes")
}

func drawVector(t *rapid.T) flightsync.Vector {
	return rapid.SliceOfN(rapid.Uint64(), 0, flightsync.MaxAuthors).Draw(t, "vector")
}

func drawRuns(t *rapid.T) (out []flightsync.Run) {
	for range rapid.IntRange(0, 3).Draw(t, "runs") {
		out = append(out, flightsync.Run{Author: flightsync.Author(rapid.IntRange(0, flightsync.MaxAuthors-1).Draw(t, "author")), First: rapid.Uint64Min(1).Draw(t, "first"),
			Ops: rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 40), 1, 5).Draw(t, "ops"), Head: flightsync.Hash(drawn(t, 16)), Sig: drawn(t, 64)})
	}
	return out
}

// TestPropMessages: any question and any answer cross unchanged, whatever the other side unpacks.
func TestPropMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		req := flightsync.Request{Me: flightsync.Author(rapid.IntRange(0, flightsync.MaxAuthors-1).Draw(t, "me")), Mine: rapid.Uint64().Draw(t, "mine"), Have: drawVector(t),
			Runs: drawRuns(t), Budget: rapid.IntRange(0, 1<<20).Draw(t, "budget")}
		copy(req.Group[:], drawn(t, 8))
		copy(req.Incarnation[:], drawn(t, 8))
		b, err := proto.Marshal(fromRequest(req, pack.Newest))
		if err != nil {
			t.Fatal(err)
		}
		m := &crewv1.ExchangeRequest{}
		if err := proto.Unmarshal(b, m); err != nil {
			t.Fatal(err)
		}
		if got, err := toRequest(m); err != nil || !alike(req, got) {
			t.Fatalf("asked %+v, heard %+v, %v", req, got, err)
		}
		res := flightsync.Response{Have: drawVector(t), Digest: rapid.Uint64().Draw(t, "digest"), Runs: drawRuns(t), More: rapid.Bool().Draw(t, "more"),
			Now: toTime(rapid.Int64().Draw(t, "now"))}
		b, err = proto.Marshal(fromResponse(res, rapid.SampledFrom(pack.Known()).Draw(t, "dict")))
		if err != nil {
			t.Fatal(err)
		}
		a := &crewv1.ExchangeResponse{}
		if err := proto.Unmarshal(b, a); err != nil {
			t.Fatal(err)
		}
		if got, err := toResponse(a); err != nil || !alike(res, got) {
			t.Fatalf("answered %+v, heard %+v, %v", res, got, err)
		}
	})
}

// alike compares messages; nothing and none are the same.
func alike(a, b any) bool {
	return reflect.DeepEqual(withoutNil(reflect.ValueOf(a)), withoutNil(reflect.ValueOf(b)))
}

func withoutNil(v reflect.Value) any {
	if t, ok := v.Interface().(time.Time); ok {
		return t.Unix()
	}
	switch v.Kind() {
	case reflect.Struct:
		out := map[string]any{}
		for i := range v.NumField() {
			out[v.Type().Field(i).Name] = withoutNil(v.Field(i))
		}
		return out
	case reflect.Slice:
		out := []any{}
		for i := range v.Len() {
			out = append(out, withoutNil(v.Index(i)))
		}
		return out
	}
	return v.Interface()
}
