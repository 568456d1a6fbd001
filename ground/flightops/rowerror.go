package flightops

import "fmt"

// RowError says why one message, or one row of a CSV file, was refused. It holds no name,
// locator, seat or text of it. Line counts from 1; of a row it is the line it starts on.
type RowError struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason"`
}

// Error formats the refusal as file:line: field: reason.
func (e *RowError) Error() string {
	if e.Field == "" {
		return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason)
	}
	return fmt.Sprintf("%s:%d: %s: %s", e.File, e.Line, e.Field, e.Reason)
}

// Warning is something odd that was accepted. It holds no name, locator, seat or free text.
type Warning struct {
	File string `json:"file"`
	Line int    `json:"line"`
	Text string `json:"text"`
}

// remarks collects the warnings of one message, bounded by MaxRemarks.
type remarks struct {
	list []Warning
	more int
}

func (r *remarks) add(file string, line int, format string, args ...any) {
	if len(r.list) >= MaxRemarks {
		r.more++
		return
	}
	r.list = append(r.list, Warning{File: file, Line: line, Text: fmt.Sprintf(format, args...)})
}

func (r *remarks) done() []Warning {
	if r.more > 0 {
		last := r.list[len(r.list)-1]
		return append(r.list, Warning{File: last.File, Line: last.Line, Text: fmt.Sprintf("and %d more remarks", r.more)})
	}
	return r.list
}
