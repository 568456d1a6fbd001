package invented

import "strings"

// Cast is whom a flight carries and what its crew writes.
type Cast struct {
	Surnames []string
	Words    []string // of crew feedback, nl and en
	Notes    []string // free words of service notes
	Carriers []string
	Airports []string
}

// Training is the cast the dictionary learns.
var Training = Cast{
	Surnames: words(`Jansen De_Vries Van_den_Berg Van_Dijk Bakker Visser Smit Meijer De_Boer Mulder De_Groot Bos Vos
		Peters Hendriks Van_Leeuwen Dekker Brouwer De_Wit Dijkstra Smits De_Graaf Van_der_Meer Van_der_Linden Kok Jacobs
		De_Haan Vermeulen Van_den_Heuvel Van_der_Veen Van_den_Broek De_Bruijn Van_der_Heijden Schouten Van_Beek Willems
		Van_Vliet Van_de_Ven Hoekstra Maas Verhoeven Koster Van_Dam Prins Blom Huisman Peeters De_Jong Kuipers Van_Veen
		Smith Johnson Williams Brown Jones Miller Davis Wilson Anderson Taylor Thomas Moore Jackson Martin Thompson White
		Harris Clark Lewis Robinson Walker Young Allen King Wright Scott Green Baker Adams Nelson Carter Mitchell Roberts
		Phillips Campbell Evans Edwards Collins Stewart Morris Murphy Cook Rogers Kelly Howard Ward Cox Richardson Watson
		Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf
		Dubois Bernard Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia Martinez Lopez Sanchez Gonzalez Rodriguez
		Fernandez Perez Gomez Ruiz Diaz Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Silva Santos Ferreira
		Pereira Oliveira Costa Almeida Hansen Nielsen Andersen Larsen Olsen Johansson Eriksson Nilsson Kowalski Nowak
		Novak Horvat Popov Ivanov Petrov Yilmaz Kaya Demir Khan Ahmed Ali Hussain Singh Kumar Sharma Patel Gupta Wang Li
		Zhang Liu Chen Yang Huang Zhao Wu Zhou Kim Lee Park Choi Tanaka Suzuki Sato Takahashi Nguyen Tran Santoso Okafor
		Mensah Mwangi Cohen Levy Papadopoulos Ionescu Nagy`),
	Words: lines(`
		Excuses aangeboden, gast was blij
		Excuses gemaakt, begrip getoond
		Extra drankje gegeven
		Andere maaltijd aangeboden
		Maaltijd als eerste gekozen, tevreden
		Stoel gecontroleerd, werkt goed
		Stoel nog steeds kapot, andere plaats gegeven
		Verplaatst naar een andere rij
		Scherm opnieuw gestart, werkt weer
		Scherm doet het niet, geen andere plaats vrij
		Gast sliep de hele vlucht
		Slaapt, later nog eens geprobeerd
		Wilde er niet over praten
		Wil geen contact
		Gast wil graag antwoord per e-mail
		Bagage is aan boord, doorgegeven
		Koffer gemeld bij de grond
		Aansluiting besproken, gate doorgegeven
		Kon de aansluiting niet halen, grond gebeld
		Geen tijd door korte vlucht
		Geen voorraad meer
		Plaats schoongemaakt
		Erg gewaardeerd
		Vriendelijk gesprek gehad
		Niet aan boord
		Zit niet op deze stoel
		Voucher gegeven
		Was al opgelost op de grond
		Passagier bedankt ons
		Apologised, guest was happy
		Said sorry, passenger understood
		Very happy with the gesture
		Offered a drink, accepted
		Gave first choice of meal
		Meal was fine this time
		Seat checked before take-off, works
		Seat still broken, moved to another row
		Moved to a free seat
		Screen restarted, works now
		Screen does not work, no other seat free
		Guest was asleep during the whole flight
		Asleep, tried again before landing
		Did not want to talk about it
		Prefers not to be contacted
		Wants an answer by e-mail
		Bag is on board, told the guest
		Bag reported to ground
		Connection discussed, gate given
		Will miss the connection, told ground
		No time, short flight
		Ran out of stock
		Cleaned the seat and table
		Much appreciated
		Had a friendly talk
		Passenger not on board
		Not in this seat
		Voucher given
		Already solved on the ground
		Guest thanked us
		Would like to be called back`),
	Notes: lines(`
		Bag arrived three days late
		Still waiting for the refund
		Koffer kwam drie dagen te laat
		Wacht nog op de terugbetaling
		Vegetarian meal was not on board
		Asked twice and got no answer
		Twee keer gevraagd, geen antwoord
		Missed the last connection of the day`),
	Carriers: words("KL HV AF DL WA"),
	Airports: words("AMS JFK LHR CDG SFO BKK NRT JNB EZE YVR ORD IAH DXB CPT GRU HKG"),
}

