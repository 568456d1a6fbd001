package crewapi

import (
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
)

// TestEveryRequestFieldHasARule walks from the service's requests to every message they hold.
func TestEveryRequestFieldHasARule(t *testing.T) {
	byName := map[string]map[string]string{}
	for _, r := range rules {
		byName[reflect.TypeOf(r.message).Name()] = r.fields
	}
	seen := map[string]bool{}
	var walk func(m protoreflect.MessageDescriptor)
	walk = func(m protoreflect.MessageDescriptor) {
		name := string(m.Name())
		if seen[name] {
			return
		}
		seen[name] = true
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			goName := ""
			for part := range strings.SplitSeq(string(f.Name()), "_") {
				goName += strings.ToUpper(part[:1]) + part[1:]
			}
			if byName[name][goName] == "" {
				t.Errorf("%s.%s has no rule in rules.go", name, goName)
			}
			if f.Message() != nil {
				walk(f.Message())
			}
		}
		if len(byName[name]) != m.Fields().Len() {
			t.Errorf("%s has %d fields and %d rules", name, m.Fields().Len(), len(byName[name]))
		}
	}
	for _, methods := range []protoreflect.MethodDescriptors{
		crewv1.File_crew_v1_crew_proto.Services().ByName("TabletService").Methods(),
		crewv1.File_crew_v1_cabin_proto.Services().ByName("CabinService").Methods(),
	} {
		for i := range methods.Len() {
			walk(methods.Get(i).Input())
		}
	}
	if len(seen) != len(rules) {
		t.Errorf("%d messages come in, %d have rules", len(seen), len(rules))
	}
}

func TestRules(t *testing.T) {
	group, inc, head := make([]byte, 8), make([]byte, 8), make([]byte, 16)
	ok := func() *crewv1.ExchangeRequest {
		return &crewv1.ExchangeRequest{Version: OldestVersion, Group: group, Incarnation: inc,
			Runs: []*crewv1.Run{{FirstSeq: 1, Ops: []byte{1, 1}, Head: head}}}
	}
	if err := check(ok()); err != nil {
		t.Fatalf("a good request is refused: %v", err)
	}
	for name, spoil := range map[string]func(*crewv1.ExchangeRequest){
		"version":     func(r *crewv1.ExchangeRequest) { r.Version = OldestVersion - 1 },
		"group":       func(r *crewv1.ExchangeRequest) { r.Group = []byte("secret") },
		"me":          func(r *crewv1.ExchangeRequest) { r.Me = 65 },
		"incarnation": func(r *crewv1.ExchangeRequest) { r.Incarnation = []byte{1} },
		"have":        func(r *crewv1.ExchangeRequest) { r.Have = make([]byte, 641) },
		"runs":        func(r *crewv1.ExchangeRequest) { r.Runs = make([]*crewv1.Run, 65) },
		"nil run":     func(r *crewv1.ExchangeRequest) { r.Runs[0] = nil },
		"run head":    func(r *crewv1.ExchangeRequest) { r.Runs[0].Head = nil },
		"run first":   func(r *crewv1.ExchangeRequest) { r.Runs[0].FirstSeq = 0 },
		"run author":  func(r *crewv1.ExchangeRequest) { r.Runs[0].Author = 64 },
		"run ops":     func(r *crewv1.ExchangeRequest) { r.Runs[0].Ops = nil },
		"budget":      func(r *crewv1.ExchangeRequest) { r.Budget = 1<<20 + 1 },
	} {
		r := ok()
		spoil(r)
		err := check(r)
		if passenger.CodeOf(err) != passenger.Invalid {
			t.Errorf("%s: %v, want invalid", name, err)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the value is in the error: %v", name, err)
		}
	}
}
