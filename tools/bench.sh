#!/usr/bin/env bash
# Runs the benchmarks of every package that has some, then the load bench if it is built. What
# they print is kept in var/bench; tools/between.sh brings the load bench's tables into docs/bench.md.
set -euo pipefail
time="${1:-1s}"
cd "$(dirname "$0")/.."
out=var/bench
mkdir -p "$out"
mapfile -t pkgs < <(grep -rlE --include='*_test.go' '^func Benchmark' . | xargs -r -n1 dirname | sort -u)
if [[ ${#pkgs[@]} -eq 0 && ! -x bin/loopbench ]]; then
  echo "no benchmark found and no bin/loopbench"
  exit 1
fi
if [[ ${#pkgs[@]} -gt 0 ]]; then
  # One package at a time: two at once would measure each other.
  go test -p 1 -run '^$' -bench . -benchtime "$time" "${pkgs[@]}" | tee "$out/go.txt"
fi
if [[ -x bin/loopbench ]]; then
  bin/loopbench --markdown >"$out/loopbench.new" # a run that fails leaves no table
  mv "$out/loopbench.new" "$out/loopbench.md"
  cat "$out/loopbench.md"
fi
