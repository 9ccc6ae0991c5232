#!/usr/bin/env bash
# Trains an adapter and a full model with tune on a float32 Hugging Face folder and loads both with PEFT and
# transformers, unchanged: logits must agree within 1e-3.
#
#   run.sh TUNE        PYTHON (an environment with requirements.txt), MLX_PYTHON (one with mlx-lm, see check_mlx.py) and
#                      MODEL (the folder) come from the environment
set -euo pipefail
tune=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
repository=$(realpath "$here/../..")
python=${PYTHON:-$repository/.venv/bin/python}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

if [ -z "${MODEL:-}" ]; then
  "$python" "$here/gguf_to_hf.py" "$("$repository/Tests/Scripts/fetch-smollm2.sh" "$work")" model
  MODEL=$work/model
fi
vocabulary=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["vocab_size"])' "$MODEL/config.json")
texts=("The capital of France is" "Hello, how are" "Summarize: Anna asks Tom for the ladder.")

"$tune" prepare "$repository/Datasets/dialogues.jsonl" --limit 100 --quiet
for targets in q_proj,v_proj all-linear; do
  "$tune" train --lora --rank 4 --target-modules "$targets" --model "$MODEL" --max-steps 3 --batch-size 2 \
    --learning-rate 5e-3 --lr-schedule constant --output "runs/$targets" --quiet
  "$python" "$here/tune_logits.py" logits.json "$tune" "$vocabulary" --run "runs/$targets" -- "${texts[@]}"
  echo "LoRA on $targets, loaded by PEFT:"
  "$python" "$here/check_adapter.py" "runs/$targets/adapter" "$MODEL" logits.json
done
echo "the same adapter, loaded by mlx-lm:"
if [ -n "${MLX_PYTHON:-}" ]; then
  "$tune" export --run runs/all-linear --mlx-adapter mlx --quiet
  # mlx-lm passes over transformers 5's rope_parameters.
  mkdir mlx-base && ln -s "$MODEL"/* mlx-base && rm mlx-base/config.json
  "$python" -c 'import json, sys; config = json.load(open(sys.argv[1])); \
    json.dump({"rope_theta": config.get("rope_parameters", {}).get("rope_theta")} | config, open(sys.argv[2], "w"))' \
    "$MODEL/config.json" mlx-base/config.json
  "$MLX_PYTHON" "$here/check_mlx.py" mlx mlx-base logits.json
else
  echo "skipped: name an environment with mlx-lm in MLX_PYTHON (check_mlx.py says which)"
fi
"$tune" train --full --model "$MODEL" --max-steps 2 --batch-size 2 --learning-rate 2e-5 --lr-schedule constant \
  --output runs/full --quiet
"$python" "$here/tune_logits.py" logits.json "$tune" "$vocabulary" --run runs/full -- "${texts[@]}"
echo "full fine-tuning, loaded by transformers:"
"$python" "$here/check_model.py" runs/full/model logits.json
echo "the cache of tune pull and of huggingface_hub:"
"$python" "$here/check_hub.py" "$tune"
echo "every method of PEFT:"
"$python" "$here/check_methods.py" "$tune"
echo "every family:"
"$python" "$here/families.py" "$tune"
echo "reports, read by html5lib, zlib and TensorBoard:"
"$python" "$here/check_report.py" "$tune"
if [ -d "$repository/../shared/data/wmt17-ende" ]; then
  echo "published scores of WMT17 and DialogSum:"
  "$python" "$here/check_published_scores.py" "$tune" --data "$repository/../shared/data"
fi
