#!/usr/bin/env bash
# Pretrains the embedded base model from nothing, with tune itself, on text expanded from Datasets/grammar:
# a 4,096-token byte-level BPE vocabulary, then one pass over 96,000 documents (10 million tokens).
set -euo pipefail
tune=$(realpath "$1")
writer=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
cd "$here/../.."
work=.build/base-model
rm -rf "$work"
mkdir -p "$work/data" "$work/new"

"$writer" --pretraining "$work/all.jsonl" --documents 96500 --seed 2
head -n 96000 "$work/all.jsonl" >"$work/data/train.jsonl"
tail -n 500 "$work/all.jsonl" >"$work/data/validation.jsonl"
"$tune" tokenize --train-vocabulary 4096 --output "$work/new" "$work/data/train.jsonl"
cp "$here/model/config.json" "$work/new/config.json"
"$tune" train --full --from-scratch --model "$work/new" --data "$work/data" --batch-size 32 --epochs 1 \
  --learning-rate 3e-3 --lr-schedule cosine --warmup-steps 100 --weight-decay 0.1 --eval-steps 500 --seed 1 \
  --save-dtype bfloat16 --output "$work/run"
cp "$work"/run/model/{config.json,generation_config.json,model.safetensors,tokenizer.json,tokenizer_config.json} \
  "$here/model/"
