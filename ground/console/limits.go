package console

import "time"

const (
	maxForm = 64 << 10 // bytes of a form: a reply of 4,096 characters, escaped, fits

	sessionIdle     = time.Hour      // ASVS 7.3.1
	sessionAbsolute = 12 * time.Hour // ASVS 7.3.2: one shift
	// touchEvery is how late a session learns that it was used: one write a minute, not a request.
	touchEvery = time.Minute

	// A failed sign-in makes the same name from the same source wait; each one doubles it.
	backOffFirst = time.Second
	backOffMost  = time.Hour
	// maxBackOffs bounds the memory of failed sign-ins; the oldest goes first. Arbitrary.
	maxBackOffs = 20_000
	// maxHashing is how many passwords are checked at a time: 19 MiB and 64 ms of a core each.
	maxHashing = 2

	casesPerPage   = 40
	maxNews        = 99 // more new cases than that are "99+"
	flightsPerPage = 25
	rowsPerPage    = 100 // of desk and follow-ups
	maxEventCases  = 60  // cases offered for one event note
	maxEventLoops  = 5_000
	maxReports     = 4_000 // flights whose sums are kept in memory; one window of the board

	boardBack  = 48 * time.Hour
	boardAhead = 72 * time.Hour
	// listLife is how long the flights of the board are kept before all are read again. Arbitrary.
	listLife = 5 * time.Minute

	// viewAgain is how long opening the same case again is the same look at it.
	viewAgain = 10 * time.Minute
	maxViews  = 10_000

	// beat keeps proxies from cutting a quiet stream.
	beat = 20 * time.Second
	// eventPoll bounds how late a page hears of a change whose hint was lost.
	eventPoll = 2 * time.Second
	// eventGap gathers changes: a surge of posts is one refresh a second for each browser.
	eventGap = time.Second
	// eventBatch is how many changes are read at a time.
	eventBatch = 500
	// maxStreams bounds the open streams of one node: 250 agents with four tabs. Arbitrary.
	maxStreams = 1_000

	maxLine     = 160  // characters of a line of a list
	maxName     = 60   // characters of a name
	maxPostShow = 8192 // characters of a post on its own page: all that is taken in
	maxMarks    = 4    // combining marks on one letter
)
