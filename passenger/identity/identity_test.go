package identity_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/cabinloop/cabinloop/passenger"
	"github.com/cabinloop/cabinloop/passenger/identity"
)

func id(n byte) passenger.PersonID { return uuid.UUID{15: n} }

func people() []identity.Person {
	trip := func(designator, date, locator, seat string) []identity.Trip {
		return []identity.Trip{{Designator: designator, Date: date, Locator: locator, Seat: seat}}
	}
	return []identity.Person{
		{ID: id(1), Name: "JANNEKE JANSEN", Accounts: []identity.Account{{Channel: passenger.X, ID: "a1"}}, Trips: trip("KL0641", "2026-05-12", "ABC123", "14C")},
		{ID: id(2), Name: "MUELLER HANS", Trips: trip("KL0641", "2026-05-12", "QWERTY", "2A")},
		{ID: id(3), Name: "SCHMIDT JOHANN", Trips: trip("KL0605", "2026-05-12", "PAIR12", "")},
		{ID: id(4), Name: "SCHMIDT ANNA", Trips: trip("KL0605", "2026-05-12", "PAIR12", "")},
		{ID: id(5), Name: "ALEKSANDR PETROV", Trips: trip("KL0903", "2026-06-01", "RUS777", "")},
		{ID: id(6), Name: "JANSEN JANNEKE", Trips: trip("KL1001", "2026-06-02", "ZZZ999", "")},
	}
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	one := func(n byte, score float64, reasons ...string) identity.Candidate {
		return identity.Candidate{Person: id(n), Score: score, Reasons: reasons}
	}
	tests := []struct {
		name string
		q    identity.Query
		want []identity.Candidate
	}{
		{"account", identity.Query{Channel: passenger.X, AccountID: "a1"}, []identity.Candidate{one(1, 1, "account")}},
		{"same account id elsewhere", identity.Query{Channel: passenger.VK, AccountID: "a1"}, nil},
		{"nobody", identity.Query{AuthorName: "Noor de Wit", Text: "cold meal"}, nil},
		{"nothing", identity.Query{}, nil},
		{"booking reference", identity.Query{Text: "my booking is ABC123"}, []identity.Candidate{one(1, 0.8, "locator")}},
		{"booking reference small", identity.Query{Text: "abc123 please"}, []identity.Candidate{one(1, 0.8, "locator")}},
		{"six letters written small are a word", identity.Query{Text: "qwerty"}, nil},
		{"six letters in capitals", identity.Query{Text: "QWERTY"}, []identity.Candidate{one(2, 0.8, "locator")}},
		{"six capitals and the name: a person looks", identity.Query{AuthorName: "Hans Müller", Text: "QWERTY"}, []identity.Candidate{one(2, 0.86, "locator", "name")}},
		{"booking reference and name", identity.Query{AuthorName: "Hans Müller", Text: "Buchung QWERTY, keine Antwort"}, []identity.Candidate{one(2, 0.97, "locator", "name")}},
		{"a code behind a colon", identity.Query{AuthorName: "Hans Müller", Text: "PNR: QWERTY"}, []identity.Candidate{one(2, 0.97, "locator", "name")}},
		{"in a link", identity.Query{AuthorName: "Hans Müller", Text: "https://www.example.com/trip?pnr=QWERTY"}, []identity.Candidate{one(2, 0.97, "locator", "name")}},
		{"shouted words are no code", identity.Query{AuthorName: "Hans Müller", Text: "ANSWER MY BOOKING QWERTY NOW"}, []identity.Candidate{one(2, 0.86, "locator", "name")}},
		{"letters and figures are a code", identity.Query{AuthorName: "Janneke Jansen", Text: "abc123, still waiting"}, []identity.Candidate{one(1, 0.97, "locator", "name"), one(6, 0.6, "name")}},
		{"a post passed on", identity.Query{AuthorName: "Janneke Jansen", Text: "RT @kees: my booking ABC123 is lost"}, []identity.Candidate{one(1, 0.86, "locator", "name"), one(6, 0.6, "name")}},
		{"a quoted sentence", identity.Query{AuthorName: "Janneke Jansen", Text: `they only wrote “your booking ABC123 is closed”`}, []identity.Candidate{one(1, 0.86, "locator", "name"), one(6, 0.6, "name")}},
		{"a code between quotation marks", identity.Query{AuthorName: "Janneke Jansen", Text: `my booking "ABC123" is lost`}, []identity.Candidate{one(1, 0.97, "locator", "name"), one(6, 0.6, "name")}},
		{"the mail that is answered", identity.Query{AuthorName: "Janneke Jansen", Text: "Thanks for nothing.\n\nOn 12 May 2026 the airline wrote:\n> your booking ABC123"}, []identity.Candidate{one(1, 0.86, "locator", "name"), one(6, 0.6, "name")}},
		{"somebody else's meal", identity.Query{AuthorName: "Janneke Jansen", Text: "Booking ABC123: my wife's meal was cold"}, []identity.Candidate{one(1, 0.86, "locator", "name"), one(6, 0.6, "name")}},
		{"somebody else's meal in Dutch", identity.Query{AuthorName: "Janneke Jansen", Text: "Boeking ABC123: de maaltijd van mijn moeder was koud"}, []identity.Candidate{one(1, 0.86, "locator", "name"), one(6, 0.6, "name")}},
		{"booking reference of somebody else", identity.Query{AuthorName: "Noor de Wit", Text: "ABC123"}, []identity.Candidate{one(1, 0.8, "locator")}},
		{"booking of two", identity.Query{Text: "PAIR12"}, []identity.Candidate{one(3, 0.8, "locator"), one(4, 0.8, "locator")}},
		{"booking of two and a name", identity.Query{AuthorName: "Anna Schmidt", Text: "pair12"}, []identity.Candidate{one(4, 0.97, "locator", "name"), one(3, 0.8, "locator")}},
		{"umlaut", identity.Query{AuthorName: "Müller, Hans"}, []identity.Candidate{one(2, 0.57, "name")}},
		{"Cyrillic", identity.Query{AuthorName: "Александр Петров"}, []identity.Candidate{one(5, 0.6, "name")}},
		{"namesakes wait for a person", identity.Query{AuthorName: "Janneke Jansen", Text: "cold meal"}, []identity.Candidate{one(1, 0.6, "name"), one(6, 0.6, "name")}},
		{"flight tells namesakes apart", identity.Query{AuthorName: "Janneke Jansen", Text: "cold meal on kl 641"}, []identity.Candidate{one(1, 0.7, "name", "flight"), one(6, 0.6, "name")}},
		{"name, flight, day and seat stay below", identity.Query{AuthorName: "Janneke Jansen", Text: "KL0641 on 2026-05-12 in 14c"},
			[]identity.Candidate{one(1, 0.86, "name", "flight", "date", "seat"), one(6, 0.6, "name")}},
		{"seat without a name", identity.Query{Text: "KL0641, seat 2A", Dates: []string{"2026-05-12"}}, []identity.Candidate{one(2, 0.7, "flight", "date", "seat")}},
		{"handle", identity.Query{Handle: "@hans_mueller82"}, []identity.Candidate{one(2, 0.5, "handle")}},
		{"single words are no name", identity.Query{AuthorName: "Janneke"}, nil},
		{"other person of the family", identity.Query{AuthorName: "Piet Schmidt"}, nil},
	}
	for _, tt := range tests {
		got := identity.Candidates(tt.q, people())
		if tt.name == "umlaut" && len(got) == 1 { // a spelling variant: only the order of size is fixed
			if got[0].Score <= identity.PersonConfirms || got[0].Score >= 0.6 {
				t.Errorf("umlaut: score %.3f", got[0].Score)
			}
			got[0].Score = 0.57
		}
		if diff := cmp.Diff(tt.want, got, cmp.Comparer(func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 })); diff != "" {
			t.Errorf("%s: -want +got\n%s", tt.name, diff)
		}
	}
}

