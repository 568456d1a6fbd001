package console

// HandIn says about a tablet why it was handed in although entries were on it alone, or what its
// hand-in waits for; nothing when there is nothing to say.
func (p *flightPage) HandIn(t tabletRow) (lines []string) {
	if t.Anyway != "" {
		lines = append(lines, p.T("hand_in.anyway", "Why", p.Word("hand_in", t.Anyway)))
		if t.Alone > 0 {
			lines = append(lines, p.T("hand_in.alone", "Count", t.Alone))
		}
	}
	switch t.Mark {
	case "holds":
		lines = append(lines, p.T("hand_in.lacks", "Count", int(t.Lacks)))
	case "waiting":
		lines = append(lines, p.T("hand_in.crew"))
	}
	if t.WrittenOff != "" {
		lines = append(lines, p.T("held.written_off", "Why", t.WrittenOff))
	} else if t.Gone != "" && t.Mark != "handed-in" {
		lines = append(lines, p.Word("hand_in", t.Gone))
	}
	return lines
}
