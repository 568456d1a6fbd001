package privacy_test

import (
	"testing"

	"github.com/cabinloop/cabinloop/passenger/privacy"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Hi Anna, please write to anna.de-vries@mail.example.com.":           "Hi [name], please write to [e-mail].",
		"@jan_jansen82 We are sorry to hear this. ^MK":                       "[handle] We are sorry to hear this.",
		"Dear Mr. van der Berg, your booking X7K2PQ is confirmed.":           "Dear Mr. [name], your booking [reference] is confirmed.",
		"Your booking reference is AB1234, flight KL0641 on 12 May.":         "Your booking reference is [reference], flight KL0641 on 12 May.",
		"Your reference QWERTZ":                                              "Your reference [reference]",
		"Please call +31 (0)20 474 77 47 or 06-12345678.":                    "Please call [number] or [number].",
		"Ticket 0742412345678 is refunded.":                                  "Ticket [number] is refunded.",
		"See https://www.klm.com/refund?pnr=X7K2PQ&mail=a for details":       "See https://www.klm.com/refund for details",
		"Beste Piet, wat vervelend! Groetjes, Eva":                           "Beste [name], wat vervelend! Groetjes, [name]",
		"Guten Tag Frau Müller-Lüdenscheidt, das tut uns leid.":              "Guten Tag Frau [name], das tut uns leid.",
		"Bonjour Madame Dupont, nous sommes désolés. Cordialement, Luc":      "Bonjour Madame [name], nous sommes désolés. Cordialement, [name]",
		"Estimada Carmen García, lo sentimos.":                               "Estimada [name], lo sentimos.",
		"We made it, Amy! Sorry for the wait, Sue, and safe travels.^Alex C": "We made it, [name]! Sorry for the wait, [name], and safe travels.",
		"Hi Tom. I apologize":                                                "Hi [name]. I apologize",
		"Dear Mr. J.P. van der Berg, welcome":                                "Dear Mr. [name], welcome",
		"Your purser Jan has told us.":                                       "Your purser [staff] has told us.",
		"We can re-book you on KL0605 at 09:40, seat 14C, for EUR 1.250,00":  "We can re-book you on KL0605 at 09:40, seat 14C, for EUR 1.250,00",
		"The meal on 2026-11-21 was cold":                                    "The meal on 2026-11-21 was cold",
		"PLEASE CHECK YOUR STATUS ONLINE":                                    "PLEASE CHECK YOUR STATUS ONLINE",
		"お食事について申し訳ございません。":                                                  "お食事について申し訳ございません。",
		"": "",
	} {
		got := privacy.Mask(in)
		if got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
		if again := privacy.Mask(got); again != got {
			t.Errorf("not idempotent: %q, then %q", got, again)
		}
	}
}

func FuzzMask(f *testing.F) {
	f.Add("Hi Anna, a@b.example 0612345678 X7K2PQ @h ^MK")
	f.Add("Dear Mr. Dear Mr. Hi - Ab - Ab")
	f.Fuzz(func(t *testing.T, s string) {
		got := privacy.Mask(s)
		if again := privacy.Mask(got); again != got {
			t.Errorf("Mask(%q) = %q, then %q", s, got, again)
		}
	})
}
