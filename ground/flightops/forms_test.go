package flightops_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cabinloop/cabinloop/ground/flightops"
)

// TestFormsOfSenders decodes what real senders write beside the standard: one line for each message.
func TestFormsOfSenders(t *testing.T) {
	t.Parallel()
	const head = "KL0641/21NOV AMS PART1\nRBD C/CJ Y/YBHKM\n"
	list := func(body string) string { return ".AMSRMKL 201000\nPNL\n" + head + body + "ENDPNL\n" }
	for name, tt := range map[string]struct{ text, want string }{
		"sent with seconds": {strings.Replace(list("-JFK001Y\n1VOS/ANNAMRS\n"), "201000", "20100045", 1), "PNL 2026-11-20 10:00Z AMSRMKL: VOS/ANNA MRS"},
		"from a mailbox": {"=HEADER\nRCV,2026/11/20 10:02\n=PRIORITY\nQU\n=DESTINATION TYPE B\nSTX,AMSRMKL\n=ORIGIN\nAMSRMKL\n=MSGID\n201000\n=SMI\nPNL\n=TEXT\n" + head + "-JFK001Y\n1VOS/ANNAMRS\nENDPNL\n" +
			"=HEADER\n=ORIGIN\nAMSOOKL\n=MSGID\n210959\n=SMI\nMVT\n=TEXT\nKL0641/21.PHBQA.AMS\nAD0945/0957\n",
			"PNL 2026-11-20 10:00Z AMSRMKL: VOS/ANNA MRS · MVT KL0641 off-block 2026-11-21 09:45Z off 2026-11-21 09:57Z"},
		"a title and no given name": {list("-JFK001Y\n1KHAN/MR\n"), "PNL 2026-11-20 10:00Z AMSRMKL: KHAN/ MR"},
		"a child in brackets":       {list("-JFK001Y\n1VOS/KIM(CHD)\n"), "PNL 2026-11-20 10:00Z AMSRMKL: VOS/KIM CHD minor"},
		"an infant by two codes":    {list("-JFK001Y\n1VOS/ANNAMRS\n.R/INF HK1 VOS/KIM 10OCT25\n.R/INFT HK1 VOS/KIM 10OCT25\n"), "PNL 2026-11-20 10:00Z AMSRMKL: VOS/ANNA MRS infants 1"},
		"infants of two":            {list("-JFK002Y\n2VOS/ANNAMRS/PIETMR\n.R/INFT HK1 VOS/KIM 10OCT25-1VOS/ANNAMRS\n.R/INFT HK1 VOS/BO 10OCT25-1VOS/PIETMR\n"), "PNL 2026-11-20 10:00Z AMSRMKL: VOS/ANNA MRS, VOS/PIET MR infants 2"},
		"onward with times":         {list("-JFK002Y\n1AA/A .O/KL691Y21YYZ1430/1\n1AB/A .O/KL0691Y21JFKYYZ14301745/1HK\n"), "PNL 2026-11-20 10:00Z AMSRMKL: AA/A KL0691 JFK-YYZ, AB/A KL0691 JFK-YYZ"},
		"transfers with long names": {"PTM\nKL0641/21NOV AMSJFK PART1\nKL0691/21 YYZ 2Y 0B.SA VAN DER BERG/JANMR SUHARTO\nENDPTM\n", "PTM: VAN DER BERG/JAN, SUHARTO/"},
		"no registration":           {".AMSOOKL 211000\nMVT\nKL0641/21.??.AMS\nAD0945\n", "MVT KL0641 off-block 2026-11-21 09:45Z"},
		"corrected":                 {".AMSOOKL 211000\nMVT COR\nKL0641/21.PHBQA.AMS\nAD0945\n.AMSOOKL 211005\nMVT\nCOR\nKL0641/21.PHBQA.AMS\nAD0943\n", "MVT KL0641 off-block 2026-11-21 09:45Z · MVT KL0641 off-block 2026-11-21 09:43Z"},
		"a flight behind remarks":   {".AMSOOKL 211000\nMVT\nKL0641/21.PHBQA.AMS\nAD0945\nSI KL0643/21 WAITS\nKL0643/21.PHBQB.AMS\nAD0950\n", "MVT KL0641 off-block 2026-11-21 09:45Z · MVT KL0643 off-block 2026-11-21 09:50Z"},
		"reports with a preamble": {"FI KL0641/AN PHBVA\nDT QXS AMS1 211231 M31A\n- 00OFF01,N52180E004450,EHAM,KJFK,1121,1229,2005,061.1\nFI KL0641/AN PHBVA\nDT QXS JFK1 212013 M32A\n- 00IN01,N40380W073460,EHAM,KJFK,1121,2012,---.-\n",
			"OOOI KL0641 off 2026-11-21 12:29Z · OOOI KL0641 in 2026-11-21 20:12Z"},
		"two periods and days apart": {"SSM\nUTC\nCNL\nKL0641\n01DEC26 05DEC26 1234567\n10DEC26 15DEC26 1 3 5 7/W2\n", "CNL 2026-12-01 2026-12-05 1234567 1 · CNL 2026-12-10 2026-12-15 1357 2"},
		"a period that is none":      {"SSM\nUTC\nCNL\nKL0641\n01DEC26 05DEC26 1234567\n10DEC26 15DEC26 EVERY DAY\n", "refused period"},
		"passes: a scanner's prefix": {"]z3M1DEVRIES/JOOST       EABC123 YULFRAAC 0834 226F001A0025 100\n", "pass DEVRIES 1A 0025"},
		"a day with blanks":          {"M1DEVRIES/JOOST       EABCDEF CTATXLAB 8783   1Y013D0001 100\n", "pass DEVRIES 13D 0001"},
		"a flight on the right":      {"M1DEVRIES/JOOST       EABCDEF CPHLAX SK 123 001Y010A0001 100\n", "pass DEVRIES 10A 0001"},
		"a size too large":           {"M1DEVRIES/JOOST       EABCDEF BOGSCLLA 0575 167Y013A0069 13D>10B0MM9167BLA 29 1045LA 99999999            111\n", "pass DEVRIES 13A 0069 warned"},
		"data without a caret":       {"M1DEVRIES/JOOST       ELIIBGP CLTTPAAA 1632 136R003A0030 148>218 MM    BAA              29001001212548532AA AA 76UXK84              AKAbcd2mu1aTk\n", "pass DEVRIES 3A 0030 warned"},
	} {
		if d := cmp.Diff(tt.want, brief(decode(t, tt.text, received))); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
}

// brief writes a result in one line.
func brief(res flightops.Result) string {
	var out []string
	for _, l := range res.Lists {
		var names []string
		for _, e := range l.Entries {
			s := strings.TrimSpace(e.Surname + "/" + e.Given + " " + e.Title)
			if e.Onward != "" {
				s += " " + e.Onward
			}
			if e.Minor {
				s += " minor"
			}
			names = append(names, s)
		}
		s := fmt.Sprintf("%s %s %s: %s", l.Type, stamp(l.SentAt), l.Sender, strings.Join(names, ", "))
		if l.Infants > 0 {
			s += fmt.Sprintf(" infants %d", l.Infants)
		}
		out = append(out, s)
	}
	for _, l := range res.Transfers {
		var names []string
		for _, x := range l.Transfers {
			for _, n := range x.Names {
				names = append(names, n.Surname+"/"+n.Given)
			}
		}
		out = append(out, "PTM: "+strings.Join(names, ", "))
	}
	for _, m := range res.Movements {
		s := m.Type + " " + m.Designator()
		for _, e := range m.Events {
			s += fmt.Sprintf(" %s %s", e.Word, stamp(e.At))
		}
		out = append(out, s)
	}
	for _, c := range res.Schedules {
		out = append(out, fmt.Sprintf("%s %s %s %s %d", c.Action, c.From, c.To, c.Days, c.Weeks))
	}
	for _, b := range res.Passes {
		s := fmt.Sprintf("pass %s %s %s", b.Surname, b.Legs[0].Seat, b.Legs[0].Sequence)
		if len(b.Warnings) > 0 {
			s += " warned"
		}
		out = append(out, s)
	}
	for _, r := range res.Refused {
		out = append(out, "refused "+r.Field)
	}
	return strings.Join(out, " · ")
}

// TestNamesThatTheListTells: where a message does not say where a name ends, the list does.
func TestNamesThatTheListTells(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.take(".AMSRMKL 210600\nPNL\nKL0641/21NOV AMS PART1\n-JFK004Y\n1IVANOV/IVAN PETROVICH .L/AAAAA1\n1KOK/EVAMRS .L/AAAAA6\n1SUHARTO .L/AAAAA2/KL .L/XXXXX2/AF\n1KHALED/AMR .L/AAAAA3\nENDPNL\n", "taken 1 duplicate 0")
	s.take("PIL\nKL0641/21NOV AMS PART1\nYCLASS\n010A JFK IVANOV/IVAN PETROVICH VIP\n011C JFK KOK/EVA NEW HIP\nENDPIL\n", "taken 1 duplicate 0")
	s.take(".AMSRMKL 211300\nPFS\nKL0641/21NOV AMS PART1\n-JFK\nNOSHO 1Y\n1SUHARTO .L/XXXXX2\nENDPFS\n", "taken 1 duplicate 0")
	_, list := s.flight("2026-11-21")
	if d := cmp.Diff([]string{`IVANOV 10A [] "" false pnr:AAAAA1`, `KOK 11C [] "" false pnr:AAAAA6`, `SUHARTO  [] "" true pnr:AAAAA2`, `KHALED  [] "" false pnr:AAAAA3`}, list[4:]); d != "" {
		t.Errorf("list (-want +got):\n%s", d)
	}
}
