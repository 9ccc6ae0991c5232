#!/usr/bin/env bash
# Damaged inputs for the readers of data, JSON, YAML templates, Jinja, and every file of a model, for a while each, with a
# fresh seed that is printed. A crash, more than MEMORY_KB of memory, more than 5 seconds of the processor for one input,
# or (files of a model) more memory than a multiple of the input is a failure; the input stays in .build/fuzz;
# TUNE_FUZZ_INPUT=FILE swift test --filter FuzzTests tries it again.
#
#   fuzz.sh SECONDS [TARGET ...]      all if none is named; MEMORY_KB=4000000 is the default
set -euo pipefail
cd "$(dirname "$0")/../.."
memory_kb=${MEMORY_KB:-4000000}
seconds=$1
shift
targets=("$@")
all=(csv json yaml jinja tokenizers safetensors gguf config model-files adapters)
[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")

folder=$PWD/.build/fuzz
rm -rf "$folder"
mkdir -p "$folder"
swift build --build-tests
tests=$(swift build --show-bin-path)/tunePackageTests.xctest
failed=()
for target in "${targets[@]}"; do
  case $target in
    csv | json | yaml) filter="LongFuzzTests/$target\\(" ;;
    jinja) filter="JinjaFuzzTests/$target\\(" ;;
    tokenizers) filter="TokenizerFuzzTests/" ;;
    safetensors) filter="SafetensorsFuzzTests/" ;;
    gguf) filter="GGUFFuzzTests/" ;;
    config) filter="ConfigFuzzTests/" ;;
    model-files) filter="ModelFileFuzzTests/" ;;
    adapters) filter="AdapterFuzzTests/" ;;
    *) echo "fuzz.sh: unknown target '$target'; expected one of ${all[*]}" >&2 && exit 2 ;;
  esac
  echo "$target: $seconds seconds"
  (
    # Without `swift test` between, which needs memory of its own; the time limit is for a process that cannot even stop.
    ulimit -v "$memory_kb"
    export TUNE_FUZZ_SECONDS=$seconds TUNE_FUZZ_FOLDER=$folder
    timeout --kill-after=10 $((seconds + 120)) "$tests" --testing-library swift-testing --filter "$filter"
  ) || failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "failed: ${failed[*]}; the inputs:" >&2
  ls -l "$folder" >&2
  exit 1
fi
