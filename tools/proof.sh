#!/usr/bin/env bash
# Runs the long proofs one after the other and keeps what they print: whole under var/proof, the
# lines that count in docs/proof.md, with commit and machine. A part that fails fails the whole.
set -euo pipefail
cd "$(dirname "$0")/.."
out=var/proof
mkdir -p "$out"
failed=()
times=()
counted() { # file…: the lines that count
  grep -hE '^ *(sim|plant|invariant|reached|faults|crash|scenario|upgrade|power|fuzz|links):' "$@" |
    sed 's/^ *//' | grep -vE '^fuzz: (elapsed|minimizing)'
}
part() { # name, command…
  local name="$1" begin=$SECONDS
  shift
  echo "proof: $name"
  if ! "$@" >"$out/$name.txt" 2>&1; then
    failed+=("$name")
    tail -n 40 "$out/$name.txt"
  fi
  times+=("$name $((SECONDS - begin)) s")
  counted "$out/$name.txt" || true
}
part sim "${MAKE:-make}" --no-print-directory sim SEEDS="${SEEDS:-1000}"
part scenario "${MAKE:-make}" --no-print-directory scenario
part upgrade env CABINLOOP_BIN="$PWD/bin" go test ./test/upgrade -count=1 -timeout 10m -v
part power "${MAKE:-make}" --no-print-directory power
part fuzz "${MAKE:-make}" --no-print-directory fuzz FUZZTIME="${FUZZTIME:-5s}"
rm -f var/bench/loopbench.md # an old one is not of this run
part bench "${MAKE:-make}" --no-print-directory bench BENCHTIME="${BENCHTIME:-200ms}"
{
  printf '%s; ' "${times[@]}" | sed 's/; $/./'
  echo
  echo
  echo '```'
  counted "$out"/{sim,scenario,upgrade,power,fuzz}.txt
  echo '```'
} >"$out/summary.md"
tools/between.sh docs/proof.md proof "$out/summary.md"
if [[ -s var/bench/loopbench.md ]]; then
  tools/between.sh docs/bench.md bench var/bench/loopbench.md
fi
if [[ ${#failed[@]} -gt 0 ]]; then
  echo "proof: failed: ${failed[*]}; see $out"
  exit 1
fi
echo "proof: everything ran: $(printf '%s; ' "${times[@]}" | sed 's/; $//')"
