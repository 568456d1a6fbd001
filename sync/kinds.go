package sync

// The op kinds. Numbers are kept for ever; which class of lane may write which is in matrix.
const (
	KindGenesis  Kind = 1
	KindRoster   Kind = 2
	KindAmend    Kind = 3
	KindMovement Kind = 4
	KindCut      Kind = 5
	KindErase    Kind = 6
	KindVerdict  Kind = 7
	KindClose    Kind = 8
	KindSeal     Kind = 9
	KindReopen   Kind = 10

	KindAssistance Kind = 16
	KindRetract    Kind = 17

	KindPage    Kind = 32
	KindChange  Kind = 33
	KindRemove  Kind = 34
	KindListAge Kind = 35

	KindNote Kind = 48 // a service note, or an event note

	KindHave    Kind = 64
	KindSeen    Kind = 65
	KindOutcome Kind = 66
	KindGesture Kind = 67
	KindVoid    Kind = 68
	KindSeatNow Kind = 69
	KindClaim   Kind = 70
	KindResolve Kind = 71
	KindFin     Kind = 72
)

// matrix says which lane classes may write a kind. A kind that is not here is kept, forwarded
// and ignored. Movement is also written by the lead purser's hand, resolve also by ground, and
// crew may correct what assistance a traveller needs.
var matrix = map[Kind][]Class{
	KindGenesis: {AdminLane}, KindRoster: {AdminLane}, KindAmend: {AdminLane}, KindMovement: {AdminLane, TabletLane},
	KindCut: {AdminLane}, KindErase: {AdminLane}, KindVerdict: {AdminLane}, KindClose: {AdminLane}, KindSeal: {AdminLane},
	KindReopen:     {AdminLane},
	KindAssistance: {SafetyLane, TabletLane}, KindRetract: {SafetyLane, NotesLane},
	KindPage: {ManifestLane}, KindChange: {ManifestLane}, KindRemove: {ManifestLane}, KindListAge: {ManifestLane},
	KindNote: {NotesLane},
	KindHave: {TabletLane}, KindSeen: {TabletLane}, KindOutcome: {TabletLane}, KindGesture: {TabletLane},
	KindVoid: {TabletLane}, KindSeatNow: {TabletLane}, KindClaim: {TabletLane},
	KindResolve: {TabletLane, AdminLane}, KindFin: {TabletLane},
}
