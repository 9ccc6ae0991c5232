#!/usr/bin/env bash
# Installs the system packages that a build needs, where they are missing: OpenBLAS, LAPACKE and zlib.
set -euo pipefail

packages=(libopenblas-dev liblapacke-dev zlib1g-dev pkg-config)

has_library() { # HEADER NAME
  printf '#include <%s>\nint main(void) { return 0; }\n' "$1" | clang -x c - -l"$2" -o /dev/null >/dev/null 2>&1
}

if has_library cblas.h openblas && has_library lapacke.h lapacke && has_library zlib.h z && command -v pkg-config >/dev/null
then
  exit 0
fi

if ! command -v apt-get >/dev/null; then
  echo "tune needs OpenBLAS, LAPACKE and zlib with their headers (Debian's ${packages[*]}); install them and try again" >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "tune needs the packages ${packages[*]}; install them as root: apt-get install ${packages[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing ${packages[*]}"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
