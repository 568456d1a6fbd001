package crewapi

import (
	"errors"
	"fmt"

	"github.com/go-playground/validator/v10"

	"github.com/cabinloop/cabinloop/passenger"
	crewv1 "github.com/cabinloop/cabinloop/proto/gen/crew/v1"
)

// rule holds the rules of one request message by Go field name. "omitempty" alone: any value.
type rule struct {
	message any
	fields  map[string]string
}

// spoken is the rule of a version.
var spoken = fmt.Sprintf("gte=%d", OldestVersion)

// rules is the one list of what a request envelope must look like. Ops inside are the engine's
// to judge. 64 is flightsync.MaxAuthors; 640 bytes are its largest packed vector.
var rules = []rule{
	{crewv1.EnrolRequest{}, map[string]string{
		"Code":       "required,max=64,printascii",
		"DeviceName": "required,max=64",
		"SignKey":    "len=33",
		"AgreeKey":   "len=33",
		"FormerKey":  "omitempty,len=33",
		"Proof":      "max=128",
		"Version":    spoken,
		"Nonce":      "omitempty",
	}},
	{crewv1.FlightsRequest{}, map[string]string{"Version": spoken, "Held": "max=512,dive,required", "Have": "max=64,dive,required",
		"FirstBudget": "lte=1048576", "Dict": "omitempty", "After": "max=64", "Nonce": "omitempty"}},
	{crewv1.HeldKey{}, map[string]string{"Flight": "len=8", "LeaseEnd": "omitempty"}},
	{crewv1.ExchangeRequest{}, map[string]string{
		"Version":     spoken,
		"Group":       "len=8",
		"Me":          "lte=64",
		"Incarnation": "omitempty,len=8",
		"Have":        "max=640",
		"Mine":        "omitempty",
		"Runs":        "max=64,dive,required",
		"Budget":      "lte=1048576",
		"Claims":      "max=64,dive,required",
		"Dict":        "omitempty",
		"Nonce":       "omitempty",
		"Prove":       "omitempty",
	}},
	{crewv1.Run{}, map[string]string{
		"Author":   "lt=64",
		"FirstSeq": "gte=1",
		"Dict":     "omitempty",
		"Ops":      "min=1,max=1048576",
		"Head":     "len=16",
		"Sig":      "max=128",
	}},
	{crewv1.DeliverRequest{}, map[string]string{
		"Version":   spoken,
		"Group":     "len=8",
		"Runs":      "required_without=DeviceKey,max=64,dive,required",
		"DeviceKey": "omitempty,len=33",
		"Proof":     "max=128",
		"Left":      "lte=4294967296",
	}},
	{crewv1.SealedRun{}, map[string]string{
		"Author":      "lt=64",
		"Incarnation": "len=8",
		"FirstSeq":    "gte=1",
		"Ops":         "min=1,max=4096,dive,min=82,max=262144",
		"Head":        "len=16",
		"Sig":         "max=128",
	}},
	{crewv1.HeadOf{}, map[string]string{"Author": "lt=64", "Head": "len=16"}},
	{crewv1.WatchRequest{}, map[string]string{"Flights": "max=64,dive,required", "Version": spoken, "Nonce": "omitempty"}},
	{crewv1.HelloRequest{}, map[string]string{"Version": spoken, "Port": "lte=65535"}},
	{crewv1.CabinServiceExchangeRequest{}, map[string]string{"Exchange": "required"}},
	{crewv1.UplinkRequest{}, map[string]string{"Group": "len=8", "LeaseMs": "lte=600000", "Spent": "max=64,dive,required"}},
	{crewv1.Spent{}, map[string]string{"Tablet": "len=16", "Bytes": "lte=1099511627776"}},
	{crewv1.WatchedFlight{}, map[string]string{"Group": "len=8", "Have": "max=640"}},
}

var validate = func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	for _, r := range rules {
		v.RegisterStructValidationMapRules(r.fields, r.message)
	}
	return v
}()

// check validates a request message. Errors: invalid, naming the field and the rule; never the
// value.
func check(message any) error {
	err := validate.Struct(message)
	if err == nil {
		return nil
	}
	if bad, ok := errors.AsType[validator.ValidationErrors](err); ok && len(bad) > 0 {
		rule := bad[0].Tag()
		if p := bad[0].Param(); p != "" {
			rule = fmt.Sprintf("%s %s", rule, p)
		}
		return passenger.Errorf(passenger.Invalid, "crewapi.check", "the request's field %s breaks its rule: %s", bad[0].StructNamespace(), rule)
	}
	return passenger.Wrap(passenger.Internal, "crewapi.check", "the request could not be checked", err)
}
