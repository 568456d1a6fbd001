// Package stage runs the real programs for commands that play with them: it starts and kills
// processes, runs commands to their end, and relays TCP so that a link can be cut and measured.
// Everything it opens is on 127.0.0.1.
package stage
