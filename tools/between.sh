#!/usr/bin/env bash
# Puts FILE between the lines <!-- NAME:begin --> and <!-- NAME:end --> of DOC, behind a line with
# commit, date, machine and load.
set -euo pipefail
if [[ $# -ne 3 ]]; then
  echo "usage: between.sh DOC NAME FILE" >&2
  exit 2
fi
doc="$1" name="$2" file="$3"
grep -q "<!-- $name:begin -->" "$doc" && grep -q "<!-- $name:end -->" "$doc" || { echo "$doc has no marks $name" >&2; exit 1; }
whole="$(mktemp)" && trap 'rm -f "$whole" "$whole.new"' EXIT
{
  echo "Commit $(git rev-parse --short HEAD)$(git diff --quiet HEAD -- . ':!docs' || echo ' with changes'), $(date -u +%F), $(go version | cut -d' ' -f3), $(nproc) cores of $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), Linux $(uname -r), load average $(cut -d' ' -f1-3 /proc/loadavg)."
  echo
  cat "$file"
} >"$whole"
awk -v name="$name" -v file="$whole" '
  $0 == "<!-- " name ":begin -->" { print; while ((getline line < file) > 0) print line; skip = 1 }
  $0 == "<!-- " name ":end -->" { skip = 0 }
  !skip { print }' "$doc" >"$whole.new"
cat "$whole.new" >"$doc"
