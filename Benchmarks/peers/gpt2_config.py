#!/usr/bin/env python3
"""Makes a model folder of GPT-2's size in the Llama architecture, with random weights, and data of fixed length for it.

    gpt2_config.py TOKENIZER_FOLDER OUTPUT_FOLDER [--rows 400] [--row-tokens 64] [--seed 0]

12 layers, width 768, 12 heads, inner width 2,048, vocabulary 50,257, tied embeddings: 123.6 million parameters, written
by transformers as float32 safetensors. The tokenizer is copied from TOKENIZER_FOLDER (SmolLM2's fits: its ids end at
49,151). OUTPUT_FOLDER/rows.jsonl has rows of exactly --row-tokens tokens, EOS included, as {"text", "input_ids",
"labels"}: `tune train` reads the text and learns all of it, train.py reads the ids. Each text was tokenised again
before it was kept, so both are the same.
"""

import argparse
import json
import sys
from pathlib import Path

import common
import torch_common  # before transformers: keeps it quiet and offline

import torch
from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

VOCABULARY = 50257
POSITIONS = 1024


def make_model(tokenizer, seed):
    torch.manual_seed(seed)
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=768, intermediate_size=2048, num_hidden_layers=12, num_attention_heads=12,
        num_key_value_heads=12, max_position_embeddings=POSITIONS, tie_word_embeddings=True, dtype=torch.float32,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id))


def make_rows(tokenizer, rows, length):
    """Stretches of the sample text that become the same `length - 1` ids when they are tokenised on their own."""
    def encode(text):
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    stream = encode(common.sample_text())
    position = 0
    for _ in range(rows):
        while True:
            ids = stream[position:position + length - 1]
            if len(ids) < length - 1:
                sys.exit(f"the sample text is too short for {rows} rows of {length} tokens")
            text = tokenizer.decode(ids)
            if encode(text) == ids:
                break
            position += 1
        position += length - 1
        whole = ids + [tokenizer.eos_token_id]
        yield {"text": text, "input_ids": whole, "labels": whole}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--rows", type=common.positive, default=400)
    parser.add_argument("--row-tokens", type=common.positive, default=64)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(arguments.tokenizer)
    if len(tokenizer) > VOCABULARY:
        sys.exit(f"{arguments.tokenizer}: has {len(tokenizer)} tokens, more than the model's {VOCABULARY}")
    rows = list(make_rows(tokenizer, arguments.rows, arguments.row_tokens))
    model = make_model(tokenizer, arguments.seed)
    model.save_pretrained(arguments.output)
    tokenizer.save_pretrained(arguments.output)
    with open(arguments.output / "rows.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    print(f"wrote {arguments.output}: {sum(p.numel() for p in model.parameters())} parameters, {len(rows)} rows")


if __name__ == "__main__":
    main()
