package privacy

import "regexp"

// Removed stands where [RedactStaff] took something out.
const Removed = "[staff]"

const (
	staffRoles = `flight attendants?|air hostess|stewardess(?:en|es)?|stewards?|pursers?|cabin manager|captain|(?:co-?)?pilote?n?|gate agent|agente?|supervisor|manager|employee|` +
		`gezagvoerder|medewerk(?:er|ster)|collega|flugbegleiter(?:in)?|kapitän|mitarbeiter(?:in)?|hôtesse|chef(?:fe)? de cabine|commandante?|employée?|` +
		`azafata|auxiliar de vuelo|sobrecargo|empleado|empleada|comandante|piloto|assistente di volo|capo ?cabina|pilota|impiegat[oa]|hostess|` +
		`hospedeira|comissári[oa](?: de bordo)?|aeromoça|chefe de cabine|funcionári[oa]`
	nameLinks = `named|called|by the name of|(?:her|his|whose) name (?:is|was)|name (?:is|was)|genaamd|met de naam|heette?|(?:haar|zijn) naam (?:is|was)|namens|mit Namen|hieß|heißt|` +
		`nommée?|s['’]appel(?:le|ait)|prénommée?|llamad[oa]|de nombre|se llama(?:ba)?|di nome|si chiama(?:va)?|chamad[oa]|de nome|chama-se|chamava-se`
	properName = `\p{Lu}[\p{L}'’-]*\.?(?:\s+(?:(?:van|der|de|von|da|di|dos)\s+)*\p{Lu}[\p{L}'’-]*\.?)?`
	looks      = `(?:with|avec|con|com|mit|met)\s+(?:(?:the|het|de|den|les|el|i|o|a)\s+)?(?:(?:red|blonde?|grey|dark|black|long|short|rode?|blonde?|grijze|roten|blonden|grauen|capelli|pelo|cabelo|cheveux)\s+)+(?:hair|haar|haren|haaren|roux|blonds|rossi|biondi|rojo|rubio|ruivo|loiro)|` +
		`aux cheveux \p{L}+|de cabelo \p{L}+|de pelo \p{L}+|` +
		`fat|bald|ginger|blonde?|red-?haired|bearded|tattooed|dikke|kale|roodharige|dicken?r?|rothaarigen?|gros(?:se)?|chauve|rouss?e|gord[oa]|calv[oa]|pelirroj[oa]|rubi[oa]|grass[oa]|biond[oa]|careca|ruiv[oa]|loir[oa]`
)

var (
	roleNameRE = regexp.MustCompile(`(?i:\b(` + staffRoles + `))((?:\s+(?i:` + nameLinks + `))?,?\s+)(` + properName + `)`)
	linkNameRE = regexp.MustCompile(`(?i:(^|[^\p{L}])(` + nameLinks + `))(\s+)(` + properName + `)`)
	looksRE    = regexp.MustCompile(`(?i)(^|[^\p{L}])(?:` + looks + `)($|[^\p{L}])`)
	roleRE     = regexp.MustCompile(`(?i)(^|[^\p{L}])(?:` + staffRoles + `)($|[^\p{L}])`)
)

// RedactStaff replaces the names and descriptions of staff in a text by [Removed]: a capital
// word behind a role ("purser Jan") or behind "named" and its like, and, in a text that
// mentions a role, hair and build. English, Dutch, German, French, Spanish, Italian,
// Portuguese. It is a help for the person who clears a text, not a proof: [Check] still holds
// a text that mentions one member of staff. RedactStaff(RedactStaff(s)) == RedactStaff(s).
func RedactStaff(text string) string {
	text = roleNameRE.ReplaceAllString(text, "${1}${2}"+Removed)
	text = linkNameRE.ReplaceAllString(text, "${1}${2}${3}"+Removed)
	if roleRE.MatchString(text) {
		for range 2 { // neighbours share the character between them
			text = looksRE.ReplaceAllString(text, "${1}"+Removed+"${2}")
		}
	}
	return text
}
