package ground

import "time"

// PastAnswer is a question that was asked once and what the airline answered: what a reply draft
// may be helped by. Its texts are masked: nobody can be told from them.
type PastAnswer struct {
	Key      string   // unique: of the airline's own system, or made of the content
	Lang     string   // two or three letters
	Topic    string   // as the airline names it, "" when not said
	Question string   // masked
	Answer   string   // masked
	Terms    []string // of the question, what it is found by, each once
	At       time.Time
}

// AnswerPool is what a search for past answers looked through and found.
type AnswerPool struct {
	Total   int            // answers in the language
	Holding map[string]int // how many of them hold a term of the question, Total for a very common one; those that none holds are missing
	Found   []PastAnswer   // those that hold rare terms of it, the ones with most of them first
}
