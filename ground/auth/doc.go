// Package auth knows who may come in: staff by local accounts with roles, tablets by a
// one-time enrolment code and then a bearer token. Passwords are kept as argon2id, codes and
// tokens as SHA-256 of 128 and 256 random bits; none of them is ever logged.
package auth
