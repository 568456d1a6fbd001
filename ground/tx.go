package ground

import (
	"context"
	"time"

	"github.com/cabinloop/cabinloop/passenger"
	flightsync "github.com/cabinloop/cabinloop/sync"
)

// Tx is one transaction over all aggregates. Its methods return not_found for what is not
// there, exists for a key that is taken by other content. It is not safe for concurrent use.
type Tx interface {
	Now() time.Time
	Posts
	Cases
	People
	Flights
	Ops
	Tablets
	FlightKeys
	GroundKeys
	Loops
	Desk
	FollowUps
	Users
	Journal
	Subjects
	Retention
	Answers
}

// Store runs transactions. InTx commits when fn returns nil, rolls back otherwise, and runs fn
// again when the database says that it lost a race; fn must not act on the outside world.
type Store interface {
	InTx(ctx context.Context, fn func(Tx) error) error
	// Read runs fn in a read-only transaction.
	Read(ctx context.Context, fn func(Tx) error) error
	// Changed returns a channel that is closed at the next committed change; a hint only.
	Changed() <-chan struct{}
}

// Posts keeps what came in, for ever and once.
type Posts interface {
	// InsertPost stores a post under its case; false when (channel, external id) is known.
	InsertPost(ctx context.Context, p StoredPost) (bool, error)
	HasPost(ctx context.Context, c passenger.Channel, externalID string) (bool, error)
	CasePosts(ctx context.Context, id passenger.CaseID) ([]StoredPost, error) // oldest first
}

// Cases keeps cases and replies.
type Cases interface {
	InsertCase(ctx context.Context, c Case) error
	UpdateCase(ctx context.Context, c Case) error
	Case(ctx context.Context, id passenger.CaseID) (Case, error)
	// OpenCaseOf finds the newest open case of an account with a post since the given time that a post
	// about this fits.
	OpenCaseOf(ctx context.Context, a Account, since time.Time, about Complaint) (Case, bool, error)
	// CaseOfPost finds the case that a post is in.
	CaseOfPost(ctx context.Context, c passenger.Channel, externalID string) (passenger.CaseID, bool, error)
	ListCases(ctx context.Context, f CaseFilter) ([]Case, error) // newest post first
	CountCases(ctx context.Context, f CaseFilter) (int, error)
	InsertReply(ctx context.Context, r Reply) error
	Replies(ctx context.Context, id passenger.CaseID) ([]Reply, error)
}

// People keeps persons, links and consent.
type People interface {
	InsertPerson(ctx context.Context, p Person) error
	UpdatePerson(ctx context.Context, p Person) error
	Person(ctx context.Context, id passenger.PersonID) (Person, error)
	PersonByCustomer(ctx context.Context, customerID string) (Person, bool, error)
	PersonByAccount(ctx context.Context, a Account) (Person, bool, error)
	// ListPeople yields all persons with the flights they are on, for identity matching.
	ListPeople(ctx context.Context) ([]PersonTrips, error)
	SetLink(ctx context.Context, l Link) error                      // upsert on (case, person)
	Links(ctx context.Context, id passenger.CaseID) ([]Link, error) // best first
	SetConsent(ctx context.Context, c ConsentRecord) error
	Consent(ctx context.Context, id passenger.PersonID) (ConsentRecord, error) // newest; not-asked when none
	// ConsentHistory lists every answer, newest first.
	ConsentHistory(ctx context.Context, id passenger.PersonID) ([]ConsentRecord, error)
}

// PersonTrips is a person with their flights.
type PersonTrips struct {
	Person
	Trips []Trip
}

// Trip is one flight of a person.
type Trip struct {
	Flight  passenger.FlightID
	Key     passenger.FlightKey
	Locator string
	Seat    passenger.Seat
}

