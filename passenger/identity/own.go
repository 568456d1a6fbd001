package identity

import (
	"regexp"
	"strings"

	"github.com/cabinloop/cabinloop/internal/lexicon"
)

var (
	// quotedRE is what the author only passes on: a repeated post, the mail that is answered, cited lines.
	quotedRE = regexp.MustCompile(`(?is)(^|\s)(RT|via) @\S+.*|^-+ ?(original message|oorspronkelijk bericht|ursprüngliche nachricht|message d'origine)|(?m)^\s*(>|&gt;).*$`)
	// saidRE is somebody's words between quotation marks. One word alone is a name of something.
	saidRE = regexp.MustCompile(`"[^"]*\s[^"]*"|“[^”]*\s[^”]*”|„[^“”]*\s[^“”]*[“”]|«[^»]*\s[^»]*»|「[^」]*」`)
	// mailRE begins the mail that is answered: its first line ends with "wrote:" and a colon.
	mailRE = regexp.MustCompile(`(?im)^.{0,200}\b(wrote|schreef|schrieb|a écrit|escribió|escreveu|ha scritto)\s?:\s*$`)
)

// ownWords is a text without what somebody else wrote.
func ownWords(text string) string {
	if at := mailRE.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	return saidRE.ReplaceAllString(quotedRE.ReplaceAllString(text, " "), " ")
}

// others are words for somebody whom a customer may write for.
var others = lexicon.Compile(map[string][]string{"other": strings.Split(
	"my wife,my husband,my mother,my mom,my mum,my father,my dad,my son,my daughter,my sister,my brother,my partner,my friend,my girlfriend,my boyfriend,my boss,my colleague,my parents,my grandmother,my grandfather,my grandma,my grandpa,my aunt,my uncle,my fiance*,"+
		"mijn vrouw,mijn man,mijn moeder,mijn vader,mijn zoon,mijn dochter,mijn zus,mijn broer,mijn partner,mijn vriend*,mijn baas,mijn collega,mijn ouders,mijn oma,mijn opa,"+
		"meine frau,mein mann,meine mutter,mein vater,mein sohn,meine tochter,meine schwester,mein bruder,mein freund,meine freundin,mein chef,meine kollegin,mein kollege,meine eltern,meine oma,mein opa,meiner frau,meinem mann,meiner mutter,meinem vater,meines vaters,meinem sohn,meines sohnes,meiner tochter,"+
		"ma femme,mon mari,ma mere,mon pere,mon fils,ma fille,ma soeur,mon frere,mon ami,mon amie,ma copine,mon copain,mes parents,mon collegue,ma grand mere,"+
		"mi mujer,mi esposa,mi esposo,mi marido,mi madre,mi padre,mi hijo,mi hija,mi hermana,mi hermano,mi amigo,mi amiga,mi novia,mi novio,mis padres,mi abuela,mi jefe,"+
		"minha mulher,minha esposa,meu marido,minha mae,meu pai,meu filho,minha filha,minha irma,meu irmao,meu amigo,minha amiga,meus pais,minha avo,"+
		"mia moglie,mio marito,mia madre,mio padre,mio figlio,mia figlia,mia sorella,mio fratello,mio amico,mia amica,"+
		"моя жена,мой муж,моя мать,моя мама,мой отец,мой папа,мой сын,моя дочь,моя сестра,мой брат,моей жены,моего мужа,моей матери,моей мамы,моего отца,моего сына,моей дочери,моей сестры,моего брата,"+
		"esimin,kocamin,karimin,annemin,babamin,oglumun,kizimin,kardesimin,"+
		"*妻*,*夫が*,*夫の*,*母が*,*母の*,*父が*,*父の*,*息子*,*娘*,*아내*,*남편*,*어머니*,*아버지*,*엄마*,*아빠*,*아들*,*我妻子*,*我太太*,*我老公*,*我妈*,*我爸*,*我儿子*,*我女儿*,*我母亲*,*我父亲*,*我丈夫*", ",")})

// forAnother reports whether a text speaks of somebody else whom it may be about.
func forAnother(text string) bool { return len(others.Find(lexicon.Tokens(text))) > 0 }

// cueRE stands in front of a booking reference, in the languages of the product.
var cueRE = regexp.MustCompile(`(?i)(book|boek|buchung|reserv|rezerv|pnr|\bref|dossier|confirm|locali[sz]|locator|prenota|брон|予約|예약|订单|預訂|预订|订座)[^\n]{0,24}$`)

// likeFlightRE is a code that reads like a flight as customers write them.
var likeFlightRE = regexp.MustCompile(`^([A-Z]{2}|[A-Z]\d|\d[A-Z])\d{4}$`)

// writtenAsOne reports whether text[from:to] is meant as a booking reference: letters and figures
// that are no flight, or behind a word for it. Six capitals alone may be any word ("REFUND").
func writtenAsOne(text string, from, to int) bool {
	code := strings.ToUpper(text[from:to])
	figures := strings.ContainsAny(code, "0123456789")
	if figures && strings.Trim(code, "0123456789") != "" && !likeFlightRE.MatchString(code) {
		return true
	}
	cue := cueRE.FindString(text[max(0, from-64):from])
	// Behind a word in capitals, another one in capitals is shouting.
	return cue != "" && (figures || strings.ContainsAny(cue, ":#=") || strings.ToUpper(cue) != cue)
}
