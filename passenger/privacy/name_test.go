package privacy_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cabinloop/cabinloop/passenger/privacy"
)

func TestTabletName(t *testing.T) {
	t.Parallel()
	tests := []struct{ surname, given, title, want string }{
		{"JANSEN", "JANNEKE", "MS", "Ms J. Jansen"},
		{"VAN DER BERG", "ANNA", "MRS", "Mrs A. van der Berg"},
		{"DE LA CRUZ", "", "MR", "Mr de la Cruz"},
		{"LE", "THI", "", "T. Le"},
		{"O'BRIEN-SMITH", "SEAN", "DR.", "Dr S. O'Brien-Smith"},
		{"McDonald", "ian", "", "I. McDonald"},
		{"BAKKER", "TIM", "MSTR", "T. Bakker"},
		{"", "MADONNA", "", "Madonna"},
		{"", "", "MS", ""},
		{"王", "小明", "", "小. 王"},
		{"JAN\u202ESEN<1>", "A1", "x", "A. Jansen"},
		{strings.Repeat("A", 90), "B", "MR", "Mr B. A" + strings.Repeat("a", 33)},
	}
	for _, tt := range tests {
		if got := privacy.TabletName(tt.surname, tt.given, tt.title); got != tt.want {
			t.Errorf("TabletName(%q, %q, %q) = %q, want %q", tt.surname, tt.given, tt.title, got, tt.want)
		}
	}
}

func FuzzTabletName(f *testing.F) {
	f.Add("VAN DER BERG", "A", "MRS")
	f.Fuzz(func(t *testing.T, surname, given, title string) {
		got := privacy.TabletName(surname, given, title)
		if n := utf8.RuneCountInString(got); n > privacy.MaxTabletNameRunes || strings.ContainsAny(got, "\n<>@0123456789\u202E") {
			t.Errorf("TabletName(%q, %q, %q) = %q", surname, given, title, got)
		}
	})
}

func TestRedactStaff(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"Your flight attendant Karen was rude", "Your flight attendant [staff] was rude"},
		{"A purser called Mike de Vries told us to wait", "A purser called [staff] told us to wait"},
		{"A man named Bob shouted", "A man named [staff] shouted"},
		{"Uw purser Jan snauwde", "Uw purser [staff] snauwde"},
		{"Een steward genaamd Peter weigerde", "Een steward genaamd [staff] weigerde"},
		{"Ihr Flugbegleiter Thomas hat uns", "Ihr Flugbegleiter [staff] hat uns"},
		{"Votre steward s'appelait Luc", "Votre steward s'appelait [staff]"},
		{"Su auxiliar de vuelo Carlos nos gritó", "Su auxiliar de vuelo [staff] nos gritó"},
		{"Un capo cabina di nome Pietro", "Un capo cabina di nome [staff]"},
		{"O comissário de bordo Carlos gritou", "O comissário de bordo [staff] gritou"},
		{"The stewardess with the red hair rolled her eyes", "The stewardess [staff] rolled her eyes"},
		{"The fat bald steward", "The [staff] [staff] steward"},
		{"My meal was cold on KL0641", "My meal was cold on KL0641"},
		{"a fat cable", "a fat cable"},
	}
	for _, tt := range tests {
		got := privacy.RedactStaff(tt.in)
		if got != tt.want {
			t.Errorf("RedactStaff(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again := privacy.RedactStaff(got); again != got {
			t.Errorf("RedactStaff is not idempotent: %q, then %q", got, again)
		}
	}
}
