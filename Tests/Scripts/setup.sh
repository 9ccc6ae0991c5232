#!/usr/bin/env bash
# Installs the system packages that a build needs, where they are missing: OpenBLAS, LAPACKE, zlib, zstd
# and libcurl.
set -euo pipefail

has_library() { # HEADER NAME
  printf '#include <%s>\nint main(void) { return 0; }\n' "$1" | clang -x c - -l"$2" -o /dev/null >/dev/null 2>&1
}

if has_library cblas.h openblas && has_library lapacke.h lapacke && has_library zlib.h z &&
  has_library zstd.h zstd && has_library curl/curl.h curl && command -v pkg-config >/dev/null
then
  exit 0
fi

"$(dirname "$0")/install-packages.sh" "tune needs OpenBLAS, LAPACKE, zlib, zstd and libcurl with their headers" \
  libopenblas-dev liblapacke-dev zlib1g-dev libzstd-dev libcurl4-openssl-dev pkg-config
