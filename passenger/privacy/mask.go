package privacy

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/cabinloop/cabinloop/passenger"
)

// What stands where [Mask] took something out; for staff see [Removed].
const (
	MaskedName      = "[name]"
	MaskedMail      = "[e-mail]"
	MaskedHandle    = "[handle]"
	MaskedNumber    = "[number]"
	MaskedReference = "[reference]"
)

const (
	greetings = `dear|hi|hello|hey|good (?:morning|afternoon|evening)|thanks|thank you|sorry|beste|geachte|hallo|hoi|dag|goede(?:morgen|middag|navond)|bedankt|lieber?|liebe|guten (?:tag|morgen|abend)|` +
		`sehr geehrte[rs]?|danke|bonjour|bonsoir|chère?s?|merci|hola|buen[oa]s (?:días|tardes|noches)|estimad[oa]|querid[oa]|gracias|ciao|salve|buongiorno|gentile|grazie|olá|oi|bom dia|boa (?:tarde|noite)|prezad[oa]|car[oa]|obrigad[oa]`
	honorifics = `mr|mrs|ms|miss|dr|prof|mister|herr|herrn|frau|mme|mlle|madame|monsieur|mademoiselle|dhr|mevr|mw|mevrouw|meneer|de heer|sr|sra|señora?|signora?|sig|sig\.ra|senhora?`
	farewells  = `(?:(?:kind|best|warm) )?regards|best wishes|cheers|met vriendelijke groeten?|vriendelijke groeten?|groet(?:en|jes)?|mit freundlichen grüßen|(?:viele|liebe) grüße|cordialement|bien à vous|saludos|un saludo|atentamente|cordiali saluti|saluti|cumprimentos|atenciosamente|abraços?`
	someName   = `(?:(?:van|der|de|den|ter|ten|von|da|di|do|dos|del|la|le|du|el|al|bin)\s+|\p{Lu}\.\s?)*` + nameWord + `(?:\s+(?:(?:van|der|de|von|da|di|dos)\s+)*` + nameWord + `)?`
	nameWord   = `\p{Lu}[\p{L}'’-]*`
	bookings   = `bookings?|reservations?|confirmation|reference|pnr|locator|ticket|boekings?(?:code|nummer)?|reserveringscode|buchungs(?:code|nummer)?|buchung|réservation|dossier|reserva|localizador|prenotazione|código|code|codice`
)

var (
	mailRE     = regexp.MustCompile(`[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+`)
	queryRE    = regexp.MustCompile(`((?:https?://|www\.)[^\s?#]+)[?#]\S*`)
	handleRE   = regexp.MustCompile(`@[\p{L}\p{N}_][\p{L}\p{N}_.]*`)
	numberRE   = regexp.MustCompile(`\+?\(?\d[\d ()./-]{6,}\d`)
	afterRE    = regexp.MustCompile(`(?:^|[^\[\p{L}])(?i:(?:` + bookings + `)\b)(?:[^\p{L}\p{N}]+(?:\p{Ll}+[^\p{L}\p{N}]+){0,2})([A-Z0-9]{6})\b`)
	codeRE     = regexp.MustCompile(`[\p{L}\p{N}]{6,}`)
	titledRE   = regexp.MustCompile(`(?i:(^|[^\p{L}])(` + honorifics + `)(\.?))(\s+)(?:` + someName + `)`)
	greetedRE  = regexp.MustCompile(`(?i:(^|[^\p{L}])(` + greetings + `))([ ,]+)(` + someName + `)`)
	titleRE    = regexp.MustCompile(`(?i)^(?:` + honorifics + `)\.?$`)
	farewellRE = regexp.MustCompile(`(?i:(^|[^\p{L}])(` + farewells + `))([\s,.!]+)(?:` + someName + `)`)
	addressRE  = regexp.MustCompile(`(, )\p{Lu}\p{Ll}+([.!?,]|$)`)
	signedRE   = regexp.MustCompile(`(?:\s*\^|(?:^|\s)[*/~–—-]+)\s?\p{Lu}[\p{L}.]{0,14}(?:\s\p{Lu}\.?)?\s*$`)
)

// Mask takes out of a text what may point to one customer or one member of staff, so that an
// old answer can help with another case: e-mail addresses, handles, the query of a link, numbers
// of nine digits and more (telephone, ticket, card), booking references, names behind a
// greeting, a title, a comma ("…, Jill.") or a farewell, the agent's sign-off at the end, and what [RedactStaff]
// finds. Flight numbers stay. It masks a word too many rather than one too few, but a name in
// the middle of a sentence is not seen: a person reads what is sent.
// Mask(Mask(s)) == Mask(s).
func Mask(text string) string {
	for range 8 { // taking one thing out may bare the next; this ends long before
		masked := maskOnce(text)
		if masked == text { // RedactStaff is slow
			if masked = RedactStaff(text); masked == text {
				break
			}
		}
		text = masked
	}
	return text
}

func maskOnce(text string) string {
	text = mailRE.ReplaceAllString(text, MaskedMail)
	text = queryRE.ReplaceAllString(text, "$1")
	text = handleRE.ReplaceAllString(text, MaskedHandle)
	text = numberRE.ReplaceAllStringFunc(text, func(s string) string {
		n := 0
		for _, r := range s {
			if unicode.IsDigit(r) {
				n++
			}
		}
		if n < 9 {
			return s
		}
		return MaskedNumber
	})
	text = afterRE.ReplaceAllStringFunc(text, func(s string) string { return s[:len(s)-6] + MaskedReference })
	shouted := strings.ToUpper(text) == text
	text = codeRE.ReplaceAllStringFunc(text, func(w string) string {
		if isCode(w, shouted) {
			return MaskedReference
		}
		return w
	})
	text = titledRE.ReplaceAllString(text, "${1}${2}${3}${4}"+MaskedName)
	text = greetedRE.ReplaceAllStringFunc(text, func(s string) string {
		name := greetedRE.FindStringSubmatch(s)[4]
		if titleRE.MatchString(name) { // its name was masked just now
			return s
		}
		return strings.TrimSuffix(s, name) + MaskedName
	})
	text = farewellRE.ReplaceAllString(text, "${1}${2}${3}"+MaskedName)
	text = addressRE.ReplaceAllString(text, "${1}"+MaskedName+"${2}")
	return strings.TrimSpace(signedRE.ReplaceAllString(text, ""))
}

// isCode reports whether a word looks like a booking reference or a document number: letters
// and digits that are no flight number, or six capitals in a text that is not all capitals.
func isCode(w string, shouted bool) bool {
	letters := strings.IndexFunc(w, unicode.IsLetter) >= 0
	digits := strings.IndexFunc(w, unicode.IsDigit) >= 0
	if letters && digits {
		_, _, _, err := passenger.ParseDesignator(w)
		return err != nil
	}
	return letters && !shouted && len(w) == 6 && strings.ToUpper(w) == w
}
