#!/usr/bin/env python3
"""Times PyTorch (with PEFT for LoRA) on the training that `tune train` does.

    train.py MODEL_FOLDER DATA.jsonl [--method lora|full] [--init-adapter FOLDER] [--steps 10] [--batch-size 4] ...

DATA.jsonl: see examples.py. Examples are taken in file order, over and over, and padded to the longest of the batch;
float32, SDPA attention, fused AdamW without decay at a constant rate, gradients clipped to norm 1.
Both sides start equal, so that losses can be compared step by step, when both get the same --init-adapter.
`tokens` counts real tokens, `padded_tokens` those that were computed, `trained_tokens` those that the loss is over.
"""

import sys
import time

import common
import examples
import torch_common

import peft
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoTokenizer


def pad(batch, filler):
    """Right-padded ids, mask and labels, [examples, longest] each."""
    width = max(len(ids) for ids, _ in batch)
    rows = [(ids + [filler] * (width - len(ids)), [1] * len(ids) + [0] * (width - len(ids)),
             labels + [examples.IGNORED] * (width - len(ids))) for ids, labels in batch]
    return {name: torch.tensor([row[column] for row in rows])
            for column, name in enumerate(("input_ids", "attention_mask", "labels"))}


def with_adapter(model, arguments):
    if arguments.init_adapter:
        return PeftModel.from_pretrained(model, arguments.init_adapter, is_trainable=True)
    targets = arguments.target_modules
    return get_peft_model(model, LoraConfig(
        r=arguments.rank, lora_alpha=arguments.lora_alpha, lora_dropout=0.0, task_type="CAUSAL_LM",
        target_modules=targets if targets == "all-linear" else targets.split(",")))


class Training:
    def __init__(self, arguments):
        torch.manual_seed(0)
        tokenizer = AutoTokenizer.from_pretrained(arguments.model)
        self.examples = examples.read(arguments.data, tokenizer, arguments.train_on_prompt)
        self.filler = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
        self.batch_size, self.next = arguments.batch_size, 0
        model = torch_common.load_model(arguments.model)
        model.config.use_cache = False
        if arguments.method == "lora":
            model = with_adapter(model, arguments)
            if arguments.save_init_adapter:
                model.save_pretrained(arguments.save_init_adapter)
        self.model = model.train()
        self.trained = [p for p in model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.trained, lr=arguments.learning_rate, weight_decay=0.0, fused=True)
        lora = {"peft": peft.__version__} if arguments.method == "lora" else {}
        self.head = {
            **torch_common.head("torch+peft" if lora else "torch", "train", arguments.model, **lora),
            "method": arguments.method, "batch_size": self.batch_size, "learning_rate": arguments.learning_rate,
            "trained_parameters": sum(p.numel() for p in self.trained)}
        if lora:
            config = model.peft_config["default"]
            self.head.update(
                rank=config.r, lora_alpha=config.lora_alpha, target_modules=sorted(config.target_modules))

    def step(self):
        start = time.perf_counter()
        batch = [self.examples[(self.next + offset) % len(self.examples)] for offset in range(self.batch_size)]
        self.next += self.batch_size
        inputs = pad(batch, self.filler)
        loss = self.model(**inputs).loss
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return {
            "loss": loss.item(), "grad_norm": norm.item(), "seconds": time.perf_counter() - start,
            "examples": len(batch), "tokens": sum(len(ids) for ids, _ in batch),
            "padded_tokens": inputs["input_ids"].numel(),
            "trained_tokens": int((inputs["labels"][:, 1:] != examples.IGNORED).sum())}

    def summary(self, records):
        counted = common.timed(records)
        seconds = sum(record["seconds"] for record in counted)
        totals = {name: sum(record[name] for record in counted)
                  for name in ("examples", "padded_tokens", "trained_tokens")}
        return {
            **totals, **{f"{name}_per_second": totals[name] / seconds for name in ("examples", "padded_tokens")},
            "losses": [record["loss"] for record in records],
            "grad_norms": [record["grad_norm"] for record in records]}


def main():
    parser = common.parser(__doc__.split("\n")[0], steps=10, step_is="optimiser steps")
    parser.add_argument("model", help="a Hugging Face model folder")
    parser.add_argument("data")
    parser.add_argument("--method", choices=("lora", "full"), default="lora")
    parser.add_argument("--target-modules", default="q_proj,v_proj", help="names separated by commas, or all-linear")
    parser.add_argument("--rank", type=common.positive, default=8)
    parser.add_argument("--lora-alpha", type=float, default=16)
    parser.add_argument("--init-adapter", help="start from this PEFT folder; it says rank, alpha and targets")
    parser.add_argument("--save-init-adapter", help="write the adapter first, for tune's --init-adapter")
    parser.add_argument("--train-on-prompt", action="store_true", help="learn every position")
    parser.add_argument("--batch-size", type=common.positive, default=4)
    parser.add_argument("--learning-rate", type=float, help="default 1e-3 for lora, 2e-5 for full")
    arguments = parser.parse_args()
    if arguments.method == "full" and (arguments.init_adapter or arguments.save_init_adapter):
        parser.error("--init-adapter and --save-init-adapter need --method lora")
    if arguments.learning_rate is None:
        arguments.learning_rate = 1e-3 if arguments.method == "lora" else 2e-5
    torch.set_num_threads(arguments.threads)
    common.drive(Training(arguments), arguments)


if __name__ == "__main__":
    main()
