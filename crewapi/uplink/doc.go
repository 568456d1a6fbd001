// Package uplink decides when and how a tablet speaks to ground: which class its way there is of,
// what each class allows, how many bytes a flight may still cost, and which tablet of a flight
// speaks for all. It is pure: time, measurements and what was heard come in as values.
//
// # Classes
//
//	GATE    stream and exchanges; an entry goes at once
//	CABIN   between tablets on board; package cabin drives it
//	SATCOM  no stream, no pings, one kept connection; an urgent entry goes at once, others wait for
//	        company; ground is asked every half hour and at the top of descent
//
// # One gateway
//
// On SATCOM one tablet of a flight uses the link: the one of lowest rank (lead, purser, cabin; then
// the lowest author index) among those in reach of each other. It says so to the others in a
// [Beat] that holds for a minute; they give everything to it over the cabin LAN. Two gateways at
// once cost bytes and nothing else.
//
// # The purse
//
// Each flight has a purse of bytes, counted on the connection itself with TLS. What each tablet
// spent is its own growing number, so that the sum over tablets needs no order: the larger number
// of a tablet is the newer. An empty purse still lets urgent entries and a person's wish through.
// Nothing is lost: what waits goes over at the gate.
package uplink
