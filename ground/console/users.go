package console

import (
	"net/http"
	"strings"
	"time"

	"github.com/cabinloop/cabinloop/ground"
	"github.com/cabinloop/cabinloop/ground/auth"
	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

type usersPage struct {
	base
	Users    []ground.User
	Roles    []string
	Name     string    // of the account just made
	Password string    // its one-time password, shown this once
	Ends     time.Time // of ground's certificate, when that is near; zero else
	Bad      bool      // the certificate in the files cannot be served
}

func (s *server) users(w http.ResponseWriter, r *http.Request) error {
	return s.userList(w, r, "", "")
}

func (s *server) userList(w http.ResponseWriter, r *http.Request, name, password string) error {
	p := &usersPage{base: s.page(r, "users", "users.title"), Roles: auth.Roles, Name: name, Password: password}
	if s.Certificate != nil {
		p.Ends, p.Bad = s.Certificate()
	}
	ctx := r.Context()
	if err := s.Store.Read(ctx, func(tx ground.Tx) (err error) {
		p.Users, err = tx.ListUsers(ctx)
		return err
	}); err != nil {
		return err
	}
	return web.Render(w, s.tmpl, "users", p)
}

// addUser answers with the page and not with a redirect: the password is kept nowhere to show
// later.
func (s *server) addUser(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	name := strings.ToLower(strings.TrimSpace(r.PostForm.Get("name")))
	password, err := s.Users.Add(r.Context(), name, r.PostForm["role"], actor(r, "users").Name)
	if err != nil {
		return err
	}
	return s.userList(w, r, name, password)
}

func (s *server) disableUser(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	by := actor(r, "users").Name
	if strings.EqualFold(r.PostForm.Get("name"), by) {
		return passenger.Errorf(passenger.Invalid, "console.disableUser", "you cannot disable your own account; another administrator can")
	}
	if err := s.Users.Disable(r.Context(), r.PostForm.Get("name"), by); err != nil {
		return err
	}
	return s.done(w, r, "said.disabled", "/users")
}
