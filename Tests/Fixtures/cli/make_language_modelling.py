#!/usr/bin/env python3
"""Makes language_modelling.json: packed windows of texts, and log-likelihoods of texts in rolling windows.

    make_language_modelling.py

Made with transformers 5.23.0, torch 2.13.0+cpu and datasets 5.2.0 on Python 3.11; the rolling windows are those of
lm_eval 0.4.13 (pip install lm_eval==0.4.13 --no-deps).
"""

import json
import os
from itertools import chain
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import datasets
import torch
from lm_eval import utils
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

HERE = Path(__file__).parent
TEXTS = [
    "Ann: I want tea, number 1.\nMax: Then take tea.\n\nSummary: Ann takes tea.",
    "Ben: I want rice.",
    "Der Fluß trägt Öl – über Straßen … \U0001F6F6 und 中文 weiter.\n",
    "  Two blanks before, a tab\tinside, blanks at the end.  ",
    "x",
    " ".join(f"Number {n} wants the bus, number {n * n % 97} a song." for n in range(40)),
]


def group_texts(examples, block_size):
    """As in transformers' examples/pytorch/language-modeling/run_clm.py (Apache License 2.0)."""
    concatenated = {k: list(chain(*examples[k])) for k in examples.keys()}
    total_length = len(concatenated[list(examples.keys())[0]])
    total_length = (total_length // block_size) * block_size
    return {
        k: [t[i : i + block_size] for i in range(0, total_length, block_size)] for k, t in concatenated.items()
    }


def main():
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(HERE / "model/tokenizer.json"))
    model = AutoModelForCausalLM.from_pretrained(HERE / "model", dtype=torch.float32).eval()
    end = model.config.eos_token_id
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]
    documents = datasets.Dataset.from_dict({"input_ids": [tokens + [end] for tokens in ids]})
    packed = {}
    for size in (2, 16, 100, 1024):
        grouped = documents.map(lambda batch: group_texts(batch, size), batched=True, batch_size=None)
        packed[size] = grouped["input_ids"][:]
    rolling = []
    for size in (1, 7, 32, 256):
        sums = [log_likelihood(model, tokens, end, size) for tokens in ids]
        rolling.append({"max_length": size, "log_likelihoods": sums})
    golden = {
        "texts": TEXTS, "tokens": sum(len(tokens) for tokens in ids), "packed": packed, "rolling": rolling,
        "words": [len(utils.re.split(r"\s+", text)) for text in TEXTS],
        "bytes": [len(text.encode()) for text in TEXTS],
    }
    (HERE / "language_modelling.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n", encoding="utf-8")


@torch.no_grad()
def log_likelihood(model, tokens, prefix, size):
    total = 0.0
    for context, continuation in utils.get_rolling_token_windows(tokens, prefix, size, 1):
        logits = model(torch.tensor([context])).logits[0].double().log_softmax(-1)
        rows = logits[len(context) - len(continuation) :]
        total += rows.gather(1, torch.tensor(continuation)[:, None]).sum().item()
    return total


main()
