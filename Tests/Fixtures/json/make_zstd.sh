#!/usr/bin/env bash
# Makes lines.txt.zst with zstd 1.5.4: a skippable frame and two frames, together the lines of lines.txt.gz.
set -euo pipefail
cd "$(dirname "$0")"
{
  printf '\x50\x2a\x4d\x18\x03\x00\x00\x00abc'
  printf 'first\nzweite Zei' | zstd -q --check
  printf 'le: äöü\n\nlast' | zstd -q -19
} >lines.txt.zst
