package web

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestEncodeEvent(t *testing.T) {
	for _, tc := range []struct {
		in   Event
		want string
	}{
		{Event{ID: "7", Name: "flight", Data: "a"}, "id: 7\nevent: flight\ndata: a\n\n"},
		{Event{Data: "a\nb\r\nc\rd"}, "data: a\ndata: b\ndata: c\ndata: d\n\n"},
		{Event{}, "data: \n\n"},
		{Event{Name: "a\ndata: forged"}, ""},
		{Event{ID: "a\rb"}, ""},
	} {
		got, err := tc.in.encode()
		if string(got) != tc.want || (err != nil) != (tc.want == "") {
			t.Errorf("%+v: got %q, %v; want %q", tc.in, got, err, tc.want)
		}
	}
}

func TestStreamEndsAndBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		events := make(chan Event)
		beat := time.NewTicker(15 * time.Second)
		defer beat.Stop()
		var sent []string
		done := make(chan error, 1)
		go func() {
			done <- stream(ctx, events, beat.C, func(b []byte) error { sent = append(sent, string(b)); return nil })
		}()
		events <- Event{Data: "one"}
		time.Sleep(31 * time.Second) // of the bubble's time
		synctest.Wait()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("got %v, want nil at the request's end", err)
		}
		if got := strings.Join(sent, ""); got != "data: one\n\n:\n\n:\n\n" {
			t.Errorf("got %q, want the event and two beats", got)
		}
	})
}

func TestStreamEndsWithItsEvents(t *testing.T) {
	events := make(chan Event)
	close(events)
	if err := stream(t.Context(), events, nil, nil); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestStreamTellsOfABrowserThatIsGone(t *testing.T) {
	events := make(chan Event, 1)
	events <- Event{}
	gone := errors.New("gone")
	if err := stream(t.Context(), events, nil, func([]byte) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
}

func TestSSEOverARealConnection(t *testing.T) {
	events := make(chan Event)
	ended := make(chan error, 1)
	s := httptest.NewUnstartedServer(SecureHeaders(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ended <- SSE(w, r, events, nil)
	})))
	s.Config.WriteTimeout = 200 * time.Millisecond // a stream must outlive it
	s.Start()
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got := res.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Errorf("got content type %q", got)
	}
	lines := bufio.NewScanner(res.Body)
	pause := time.NewTimer(300 * time.Millisecond)
	defer pause.Stop()
	for _, data := range []string{"first", "second"} {
		events <- Event{Data: data}
		if !lines.Scan() || lines.Text() != "data: "+data || !lines.Scan() {
			t.Fatalf("got %q (%v), want data: %s", lines.Text(), lines.Err(), data)
		}
		if data == "first" {
			<-pause.C
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("the handler ended with %v after the browser left, want nil", err)
	}
}