func drawPeople(t *rapid.T) []identity.Person {
	given := []string{"Anna", "Hans", "Jan", "Александр", "小明", "Ana María", "", "O'Neil"}
	family := []string{"Müller", "Mueller", "de Vries", "Schmidt", "Schmitt", "王", "Łukasz", "X"}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) identity.Person {
		p := identity.Person{ID: id(rapid.Byte().Draw(t, "id")), Name: rapid.SampledFrom(given).Draw(t, "given") + " " + rapid.SampledFrom(family).Draw(t, "family")}
		if rapid.Bool().Draw(t, "trip") {
			p.Trips = []identity.Trip{{Designator: "KL0641", Date: "2026-05-12", Locator: rapid.SampledFrom([]string{"ABC123", "DEF456", ""}).Draw(t, "locator"), Seat: rapid.SampledFrom([]string{"1A", "2B", ""}).Draw(t, "seat")}}
		}
		if rapid.IntRange(0, 4).Draw(t, "account") == 0 {
			p.Accounts = []identity.Account{{Channel: passenger.X, ID: "acc"}}
		}
		return p
	}), 0, 12).Draw(t, "people")
}

func TestCandidateProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ps := drawPeople(t)
		q := identity.Query{
			AuthorName: rapid.SampledFrom([]string{"", "Hans Müller", "Anna Schmidt", "王小明", "Jan de Vries"}).Draw(t, "author"),
			Handle:     rapid.SampledFrom([]string{"", "@annaschmidt", "x"}).Draw(t, "handle"), Channel: passenger.X,
			AccountID: rapid.SampledFrom([]string{"", "acc"}).Draw(t, "account"),
			Text:      rapid.SampledFrom([]string{"", "KL641 1a 2026-05-12", "ABC123", "KL0641 def456"}).Draw(t, "text"),
		}
		got := identity.Candidates(q, ps)
		seen := map[passenger.PersonID]bool{}
		for i, c := range got {
			if c.Score < identity.PersonConfirms || c.Score > 1 || len(c.Reasons) == 0 {
				t.Fatalf("candidate %+v out of bounds", c)
			}
			if c.Score >= identity.AutoLink && !slices.Contains(c.Reasons, identity.ByAccount) &&
				!(slices.Contains(c.Reasons, identity.ByLocator) && slices.Contains(c.Reasons, identity.ByName)) {
				t.Fatalf("%+v links by itself without the account, or the booking reference and the name", c)
			}
			if i > 0 && got[i-1].Score < c.Score || seen[c.Person] {
				t.Fatalf("out of order or twice: %+v", got)
			}
			seen[c.Person] = true
		}
		shuffled := rapid.Permutation(ps).Draw(t, "order")
		if diff := cmp.Diff(got, identity.Candidates(q, shuffled)); diff != "" {
			t.Fatalf("depends on the order of people: %s", diff)
		}
	})
}

