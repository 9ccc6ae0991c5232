#!/usr/bin/env bash
# Makes the tiny model and the records that the tests of the program run on; the model is trained by tune itself.
#
#     make_cli.sh TUNE        (the built program)
set -euo pipefail
tune=$(realpath "$1")
cd "$(dirname "$(realpath "$0")")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

names=(Ann Ben Cem Dora Eva Finn Gita Hugo)
things=(tea rice "a boat" "the bus" "a song" "new shoes")
for number in $(seq 0 59); do
  name=${names[number % 8]} thing=${things[number % 6]}
  printf '{"id": %d, "dialogue": "%s: I want %s, number %d.\\nMax: Then take %s.", "summary": "%s takes %s."}\n' \
    "$number" "$name" "$thing" "$number" "$thing" "$name" "$thing"
done >dialogues.jsonl

"$tune" prepare dialogues.jsonl --output "$work/prepared" --split 0.6/0.2/0.2 --every-wording --quiet
sed -E 's/^\{"prompt": "(.*)", "completion": "(.*)"\}$/{"text": "\1\2"}/' "$work/prepared/train.jsonl" >"$work/texts.jsonl"
"$tune" tokenize --train "$work/texts.jsonl" --vocab-size 300 --output "$work/new" --quiet
cat >"$work/new/config.json" <<'EOF'
{
  "architectures": ["LlamaForCausalLM"],
  "model_type": "llama",
  "hidden_size": 16,
  "intermediate_size": 24,
  "num_hidden_layers": 2,
  "num_attention_heads": 2,
  "num_key_value_heads": 1,
  "vocab_size": 300,
  "max_position_embeddings": 256,
  "rms_norm_eps": 1e-05,
  "rope_theta": 10000.0,
  "tie_word_embeddings": true,
  "bos_token_id": null,
  "eos_token_id": 0
}
EOF
"$tune" train --full --from-scratch --model "$work/new" --data "$work/texts.jsonl" --max-steps 150 --threads 1 \
  --learning-rate 1e-2 --lr-schedule cosine --output "$work/run" --quiet
rm -rf model
cp -r "$work/run/model" model
