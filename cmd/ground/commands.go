package main

import "github.com/cabinloop/cabinloop/internal/clock"

// globals are the flags of every command.
type globals struct {
	DB          string `help:"Database: sqlite:FILE or postgres://…" default:"sqlite:var/ground.db" env:"CABINLOOP_DB"`
	KeyFile     string `name:"keys" help:"File with ground's two private keys, made at first start; every node and command of one ground needs the same. Default: beside an SQLite database, with the ending .keys; var/ground.keys for PostgreSQL." placeholder:"FILE" env:"CABINLOOP_KEYS"`
	JSON        bool   `help:"Print exactly one JSON document on standard output."`
	By          string `help:"Name in the audit log for what this command decides." default:"cli"`
	clock.Flags `embed:""`
}

// commands is the command-line contract of ARCHITECTURE: scripts and checks depend on it.
type commands struct {
	globals

	Serve     serveCmd     `cmd:"" help:"Run the ground: console, and the crossing for tablets."`
	Import    importCmd    `cmd:"" help:"Take in files of posts, lists, movements, bookings or crew."`
	Decode    decodeCmd    `cmd:"" help:"Say what a message says."`
	Classify  classifyCmd  `cmd:"" help:"Classify a text, or each line of a JSONL file."`
	Match     matchCmd     `cmd:"" help:"Identity candidates for posts, against the bookings on hand."`
	Flight    flightCmd    `cmd:"" help:"Flights: list, show, report, movement, crew, seal, event note."`
	Loop      loopCmd      `cmd:"" help:"Loops: list, show, receipt."`
	Case      caseCmd      `cmd:"" help:"Cases: list, flag, link."`
	Followup  followUpCmd  `cmd:"" help:"Follow-ups: list, close."`
	Tablet    tabletCmd    `cmd:"" help:"Tablets: enrol, list, revoke, lost."`
	User      userCmd      `cmd:"" help:"Staff accounts: add, list, disable."`
	Consent   consentCmd   `cmd:"" help:"Record a passenger's consent."`
	Erase     eraseCmd     `cmd:"" help:"Erase a person or an account everywhere; again: how far it has come."`
	Subject   subjectCmd   `cmd:"" help:"Rights of a person: export, hold."`
	Retention retentionCmd `cmd:"" help:"Let go what has had its time."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database to this program's schema."`
	Backup    backupCmd    `cmd:"" help:"Write a backup of an SQLite database while it runs."`
	Restore   restoreCmd   `cmd:"" help:"Put a backup of an SQLite database in place; every erasure is repeated."`
	Verify    verifyCmd    `cmd:"" help:"Check chains and sums of every flight."`
	Doctor    doctorCmd    `cmd:"" help:"Check the machine and the database."`
}
