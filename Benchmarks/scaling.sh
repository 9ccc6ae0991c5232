#!/usr/bin/env bash
# How a LoRA step grows: with the length of an example (time a token, attention's share, memory, with and without
# activation checkpointing) and with the number of threads.
#
#   scaling.sh TUNE MODEL      MODEL: a folder or GGUF file; LENGTHS and STEPS may be set
set -euo pipefail
tune=$(realpath "$1") model=$(realpath "$2")
repository=$(realpath "$(dirname "$0")/..")
lengths=${LENGTHS:-128 256 512 1024 2048} steps=${STEPS:-4}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# One long text a line: dialogues one after the other, cut by --max-length.
awk '{ sub(/^.*"dialogue": *"/, ""); sub(/", *"summary".*$/, ""); line = line $0 " " }
     NR % 40 == 0 { print "{\"text\": \"" line "\"}"; line = ""; if (++n == 8) exit }' \
  "$repository/Datasets/dialogues.jsonl" >long.jsonl

run() { # NAME ARGUMENTS: a run whose metrics and profile are kept
  local name=$1
  shift
  "$tune" train --lora --model "$model" --data long.jsonl --batch-size 1 --no-shuffle --max-steps "$steps" \
    --lr-schedule constant --learning-rate 1e-4 --overlong truncate-end --profile --output "$name" "$@" >"$name.txt" 2>/dev/null
}
time_a_token() { # milliseconds, without the first step
  awk -F'[:,]' '/"loss"/ && n++ { for (i = 1; i < NF; i++) { if ($i ~ /"tokens"/) t += $(i + 1); if ($i ~ /"seconds"/) s += $(i + 1) } }
    END { printf "%.3f", 1000 * s / t }' "$1/metrics.jsonl"
}
attention() { awk '/^attention/ { for (i = 1; i <= NF; i++) if ($i == "%") { sum += $(i - 1); break } } END { printf "%.1f", sum }' "$1.txt"; }
held() { sed -n 's/.*tensors held at most \([^,]*\), the process \(.*\)/\1 | \2/p' "$1.txt"; }

echo "| tokens | ms a token | attention | without attention | tensors | process | checkpointed: ms a token | tensors | process |"
echo "|---|---|---|---|---|---|---|---|---|"
for length in $lengths; do
  run "plain$length" --max-length "$length" --tokens-per-pass "$length"
  run "checkpointed$length" --max-length "$length" --tokens-per-pass "$length" --activation-checkpointing
  ms=$(time_a_token "plain$length") share=$(attention "plain$length")
  echo "| $length | $ms | $share % | $(awk "BEGIN { printf \"%.3f\", $ms * (1 - $share / 100) }") | $(held "plain$length") |" \
    "$(time_a_token "checkpointed$length") | $(held "checkpointed$length") |"
done
echo
for threads in 1 $(nproc); do
  run "threads$threads" --max-length 512 --threads "$threads"
  echo "$threads threads: $(awk "BEGIN { printf \"%.1f\", 1000 / $(time_a_token "threads$threads") }") tokens/s"
done
