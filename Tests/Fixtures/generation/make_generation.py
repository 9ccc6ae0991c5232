#!/usr/bin/env python3
"""Writes what transformers generates with the tiny models of Tests/Fixtures/families: one JSON object a line.

    make_generation.py        (torch 2.13.0+cpu, transformers 5.23.0: Tests/Interop/requirements.txt)

Greedy search and beam search with every setting of how they end, of what may not be repeated, and of how long texts are.
"""
import itertools
import json
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import torch
from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM, GenerationConfig

FAMILIES = Path(__file__).resolve().parent.parent / "families"
MODELS = {"gpt2": AutoModelForCausalLM, "llama-llama3": AutoModelForCausalLM, "flan-t5": AutoModelForSeq2SeqLM}
PROMPTS = [[6, 11, 5], [9, 30, 4, 9, 8, 2]]
STOPS = {"gpt2": [3, 17], "llama-llama3": [12], "flan-t5": [1]}
SETTINGS = [
    {"num_beams": beams, "length_penalty": penalty, "early_stopping": early}
    for beams, penalty, early in itertools.product([2, 4], [1.0, 0.0, 2.0], [False, True, "never"])
] + [
    {"num_beams": 3, "no_repeat_ngram_size": 2}, {"num_beams": 3, "repetition_penalty": 1.5},
    {"num_beams": 4, "min_new_tokens": 5}, {"num_beams": 1, "no_repeat_ngram_size": 2},
    {"num_beams": 1, "repetition_penalty": 1.3}, {"num_beams": 1, "min_new_tokens": 6},
    {"num_beams": 1, "no_repeat_ngram_size": 3, "repetition_penalty": 0.8},
]


def main():
    torch.set_num_threads(1)
    lines = []
    for name, kind in MODELS.items():
        model = kind.from_pretrained(FAMILIES / name, dtype=torch.float32).eval()
        start = getattr(model.config, "decoder_start_token_id", None)
        for settings, prompt in itertools.product(SETTINGS, PROMPTS):
            config = GenerationConfig(
                max_new_tokens=12, do_sample=False, eos_token_id=STOPS[name], pad_token_id=0,
                decoder_start_token_id=start, use_cache=start is None, **settings)
            # The cache of a model with more decoder than encoder layers is made too short.
            ids = torch.tensor([prompt])
            with torch.no_grad():
                out = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config)[0].tolist()
            new = out[1:] if start is not None else out[len(prompt):]
            # What stands behind the end is filling.
            end = next((place for place, token in enumerate(new) if token in STOPS[name]), None)
            lines.append(json.dumps({
                "model": name, "prompt": prompt, "stop": STOPS[name], "max_new_tokens": 12, **settings,
                "ids": new if end is None else new[:end], "stopped": end is not None}) + "\n")
    (Path(__file__).parent / "texts.jsonl").write_text("".join(lines))
    print(len(lines), "texts")


if __name__ == "__main__":
    main()
