package clock

import "time"

// Boot says which start of the machine this is, and how long ago it was, suspended or not: the one
// count that nobody sets. Another identity means that the counts cannot be compared.
type Boot func() (id string, up time.Duration)

// Real reports that the clock is the machine's own.
func (f Flags) Real() bool { return f.Now == "" && (f.ClockRate == 0 || f.ClockRate == 1) }

// Boot returns the machine's counter, as fast as the clock of these flags runs. A clock that is set
// by hand or follows a file does not move it: such a clock jumps.
func (f Flags) Boot() Boot {
	if f.ClockRate <= 0 || f.ClockRate == 1 {
		return Machine
	}
	return func() (string, time.Duration) {
		id, up := Machine()
		return id, time.Duration(float64(up) * f.ClockRate)
	}
}
