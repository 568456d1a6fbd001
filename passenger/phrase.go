package passenger

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// PhraseCode names a coded sentence of a note. Codes are kept for ever; their words may improve.
type PhraseCode string

// phrase is one entry of the catalogue: its kind, how many arguments it takes, and its words
// by language. An argument is written %1, %2 in the words.
type phrase struct {
	kind  string // happened, do, not, why
	args  int
	words map[string]string
}

// Languages lists the languages every phrase exists in; the first is the fallback.
var Languages = []string{"en", "nl"}

// catalogue holds every coded phrase. Written about the service, never about the person
// (PRODUCT rule 1); a test checks languages, argument counts and forbidden words.
var catalogue = map[PhraseCode]phrase{
	"h.delay":             {"happened", 2, map[string]string{"en": "Long delay, %1, %2", "nl": "Lange vertraging, %1, %2"}},
	"h.cancelled":         {"happened", 2, map[string]string{"en": "Flight cancelled, %1, %2", "nl": "Vlucht geannuleerd, %1, %2"}},
	"h.baggage":           {"happened", 2, map[string]string{"en": "Bag late or damaged, %1, %2", "nl": "Bagage te laat of beschadigd, %1, %2"}},
	"h.meal":              {"happened", 2, map[string]string{"en": "Meal not as it should be, %1, %2", "nl": "Maaltijd niet in orde, %1, %2"}},
	"h.seat":              {"happened", 2, map[string]string{"en": "Seat broken or not as booked, %1, %2", "nl": "Stoel defect of niet als geboekt, %1, %2"}},
	"h.entertainment":     {"happened", 2, map[string]string{"en": "Screen did not work, %1, %2", "nl": "Scherm werkte niet, %1, %2"}},
	"h.cleanliness":       {"happened", 2, map[string]string{"en": "Cabin not clean, %1, %2", "nl": "Cabine niet schoon, %1, %2"}},
	"h.booking":           {"happened", 1, map[string]string{"en": "Booking went wrong on our side, %1", "nl": "Boeking ging bij ons mis, %1"}},
	"h.checkin":           {"happened", 2, map[string]string{"en": "Check-in or boarding went wrong, %1, %2", "nl": "Inchecken of instappen ging mis, %1, %2"}},
	"h.refund":            {"happened", 1, map[string]string{"en": "Refund is taking long, asked %1", "nl": "Terugbetaling duurt lang, gevraagd %1"}},
	"h.loyalty":           {"happened", 1, map[string]string{"en": "Miles or benefits were missing, %1", "nl": "Mijlen of voordelen ontbraken, %1"}},
	"h.service":           {"happened", 1, map[string]string{"en": "Waited long for our answer, %1", "nl": "Lang op ons antwoord gewacht, %1"}},
	"h.other":             {"happened", 1, map[string]string{"en": "Our service fell short, %1", "nl": "Onze service schoot tekort, %1"}},
	"h.delay.day":         {"happened", 1, map[string]string{"en": "Long delay, %1", "nl": "Lange vertraging, %1"}},
	"h.cancelled.day":     {"happened", 1, map[string]string{"en": "Flight cancelled, %1", "nl": "Vlucht geannuleerd, %1"}},
	"h.baggage.day":       {"happened", 1, map[string]string{"en": "Bag late or damaged, %1", "nl": "Bagage te laat of beschadigd, %1"}},
	"h.meal.day":          {"happened", 1, map[string]string{"en": "Meal not as it should be, %1", "nl": "Maaltijd niet in orde, %1"}},
	"h.seat.day":          {"happened", 1, map[string]string{"en": "Seat broken or not as booked, %1", "nl": "Stoel defect of niet als geboekt, %1"}},
	"h.entertainment.day": {"happened", 1, map[string]string{"en": "Screen did not work, %1", "nl": "Scherm werkte niet, %1"}},
	"h.cleanliness.day":   {"happened", 1, map[string]string{"en": "Cabin not clean, %1", "nl": "Cabine niet schoon, %1"}},
	"h.checkin.day":       {"happened", 1, map[string]string{"en": "Check-in or boarding went wrong, %1", "nl": "Inchecken of instappen ging mis, %1"}},
	// The day is not known.
	"h.delay.flight":         {"happened", 1, map[string]string{"en": "Long delay, %1", "nl": "Lange vertraging, %1"}},
	"h.cancelled.flight":     {"happened", 1, map[string]string{"en": "Flight cancelled, %1", "nl": "Vlucht geannuleerd, %1"}},
	"h.baggage.flight":       {"happened", 1, map[string]string{"en": "Bag late or damaged, %1", "nl": "Bagage te laat of beschadigd, %1"}},
	"h.meal.flight":          {"happened", 1, map[string]string{"en": "Meal not as it should be, %1", "nl": "Maaltijd niet in orde, %1"}},
	"h.seat.flight":          {"happened", 1, map[string]string{"en": "Seat broken or not as booked, %1", "nl": "Stoel defect of niet als geboekt, %1"}},
	"h.entertainment.flight": {"happened", 1, map[string]string{"en": "Screen did not work, %1", "nl": "Scherm werkte niet, %1"}},
	"h.cleanliness.flight":   {"happened", 1, map[string]string{"en": "Cabin not clean, %1", "nl": "Cabine niet schoon, %1"}},
	"h.checkin.flight":       {"happened", 1, map[string]string{"en": "Check-in or boarding went wrong, %1", "nl": "Inchecken of instappen ging mis, %1"}},
	// Neither flight nor day is known, or no flight belongs to it and the day is not known.
	"h.delay.any":         {"happened", 0, map[string]string{"en": "Long delay", "nl": "Lange vertraging"}},
	"h.cancelled.any":     {"happened", 0, map[string]string{"en": "Flight cancelled", "nl": "Vlucht geannuleerd"}},
	"h.baggage.any":       {"happened", 0, map[string]string{"en": "Bag late or damaged", "nl": "Bagage te laat of beschadigd"}},
	"h.meal.any":          {"happened", 0, map[string]string{"en": "Meal not as it should be", "nl": "Maaltijd niet in orde"}},
	"h.seat.any":          {"happened", 0, map[string]string{"en": "Seat broken or not as booked", "nl": "Stoel defect of niet als geboekt"}},
	"h.entertainment.any": {"happened", 0, map[string]string{"en": "Screen did not work", "nl": "Scherm werkte niet"}},
	"h.cleanliness.any":   {"happened", 0, map[string]string{"en": "Cabin not clean", "nl": "Cabine niet schoon"}},
	"h.booking.any":       {"happened", 0, map[string]string{"en": "Booking went wrong on our side", "nl": "Boeking ging bij ons mis"}},
	"h.checkin.any":       {"happened", 0, map[string]string{"en": "Check-in or boarding went wrong", "nl": "Inchecken of instappen ging mis"}},
	"h.refund.any":        {"happened", 0, map[string]string{"en": "Refund is taking long", "nl": "Terugbetaling duurt lang"}},
	"h.loyalty.any":       {"happened", 0, map[string]string{"en": "Miles or benefits were missing", "nl": "Mijlen of voordelen ontbraken"}},
	"h.service.any":       {"happened", 0, map[string]string{"en": "Waited long for our answer", "nl": "Lang op ons antwoord gewacht"}},
	"h.other.any":         {"happened", 0, map[string]string{"en": "Our service fell short", "nl": "Onze service schoot tekort"}},

	"h.event": {"happened", 2, map[string]string{"en": "Many on board were hit by the disruption of %1, %2", "nl": "Veel reizigers aan boord zijn getroffen door de verstoring van %1, %2"}},

	"d.apologise":      {"do", 0, map[string]string{"en": "Say sorry, briefly and in person", "nl": "Bied kort en persoonlijk excuses aan"}},
	"d.ask":            {"do", 0, map[string]string{"en": "Ask how things are today", "nl": "Vraag hoe het vandaag gaat"}},
	"d.meal_first":     {"do", 0, map[string]string{"en": "Offer first choice of meal", "nl": "Bied als eerste keus uit de maaltijden aan"}},
	"d.check_seat":     {"do", 0, map[string]string{"en": "Check that the seat works before take-off", "nl": "Controleer voor vertrek of de stoel werkt"}},
	"d.check_screen":   {"do", 0, map[string]string{"en": "Check that the screen works before take-off", "nl": "Controleer voor vertrek of het scherm werkt"}},
	"d.connection":     {"do", 0, map[string]string{"en": "Help with the onward connection", "nl": "Help met de aansluiting"}},
	"d.drink":          {"do", 0, map[string]string{"en": "Offer a drink", "nl": "Bied een drankje aan"}},
	"d.clean":          {"do", 0, map[string]string{"en": "Check that the place is clean", "nl": "Controleer of de plaats schoon is"}},
	"d.status":         {"do", 0, map[string]string{"en": "Say that the ground team has it in hand", "nl": "Zeg dat het grondteam ermee bezig is"}},
	"d.announce":       {"do", 0, map[string]string{"en": "Say sorry to all in the welcome", "nl": "Bied in het welkomstwoord iedereen excuses aan"}},
	"d.acknowledge":    {"do", 0, map[string]string{"en": "Settled: acknowledge only", "nl": "Afgehandeld: alleen benoemen"}},
	"d.confirm_bag":    {"do", 0, map[string]string{"en": "Say whether the bag is on board, if you know", "nl": "Zeg of de bagage aan boord is, als u het weet"}},
	"n.promise_money":  {"not", 0, map[string]string{"en": "No promise of money or refund", "nl": "Geen toezegging van geld of terugbetaling"}},
	"n.discuss_cause":  {"not", 0, map[string]string{"en": "No discussion of causes", "nl": "Geen discussie over oorzaken"}},
	"n.public":         {"not", 0, map[string]string{"en": "Not within earshot of others", "nl": "Niet waar anderen het horen"}},
	"n.mention_social": {"not", 0, map[string]string{"en": "No mention of where it was written", "nl": "Niet noemen waar het is geschreven"}},

	"w.next_flight":    {"why", 0, map[string]string{"en": "First flight since", "nl": "Eerste vlucht sindsdien"}},
	"w.still_open":     {"why", 0, map[string]string{"en": "Not yet solved", "nl": "Nog niet opgelost"}},
	"w.tier":           {"why", 0, map[string]string{"en": "Long-standing customer", "nl": "Klant van lange duur"}},
	"w.serious":        {"why", 0, map[string]string{"en": "Serious for the customer", "nl": "Ernstig voor de klant"}},
	"w.moved":          {"why", 0, map[string]string{"en": "Moved here from an earlier flight", "nl": "Meegenomen van een eerdere vlucht"}},
	"w.connection":     {"why", 0, map[string]string{"en": "Has an onward connection", "nl": "Heeft een aansluiting"}},
	"w.many_cases":     {"why", 0, map[string]string{"en": "Many cases from one disruption", "nl": "Veel zaken door een verstoring"}},
	"w.agent_asked":    {"why", 0, map[string]string{"en": "The social team asked for it", "nl": "Op verzoek van het socialteam"}},
	"w.topic_on_board": {"why", 0, map[string]string{"en": "Crew can make it right on board", "nl": "Bemanning kan het aan boord goedmaken"}},
}

