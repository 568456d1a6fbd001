package flightops

// carriers maps ICAO codes of airlines to their IATA codes, for senders that write QFA2915 for
// QF2915. It holds large passenger airlines only, written down from what they print on tickets;
// a carrier that is missing keeps the code it was sent with.
var carriers = map[string]string{
	"AAL": "AA", "AAR": "OZ", "ACA": "AC", "AFR": "AF", "AIC": "AI", "AMX": "AM", "ANA": "NH", "ANZ": "NZ", "ASA": "AS",
	"AUA": "OS", "AVA": "AV", "AZA": "AZ", "BAW": "BA", "BEL": "SN", "BTI": "BT", "CAL": "CI", "CCA": "CA", "CES": "MU",
	"CFG": "DE", "CMP": "CM", "CPA": "CX", "CSN": "CZ", "DAL": "DL", "DLH": "LH", "EIN": "EI", "ELY": "LY", "ETD": "EY",
	"ETH": "ET", "EVA": "BR", "EWG": "EW", "EZY": "U2", "FIN": "AY", "GFA": "GF", "GIA": "GA", "HAL": "HA", "IBE": "IB",
	"ICE": "FI", "JAL": "JL", "JBU": "B6", "JST": "JQ", "KAL": "KE", "KLC": "WA", "KLM": "KL", "KQA": "KQ", "LAN": "LA",
	"LOT": "LO", "MAS": "MH", "MEA": "ME", "MSR": "MS", "PAL": "PR", "PIA": "PK", "QFA": "QF", "QTR": "QR", "RAM": "AT",
	"RJA": "RJ", "ROT": "RO", "RYR": "FR", "SAA": "SA", "SAS": "SK", "SIA": "SQ", "SVA": "SV", "SWA": "WN", "SWR": "LX",
	"TAP": "TP", "TAR": "TU", "THA": "TG", "THY": "TK", "TRA": "HV", "TVF": "TO", "UAE": "EK", "UAL": "UA", "VIR": "VS",
	"VLG": "VY", "VOZ": "VA", "WJA": "WS",
}

// Carrier returns the IATA code of a carrier given by its ICAO code, or code itself when it is
// an IATA code already or unknown.
func Carrier(code string) string {
	if iata, ok := carriers[code]; ok {
		return iata
	}
	return code
}
