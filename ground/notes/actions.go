package notes

import "github.com/cabinloop/cabinloop/passenger"

// plan is what crew can do about a topic on one flight. An empty do means nothing.
type plan struct {
	happened passenger.PhraseCode // with flight and day; ".day" is the form with the day alone
	flight   bool                 // happened names the flight
	do       []passenger.PhraseCode
	doNot    []passenger.PhraseCode
	moment   passenger.Moment
	private  bool
	onBoard  bool // crew can make the thing itself right
}

// planFor is the table of rule 14: topic × cabin × flight length × service.
//
//	topic                          crew can
//	meal                           offer first choice where a meal is served, else a drink
//	seat, cleanliness              check the place before take-off, on every flight
//	entertainment                  check the screen where there is one, else say sorry if serious
//	delay, cancellation            say sorry, help with the connection
//	baggage                        say sorry, say whether the bag is on board
//	check-in, other                say sorry
//	booking, refund, loyalty,      say that ground has it in hand, only if serious: a word in
//	service                        the cabin solves none of it
//	crew                           say sorry, only by a person's own decision
//
// Saying sorry to one passenger needs a drinks service in economy (60 minutes) unless serious.
func planFor(in Input) plan {
	serious := in.Severity >= passenger.Serious
	word := serious || premium(in.Traveller.Cabin) || in.Flight.block() >= drinksFrom
	p := plan{moment: passenger.AtBoarding, flight: true}
	sorry := func(more ...passenger.PhraseCode) []passenger.PhraseCode {
		if !word {
			return nil
		}
		return append([]passenger.PhraseCode{"d.apologise"}, more...)
	}
	switch in.Topic {
	case passenger.TopicMeal:
		p.happened = "h.meal"
		switch {
		case in.Flight.ServesMeal(in.Traveller.Cabin):
			p.do, p.moment, p.onBoard = []passenger.PhraseCode{"d.meal_first", "d.ask"}, passenger.AtMeal, true
		case word && in.Flight.block() >= drinksFrom:
			p.do, p.moment, p.onBoard = sorry("d.drink"), passenger.AtCruise, true
		case serious:
			p.do = sorry()
		}
	case passenger.TopicSeat:
		p.happened, p.do, p.onBoard = "h.seat", []passenger.PhraseCode{"d.check_seat", "d.ask"}, true
	case passenger.TopicCleanliness:
		p.happened, p.do, p.onBoard = "h.cleanliness", []passenger.PhraseCode{"d.clean", "d.ask"}, true
	case passenger.TopicEntertain:
		p.happened = "h.entertainment"
		switch {
		case in.Flight.block() >= screensFrom:
			p.do, p.onBoard = []passenger.PhraseCode{"d.check_screen", "d.ask"}, true
		case serious:
			p.do = sorry()
		}
	case passenger.TopicDelay, passenger.TopicCancellation:
		p.happened = "h.delay"
		if in.Topic == passenger.TopicCancellation {
			p.happened = "h.cancelled"
		}
		p.do = sorry("d.ask")
		if in.Onward {
			p.do = append(sorry(), "d.connection")
		}
		p.doNot = []passenger.PhraseCode{"n.discuss_cause", "n.promise_money"}
	case passenger.TopicBaggage:
		p.happened, p.do = "h.baggage", sorry("d.confirm_bag", "d.status")
		p.doNot = []passenger.PhraseCode{"n.promise_money"}
	case passenger.TopicCheckIn:
		p.happened, p.do = "h.checkin", sorry("d.ask")
	case passenger.TopicBooking, passenger.TopicRefund, passenger.TopicLoyalty, passenger.TopicService:
		p.happened = map[passenger.Topic]passenger.PhraseCode{passenger.TopicBooking: "h.booking", passenger.TopicRefund: "h.refund",
			passenger.TopicLoyalty: "h.loyalty", passenger.TopicService: "h.service"}[in.Topic]
		p.flight, p.moment = false, passenger.AtCruise
		if serious {
			p.do = []passenger.PhraseCode{"d.apologise", "d.status"}
		}
		p.private = in.Topic == passenger.TopicRefund || in.Topic == passenger.TopicBooking
		if p.private {
			p.doNot = []passenger.PhraseCode{"n.promise_money"}
		}
	default: // other, and crew by a person's decision
		p.happened, p.flight, p.do = "h.other", false, sorry("d.ask")
		p.private = in.Topic == passenger.TopicCrew
	}
	return p
}
