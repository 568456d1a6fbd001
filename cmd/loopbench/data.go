package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// start is the time of the run's clock: it stands still, so that the data is the same each time.
var start = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

// leg is one flight of the run with as many complaining passengers as notes. No seats are seats.
type leg struct {
	number, notes, seats int
}

func (l leg) passengers() int {
	if l.seats == 0 {
		return seats
	}
	return l.seats
}

func (l leg) designator() string { return fmt.Sprintf("KL%04d", l.number) }
func (l leg) key() string        { return l.designator() + "/2026-11-21/AMS" }

// The flights: three that a tablet carries, and one on which notes are released one by one.
var (
	carried = []leg{{number: 701, notes: notes}, {number: 703, notes: notes}, {number: 705, notes: notes}}
	pushed  = leg{number: 711, notes: releases}
	// Where notes are released as fast as the reference asks: in turn, for a flight has 360 seats.
	streamed = []leg{{number: 713, notes: liveNotes / 2}, {number: 715, notes: liveNotes / 2}}
)

// Names, accounts and texts are invented.
var (
	syllables = []string{"ba", "ber", "bo", "cor", "da", "de", "dor", "el", "fa", "gel", "ha", "han", "jan", "ka", "kel", "ko", "la", "len", "li", "lo", "ma", "mei", "mo", "na", "nes", "no", "o", "pe", "ra", "rik", "ros", "sa", "sen", "si", "ta", "ter", "to", "ul", "va", "ver", "vi", "wal", "ya", "zu"}
	tiers     = []string{"", "", "", "", "silver", "gold", "platinum"}
	bad       = []string{
		"terrible service, the meal on %s was ice cold and I got no other one",
		"%s delayed six hours and I missed my connection, awful and no information",
		"my suitcase came three days late after %s, very bad and nobody answers",
		"the seat on %s was broken, eleven hours upright, terrible",
		"the screen on %s did not work for twelve hours, horrible",
		"no vegetarian meal on %s although I had ordered one, really bad",
		"mijn stoel op %s was kapot, elf uur lang rechtop gezeten, slecht hoor",
		"mein Koffer ist nach %s drei Tage zu spät angekommen, niemand antwortet, sehr schlecht",
		"vol %s avec cinq heures de retard et aucune information, vraiment nul",
		"la pantalla no funcionaba en %s, doce horas sin nada, muy mal",
	}
	good = []string{
		"thank you for a lovely flight on %s, great crew",
		"bedankt voor de fijne vlucht %s",
		"obrigada pela ótima viagem no %s!",
		"which terminal does %s leave from?",
		"%s left on time, nice breakfast",
	}
)

// dice are seeded for one purpose, so that one part's data does not depend on another's.
func dice(seed, purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, purpose)) }

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

// word makes a name of two or three syllables: real names repeat less than a short list would.
func word(r *rand.Rand) string {
	w := pick(r, syllables) + pick(r, syllables)
	if r.IntN(2) == 0 {
		w += pick(r, syllables)
	}
	return strings.ToUpper(w[:1]) + w[1:]
}

func somewhere(r *rand.Rand) string { return fmt.Sprintf("KL%04d", 500+r.IntN(400)) }

// crowd writes n posts of strangers as JSONL; two in three complain.
func crowd(r *rand.Rand, n int) string {
	var b strings.Builder
	for i := range n {
		text := pick(r, good)
		if r.IntN(3) > 0 {
			text = pick(r, bad)
		}
		post(&b, fmt.Sprintf("71%017d", i), fmt.Sprintf("81%017d", r.IntN(n*2/3)), fmt.Sprintf("@airline "+text, somewhere(r)), i)
	}
	return b.String()
}

func post(b *strings.Builder, id, author, text string, minute int) {
	at := start.Add(-48*time.Hour + time.Duration(minute%2400)*time.Minute)
	fmt.Fprintf(b, `{"channel":"x","external_id":%q,"author_id":%q,"author_handle":%q,"text":%q,"created_at":%q}`+"\n",
		id, author, "@u"+author, text, at.Format(time.RFC3339))
}

// account is the account of the i-th passenger of a leg.
func (l leg) account(i int) string { return fmt.Sprintf("91%04d%013d", l.number, i) }

const bookingsHead = "flight,origin,destination,std,sta,locator,surname,given,title,cabin,seat,tier,ssr,customer_id,handles\n"

// bookings writes the passengers of a leg as lines of CSV. The first l.notes of them have told us an account.
func (l leg) bookings(r *rand.Rand) string {
	var b strings.Builder
	for i, place := range r.Perm(l.passengers()) {
		handle := ""
		if i < l.notes {
			handle = "x:" + l.account(i)
		}
		title := []string{"MR", "MS"}[r.IntN(2)]
		fmt.Fprintf(&b, "%s,AMS,JFK,2026-11-21T12:25:00Z,2026-11-21T20:45:00Z,L%d%04d,%s,%s,%s,Y,%d%c,%s,,C%d%04d,%s\n", l.designator(),
			l.number%100, i, word(r), word(r), title, 1+place/9, "ABCDEFGHJ"[place%9], pick(r, tiers), l.number, i, handle)
	}
	return b.String()
}

// complaints writes one complaint of each passenger with an account.
func (l leg) complaints(r *rand.Rand) string {
	var b strings.Builder
	for i := range l.notes {
		post(&b, fmt.Sprintf("72%04d%013d", l.number, i), l.account(i), fmt.Sprintf("@airline "+bad[i%len(bad)], somewhere(r)), i)
	}
	return b.String()
}

// crew puts a tablet on legs, as CSV.
func crew(tablet string, legs ...leg) string {
	out := "flight,tablet,role,zone\n"
	for _, l := range legs {
		out += l.key() + "," + tablet + ",lead,\n"
	}
	return out
}
