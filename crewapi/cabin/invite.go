package cabin

import (
	"crypto/sha256"
	"encoding/base32"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/cabinloop/cabinloop/passenger"
)

// Invite says where a tablet answers and, when it is not "", which key it has. As text it is
// "cabinloop:192.168.1.5:8491/0123-4567-89AB-CDEF"; what a person types may leave out all but the
// host.
type Invite struct {
	Address     string // host:port
	Fingerprint string // of the public key, see [Fingerprint]
}

// String writes the invite as a QR code says it.
func (i Invite) String() string {
	s := "cabinloop:" + i.Address
	if i.Fingerprint != "" {
		s += "/" + i.Fingerprint
	}
	return s
}

// Fingerprint is what people compare of a public key: 80 bits of its SHA-256 in base 32 (no I, L,
// O, U; Crockford), in four groups.
func Fingerprint(publicKey []byte) string {
	sum := sha256.Sum256(publicKey)
	s := crockford.EncodeToString(sum[:10])
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
}

var (
	crockford     = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)
	fingerprintRE = regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$`)
	hostRE        = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$`)
)

// ParseInvite reads what [Invite.String] wrote, or an address that a person typed: the scheme, the
// port ([DefaultPort]) and the fingerprint may be missing. Errors: invalid.
func ParseInvite(s string) (Invite, error) {
	s = strings.TrimSpace(s)
	bad := passenger.Errorf(passenger.Invalid, "cabin.ParseInvite", "a tablet's address reads like 192.168.1.5:8491")
	if len(s) > 320 {
		return Invite{}, bad
	}
	if len(s) > 10 && strings.EqualFold(s[:10], "cabinloop:") {
		s = s[10:]
	}
	address, print, said := strings.Cut(s, "/")
	print = strings.ToUpper(strings.TrimSpace(print))
	if said && !fingerprintRE.MatchString(print) {
		return Invite{}, passenger.Errorf(passenger.Invalid, "cabin.ParseInvite", "the part of a tablet's address behind the / is four groups of four letters and digits")
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		host, port = strings.Trim(address, "[]"), strconv.Itoa(DefaultPort)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return Invite{}, bad
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if ip.IsUnspecified() || ip.IsMulticast() || ip.Zone() != "" && !hostRE.MatchString(ip.Zone()) {
			return Invite{}, bad
		}
		host = ip.Unmap().String()
	} else if !hostRE.MatchString(host) {
		return Invite{}, bad
	}
	return Invite{net.JoinHostPort(host, port), print}, nil
}