// Flights keeps flights, travellers and what was received about them.
type Flights interface {
	InsertFlight(ctx context.Context, f Flight) error // exists when the key is taken
	UpdateFlight(ctx context.Context, f Flight) error
	// LockFlight reads the flight and holds its row until the transaction ends.
	LockFlight(ctx context.Context, id passenger.FlightID) (Flight, error)
	Flight(ctx context.Context, id passenger.FlightID) (Flight, error)
	FlightByKey(ctx context.Context, k passenger.FlightKey) (Flight, error)
	// FindFlights lists flights with a designator departing from an airport ("" for any)
	// between two times, by STD.
	FindFlights(ctx context.Context, carrier string, number int, suffix, departure string, from, to time.Time) ([]Flight, error)
	// ListFlights lists flights whose STD is in [from, to), by STD.
	ListFlights(ctx context.Context, from, to time.Time) ([]Flight, error)
	// UnfinishedFlights lists flights that are open, or closed and not sealed, and depart before a time, by STD.
	UnfinishedFlights(ctx context.Context, before time.Time) ([]Flight, error)
	Travellers(ctx context.Context, id passenger.FlightID) ([]Traveller, error) // by number, removed ones too
	PutTraveller(ctx context.Context, t Traveller) error                        // upsert on (flight, no)
	PutTravellers(ctx context.Context, ts []Traveller) error                    // the same for many, of which no two have one number
	// FlightsOf lists the flights a person is booked on and not removed from, STD from the given time on, by STD.
	FlightsOf(ctx context.Context, id passenger.PersonID, from time.Time) ([]Flight, []Traveller, error)
	// Receipt stores the idempotence key of a message; false when it was known.
	Receipt(ctx context.Context, key string) (bool, error)
	HasReceipt(ctx context.Context, key string) (bool, error)
	EventNotes(ctx context.Context, id passenger.FlightID) ([]EventNote, error)
	InsertEventNote(ctx context.Context, e EventNote) error
	// AddRestore marks that the database was put back from a backup; Restores counts the marks.
	AddRestore(ctx context.Context) error
	Restores(ctx context.Context) (int, error)
}

// GroundKeys keeps the public keys of the ground whose data this is. Tablets trust no others, so a
// program with another key file must not serve it.
type GroundKeys interface {
	GroundKeys(ctx context.Context) (passenger.PublicKeys, bool, error)
	// KeepGroundKeys keeps k unless keys are kept already, and returns those that are.
	KeepGroundKeys(ctx context.Context, k passenger.PublicKeys) (passenger.PublicKeys, error)
	ReplaceGroundKeys(ctx context.Context, k passenger.PublicKeys) error
}

// Ops keeps the lanes of a flight.
type Ops interface {
	// Lanes gives the engine's storage of a flight; its Apply writes in this transaction.
	// The flight must be locked by LockFlight before Apply.
	Lanes(ctx context.Context, id passenger.FlightID) flightsync.Store
	PutCrossing(ctx context.Context, cs ...Crossing) error                    // upsert on (flight, author), each at most once
	Crossings(ctx context.Context, id passenger.FlightID) ([]Crossing, error) // by author
	PutGesture(ctx context.Context, g GestureRow) error                       // upsert on (flight, dot)
	Gestures(ctx context.Context, id passenger.FlightID) ([]GestureRow, error)
	GesturesOfLoop(ctx context.Context, id passenger.LoopID) ([]GestureRow, error)
}

// Tablets keeps devices, enrolment and roster.
type Tablets interface {
	InsertTablet(ctx context.Context, t Tablet) error
	UpdateTablet(ctx context.Context, t Tablet) error
	// SeenTablets notes that tablets were heard now, those that were last heard before a time.
	SeenTablets(ctx context.Context, ids []passenger.TabletID, now, before time.Time) error
	Tablet(ctx context.Context, id passenger.TabletID) (Tablet, error)
	TabletByToken(ctx context.Context, hash []byte) (Tablet, error)
	TabletByName(ctx context.Context, name string) (Tablet, error)
	TabletBySignKey(ctx context.Context, key []byte) (Tablet, error)
	PutFormerKey(ctx context.Context, k FormerKey) error // upsert on the key
	FormerKey(ctx context.Context, key []byte) (FormerKey, error)
	ListFormerKeys(ctx context.Context) ([]FormerKey, error)
	ListTablets(ctx context.Context) ([]Tablet, error) // by name
	InsertEnrolCode(ctx context.Context, c EnrolCode) error
	// UseEnrolCode marks the code used at now and returns it; not_found when there is none,
	// forbidden when it is used or past its life.
	UseEnrolCode(ctx context.Context, hash []byte, now time.Time) (EnrolCode, error)
	PutRoster(ctx context.Context, r RosterRow) error // upsert on (flight, tablet)
	Roster(ctx context.Context, id passenger.FlightID) ([]RosterRow, error)
	// RosterOf lists the flights of a tablet that are not purged, removed rows too.
	RosterOf(ctx context.Context, id passenger.TabletID) ([]RosterRow, error)
	// Duties lists what matters to a tablet, removed rows too: the flights that are not purged and
	// arrive, or moved, at since or later, and whichever of those held. The slices go together.
	Duties(ctx context.Context, id passenger.TabletID, since time.Time, held []passenger.FlightID) ([]Flight, []RosterRow, error)
}

