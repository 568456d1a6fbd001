#!/usr/bin/env bash
# Runs every fuzz target of the repository, one after the other, for the given time each.
set -euo pipefail
time="${1:-10s}"
cd "$(dirname "$0")/.."
mapfile -t found < <(grep -rEo --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort)
if [[ ${#found[@]} -eq 0 ]]; then
  echo "no fuzz target found"
  exit 1
fi
for line in "${found[@]}"; do
  pkg="$(dirname "${line%%:*}")"
  name="${line##*func }"
  echo "fuzz $pkg $name $time"
  go test "$pkg" -run '^$' -fuzz "^$name\$" -fuzztime "$time" -fuzzminimizetime 10x
done
echo "${#found[@]} fuzz targets ran for $time each, none failed"
