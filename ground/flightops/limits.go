package flightops

const (
	// MaxInputBytes bounds one input of telexes: a season's worth of one day of a large hub
	// (3,000 flights × 2 KiB of PNL) fits; more is refused as too_much.
	MaxInputBytes = 8 << 20
	// MaxLineBytes bounds one line. The standard says 64 characters; arbitrary above that.
	MaxLineBytes = 1024
	// MaxNameCount bounds the passengers of one name element; the count has up to 3 digits in
	// the wild, but groups are sent in several elements. Arbitrary.
	MaxNameCount = 99
	// MaxEntries bounds the entries of one list: the largest certified cabin seats 853, and an
	// ADL may name someone twice.
	MaxEntries = 2000
	// MaxElements bounds the kept elements of one name element. Arbitrary; a family of nine with
	// every service each stays below.
	MaxElements = 200
	// MaxRemarks bounds the warnings kept for one message; later ones are counted only.
	MaxRemarks = 100
	// MaxRowBytes bounds one row of a CSV file, quoted newlines and all. Arbitrary.
	MaxRowBytes = 64 << 10
	// MaxRows bounds the rows of one CSV file: one week of bookings of a large group. Arbitrary.
	MaxRows = 2_000_000
	// MaxFieldRunes bounds a name, id or zone in a CSV file. Arbitrary.
	MaxFieldRunes = 120
)
