#!/usr/bin/env bash
# One table of ways of tuning, and the curve over ranks, on the same data, seed and steps; all charts and tables are tune's.
#
#   methods.sh TUNE MODEL PREPARED OUTPUT [STEPS]          (default: 40 steps of 8)
set -euo pipefail
tune=$1 model=$2 data=$3 output=$4 steps=${5:-40}
shared=(--model "$model" --data "$data" --max-steps "$steps" --eval-limit 50 --eval-steps 1000000)
mkdir -p "$output"
"$tune" sweep --recipe methods --eval --eval-options "--rouge --limit 60 --max-new-tokens 60" --forgetting \
  --output "$output/methods" -- "${shared[@]}"
"$tune" sweep --recipe rank-curve --output "$output/ranks" -- --lora "${shared[@]}"
