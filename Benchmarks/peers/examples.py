#!/usr/bin/env python3
"""Training examples as token ids and labels, read as `tune train` reads them.

    examples.py MODEL_FOLDER DATA.jsonl TOKENIZED.jsonl     # TOKENIZED: tune tokenize --model … DATA.jsonl --json

Each line of DATA.jsonl is one of
- {"input_ids", "labels"}: taken as they are (other fields do not matter);
- {"prompt", "completion"} texts: tokenised apart, EOS after them, the completion with EOS is learnt;
- {"text"}: EOS after it, everything is learnt.
Rows with nothing to learn are left out. As a program it compares this reading with tune's own and exits with 1 when
an example differs, so that both sides of a benchmark surely do the same work.
"""

import argparse
import json
import sys

IGNORED = -100


def encode(record, tokenizer):
    """The ids and labels of one record, or None when it has nothing to learn."""
    def ids(text):
        return tokenizer(text, add_special_tokens=False)["input_ids"]

    end = [] if tokenizer.eos_token_id is None else [tokenizer.eos_token_id]
    if "input_ids" in record:
        tokens, labels = record["input_ids"], record["labels"]
    elif isinstance(record.get("prompt"), str) and isinstance(record.get("completion"), str):
        prompt = ids(record["prompt"])
        completion = ids(record["completion"]) + end if record["completion"].strip() else []
        tokens, labels = prompt + completion, [IGNORED] * len(prompt) + completion
    elif isinstance(record.get("text"), str):
        tokens = ids(record["text"]) + end
        labels = tokens
    else:
        sys.exit(f"found {', '.join(record)}; expected input_ids and labels, prompt and completion texts, or text")
    if len(tokens) != len(labels):
        sys.exit(f"an example has {len(tokens)} ids but {len(labels)} labels")
    return (tokens, labels) if any(label != IGNORED for label in labels) else None


def read(path, tokenizer, train_on_prompt=False):
    with open(path, encoding="utf-8") as file:
        examples = [encode(json.loads(line), tokenizer) for line in file if line.strip()]
    examples = [example for example in examples if example is not None]
    if not examples:
        sys.exit(f"{path}: has no example with a token to learn")
    return [(tokens, tokens) for tokens, _ in examples] if train_on_prompt else examples


def main():
    from transformers import AutoTokenizer

    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("model", "data", "tokenized"):
        parser.add_argument(name)
    arguments = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    ours, tunes = read(arguments.data, tokenizer), read(arguments.tokenized, tokenizer)
    if len(ours) != len(tunes):
        sys.exit(f"{len(ours)} examples here, {len(tunes)} in tune")
    different = [index for index, pair in enumerate(zip(ours, tunes)) if pair[0] != pair[1]]
    if different:
        sys.exit(f"{len(different)} of {len(ours)} examples differ, the first is number {different[0] + 1}")
    print(f"{len(ours)} examples, {sum(len(tokens) for tokens, _ in ours)} tokens: the same ids and labels")


if __name__ == "__main__":
    main()
