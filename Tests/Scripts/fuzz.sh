#!/usr/bin/env bash
# Damaged inputs for the readers of data, JSON, YAML templates and Jinja, for a while each, with a fresh seed that is
# printed. A crash, more than MEMORY_KB of memory, or more than 5 seconds for one input is a failure; the input stays in
# .build/fuzz, and TUNE_FUZZ_INPUT=FILE tries it again.
#
#   fuzz.sh SECONDS [csv|json|yaml|jinja ...]      all four if none is named
set -euo pipefail
cd "$(dirname "$0")/../.."
memory_kb=${MEMORY_KB:-4000000}
seconds=$1
shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(csv json yaml jinja)

folder=$PWD/.build/fuzz
rm -rf "$folder"
mkdir -p "$folder"
swift build --build-tests
failed=()
for target in "${targets[@]}"; do
  case $target in
    csv | json | yaml) tests="LongFuzzTests/$target\\(" ;;
    jinja) tests="JinjaFuzzTests/$target\\(" ;;
    *) echo "fuzz.sh: unknown target '$target'; expected csv, json, yaml or jinja" >&2 && exit 2 ;;
  esac
  echo "$target: $seconds seconds"
  (
    ulimit -v "$memory_kb"
    TUNE_FUZZ_SECONDS=$seconds TUNE_FUZZ_FOLDER=$folder swift test --skip-build --disable-xctest --filter "$tests"
  ) || failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}; the inputs:" >&2
  ls -l "$folder" >&2
  exit 1
fi
