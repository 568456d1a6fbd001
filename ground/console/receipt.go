package console

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/cabinloop/cabinloop/ground/followup"
	"github.com/cabinloop/cabinloop/internal/web"
)

type receiptPage struct {
	base
	Receipt followup.Receipt
}

// receipt is the page that proves one loop. It names no passenger and quotes no words.
func (s *server) receipt(w http.ResponseWriter, r *http.Request) error {
	id, err := uuid.Parse(r.PathValue("case"))
	if err != nil {
		return notFound("console.receipt")
	}
	p := &receiptPage{base: s.page(r, "", "receipt.title")}
	if p.Receipt, err = s.FollowUps.Receipt(r.Context(), id); err != nil {
		return err
	}
	return web.Render(w, s.tmpl, "receipt", p)
}

// Evidence says in words what a step rests on.
func (p *receiptPage) Evidence(x followup.Step) string {
	switch x.To {
	case "ended", "closed":
		return p.Word("end", x.Evidence)
	}
	return x.Evidence
}
