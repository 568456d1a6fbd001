package flightops

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

// ServiceList is one whole passenger service message (PSM, RP 1715): who needs which service.
type ServiceList struct {
	Heading
	Recaps     []ServiceRecap
	Passengers []Serviced // in the order of the message
}

// ServiceRecap is what the message counts for one destination. Senders' counts disagree with
// their own lists, so they are shown and never trusted.
type ServiceRecap struct {
	Line        int
	Destination string
	Passengers  int
	Services    int
	Names       int // passengers listed below it
}

// Serviced is one passenger of a service message.
type Serviced struct {
	Name
	Line        int
	Destination string
	Cabin       string // F, C, W, Y; "" when the heading does not say
	Seat        passenger.Seat
	Onward      string // "KL0691 AMS-YYZ", "" for none
	SSRs        []SSR  // codes only; the text behind them is not kept
}

var (
	recapRE    = regexp.MustCompile(`^-([A-Z]{3}) +(?:NIL|(\d{1,3}) ?PAX ?/ ?(\d{1,3}) ?SSR)$`)
	countsRE   = regexp.MustCompile(`^[A-Z]{3,4}(?: +\d{1,3}[A-Z])+$`)
	psmClassRE = regexp.MustCompile(`^([A-Z]) ?CLASS +(?:NIL|\d{1,3} ?PAX ?/ ?\d{1,3} ?SSR)$`)
	psmNameRE  = regexp.MustCompile(`^(\d{1,2})([A-Z?][A-Z?' -]*(?:/[A-Z?' -]*[A-Z?])+?)(?: +(\d{1,3}[A-Z]))?$`)
)

// buildServiceList reads the parts of a PSM, up to SI in each.
func buildServiceList(set []*part) (ServiceList, *RowError) {
	l := ServiceList{Heading: heading(set)}
	destination, cabin := "", ""
	for _, p := range set {
		open := false // whether a passenger is there for services to belong to
		for _, x := range p.body[1:] {
			text := strings.TrimLeft(x.text, " ")
			words := strings.Fields(text)
			if text == "SI" || words[0] == "SI" {
				break // free text to the end; it is not kept
			}
			if x.text != text && open {
				last := &l.Passengers[len(l.Passengers)-1]
				if o := onward(strings.TrimPrefix(text, ".O/"), last.Destination); o != "" && last.Onward == "" {
					last.Onward = o
					continue
				}
			}
			switch m := psmNameRE.FindStringSubmatch(text); {
			case text[0] == '-':
				m := recapRE.FindStringSubmatch(text)
				if m == nil {
					p.add(p.file, x.no, "a destination reads like -JFK 3PAX/4SSR")
					destination, open = "", false
					continue
				}
				destination, cabin, open = m[1], "", false
				if n := len(l.Recaps); n == 0 || l.Recaps[n-1].Destination != m[1] { // a part repeats it
					r := ServiceRecap{Line: x.no, Destination: m[1]}
					r.Passengers, _ = strconv.Atoi(m[2])
					r.Services, _ = strconv.Atoi(m[3])
					l.Recaps = append(l.Recaps, r)
				}
			case psmClassRE.MatchString(text):
				cabin, open = cabinOf(text[:1]), false
			case m != nil:
				open = false
				name, ok := parsePerson(m[2])
				if !ok || destination == "" {
					p.add(p.file, x.no, "a name reads like 1JANSEN/JULIAMS  14C and stands below a destination; this one was not taken")
					continue
				}
				if m[1] != "1" {
					p.add(p.file, x.no, "a name is written with the count 1")
				}
				seat, err := passenger.ParseSeat(m[3])
				if err != nil {
					p.add(p.file, x.no, "the seat is none and was not taken")
				}
				l.Passengers, open = append(l.Passengers, Serviced{Name: name, Line: x.no, Destination: destination, Cabin: cabin, Seat: seat}), true
				l.Recaps[len(l.Recaps)-1].Names++
				if err := full(len(l.Passengers), p, x.no); err != nil {
					return ServiceList{}, err
				}
			case open:
				last := &l.Passengers[len(l.Passengers)-1]
				last.SSRs = append(last.SSRs, slices.DeleteFunc(codesIn(words[:1]), func(s SSR) bool { return hasCode(last.SSRs, s.Code) })...)
			case countsRE.MatchString(text):
			default:
				p.add(p.file, x.no, "line not understood and not taken")
			}
		}
	}
	for _, r := range l.Recaps {
		if r.Passengers != r.Names {
			set[0].add(set[0].file, r.Line, "%d passengers counted to %s, %d named", r.Passengers, r.Destination, r.Names)
		}
	}
	l.Warnings = remarked(set)
	return l, nil
}
