#!/usr/bin/env python3
"""Times PyTorch + PEFT on the training that `tune train` does, as the peer to compare its speed with.

    peer_train.py MODEL_FOLDER DATA.jsonl [--method lora|full] [--steps 10] [--batch 4] [--threads 2] ...

DATA.jsonl has one {"prompt", "completion"} a line (strings). Examples are taken in file order, ended by EOS, padded to
the longest of the batch; the prompt is not trained; float32, AdamW, constant rate, clip 1.0. The first step warms up
and is not timed. Prints one JSON object. `tokens` counts real tokens, `padded_tokens` those that were computed.
"""

import argparse
import json
import os
import resource
import time
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")
warnings.simplefilter("ignore", FutureWarning)

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

IGNORED = -100


def read_examples(path, tokenizer, max_length, end):
    examples = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if not line.strip():
                continue
            record = json.loads(line)
            prompt = tokenizer(record["prompt"], add_special_tokens=False)["input_ids"]
            whole = tokenizer(record["prompt"] + record["completion"], add_special_tokens=False)["input_ids"]
            if end:
                whole = whole + [tokenizer.eos_token_id]
            labels = [IGNORED] * min(len(prompt), len(whole)) + whole[len(prompt):]
            examples.append((whole[:max_length], labels[:max_length]))
    return examples


def pad(batch, filler):
    width = max(len(ids) for ids, _ in batch)
    rows = [(ids + [filler] * (width - len(ids)), [1] * len(ids) + [0] * (width - len(ids)),
             labels + [IGNORED] * (width - len(ids))) for ids, labels in batch]
    return {"input_ids": torch.tensor([r[0] for r in rows]), "attention_mask": torch.tensor([r[1] for r in rows]),
            "labels": torch.tensor([r[2] for r in rows])}


def prepare(arguments):
    model = AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32)
    model.config.use_cache = False
    if arguments.method == "lora":
        model = get_peft_model(model, LoraConfig(
            r=arguments.rank, lora_alpha=2 * arguments.rank, lora_dropout=0.0, target_modules=["q_proj", "v_proj"],
            task_type="CAUSAL_LM"))
    return model.train()


def run(arguments):
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    examples = read_examples(arguments.data, tokenizer, arguments.max_length, not arguments.no_end_token)
    filler = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    model = prepare(arguments)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=arguments.learning_rate, weight_decay=0.0)
    losses, norms, seconds, counted, real, computed = [], [], 0.0, 0, 0, 0
    for step in range(arguments.steps + 1):
        first = step * arguments.batch
        batch = [examples[(first + offset) % len(examples)] for offset in range(arguments.batch)]
        start = time.perf_counter()
        inputs = pad(batch, filler)
        loss = model(**inputs).loss
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(trained, 1.0).item())
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if step > 0:
            seconds += time.perf_counter() - start
            counted += len(batch)
            real += sum(len(ids) for ids, _ in batch)
            computed += inputs["input_ids"].numel()
    return {
        "peer": "torch+peft" if arguments.method == "lora" else "torch", "method": arguments.method,
        "rank": arguments.rank if arguments.method == "lora" else None, "batch": arguments.batch,
        "threads": torch.get_num_threads(), "steps": arguments.steps, "examples": counted, "tokens": real,
        "padded_tokens": computed, "seconds": round(seconds, 3), "examples_per_second": round(counted / seconds, 4),
        "tokens_per_second": round(real / seconds, 2), "padded_tokens_per_second": round(computed / seconds, 2),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "trained_parameters": sum(p.numel() for p in trained), "losses": losses, "grad_norms": norms,
        "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--method", choices=("lora", "full"), default="lora")
    parser.add_argument("--steps", type=int, default=10, help="timed steps, after one that is not timed")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--learning-rate", type=float, default=None, help="default 1e-3 for lora, 2e-5 for full")
    parser.add_argument("--max-length", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-end-token", action="store_true", help="do not append EOS to completions")
    arguments = parser.parse_args()
    if arguments.steps < 1:
        parser.error("--steps must be at least 1")
    if arguments.learning_rate is None:
        arguments.learning_rate = 1e-3 if arguments.method == "lora" else 2e-5
    torch.set_num_threads(arguments.threads)
    print(json.dumps(run(arguments)))


if __name__ == "__main__":
    main()
