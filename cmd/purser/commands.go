package main

import "github.com/cabinloop/cabinloop/internal/clock"

// globals are the flags of every command.
type globals struct {
	Data        string `help:"Data directory of the tablet." default:"var/purser" env:"CABINLOOP_DATA"`
	JSON        bool   `help:"Print exactly one JSON document on standard output."`
	clock.Flags `embed:""`
}

// commands is the command-line contract of ARCHITECTURE: scripts and checks depend on it.
type commands struct {
	globals

	Enrol    enrolCmd    `cmd:"" help:"Make this data directory a tablet, with a one-time code from ground."`
	Serve    serveCmd    `cmd:"" help:"Show the pages on this machine and keep in touch with ground."`
	Sync     syncCmd     `cmd:"" help:"Exchange with ground until interrupted, or once."`
	Flights  flightsCmd  `cmd:"" help:"List the tablet's flights; the right one is on top."`
	Notes    notesCmd    `cmd:"" help:"Print the notes of a flight."`
	Status   statusCmd   `cmd:"" help:"Say how the tablet stands. Needs no network."`
	Doctor   doctorCmd   `cmd:"" help:"Check the machine, the data and the way to ground."`
	HandIn   handInCmd   `cmd:"" help:"Say that this tablet has nothing more to record on a flight."`
	Feedback feedbackCmd `cmd:"" help:"Record what became of a note."`
}
