package social

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cabinloop/cabinloop/passenger"
)

// value is one cell of a row.
type value struct {
	text   string
	number bool // a JSON number
	wrong  bool // neither text nor number
}

var (
	mangledRE = regexp.MustCompile(`^\d+[.,]\d+[eE]\+?\d+$|^\d+[eE]\+\d+$|^\d{10,}[.,]0*$`)
	langRE    = regexp.MustCompile(`^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,3}$`)
	epochRE   = regexp.MustCompile(`^\d{9,13}(\.\d{1,9})?$`)
)

// makePost turns the cells of one row into a post, or names the field and the reason.
func makePost(get func(string) value, raw []byte, opt Options) (p passenger.Post, field, reason string) {
	if !utf8.Valid(raw) {
		return p, "", "the row is not UTF-8; save the file as UTF-8"
	}
	texts := map[string]string{}
	for _, c := range []string{"channel", "author_name", "author_handle", "text", "lang", "url"} {
		v := get(c)
		if v.wrong || v.number && c == "text" {
			return p, c, "must be text"
		}
		texts[c] = v.text
	}
	p.Channel = opt.Channel
	if c := strings.ToLower(strings.TrimSpace(texts["channel"])); c != "" {
		ch, err := passenger.ParseChannel(c)
		if err != nil {
			return p, "channel", passenger.Public(err)
		}
		p.Channel = ch
	}
	if p.Channel == "" {
		return p, "channel", "the row names no channel; name one in the row or with --channel"
	}
	for _, id := range []struct {
		column string
		to     *string
	}{{"external_id", &p.ExternalID}, {"conversation_id", &p.ConversationID}, {"author_id", &p.AuthorID}, {"in_reply_to", &p.InReplyTo}} {
		if *id.to, reason = cleanID(get(id.column)); reason != "" {
			return p, id.column, reason
		}
	}
	if n := len(texts["text"]); n > passenger.MaxPostBytes {
		return p, "text", fmt.Sprintf("the text has %d bytes; at most %d fit", n, passenger.MaxPostBytes)
	}
	if p.Text = Clean(texts["text"]); p.Text == "" {
		return p, "text", "the text is empty"
	}
	p.AuthorName, p.AuthorHandle = CleanLine(texts["author_name"]), CleanLine(texts["author_handle"])
	if p.AuthorID == "" {
		p.AuthorID = p.AuthorHandle
	}
	if l := texts["lang"]; langRE.MatchString(l) && l != "und" {
		p.Lang = l
	}
	p.URL = cleanURL(texts["url"])
	var written string
	if p.CreatedAt, written, reason = created(get("created_at"), opt.Received); reason != "" {
		return p, "created_at", reason
	}
	if p.ExternalID == "" {
		p.ExternalID = hashID(p, written)
	}
	p.Raw = raw
	return p, "", ""
}

func cleanID(v value) (id, reason string) {
	id = strings.TrimSpace(v.text)
	switch {
	case v.wrong:
		return "", "must be text or a whole number"
	case mangledRE.MatchString(id), v.number && strings.ContainsAny(id, ".eE-"):
		return "", "a spreadsheet rewrote this id as a number and its digits are lost; export again with the column as text"
	case len(id) > MaxIDBytes:
		return "", fmt.Sprintf("the id has %d bytes; at most %d fit", len(id), MaxIDBytes)
	case strings.ContainsFunc(id, func(r rune) bool { return visible(r) < 0 || r == '\n' || r == zwj || r == zwnj }):
		return "", "the id holds characters that cannot be seen"
	}
	return id, ""
}

// cleanURL keeps a web address; anything else is dropped from the post (the raw row has it).
func cleanURL(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || len(s) > MaxURLBytes || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return u.String()
}

// timeLayouts are the written times that are read; all of them carry a zone.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05Z07:00", time.RubyDate}

// created reads RFC 3339, an epoch in seconds or (from 12 digits) milliseconds, or the layouts
// of known exports. written is "" when the row gives no time and received stands in.
func created(v value, received time.Time) (at time.Time, written, reason string) {
	s := strings.TrimSpace(v.text)
	switch {
	case v.wrong:
		return at, "", "must be RFC 3339 or an epoch"
	case s == "" && received.IsZero():
		return at, "", "the row gives no time; write RFC 3339 (2026-05-12T08:30:00Z) or an epoch"
	case s == "":
		return received.UTC(), "", ""
	case epochRE.MatchString(s):
		whole, frac, _ := strings.Cut(s, ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil {
			return at, "", "the epoch does not fit"
		}
		if len(whole) >= 12 {
			at = time.UnixMilli(n).UTC()
		} else {
			ns, _ := strconv.ParseInt((frac + "000000000")[:9], 10, 64)
			at = time.Unix(n, ns).UTC()
		}
	default:
		var err error
		for _, l := range timeLayouts {
			if at, err = time.Parse(l, s); err == nil {
				break
			}
		}
		if err != nil {
			return time.Time{}, "", "write RFC 3339 with a zone (2026-05-12T08:30:00Z) or an epoch in seconds or milliseconds"
		}
		at = at.UTC()
	}
	if at.Year() < 1990 || at.Year() > 2199 {
		return time.Time{}, "", "the year is not one of a post"
	}
	return at, at.Format(time.RFC3339Nano), ""
}

// hashID names a post that has no id by what it says: the same row gives the same id at every
// import. The time takes part only when the row gives one.
func hashID(p passenger.Post, written string) string {
	b, err := json.Marshal([]string{string(p.Channel), p.AuthorID, p.AuthorName, written, p.Text})
	if err != nil {
		panic("social.hashID: strings always marshal: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return "h:" + hex.EncodeToString(sum[:16])
}
