package notes

import "time"

// What is served and fitted by block time. All are estimates of an ordinary network carrier's
// service, to be replaced by the operator's own service plan.
const (
	// mealPremium is the shortest flight with a meal in first and business.
	mealPremium = 75 * time.Minute
	// mealEconomy is the shortest flight with a meal in economy and premium economy.
	mealEconomy = 3 * time.Hour
	// drinksFrom is the shortest flight with a drinks service, and so with time for a word
	// with one passenger, in economy.
	drinksFrom = 60 * time.Minute
	// screensFrom is the shortest flight on an aircraft with a screen at the seat.
	screensFrom = 5 * time.Hour
	// maxDo bounds what a note asks for: the card has three lines.
	maxDo = 3
)
