package flightops

import (
	"fmt"
	"slices"
	"strings"
)

// forbidden reports the SSR codes of which nothing is kept: travel documents and contact data.
func forbidden(code string) bool {
	switch code {
	case "DOCS", "DOCO", "DOCA", "FOID", "PSPT", "PCTC":
		return true
	}
	return strings.HasPrefix(code, "CTC") && code != "CTCR"
}

// help maps codes of mobility and health to the assistance they ask for, so that no diagnosis
// is shown (reference 15, GDPR article 9).
var help = map[string]string{
	"WCHR": "wheelchair to the door", "WCHS": "wheelchair and steps", "WCHC": "wheelchair to the seat", "WCHP": "wheelchair on board",
	"WCOB": "wheelchair on board", "BLND": "guide and speak", "DEAF": "face and write", "DPNA": "explain and accompany",
	"MEDA": "ask what helps", "STCR": "stretcher", "OXYG": "oxygen", "AOXY": "oxygen", "POXY": "oxygen", "PPOC": "oxygen",
	"MEQT": "own equipment", "MAAS": "meet and assist", "LANG": "language help", "UMNR": "accompany the child", "BSCT": "bassinet",
}

// meals are the meal codes that are served under their own code only.
var meals = []string{"AVML", "BBML", "BLML", "CHML", "DBML", "FPML", "GFML", "HNML", "KSML", "LCML", "LFML", "LSML", "MOML",
	"NLML", "RVML", "SFML", "SPML", "VGML", "VJML", "VLML", "VOML", "NOML"}

// AssistanceWords lists every word [Assistance] can return, apart from "meal " and a meal code
// ("meal KSML"), sorted. With several possible passengers " (one of 2)" follows.
func AssistanceWords() []string {
	var out []string
	for _, w := range help {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

// Assistance returns what crew has to do or serve for an entry, sorted, without duplicates:
// assistance words for mobility, health and children ("wheelchair to the seat"), and
// "meal KSML" for a meal the passenger has. Help that was asked for counts until it is refused;
// a meal counts only when confirmed. A DEL needs none. Codes of security, VIPs, animals and
// anything unknown are left out.
func Assistance(e Entry) []string {
	if e.Change == "DEL" {
		return nil
	}
	var out []string
	for _, s := range e.SSRs {
		var w string
		switch {
		case s.Refused():
		case help[s.Code] != "":
			w = help[s.Code]
		case slices.Contains(meals, s.Code) && s.Held():
			w = "meal " + s.Code
		}
		if w == "" {
			continue
		}
		if s.OneOf > 1 {
			w = fmt.Sprintf("%s (one of %d)", w, s.OneOf)
		}
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return out
}

// serviceCode reports the codes that are read out of the free lines of PIL and PSM: help, meals,
// children, and what RP 1715 names beyond them. Any other word there may be free text.
func serviceCode(w string) bool {
	switch w {
	case "ASVC", "AVIH", "CHLD", "DEPA", "DEPU", "EMIG", "EXST", "INAD", "INFT", "PETC", "SVC", "TWOV", "VIP", "WEAP":
		return true
	}
	return help[w] != "" || slices.Contains(meals, w)
}
