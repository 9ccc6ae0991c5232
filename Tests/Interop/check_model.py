#!/usr/bin/env python3
"""Loads a model folder written by tune with transformers, unchanged, and compares logits and token ids with tune's.

    check_model.py MODEL_FOLDER TUNE_LOGITS.json

TUNE_LOGITS.json is {"examples": [{"input_ids": [...], "logits_last": [...], "text": "..."}]}; `text` is optional and
must be tokenised by the folder's tokenizer to exactly `input_ids` (without special tokens, unless the example says
"add_special_tokens": true). Exits with 1 when a weight is missing, mismatched or left over, when token ids differ, or
when logits differ by more than 1e-3.
"""

import argparse
import sys
from pathlib import Path

from logits import compare, load_model, read_examples

from transformers import AutoTokenizer


def load(folder):
    model, report = load_model(folder, output_loading_info=True)
    wrong = {kind: names for kind, names in report.items() if names}
    for kind, names in wrong.items():
        print(f"{kind}: {names}")
    return model.eval(), not wrong


def same_tokens(folder, examples):
    with_text = [(index, example) for index, example in enumerate(examples) if "text" in example]
    if not with_text:
        print("no example has a text: token ids not checked")
        return True
    tokenizer = AutoTokenizer.from_pretrained(folder)
    same = True
    for index, example in with_text:
        found = tokenizer(example["text"], add_special_tokens=example.get("add_special_tokens", False))["input_ids"]
        if found != example["input_ids"]:
            print(f"example {index}: token ids differ\n  tune         {example['input_ids']}\n  transformers {found}")
            same = False
    print(f"{len(with_text)} texts tokenised: " + ("all equal" if same else "NOT equal"))
    return same


def check(folder, examples):
    """Whether transformers uses every weight of a model folder and gives the examples' token ids and logits."""
    model, complete = load(folder)
    tokens = same_tokens(folder, examples)
    return compare(model, examples) and complete and tokens


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("logits", type=Path)
    arguments = parser.parse_args()
    sys.exit(0 if check(arguments.model, read_examples(arguments.logits)) else 1)


if __name__ == "__main__":
    main()
