#!/usr/bin/env bash
# The real model against reference results: runs the tests that need SmolLM2 and ../shared.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
TUNE_SMOLLM2=$("$here/fetch-smollm2.sh" "$1")
export TUNE_SMOLLM2
cd "$here/../.."
swift build --build-tests
swift test --skip-build --filter 'RealModelTests|Checkpoint'
