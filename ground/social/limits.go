package social

const (
	// MaxRowBytes bounds one row of an import file, quoted newlines and all: a post of
	// passenger.MaxPostBytes escaped as \uXXXX is six times as long, and the other columns
	// fit in what is left.
	MaxRowBytes = 64 << 10
	// MaxGraphemes bounds a cleaned text (docs/privacy.md, passenger text).
	MaxGraphemes = 2000
	// MaxLines bounds the lines of a cleaned text (same source).
	MaxLines = 40
	// MaxMarks bounds the combining marks behind one character (same source).
	MaxMarks = 8
	// MaxNameRunes bounds an author's name or handle; arbitrary, X allows 50 and Facebook 100.
	MaxNameRunes = 120
	// MaxIDBytes bounds an id of a platform; arbitrary, message ids of Meta reach 200 bytes.
	MaxIDBytes = 512
	// MaxURLBytes bounds a link to a post; the length browsers agree on.
	MaxURLBytes = 2048
)