// Unseen is the cast that sizes are measured on.
var Unseen = Cast{
	Surnames: words(`Aalders Baartman Claassen Doornbos Elzinga Faber Geerts Hofstra Idzerda Jongsma Kamphuis Lubbers
		Molenaar Nijland Oosting Postma Rietveld Sikkema Terpstra Uiterwijk Veldhuis Wiersma Zijlstra Ackroyd Blythe
		Crawley Dunmore Eastwick Fairfax Gladwin Hathaway Ingram Kirkland Lockwood Merrick Norwood Oakley Pemberton
		Quigley Redfern Selwyn Thackeray Underhill Vickers Wetherby Yardley Aumann Brinkmann Drexler Eberhardt Gruber
		Heilmann Kessler Lindemann Reinhardt Steinbach Vogt Zeller Aubert Chevalier Delacroix Fontaine Girard Marchand
		Perrault Renaud Tissot Aguirre Barroso Cardenas Echeverria Figueroa Ibarra Montoya Quintero Salazar Bellini
		Caruso Fabbri Lombardi Moretti Vitale Abrantes Bragança Teixeira Bergström Halvorsen Kjeldsen Lindqvist Wojcik
		Dvorak Balogh Stoyanov Aksoy Bulut Farouk Haddad Mirza Qureshi Banerjee Iyer Mehta Reddy Fong Gao Jiang Song
		Hayashi Kimura Matsuda Ogawa Yoshida Bae Hwang Seo Pham Vuong Wibowo Adeyemi Chukwu Njoroge Amsalem Karagiannis`),
	Words: lines(`
		Sorry gezegd, mevrouw kon erom lachen
		Glaasje wijn van het huis aangeboden
		Had liever de pasta, die was er nog
		Leuning vastgezet, voorlopig goed
		Kussen gebracht omdat de stoel niet verstelt
		Film deed het na een herstart
		Lag al te slapen bij de service
		Liever geen gesprek hierover
		Overstap uitgelegd, haalt het net
		Te druk met de maaltijdronde
		Thee was op
		Fijn dat we ervan wisten
		Reist een dag later, zegt de buurman
		We talked it through, all good
		Brought a glass of wine on the house
		The pasta was left, so that worked out
		Armrest taped up, holds for now
		Brought a pillow because the seat will not recline
		Films came back after a reset
		Sleeping when we came by
		Rather left alone about this
		Explained the transfer, should just make it
		Too busy with the meal round
		Tea had run out
		Nice that we knew about it
		Travels a day later according to a neighbour`),
	Notes: lines(`
		Suitcase came back with a broken wheel
		Waited four hours at the desk
		Kinderstoel was nergens te vinden
		Claim ligt al zes weken stil`),
	Carriers: words("KL"),
	Airports: words("AMS ICN MEX LOS DEL"),
}

// words splits a list at white space; an underscore is a space within a word.
func words(s string) []string {
	out := strings.Fields(s)
	for i, w := range out {
		out[i] = strings.ReplaceAll(w, "_", " ")
	}
	return out
}

// lines splits a list at line ends.
func lines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// Halves returns two casts that share no surname and no sentence.
func (c Cast) Halves() (a, b Cast) {
	a, b = c, c
	a.Surnames, b.Surnames = halves(c.Surnames)
	a.Words, b.Words = halves(c.Words)
	a.Notes, b.Notes = halves(c.Notes)
	return a, b
}

func halves(list []string) (a, b []string) {
	for i, s := range list {
		if i%2 == 0 {
			a = append(a, s)
		} else {
			b = append(b, s)
		}
	}
	return a, b
}