// PhraseCodes returns every code of a kind ("happened", "do", "not", "why"), sorted.
func PhraseCodes(kind string) []PhraseCode {
	var out []PhraseCode
	for c, p := range catalogue {
		if p.kind == kind {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return out
}

// Words renders the phrase in lang ("en" for an unknown language). A phrase this program does
// not know renders as its code, so that an older tablet still shows something.
func (p Phrase) Words(lang string) string {
	e, ok := catalogue[p.Code]
	if !ok {
		return strings.TrimSpace(string(p.Code) + " " + strings.Join(p.Args, ", "))
	}
	w, ok := e.words[lang]
	if !ok {
		w = e.words[Languages[0]]
	}
	for i, a := range p.Args {
		w = strings.ReplaceAll(w, fmt.Sprintf("%%%d", i+1), dayWords(a, lang))
	}
	return w
}

// Words renders a code without arguments.
func (c PhraseCode) Words(lang string) string { return Phrase{Code: c}.Words(lang) }

func (p Phrase) validate() error {
	e, ok := catalogue[p.Code]
	if !ok {
		return Errorf(Invalid, "passenger.Phrase", "unknown phrase %q", string(p.Code))
	}
	if len(p.Args) != e.args {
		return Errorf(Invalid, "passenger.Phrase", "phrase %q takes %d arguments, not %d", string(p.Code), e.args, len(p.Args))
	}
	for _, a := range p.Args {
		if len(a) > 24 {
			return Errorf(Invalid, "passenger.Phrase", "an argument of %q is too long", string(p.Code))
		}
	}
	return nil
}

var monthsNL = [...]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"}

// dayWords shows "2026-05-12" as "12 May" or "12 mei"; anything else as it is.
func dayWords(arg, lang string) string {
	t, err := time.Parse(time.DateOnly, arg)
	if err != nil {
		return arg
	}
	if lang == "nl" {
		return fmt.Sprintf("%d %s", t.Day(), monthsNL[t.Month()-1])
	}
	return t.Format("2 January")
}
