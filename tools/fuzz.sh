#!/usr/bin/env bash
# Runs every fuzz target of the repository, or those whose name fits a pattern, one after the
# other for the given time each, and says at the end what came of it. A target that fails does not
# stop the others: its input is kept in testdata/fuzz of its package, where it runs as a test.
#
#   tools/fuzz.sh [TIME] [PATTERN]
set -euo pipefail
time="${1:-10s}" pattern="${2:-.}"
cd "$(dirname "$0")/.."
mapfile -t found < <(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*\(f \*testing\.F' . | sed 's/(.*//' | grep -E -- "$pattern" | sort)
if [[ ${#found[@]} -eq 0 ]]; then
  echo "no fuzz target found"
  exit 1
fi
execs=0 crashers=()
for line in "${found[@]}"; do
  pkg="$(dirname "${line%%:*}")"
  name="${line##*func }"
  echo "fuzz $pkg $name $time"
  for try in 1 2; do # Go's fuzzer may call the end of its own time a failure (golang/go#75804)
    status=0
    out="$(go test "$pkg" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 10x 2>&1)" || status=$?
    if [[ $status -eq 0 || $out == *"Failing input"* || $out != *"context deadline exceeded"* ]]; then break; fi
  done
  n="$(grep -Eo 'execs: [0-9]+' <<<"$out" | tail -1 | cut -d' ' -f2 || true)"
  execs=$((execs + ${n:-0}))
  if [[ $status -ne 0 ]]; then
    crashers+=("$pkg $name")
    tail -n 30 <<<"$out"
  fi
done
for c in "${crashers[@]}"; do echo "crashed: $c"; done
echo "fuzz: targets=${#found[@]} execs=$execs crashers=${#crashers[@]}"
[[ ${#crashers[@]} -eq 0 ]]
