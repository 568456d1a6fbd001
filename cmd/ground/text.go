package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/cabinloop/cabinloop/ground/cases"
	"github.com/cabinloop/cabinloop/internal/cli"
)

type classifyCmd struct {
	JSONL string   `name:"jsonl" help:"A file with one {\"id\",\"text\"} a line; - for standard input."`
	Text  []string `arg:"" optional:"" help:"A text."`
}

// classified is one output line of the contract.
type classified struct {
	ID        string   `json:"id"`
	Lang      string   `json:"lang"`
	Negative  bool     `json:"negative"`
	Sentiment string   `json:"sentiment"`
	Topic     string   `json:"topic"`
	Severity  int      `json:"severity"`
	Because   []string `json:"because"`
}

func classify(id, text string) classified {
	c := cases.Classify(text, "")
	if c.Because == nil {
		c.Because = []string{}
	}
	return classified{id, c.Lang, c.Negative, c.Sentiment, string(c.Topic), int(c.Severity), c.Because}
}

func (c *classifyCmd) Run(a *app) error {
	enc := json.NewEncoder(a.Out)
	for _, t := range c.Text {
		if err := enc.Encode(classify("", t)); err != nil {
			return err
		}
	}
	if c.JSONL == "" {
		if len(c.Text) == 0 {
			return cli.UsageError{Text: "give a text, or --jsonl FILE"}
		}
		return nil
	}
	in := io.Reader(os.Stdin)
	if c.JSONL != "-" {
		f, err := os.Open(c.JSONL)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	out := bufio.NewWriter(a.Out)
	defer out.Flush()
	return a.classifyLines(in, json.NewEncoder(out))
}

// classifyLines answers each good line in order and refuses bad ones by their number.
func (a *app) classifyLines(in io.Reader, enc *json.Encoder) error {
	refused := false
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		var row struct {
			ID   json.RawMessage `json:"id"`
			Text *string         `json:"text"`
		}
		if err := json.Unmarshal(sc.Bytes(), &row); err != nil || row.Text == nil {
			fmt.Fprintf(a.Err, "line %d: not a JSON object with id and text\n", n)
			refused = true
			continue
		}
		id := string(row.ID)
		if len(id) > 1 && id[0] == '"' {
			_ = json.Unmarshal(row.ID, &id) // it was valid as part of the line
		}
		if err := enc.Encode(classify(id, *row.Text)); err != nil {
			return err
		}
	}
	if err := sc.Err(); err != nil {
		return err
	}
	if refused {
		return cli.ErrRefused
	}
	return nil
}
