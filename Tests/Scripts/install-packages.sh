#!/usr/bin/env bash
# Installs Debian packages: install-packages.sh REASON PACKAGE...
set -euo pipefail
reason=$1
shift

if ! command -v apt-get >/dev/null; then
  echo "$reason (Debian's $*); install that and try again" >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "$reason; install it as root: apt-get install $*" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing $*"
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
