package passenger

import "time"

// Channel is where a post came from.
type Channel string

// The channels of the product. "file" is an import without a channel of its own.
const (
	X         Channel = "x"
	Facebook  Channel = "facebook"
	Messenger Channel = "messenger"
	Instagram Channel = "instagram"
	WhatsApp  Channel = "whatsapp"
	LinkedIn  Channel = "linkedin"
	WeChat    Channel = "wechat"
	KakaoTalk Channel = "kakaotalk"
	VK        Channel = "vk"
	Telegram  Channel = "telegram"
	Email     Channel = "email"
	File      Channel = "file"
)

// Channels lists every channel.
var Channels = []Channel{X, Facebook, Messenger, Instagram, WhatsApp, LinkedIn, WeChat, KakaoTalk, VK, Telegram, Email, File}

// ParseChannel reads a channel name. Errors: [Invalid].
func ParseChannel(s string) (Channel, error) {
	for _, c := range Channels {
		if string(c) == s {
			return c, nil
		}
	}
	return "", Errorf(Invalid, "passenger.ParseChannel", "unknown channel; the channels are x, facebook, messenger, instagram, whatsapp, linkedin, wechat, kakaotalk, vk, telegram, email, file")
}

// Post is one inbound message on a channel. (Channel, ExternalID) is unique for ever.
type Post struct {
	Channel        Channel
	ExternalID     string // the platform's id, kept as text: 18-19 digits do not fit a float
	ConversationID string // the platform's thread, "" when it has none
	AuthorID       string // the platform's stable account id; the handle when there is none
	AuthorName     string
	AuthorHandle   string
	Text           string
	Lang           string // the platform's own language tag, "" when unknown
	CreatedAt      time.Time
	InReplyTo      string // external id of the post answered, "" for none
	URL            string
	Raw            []byte // as received, evidence; stays on ground
}

// Topic is what a case is about: the service, never the person.
type Topic string

// The topics.
const (
	TopicDelay        Topic = "delay"
	TopicCancellation Topic = "cancellation"
	TopicBaggage      Topic = "baggage"
	TopicMeal         Topic = "meal"
	TopicSeat         Topic = "seat"
	TopicCrew         Topic = "crew" // never becomes a personal note by itself
	TopicEntertain    Topic = "entertainment"
	TopicCleanliness  Topic = "cleanliness"
	TopicBooking      Topic = "booking"
	TopicCheckIn      Topic = "check-in"
	TopicRefund       Topic = "refund"
	TopicLoyalty      Topic = "loyalty"
	TopicService      Topic = "service" // ground staff, phone, website
	TopicOther        Topic = "other"
)

// Topics lists every topic.
var Topics = []Topic{TopicDelay, TopicCancellation, TopicBaggage, TopicMeal, TopicSeat, TopicCrew, TopicEntertain,
	TopicCleanliness, TopicBooking, TopicCheckIn, TopicRefund, TopicLoyalty, TopicService, TopicOther}

// Severity orders cases: 1 mild, 2 serious, 3 urgent.
type Severity int

// The severities.
const (
	Mild    Severity = 1
	Serious Severity = 2
	Urgent  Severity = 3
)

// Consent answers "may the crew of your next flight know?" for one affected passenger.
type Consent string

// The answers. What "not asked" does is the operator's setting; shipped: no personal note.
const (
	ConsentYes      Consent = "yes"
	ConsentNo       Consent = "no"
	ConsentNotAsked Consent = "not-asked"
)