func FuzzCandidates(f *testing.F) {
	f.Add("Hans Müller", "@hans", "KL0641 ABC123 14C 2026-05-12")
	f.Add("\xff王", "", "🙂 ABC12")
	f.Fuzz(func(t *testing.T, name, handle, text string) {
		all := append(people(), identity.Person{ID: id(9), Name: name, Trips: []identity.Trip{{Designator: text, Locator: handle, Seat: text}}})
		for _, c := range identity.Candidates(identity.Query{AuthorName: name, Handle: handle, Text: text}, all) {
			if c.Score < identity.PersonConfirms || c.Score > 1 {
				t.Errorf("score %v", c.Score)
			}
		}
	})
}

func BenchmarkCandidates(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	syllables := []string{"an", "jo", "ma", "ri", "el", "ka", "to", "be", "lu", "sen", "ver", "dam", "ski", "mo", "ne", "ha"}
	word := func() string {
		return syllables[r.IntN(16)] + syllables[r.IntN(16)] + syllables[r.IntN(16)]
	}
	var ps []identity.Person
	for i := range 2000 {
		ps = append(ps, identity.Person{ID: uuid.UUID{14: byte(i >> 8), 15: byte(i)}, Name: word() + " " + word(),
			Trips: []identity.Trip{{Designator: fmt.Sprintf("KL%04d", 1+r.IntN(900)), Date: "2026-05-12", Locator: fmt.Sprintf("A%05d", i), Seat: "14C"}}})
	}
	idx := identity.NewIndex(ps)
	b.ReportAllocs()
	for b.Loop() {
		idx.Candidates(identity.Query{AuthorName: word() + " " + word(), Handle: "@" + word(), Text: "My meal was cold on KL0641, seat 14C, and nobody came for two hours"})
	}
}
