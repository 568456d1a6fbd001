// Package storetest is the contract suite of [ground.Store]: one suite, every engine. It
// visits every method of every aggregate, and checks what the parts above rely on: what is
// written comes back field by field, keys are unique, a failed transaction leaves nothing, and
// no update or change is lost between writers.
package storetest
