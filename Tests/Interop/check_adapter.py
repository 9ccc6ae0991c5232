#!/usr/bin/env python3
"""Loads an adapter written by tune with PEFT, unchanged, and compares its logits with tune's.

    check_adapter.py ADAPTER_FOLDER BASE_MODEL_FOLDER TUNE_LOGITS.json

TUNE_LOGITS.json is {"examples": [{"input_ids": [...], "logits_last": [...]}]}: the logits of the last position.
Exits with 1 when PEFT leaves a tensor of the file unused or misses one, or when logits differ by more than 1e-3.
"""

import argparse
import sys
from pathlib import Path

from logits import compare, last_logits, load_model, read_examples

from peft import PeftModel, get_peft_model_state_dict
from transformers import AutoConfig
from safetensors import safe_open


def same_tensors(model, path, is_quiet=False):
    """Whether PEFT's model has the tensors of a file, and no others; `is_quiet` prints those that differ alone."""
    with safe_open(path, framework="pt") as file:
        stored = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}
    # Without the base's own embeddings and heads, which PEFT copies into files that adapt them.
    loaded = {name: tuple(tensor.shape) for name, tensor in get_peft_model_state_dict(model).items()
              if name in stored or not name.endswith(".base_layer.weight")}
    for name in sorted(stored.keys() | loaded.keys()):
        if stored.get(name) != loaded.get(name):
            print(f"{name}: in the file {stored.get(name)}, in PEFT's model {loaded.get(name)}")
    if not is_quiet:
        print(f"{len(stored)} tensors in {path}, {len(loaded)} in PEFT's model")
    return stored == loaded


def check(adapter, base_folder, examples):
    """Whether PEFT uses every tensor of an adapter folder and gives the examples' logits."""
    options = {}
    if (adapter / "config.json").exists():
        # A classifier's, with its classes: the base's head may have others.
        options = {"config": AutoConfig.from_pretrained(adapter), "ignore_mismatched_sizes": True}
    base = load_model(base_folder, **options).eval()
    plain = [last_logits(base, example["input_ids"]) for example in examples]
    model = PeftModel.from_pretrained(base, adapter).eval()
    complete = same_tensors(model, adapter / "adapter_model.safetensors")
    return compare(model, examples, other=plain) and complete


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("adapter", type=Path)
    parser.add_argument("base", type=Path)
    parser.add_argument("logits", type=Path)
    arguments = parser.parse_args()
    sys.exit(0 if check(arguments.adapter, arguments.base, read_examples(arguments.logits)) else 1)


if __name__ == "__main__":
    main()
