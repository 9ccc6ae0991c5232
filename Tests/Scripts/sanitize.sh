#!/usr/bin/env bash
# The tests that touch C code or raw memory under the address, leak and undefined-behaviour sanitizers, then those of
# the thread pool under the thread sanitizer. Each has a build folder of its own.
set -euo pipefail
cd "$(dirname "$0")/../.."

build() { # FOLDER OPTION...
  echo "building for ${*:2}"
  swift build --build-tests --scratch-path "$@" 2>&1 | grep -v 'Cannot export local symbol'
}

# Whether the C kernels in a build folder call a sanitizer: options that no longer reach them must not go unnoticed.
require_instrumented() { # FOLDER SYMBOL
  if ! nm "$1"/debug/CKernels.build/elementwise.c.o | grep -q "$2"; then
    echo "the C kernels in $1 do not call $2" >&2
    exit 1
  fi
}

# memoryStaysConstant: the sanitizer keeps freed memory back to find later uses.
check_memory() {
  local folder=.build-sanitize options=(--sanitize=address -Xcc -fsanitize=undefined,float-cast-overflow)
  build $folder "${options[@]}"
  require_instrumented $folder __asan_report
  require_instrumented $folder __ubsan_handle
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 swift test --skip-build --disable-xctest --scratch-path $folder \
    "${options[@]}" --filter '^(Basics|Tensors|Text|Models|Adapters|Datasets|Training)Tests\.' --skip memoryStaysConstant
}

# Only tests without Swift's Mutex, which the thread sanitizer does not see. One of them forks.
check_threads() {
  local folder=.build-sanitize-threads options=(--sanitize=thread)
  build $folder "${options[@]}"
  require_instrumented $folder __tsan_
  TSAN_OPTIONS=die_after_fork=0 swift test --skip-build --disable-xctest --scratch-path $folder "${options[@]}" \
    --filter '^BasicsTests\.ParallelForTests|^TensorsTests\.(ThreadTests|KernelTests)'
}

check_memory
check_threads