// Loops keeps loops, their notes and their steps.
type Loops interface {
	InsertLoop(ctx context.Context, l Loop) error
	UpdateLoop(ctx context.Context, l Loop) error
	Loop(ctx context.Context, id passenger.LoopID) (Loop, error)
	LoopOfCase(ctx context.Context, id passenger.CaseID) (Loop, bool, error)   // newest
	ListLoops(ctx context.Context, state LoopState, limit int) ([]Loop, error) // "" for all, newest first
	LoopsOfPerson(ctx context.Context, id passenger.PersonID) ([]Loop, error)
	PutLoopFlight(ctx context.Context, lf LoopFlight) error                         // upsert on (loop, flight)
	LoopFlights(ctx context.Context, id passenger.LoopID) ([]LoopFlight, error)     // oldest first
	LoopFlightsOn(ctx context.Context, id passenger.FlightID) ([]LoopFlight, error) // by note
	AddTransition(ctx context.Context, t Transition) error                          // Seq and At are set by the store
	Transitions(ctx context.Context, id passenger.LoopID) ([]Transition, error)
}

// Desk keeps the note desk.
type Desk interface {
	InsertDeskItem(ctx context.Context, d DeskItem) (int64, error)
	UpdateDeskItem(ctx context.Context, d DeskItem) error
	DeskItem(ctx context.Context, id int64) (DeskItem, error)
	// DeskItemsOf lists every item of a loop, decided ones too, oldest first.
	DeskItemsOf(ctx context.Context, id passenger.LoopID) ([]DeskItem, error)
	OpenDeskItems(ctx context.Context, loop *passenger.LoopID) ([]DeskItem, error) // by deadline, none last; nil for all
}

// FollowUps keeps what ground still has to do.
type FollowUps interface {
	// InsertFollowUp is a no-op returning the known id when (loop, flight, cause) exists.
	InsertFollowUp(ctx context.Context, f FollowUp) (int64, error)
	UpdateFollowUp(ctx context.Context, f FollowUp) error
	FollowUp(ctx context.Context, id int64) (FollowUp, error)
	ListFollowUps(ctx context.Context, open bool) ([]FollowUp, error) // by deadline
	FollowUpsOfLoop(ctx context.Context, id passenger.LoopID) ([]FollowUp, error)
	FollowUpsOn(ctx context.Context, id passenger.FlightID) ([]FollowUp, error)
}

// Users keeps staff accounts and their sessions.
type Users interface {
	InsertUser(ctx context.Context, u User) (int64, error)
	UpdateUser(ctx context.Context, u User) error
	UserByName(ctx context.Context, name string) (User, error)
	User(ctx context.Context, id int64) (User, error)
	ListUsers(ctx context.Context) ([]User, error)
}

// Journal keeps the change feed and the audit log.
type Journal interface {
	Notify(ctx context.Context, topic, ref string) error
	// Changes lists changes behind seq, at most limit.
	Changes(ctx context.Context, after int64, limit int) ([]Change, error)
	LastChange(ctx context.Context) (int64, error)
	Audit(ctx context.Context, a AuditRow) error                                 // Seq and At are set by the store
	AuditRows(ctx context.Context, object string, limit int) ([]AuditRow, error) // newest first
}

