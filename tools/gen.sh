#!/usr/bin/env bash
# Regenerates proto/gen from proto/ and writes down what belongs together in proto/gen.sum,
# which TestGeneratedCodeIsCurrent compares without needing buf.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! find proto -name '*.proto' 2>/dev/null | grep -q .; then
  echo "no .proto file under proto/"
  exit 1
fi
buf=(go tool -modfile=tools/go.mod buf)
"${buf[@]}" format -w proto
"${buf[@]}" build # a contract that does not parse must not cost the generated code
rm -rf proto/gen
"${buf[@]}" generate
find proto \( -name '*.proto' -o -path 'proto/gen/*.go' \) -print0 | LC_ALL=C sort -z | xargs -0 sha256sum >proto/gen.sum
echo "generated $(grep -c '\.go$' proto/gen.sum) Go files from $(grep -c '\.proto$' proto/gen.sum) contracts"
