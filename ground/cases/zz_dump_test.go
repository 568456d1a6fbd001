package cases

import (
	"encoding/csv"
	"fmt"
	"os"
	"testing"
)

func TestDump(t *testing.T) {
	f, _ := os.Open(os.Getenv("DUMP"))
	rows, _ := csv.NewReader(f).ReadAll()
	h := map[string]int{}
	for i, n := range rows[0] {
		h[n] = i
	}
	out, _ := os.Create("/tmp/h/dump.tsv")
	for _, r := range rows[1:] {
		c := Classify(r[h["text_fixed"]], "")
		s, _ := sentiment(r[h["text_fixed"]], nil, "en")
		_ = s
		fmt.Fprintf(out, "%s\t%s\t%s\t%v\t%s\t%s\t%s\t%q\t%q\n", r[h["airline_sentiment"]], c.Sentiment, r[h["negativereason"]], c.Topic, c.Lang, c.Flight, c.Day+c.MonthDay, c.Because, r[h["text_fixed"]])
	}
}
