package uplink

import (
	"testing"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

func samples(rtts ...time.Duration) (out []Sample) {
	for _, d := range rtts {
		out = append(out, Sample{RTT: d})
	}
	return out
}

func TestClassify(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	trickle := Sample{RTT: 50 * ms, Bytes: 64 << 10, Took: 8 * time.Second}
	for _, tt := range []struct {
		name    string
		setting Class
		inAir   bool
		was     Class
		samples []Sample
		want    Class
	}{
		{"nothing known, at the gate", Auto, false, "", nil, Gate},
		{"nothing known, in the air", Auto, true, "", nil, Satcom},
		{"too little known", Auto, true, "", samples(20*ms, 20*ms), Satcom},
		{"quick in the air", Auto, true, Satcom, samples(60*ms, 80*ms, 150*ms), Gate},
		{"slow at the gate", Auto, false, Gate, samples(600*ms, 700*ms, 2*time.Second), Satcom},
		{"one slow answer changes nothing", Auto, false, Gate, samples(20*ms, 700*ms, 20*ms), Gate},
		{"old samples do not count", Auto, false, Gate, samples(700*ms, 700*ms, 20*ms, 20*ms, 20*ms), Gate},
		{"between the two it stays", Auto, false, Satcom, samples(300*ms, 300*ms, 300*ms), Satcom},
		{"a trickle is slow", Auto, false, Gate, []Sample{trickle, trickle, trickle}, Satcom},
		{"a setting wins", Gate, true, Satcom, samples(700*ms, 700*ms, 700*ms), Gate},
		{"the other setting wins", Satcom, false, Gate, samples(20*ms, 20*ms, 20*ms), Satcom},
	} {
		if got := Classify(tt.setting, tt.inAir, tt.was, tt.samples); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	if p := For(Satcom); p.Watch || p.Budget != 12<<10 || p.Batch != 20 || p.Hold != 30*time.Minute || p.Poll != 30*time.Minute {
		t.Errorf("satcom: %+v", p)
	}
	if p := For(Auto); !p.Watch || p.Budget != 200<<10 || p.Batch != 0 || p != For(Gate) {
		t.Errorf("gate: %+v", p)
	}
	for _, s := range Settings {
		if got, err := ParseSetting(string(s)); err != nil || got != s {
			t.Errorf("%s: %s, %v", s, got, err)
		}
	}
	if _, err := ParseSetting("cabin"); passenger.CodeOf(err) != passenger.Invalid {
		t.Error(err)
	}
}
