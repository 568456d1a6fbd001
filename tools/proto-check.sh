#!/usr/bin/env bash
# Lints the contracts and compares them with those of the base branch (BASE, a branch, tag or commit; default main).
set -euo pipefail
cd "$(dirname "$0")/.."
base="${BASE:-main}"
buf=(go tool -modfile=tools/go.mod buf)
"${buf[@]}" lint
if git ls-tree -r --name-only "$base" -- proto 2>/dev/null | grep -q '\.proto$'; then
  "${buf[@]}" breaking --against ".git#ref=$base"
else
  echo "no contract on $base yet: nothing to break"
fi
