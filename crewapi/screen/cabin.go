package screen

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/skip2/go-qrcode"

	"github.com/cabinloop/cabinloop/crewapi/tablet"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

// Cabin is the part of the tablet that speaks to the others on board. It is safe for concurrent
// use and answers without the network.
type Cabin interface {
	Cabin(ctx context.Context) (tablet.Cabin, error)
	Connect(ctx context.Context, invite string) error
}

type cabinPage struct {
	base
	C       tablet.Cabin
	Typed   string // what was wrong, to be corrected
	Problem *problem
}

// cabin shows which tablets are in reach, this one's address as a QR code, and where another's
// address goes.
func (s *server) cabin(w http.ResponseWriter, r *http.Request) error {
	return s.showCabin(w, r, http.StatusOK, "", nil)
}

func (s *server) showCabin(w http.ResponseWriter, r *http.Request, status int, typed string, problem error) error {
	c, err := s.Cabin.Cabin(r.Context())
	if err != nil {
		return err
	}
	p := cabinPage{base: s.base(r), C: c, Typed: typed}
	p.Title = p.T("cabin.title")
	if problem != nil {
		p.Problem = describe(p.Words, problem)
	}
	return web.RenderStatus(w, status, s.tmpl, "cabin", p)
}

// connect takes another tablet's address, typed or read off its QR code.
func (s *server) connect(w http.ResponseWriter, r *http.Request) error {
	typed := strings.TrimSpace(r.PostFormValue("address"))
	if err := s.Cabin.Connect(r.Context(), typed); err != nil {
		if code := passenger.CodeOf(err); !isHTMX(r) && (code == passenger.Invalid || code == passenger.Phase) {
			return s.showCabin(w, r, statusOf[code], clean(typed, maxShort), err)
		}
		return err
	}
	http.Redirect(w, r, "/cabin", http.StatusSeeOther)
	return nil
}

// QR is the invite as a code; nil without a network.
func (p cabinPage) QR() (*qr, error) {
	if p.C.Invite == "" {
		return nil, nil
	}
	return newQR(p.C.Invite)
}

// qr is a QR code as one path of a picture of Size by Size dots, drawn in the page itself: nothing
// to load, nothing that the content policy has to allow.
type qr struct {
	Size int
	Path string
}

func newQR(text string) (*qr, error) {
	code, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, passenger.Wrap(passenger.Internal, "screen.newQR", "the address does not fit a QR code", err)
	}
	dots := code.Bitmap() // with its quiet zone
	var b strings.Builder
	for y, row := range dots {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			from := x
			for x < len(row) && row[x] {
				x++
			}
			b.WriteString("M" + strconv.Itoa(from) + " " + strconv.Itoa(y) + "h" + strconv.Itoa(x-from) + "v1h-" + strconv.Itoa(x-from) + "z")
		}
	}
	return &qr{len(dots), b.String()}, nil
}
