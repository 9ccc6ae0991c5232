#!/usr/bin/env python3
"""Loads an adapter in MLX's form with mlx-lm, unchanged, and compares its logits with tune's.

    check_mlx.py ADAPTER_FOLDER BASE_MODEL_FOLDER TUNE_LOGITS.json

mlx runs on Linux, too: pip install "mlx[cpu]==0.32.4" mlx-lm==0.32.2. TUNE_LOGITS.json is that of check_adapter.py.
The base's config.json must have the old key rope_theta: the llama of mlx-lm 0.32 passes over transformers 5's
rope_parameters. Exits with 1 when mlx-lm refuses a tensor or when logits differ by more than 1e-3.
"""

import argparse
import json
import sys
from pathlib import Path

import mlx.core as mx
from mlx_lm.tuner.utils import load_adapters
from mlx_lm.utils import load_model

TOLERANCE = 1e-3


def log_softmax(row):
    return row - mx.logsumexp(row)


def last(model, ids):
    return model(mx.array([ids]))[0, -1].astype(mx.float32)


def difference(row, expected):
    """tune gives logits or log-softmax; the former are known by their sum of probabilities."""
    expected = mx.array(expected)
    normalised = abs(mx.logsumexp(expected).item()) < 1e-2
    return mx.abs((log_softmax(row) if normalised else row) - expected).max().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("adapter", type=Path)
    parser.add_argument("base", type=Path)
    parser.add_argument("logits", type=Path)
    arguments = parser.parse_args()
    examples = json.loads(arguments.logits.read_text())["examples"]
    model, _ = load_model(arguments.base)
    model.set_dtype(mx.float32)
    plain = [last(model, example["input_ids"]) for example in examples]
    model = load_adapters(model, arguments.adapter)
    model.eval()
    agreed = True
    for example, base in zip(examples, plain):
        found = difference(last(model, example["input_ids"]), example["logits_last"])
        print(f"{len(example['input_ids'])} tokens: difference {found:.2g}, of the base "
              f"{difference(base, example['logits_last']):.2g}")
        agreed = agreed and found <= TOLERANCE
    sys.exit(0 if agreed else 1)


if __name__ == "__main__":
    main()
