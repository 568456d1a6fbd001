package cabin

import (
	"testing"

	"github.com/cabinloop/cabinloop/passenger"
)

func TestParseInvite(t *testing.T) {
	print := Fingerprint([]byte("key"))
	for in, want := range map[string]Invite{
		"192.168.1.5:8491":                           {"192.168.1.5:8491", ""},
		" 192.168.1.5 ":                              {"192.168.1.5:8491", ""},
		"cabinloop:192.168.1.5:9/" + print:           {"192.168.1.5:9", print},
		"CABINLOOP:galley.local/" + print:            {"galley.local:8491", print},
		"[fe80::1]:99":                               {"[fe80::1]:99", ""},
		"[fe80::1%wlan0]:99":                         {"[fe80::1%wlan0]:99", ""},
		"fd00::7":                                    {"[fd00::7]:8491", ""},
		"::ffff:10.0.0.1":                            {"10.0.0.1:8491", ""},
		"10.0.0.1:8491/0123-4567-89ab-cdef":          {"10.0.0.1:8491", "0123-4567-89AB-CDEF"},
		Invite{"[fd00::1]:1", print}.String() + "\n": {"[fd00::1]:1", print},
	} {
		if got, err := ParseInvite(in); got != want || err != nil {
			t.Errorf("%q: %+v, %v, want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "cabinloop:", ":8491", "1.2.3.4:0", "1.2.3.4:99999", "1.2.3.4:x", "http://x", "a b", "a/b", "1.2.3.4:1/", "0.0.0.0", "224.0.0.1:1",
		"1.2.3.4:1/0123-4567-89AB-CDEU", "a@b:1", "[fe80::1%a]b]:1", string(make([]byte, 400))} {
		if got, err := ParseInvite(in); passenger.CodeOf(err) != passenger.Invalid {
			t.Errorf("%q: %+v, %v, want invalid", in, got, err)
		}
	}
}

func FuzzParseInvite(f *testing.F) {
	f.Add("cabinloop:192.168.1.5:8491/0123-4567-89AB-CDEF")
	f.Add("[fe80::1%eth0]:1")
	f.Add("galley.local")
	f.Fuzz(func(t *testing.T, s string) {
		i, err := ParseInvite(s)
		if err != nil {
			return
		}
		if again, err := ParseInvite(i.String()); again != i || err != nil {
			t.Errorf("%q is %+v, which reads as %+v, %v", s, i, again, err)
		}
	})
}
