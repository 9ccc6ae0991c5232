#!/usr/bin/env bash
# Pretrains the embedded base model from nothing, with tune itself, on text expanded from Datasets/grammar: a
# 4,096-token byte-level BPE vocabulary, a pass over 96,000 documents (10 million tokens) of everything the grammar
# can write, then a pass over 40,000 documents (8 million tokens) in which most dialogues are told again several
# times, which is what teaches so small a model to read. About 45 minutes on two cores.
set -euo pipefail
tune=$(realpath "$1")
writer=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
cd "$here/../.."
work=.build/base-model
rm -rf "$work"

# The documents of a stage: FOLDER COUNT SEED PERCENT-RETOLD; the last 500 are for validation.
write_text() {
  mkdir -p "$1"
  "$writer" --pretraining "$1/all.jsonl" --documents $(($2 + 500)) --seed "$3" --retold "$4"
  head -n "$2" "$1/all.jsonl" >"$1/train.jsonl"
  tail -n 500 "$1/all.jsonl" >"$1/validation.jsonl"
  rm "$1/all.jsonl"
}

pretrain() { # MODEL DATA OUTPUT, then more flags
  "$tune" train --full --model "$1" --data "$2" --output "$3" --epochs 1 --lr-schedule cosine --warmup-steps 100 \
    --weight-decay 0.1 --eval-steps 500 --save-dtype bfloat16 "${@:4}"
}

write_text "$work/text" 96000 2 0
"$tune" tokenize --train "$work/text/train.jsonl" --vocab-size 4096 --output "$work/new"
cp "$here/model/config.json" "$work/new/config.json"
pretrain "$work/new" "$work/text" "$work/stage1" --from-scratch --batch-size 32 --learning-rate 3e-3 --seed 1

write_text "$work/retold" 40000 3 85
pretrain "$work/stage1/model" "$work/retold" "$work/stage2" --batch-size 10 --learning-rate 2e-3 --seed 2

cp "$work"/stage2/model/{config.json,generation_config.json,model.safetensors,tokenizer.json,tokenizer_config.json} \
  "$here/model/"
# The build does not watch embedded files that were absent before.
touch "$here/embedded.c"
