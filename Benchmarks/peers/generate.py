#!/usr/bin/env python3
"""Times transformers' greedy `generate` on prompts in batches, the peer of tune's batched decoding.

    generate.py MODEL_FOLDER PROMPTS.jsonl [--batch-size 8] [--max-new-tokens 48] [--limit 8] ...

PROMPTS.jsonl has a "prompt" text on each line. One step generates for all prompts, in batches in file order, padded on
the left, float32, SDPA attention, with a key-value cache; a batch runs until its last sequence ends. Prompts are
tokenised beforehand. `ids` are the new tokens of each prompt, without the EOS that ended it, as tune reports them;
`tokens` counts these.
"""

import json
import time

import common
import torch_common

import torch
from transformers import AutoTokenizer


def end_ids(tokenizer, model):
    """Tokens that end a text: the configuration's and the tokenizer's end-of-text, as in tune."""
    configured = model.config.eos_token_id
    configured = configured if isinstance(configured, list) else [configured]
    return sorted({token for token in [*configured, tokenizer.eos_token_id] if token is not None})


class Generation:
    def __init__(self, arguments):
        tokenizer = AutoTokenizer.from_pretrained(arguments.model, padding_side="left")
        if tokenizer.pad_token_id is None:
            tokenizer.pad_token = tokenizer.eos_token
        with open(arguments.prompts, encoding="utf-8") as file:
            prompts = [json.loads(line)["prompt"] for line in file if line.strip()][:arguments.limit]
        size = arguments.batch_size
        self.batches = [
            tokenizer(prompts[first:first + size], add_special_tokens=False, padding=True, return_tensors="pt")
            for first in range(0, len(prompts), size)]
        self.model = torch_common.load_model(arguments.model).eval()
        self.ends = end_ids(tokenizer, self.model)
        self.options = {
            "do_sample": False, "max_new_tokens": arguments.max_new_tokens, "eos_token_id": self.ends,
            "pad_token_id": tokenizer.pad_token_id}
        self.prompt_tokens = sum(int(batch["attention_mask"].sum()) for batch in self.batches)
        self.head = {
            **torch_common.head("transformers", "generate", arguments.model), "batch_size": size,
            "max_new_tokens": arguments.max_new_tokens, "prompts": len(prompts), "prompt_tokens": self.prompt_tokens}

    def step(self):
        start = time.perf_counter()
        rows = []
        for batch in self.batches:
            output = self.model.generate(**batch, **self.options)
            rows += output[:, batch["input_ids"].shape[1]:].tolist()
        seconds = time.perf_counter() - start
        ids = [self.before_end(row) for row in rows]
        return {"seconds": seconds, "tokens": sum(map(len, ids)), "ids": ids}

    def before_end(self, row):
        return row[:next((index for index, token in enumerate(row) if token in self.ends), len(row))]

    def summary(self, records):
        return {"ids": records[-1]["ids"]}


def main():
    parser = common.parser(__doc__.split("\n")[0], steps=3, step_is="passes over the prompts")
    parser.add_argument("model", help="a Hugging Face model folder")
    parser.add_argument("prompts")
    parser.add_argument("--batch-size", type=common.positive, default=8)
    parser.add_argument("--max-new-tokens", type=common.positive, default=48)
    parser.add_argument("--limit", type=common.positive, help="read only so many prompts")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    common.drive(Generation(arguments), arguments)


if __name__ == "__main__":
    main()
