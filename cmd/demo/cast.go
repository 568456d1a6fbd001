package main

import (
	"fmt"
	"strings"
)

// The story's flights. KL0605 crosses UTC midnight.
const (
	flightA = "KL0641/2026-11-21/AMS"
	flightB = "KL0605/2026-11-21/AMS"
)

// person is an invented passenger. Account is "" for one who never wrote to us.
type person struct {
	customer, locator, surname, given, title, seat, cabin, tier, account string
}

// post is an invented post of a person.
type post struct {
	id, account, name, lang, text string
}

// Every name, account and text in this file is invented.
var passengersA = []person{
	{"C1001", "QX7K2M", "Jansen", "Julia", "MS", "14C", "Y", "gold", "x:9000000000000000101"},
	{"C1002", "QX7K2N", "De Wit", "Pieter", "MR", "15A", "Y", "silver", "facebook:fb-30002"},
	{"C1003", "QX7K2P", "Brandt", "Sabine", "MS", "3D", "C", "platinum", "x:9000000000000000103"},
	{"C1004", "QX7K2Q", "Moreau", "Claire", "MS", "21F", "Y", "", "instagram:ig-40004"},
	{"C1005", "QX7K2R", "Ortega", "Miguel", "MR", "22B", "Y", "", "whatsapp:34600000005"},
	{"C1006", "QX7K2S", "Harper", "Thomas", "MR", "17D", "Y", "gold", "x:9000000000000000106"},
}

var passengersB = []person{
	{"C2001", "RB3F8A", "Conti", "Elena", "MS", "11A", "Y", "silver", "facebook:fb-50001"},
	{"C2002", "RB3F8B", "Visser", "Anouk", "MS", "12C", "Y", "", "x:9000000000000000202"},
	{"C2003", "RB3F8C", "Novak", "Petra", "MS", "24D", "Y", "", "x:9000000000000000203"},
	{"C2004", "RB3F8D", "Baker", "Oliver", "MR", "25E", "Y", "", "x:9000000000000000204"},
	{"C2005", "RB3F8E", "Silva", "Joana", "MS", "26F", "Y", "", "x:9000000000000000205"},
	{"C2006", "RB3F8F", "Tanaka", "Yuki", "MS", "27G", "Y", "", "x:9000000000000000206"},
}

var posts = []post{
	{"8800000000000000001", "x:9000000000000000101", "Julia Jansen", "en", "@airline terrible service, the meal on KL0701 was ice cold and I got no other one."},
	{"8800000000000000002", "facebook:fb-30002", "Pieter de Wit", "nl", "Mijn stoel op KL0809 was kapot, elf uur lang rechtop gezeten. Slecht hoor."},
	{"8800000000000000003", "x:9000000000000000103", "Sabine Brandt", "de", "Mein Koffer ist nach KL1780 drei Tage zu spät angekommen, niemand antwortet. Sehr schlecht."},
	{"8800000000000000004", "instagram:ig-40004", "Claire Moreau", "fr", "Vol KL2010 avec cinq heures de retard et aucune information. Vraiment nul."},
	{"8800000000000000005", "whatsapp:34600000005", "Miguel Ortega", "es", "La pantalla no funcionaba en KL0743, doce horas sin nada. Muy mal."},
	{"8800000000000000006", "x:9000000000000000106", "Thomas Harper", "en", "KL0590 delayed six hours and I missed my connection. Terrible service."},
	{"8800000000000000007", "facebook:fb-50001", "Elena Conti", "it", "Il pasto su KL1602 era freddo e immangiabile, pessimo servizio."},
	{"8800000000000000008", "x:9000000000000000202", "Anouk Visser", "nl", "Koffer beschadigd na KL0867, nog steeds geen antwoord. Heel vervelend."},
	{"8800000000000000009", "x:9000000000000000203", "Petra Novak", "en", "KL0617 was cancelled yesterday with no help at all. Awful."},
	{"8800000000000000010", "x:9000000000000000204", "Oliver Baker", "en", "Our flight KL0617 was cancelled and nobody told us. Unacceptable."},
	{"8800000000000000011", "x:9000000000000000205", "Joana Silva", "pt", "O voo KL0617 foi cancelado e ninguém ajudou. Péssimo."},
	{"8800000000000000012", "x:9000000000000000206", "Yuki Tanaka", "ja", "KL0861の遅延はひどい。最悪でした。"},
	{"8800000000000000013", "x:9000000000000000299", "Marta Lopes", "pt", "Obrigada pela ótima viagem no KL1697!"},
}

// fillers are passengers who never wrote to us.
var fillers = []string{"Smit", "Bakker", "Meijer", "Kok", "Dekker", "Peters", "Evans", "Walker", "Khan", "Larsen", "Weber", "Rossi"}

// bookings writes the bookings CSV of the story.
func bookings(withRebooked bool) string {
	var b strings.Builder
	b.WriteString("flight,origin,destination,std,sta,locator,surname,given,title,cabin,seat,tier,ssr,customer_id,handles\n")
	line := func(flight, dest, std, sta string, p person, ssr string) {
		fmt.Fprintf(&b, "%s,AMS,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", flight, dest, std, sta, p.locator, p.surname, p.given, p.title, p.cabin, p.seat, p.tier, ssr, p.customer, p.account)
	}
	a := func(p person, ssr string) {
		line("KL0641", "JFK", "2026-11-21T12:25:00Z", "2026-11-21T20:45:00Z", p, ssr)
	}
	z := func(p person, ssr string) {
		line("KL0605", "SFO", "2026-11-21T22:10:00Z", "2026-11-22T09:05:00Z", p, ssr)
	}
	if withRebooked {
		p := passengersA[5]
		p.seat = "18D"
		z(p, "")
		return b.String()
	}
	for _, p := range passengersA {
		a(p, "")
	}
	for _, p := range passengersB {
		z(p, "")
	}
	for i, name := range fillers {
		p := person{customer: fmt.Sprintf("C3%03d", i), locator: fmt.Sprintf("FL%04d", i), surname: name, given: "Alex", title: "MX", seat: fmt.Sprintf("%d%c", 30+i, 'A'+i%6), cabin: "Y"}
		ssr := ""
		if i == 4 {
			ssr = "WCHR"
		}
		a(p, ssr)
		p.customer, p.locator = fmt.Sprintf("C4%03d", i), fmt.Sprintf("FM%04d", i)
		z(p, "")
	}
	return b.String()
}

// postFile writes the posts of the story as JSONL.
func postFile() string {
	var b strings.Builder
	for i, p := range posts {
		channel, account, _ := strings.Cut(p.account, ":")
		fmt.Fprintf(&b, `{"channel":%q,"external_id":%q,"author_id":%q,"author_name":%q,"author_handle":%q,"text":%q,"lang":%q,"created_at":"2026-11-20T%02d:10:00Z"}`+"\n",
			channel, p.id, account, p.name, "@"+strings.ToLower(strings.ReplaceAll(p.name, " ", "")), p.text, p.lang, 8+i%12)
	}
	return b.String()
}

const crewFile = `flight,tablet,role,zone
` + flightA + `,tablet-1,lead,front
` + flightA + `,tablet-2,cabin,rear
` + flightB + `,tablet-3,lead,
`

// movement is an MVT telex.
func movement(sent, flight, day, station, text string) string {
	return fmt.Sprintf("QU AMSOOKL\n.%sOOKL %s\nMVT\n%s/%s.PHBVA.%s\n%s\n", station, sent, flight, day, station, text)
}
