#!/usr/bin/env bash
# The whole main job on the embedded model: raw dialogues -> instruction data -> LoRA -> base against tuned.
# All scores are of held-out dialogues: the test split, which training never reads.
set -euo pipefail
tune=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
repository=$(realpath "$(dirname "$0")/../..")

cd "$work"
rm -rf prepared runs
say() { printf '\n$ tune %s\n' "$*"; "$tune" "$@"; }

say prepare "$repository/Datasets/dialogues.jsonl" --split 0.8/0.1/0.1
say train --lora --rank 8
say eval --rouge --limit 100
printf '\neverything is in %s\n' "$work"
