package uplink

import (
	"slices"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
)

// Class is what a way between two parties is like.
type Class string

// The classes, and the setting that leaves the choice to [Classify].
const (
	Auto   Class = "auto"
	Gate   Class = "gate"
	Cabin  Class = "cabin"
	Satcom Class = "satcom"
)

// Settings lists what an operator or a purser may choose for the way to ground.
var Settings = []Class{Auto, Gate, Satcom}

// ParseSetting reads a choice. Errors: invalid, naming the words there are.
func ParseSetting(s string) (Class, error) {
	if c := Class(s); slices.Contains(Settings, c) {
		return c, nil
	}
	return "", passenger.Errorf(passenger.Invalid, "uplink.ParseSetting", "the way to ground is one of auto, gate, satcom")
}

// Policy is what a class allows. Bytes are of ops, before packing.
type Policy struct {
	Class  Class
	Watch  bool          // hold a stream
	Budget int           // of one answer and of one question, bytes
	Poll   time.Duration // ask at least so often
	Batch  int           // entries that wait for each other at most; 0: none waits
	Hold   time.Duration // how long an entry waits for others at most
	First  time.Duration // the longest first pause after a failure; it doubles
	Most   time.Duration // to this
}

// For returns the policy of a class; [Auto] has that of [Gate].
func For(c Class) Policy {
	switch c {
	case Satcom:
		return satcom
	case Cabin:
		return cabin
	}
	return gate
}

// Sample is one call on a connection that stood.
type Sample struct {
	RTT   time.Duration // from the last byte of the question to the first of the answer
	Bytes int           // of the answer's body
	Took  time.Duration // from the first byte of the answer to the last
}

// Classify says of what class the way to ground is. A setting other than [Auto] is the answer. In
// the air a way is SATCOM unless the last samples were all quick; on the ground it is GATE unless
// they were all slow. Between quick and slow a way stays what it was. samples are the newest last;
// was is the last answer, "" for none.
func Classify(setting Class, inAir bool, was Class, samples []Sample) Class {
	if setting == Gate || setting == Satcom {
		return setting
	}
	if len(samples) >= enoughSamples {
		last := samples[len(samples)-enoughSamples:]
		switch {
		case !slices.ContainsFunc(last, func(s Sample) bool { return !s.slow() }):
			return Satcom
		case !slices.ContainsFunc(last, func(s Sample) bool { return !s.quick() }):
			return Gate
		case was == Gate || was == Satcom:
			return was
		}
	}
	if inAir {
		return Satcom
	}
	return Gate
}

// rate is bytes a second; ok is false when the sample is too small to tell.
func (s Sample) rate() (n int64, ok bool) {
	if s.Bytes < tellingBytes || s.Took <= 0 {
		return 0, false
	}
	return int64(s.Bytes) * int64(time.Second) / int64(s.Took), true
}

func (s Sample) slow() bool {
	r, ok := s.rate()
	return s.RTT >= slowRTT || ok && r < slowRate
}

func (s Sample) quick() bool {
	r, ok := s.rate()
	return s.RTT < quickRTT && (!ok || r >= quickRate)
}
