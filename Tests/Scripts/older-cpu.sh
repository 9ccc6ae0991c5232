#!/usr/bin/env bash
# The tests of the C kernels on emulated x86-64 processors: one without AVX2, which runs the baseline of dispatch.h, and
# one with AVX2 but without AVX-512.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
cd "$here/../.."

if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "the kernels have one form only on this system: nothing to emulate"
  exit 0
fi
command -v qemu-x86_64 >/dev/null || "$here/install-packages.sh" "older processors are emulated by qemu-user" qemu-user

swift build --build-tests
bundle=$(swift build --show-bin-path)/tunePackageTests.xctest

# Prints the form that the loader picks, by the same test of the processor.
probe=$(mktemp)
trap 'rm -f "$probe"' EXIT
clang -O1 -x c - -o "$probe" <<'END'
#include <stdio.h>
int main(void) {
  __builtin_cpu_init();
  puts(__builtin_cpu_supports("x86-64-v4") ? "x86-64-v4" : __builtin_cpu_supports("x86-64-v3") ? "x86-64-v3" : "default");
}
END

check() { # PROCESSOR FORM
  local form
  form=$(qemu-x86_64 -cpu "$1" "$probe" 2>/dev/null)
  if [ "$form" != "$2" ]; then
    echo "qemu's $1 runs the form $form, not $2" >&2
    exit 1
  fi
  echo "TensorsTests on an emulated $1: the form $form"
  # Older releases of qemu read 16 bytes where vfmadd231ss has 4: tests that end before a closed page leave room for it.
  # The features that qemu says it lacks are none that the kernels use.
  qemu-x86_64 -cpu "$1" -E TUNE_GUARD_SLACK=16 "$bundle" --testing-library swift-testing --filter '^TensorsTests\.' \
    2>&1 | grep -v "TCG doesn't support requested feature"
}

check Nehalem default
check Haswell x86-64-v3