// Subjects keeps what the rights of persons need: holds, erasures, and what keeps erased things
// out. Its Erase methods empty rows and decide nothing.
type Subjects interface {
	SetHold(ctx context.Context, h Hold) error                  // upsert on person
	ClearHold(ctx context.Context, id passenger.PersonID) error // not_found when there is none
	Hold(ctx context.Context, id passenger.PersonID) (Hold, bool, error)
	// LedgerKey returns the key of the ledger; false before the first erasure.
	LedgerKey(ctx context.Context) (LedgerKey, bool, error)
	SetLedgerKey(ctx context.Context, k LedgerKey) error // exists when there is one
	PutErasure(ctx context.Context, e Erasure) error     // upsert on hash
	Erasure(ctx context.Context, h LedgerHash) (Erasure, bool, error)
	Erasures(ctx context.Context) ([]Erasure, error)             // oldest first
	PutErasureFlight(ctx context.Context, f ErasureFlight) error // upsert on (erasure, flight)
	ErasureFlights(ctx context.Context, h LedgerHash) ([]ErasureFlight, error)
	OpenErasureFlights(ctx context.Context) ([]ErasureFlight, error) // not done yet
	AddTombstones(ctx context.Context, ts ...Tombstone) error        // known ones stay
	HasTombstone(ctx context.Context, k TombstoneKind, h LedgerHash) (bool, error)
	// Tombstones lists those of a flight, or all for nil.
	Tombstones(ctx context.Context, flight *passenger.FlightID) ([]Tombstone, error)
	// TravellersOf lists every row of a person, removed and erased ones too.
	TravellersOf(ctx context.Context, id passenger.PersonID) ([]Traveller, error)
	// ErasedOn lists the erased travellers of a flight.
	ErasedOn(ctx context.Context, id passenger.FlightID) ([]passenger.TravellerNo, error)
	// CasesOfPerson lists the cases that a person is linked to or a candidate for.
	CasesOfPerson(ctx context.Context, id passenger.PersonID) ([]passenger.CaseID, error)
	// CasesOfAccount lists the cases with a post of an account.
	CasesOfAccount(ctx context.Context, a Account) ([]passenger.CaseID, error)
	// LoopsOfCase lists every loop of a case, ended ones too.
	LoopsOfCase(ctx context.Context, id passenger.CaseID) ([]Loop, error)
	// AllAccounts lists every account that any row names.
	AllAccounts(ctx context.Context) ([]Account, error)
	// EraseCase empties a case, its replies and desk items, drops its links and closes it. Its
	// posts go, or with keepKeys lose everything but the key by which they are known.
	EraseCase(ctx context.Context, id passenger.CaseID, keepKeys bool) error
	// ErasePerson makes a person anonymous: name, customer id, tier, accounts and links go; of
	// consents the answer and its time stay.
	ErasePerson(ctx context.Context, id passenger.PersonID) error
	// DropAccount takes an account from whoever has it.
	DropAccount(ctx context.Context, a Account) error
}

// Retention finds what has had its time. What concerns a person under hold is left out. A limit
// of 0 is none.
type Retention interface {
	OldRaw(ctx context.Context, before time.Time) (int, error)             // raw posts that arrived before
	DropRaw(ctx context.Context, before time.Time, limit int) (int, error) // how many lost their raw form
	// OldCases lists cases with text and without a standing loop that were closed before a time,
	// or got no post since another.
	OldCases(ctx context.Context, closed, silent time.Time, limit int) ([]passenger.CaseID, error)
	// OldLoops lists loops that ended before a time and still have words or a person.
	OldLoops(ctx context.Context, ended time.Time, limit int) ([]passenger.LoopID, error)
	// OldFlights lists flights that were sealed before a time and that no loop and no open
	// follow-up needs.
	OldFlights(ctx context.Context, sealed time.Time, limit int) ([]passenger.FlightID, error)
	// OldPeople lists persons whose last flight departed before a time and who have no standing loop.
	OldPeople(ctx context.Context, flown time.Time, limit int) ([]passenger.PersonID, error)
	OldAudit(ctx context.Context, before time.Time) (int, error)
	DropAudit(ctx context.Context, before time.Time, limit int) (int, error)
}

// Answers keeps the airline's past answers.
type Answers interface {
	// InsertAnswer stores a past answer; false when its key is known.
	InsertAnswer(ctx context.Context, a PastAnswer) (bool, error)
	// AnswersLike finds answers in a language whose question shares terms with one that is asked.
	AnswersLike(ctx context.Context, lang string, terms []string) (AnswerPool, error)
}
