package flightops

import (
	"regexp"
	"slices"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

// SeatList is one whole passenger information list (PIL, RP 1716): who sits where.
type SeatList struct {
	Heading
	Seats []Seated // in the order of the message, without empty seats
	Empty int      // seats that the list names with nobody on them
}

// Seated is one passenger of a seat list.
type Seated struct {
	Name
	Line        int
	Cabin       string // F, C, W, Y; "" when the heading does not say
	Seat        passenger.Seat
	Destination string
	SSRs        []SSR // codes only; the text behind them is not kept

	// Longer are readings of the name with more of the words behind it, the longest last: nothing in
	// the message says where a second given name ends and a remark begins. Only the list tells.
	Longer []Name `json:"-"`
}

var (
	cabinLineRE = regexp.MustCompile(`^([A-Z]) ?CLASS$`)
	seatedRE    = regexp.MustCompile(`^(\d{1,3}[A-Z])(?: +([A-Z]{3})(?: +([A-Z?][A-Z?' -]*(?:/[A-Z?'-]+)+(?: (?:MRS?|MS|MISS|MSTR|DR|PROF|CHD|INF))?)(?: +(.+))?)?)?$`)
)

// buildSeatList reads the parts of a PIL. A line that is none is warned about; a seat that is
// given twice keeps its first passenger.
func buildSeatList(set []*part) (SeatList, *RowError) {
	l := SeatList{Heading: heading(set)}
	cabin := ""
	taken := map[string]bool{}
	for _, p := range set {
		open := false // whether the line before was a passenger
		for _, x := range p.body[1:] {
			text := strings.TrimLeft(x.text, " ")
			if m := cabinLineRE.FindStringSubmatch(text); m != nil {
				cabin, open = cabinOf(m[1]), false
				if cabin == "" {
					p.add(p.file, x.no, "the class is none of F, C, J, W, Y")
				}
				continue
			}
			if len(x.text)-len(text) >= 3 {
				if open {
					last := &l.Seats[len(l.Seats)-1]
					last.SSRs = append(last.SSRs, slices.DeleteFunc(codesIn(strings.Fields(text)), func(s SSR) bool { return hasCode(last.SSRs, s.Code) })...)
				}
				continue
			}
			if text == "NIL" {
				open = false
				continue
			}
			m := seatedRE.FindStringSubmatch(text)
			seat, name, ok := passenger.Seat(""), Name{}, m != nil
			if ok {
				var err error
				seat, err = passenger.ParseSeat(m[1])
				ok = err == nil
			}
			if ok && m[3] != "" {
				name, ok = parsePerson(m[3])
			}
			open = ok && m[3] != ""
			switch {
			case !ok:
				p.add(p.file, x.no, "a line reads like 14C JFK JANSEN/JULIAMS VGML; this one was not taken")
			case m[3] == "":
				l.Empty++
			case taken[cabin+string(seat)]:
				open = false
				p.add(p.file, x.no, "a seat is given twice in one class; the second passenger was not taken")
			default:
				taken[cabin+string(seat)] = true
				l.Seats = append(l.Seats, Seated{Name: name, Line: x.no, Cabin: cabin, Seat: seat, Destination: m[2], SSRs: codesIn(strings.Fields(m[4])), Longer: longer(m[3], strings.Fields(m[4]))})
				if err := full(len(l.Seats), p, x.no); err != nil {
					return SeatList{}, err
				}
			}
		}
	}
	l.Warnings = remarked(set)
	return l, nil
}

// maxGivenNames is how many words behind a name may belong to it. Arbitrary.
const maxGivenNames = 4

// longer reads a name with one, two and more of the words behind it, up to the first service code.
func longer(name string, words []string) (out []Name) {
	for i, w := range words {
		if i == maxGivenNames || serviceCode(w) || strings.Trim(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ'-") != "" {
			break
		}
		name += " " + w
		if n, ok := parsePerson(name); ok {
			out = append(out, n)
		}
	}
	return out
}
