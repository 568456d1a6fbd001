package screen

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cabinloop/cabinloop/internal/web"
	"github.com/cabinloop/cabinloop/passenger"
)

func TestEventsTellWhatChanged(t *testing.T) {
	f := cabin()
	srv := httptest.NewUnstartedServer(nil)
	h, err := New(Config{Agent: f, Now: func() time.Time { return now }, Hosts: []string{srv.Listener.Addr().String()}})
	if err != nil {
		t.Fatal(err)
	}
	srv.Config.Handler = h
	srv.Start()
	defer srv.Close()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, srv.URL+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	f.change(kl641)
	var got []string
	for lines := bufio.NewScanner(resp.Body); len(got) < 2 && lines.Scan(); {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			got = append(got, name)
		}
	}
	if strings.Join(got, " ") != "flight-KL0641-2026-11-21-AMS change" {
		t.Errorf("got events %q", got)
	}
	cancel()
	select {
	case <-f.stopped:
	case <-t.Context().Done():
		t.Error("the stream did not leave the agent")
	}
}

func TestChangesNeverBlock(t *testing.T) {
	c := changes{wake: make(chan struct{}, 1)}
	for range 1000 {
		c.add(kl641)
	}
	c.add(kl642)
	if got := len(c.take()); got != 2 {
		t.Errorf("got %d flights, want 2", got)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"Ms J. Jansen": "Ms J. Jansen", " a\nb\tc ": "a b c", "a\x00b\x7f": "ab", "\u202Egnp.exe": "gnp.exe",
		"👩\u200d🚀": "👩\u200d🚀", "e" + strings.Repeat("\u0301", 30): "e" + strings.Repeat("\u0301", 8), "\xff": "�", strings.Repeat("y", 61): strings.Repeat("y", 60) + "…",
	} {
		if got := clean(in, maxName); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a", "\u202E<b>", strings.Repeat("\u0301", 99), "\xff\xfe", "مرحبا\u061C", "\U000E0041"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s, 40)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 41 {
			t.Fatalf("clean(%q) = %q: not valid, or longer than 40 and an ellipsis", s, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("clean(%q) = %q keeps %U", s, got, r)
			}
		}
	})
}

func TestParseKey(t *testing.T) {
	second := kl641
	second.Attempt = 2
	for _, k := range []passenger.FlightKey{kl641, second, {Carrier: "TEF", Number: 402, Suffix: "A", Date: "2026-01-02", Departure: "LHR", Attempt: 1}} {
		for _, s := range []string{slug(k), k.String()} {
			if got, err := parseKey(s); err != nil || got != k {
				t.Errorf("parseKey(%q) = %v, %v", s, got, err)
			}
		}
	}
}

func TestTimeOfDay(t *testing.T) {
	late := time.Date(2026, 11, 21, 23, 50, 0, 0, time.UTC)
	for s, want := range map[string]time.Time{"": late, "23:40": late.Add(-10 * time.Minute), "00:10": late.Add(20 * time.Minute), "12:00": time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} {
		if got, err := timeOfDay(s, late); err != nil || !got.Equal(want) {
			t.Errorf("timeOfDay(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
}

func TestCountdown(t *testing.T) {
	words, err := web.NewMessages(sub(messageFiles, "messages"))
	if err != nil {
		t.Fatal(err)
	}
	b := base{Words: words.In("en"), Now: now}
	for _, tt := range []struct {
		m        passenger.Movement
		std, sta time.Duration
		want     string
	}{
		{"", 80 * time.Minute, 9 * time.Hour, "Departs in 1 h 20 min"}, {"", 72 * time.Hour, 80 * time.Hour, "Departs in 3 days"},
		{passenger.DoorsClosed, -5 * time.Minute, time.Hour, "Departure was 5 min ago"}, {passenger.Off, -time.Hour, 2 * time.Hour, "Arrives in 2 h"},
		{passenger.Off, -time.Hour, -time.Minute, "Arrival was 1 min ago"}, {passenger.In, -time.Hour, -time.Minute, "At the gate"}, {passenger.Cancelled, 0, 0, "Cancelled"},
	} {
		if got := b.Countdown(tt.m, now.Add(tt.std), now.Add(tt.sta)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.m, got, tt.want)
		}
	}
}
