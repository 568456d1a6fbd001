package followup

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground"
)

func TestTerms(t *testing.T) {
	for in, want := range map[string][]string{
		"My meal was COLD, my meal on KL0641! 2 hours [name]": {"my", "meal", "was", "cold", "on", "kl0641", "hours"},
		"食事が冷たい":   {"食事", "事か", "か冷", "冷た", "たい"},
		"😡 12 a":   nil,
		"[number]": nil,
	} {
		if d := cmp.Diff(want, terms(in)); d != "" {
			t.Errorf("%q (-want +got)\n%s", in, d)
		}
	}
	if got := terms(strings.Repeat("x", 500)); len(got) != 1 || len(got[0]) != maxTermRunes {
		t.Errorf("a word without end: %q", got)
	}
}

func TestRank(t *testing.T) {
	past := func(answer, topic, question string) ground.PastAnswer {
		return ground.PastAnswer{Answer: answer, Topic: topic, Terms: terms(question)}
	}
	pool := func(total int, holding map[string]int, found ...ground.PastAnswer) ground.AnswerPool {
		return ground.AnswerPool{Total: total, Holding: holding, Found: found}
	}
	holding := map[string]int{"the": 90, "was": 80, "meal": 12, "cold": 5, "bag": 20, "lost": 15, "refund": 3}
	cold := past("cold meals", "meal", "the meal was cold")
	bag := past("lost bags", "baggage", "the bag was lost")
	vague := past("vague", "", "the was")
	cases := map[string]struct {
		asked, topic string
		pool         ground.AnswerPool
		want         []Suggestion
	}{
		"rare words decide":            {"the meal was cold", "", pool(100, holding, bag, cold, vague), []Suggestion{{"cold meals", []string{"cold", "meal"}}}},
		"common words are no reason":   {"the was", "", pool(100, holding, vague, bag), nil},
		"one word in common is chance": {"my meal in the lounge with a bag of crisps", "", pool(100, holding, cold, bag), nil},
		"one word asked is enough":     {"refund", "", pool(100, holding, past("r", "", "refund please")), []Suggestion{{"r", []string{"refund"}}}},
		"the topic breaks a tie": {"cold meal", "meal", pool(100, holding, past("x", "seat", "cold meal"), past("y", "meal", "cold meal")),
			[]Suggestion{{"y", []string{"cold", "meal"}}, {"x", []string{"cold", "meal"}}}},
		"a short question fits better": {"cold meal", "", pool(100, holding, past("long", "", "cold meal and many other words about a whole journey"), past("short", "", "cold meal")),
			[]Suggestion{{"short", []string{"cold", "meal"}}, {"long", []string{"cold", "meal"}}}},
		"an answer is offered once, three at most": {"cold meal", "", pool(100, holding, cold, cold, past("2", "", "cold meal now"), past("3", "", "cold meal now and"), past("4", "", "cold meal now and then")),
			[]Suggestion{{"2", []string{"cold", "meal"}}, {"cold meals", []string{"cold", "meal"}}, {"3", []string{"cold", "meal"}}}},
		"nothing known": {"cold meal", "", ground.AnswerPool{}, nil},
	}
	for name, c := range cases {
		if d := cmp.Diff(c.want, rank(terms(c.asked), c.topic, c.pool)); d != "" {
			t.Errorf("%s (-want +got)\n%s", name, d)
		}
	}
}

func TestAnswersAreMasked(t *testing.T) {
	a := masked(ground.PastAnswer{Lang: "en", Question: "I am jan@mail.example, booking X7K2PQ", Answer: "@jan Hi Jan, call 020 474 7747. ^MK"})
	want := ground.PastAnswer{Key: a.Key, Lang: "en", Question: "I am [e-mail], booking [reference]", Answer: "Hi [name], call [number].", Terms: []string{"am", "booking"}}
	if d := cmp.Diff(want, a); d != "" || !strings.HasPrefix(a.Key, "h:") {
		t.Errorf("key %q (-want +got)\n%s", a.Key, d)
	}
	if b := masked(ground.PastAnswer{Key: "7", Lang: "en", Question: "q", Answer: "a"}); b.Key != "7" {
		t.Errorf("the key %q is not kept", b.Key)
	}
}
