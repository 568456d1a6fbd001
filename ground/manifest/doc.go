// Package manifest decides who is on a flight and where they sit, from all that its messages
// said. It is pure: [Merge] takes what is known and one message, and gives what is known then.
//
// The same messages give the same list in any order of arrival. Each fact of a traveller (being
// on the list, name, seat, cabin, services) keeps the [ground.Stamp] of the newest message that
// said it: a newer one replaces it, an older one fills it where nothing is known. Nobody is
// forgotten: who is taken off stays as a removed traveller, so that an older message that
// arrives later does not bring them back.
//
// What removes:
//   - a full list that adds up removes whom neither it nor a newer message names;
//   - a removal takes a traveller out of the one place (destination and class) that it names, so
//     an upgrade, which is an addition in one class and a removal in another, removes nobody;
//   - a message that is in doubt removes nobody.
//
// Who somebody is: the locator (also another carrier's), the name and the order within them.
// Behind that, a row that fits nobody and a traveller whom the same message takes off are one
// when they have one name and locators that differ by a letter, or one locator and names that do.
//
// Doubts stand until a newer full list adds up. They are worked out from what is known, so a lost
// change that arrives after all takes its doubt away.
package manifest
