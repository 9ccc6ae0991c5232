#!/usr/bin/env python3
"""Time and memory of ways of tuning on one model and the same examples: two epochs of each, without validation in between.

    methods.py TUNE --model MODEL --data PREPARED [--examples 24] [--batch-size 4] [--output RESULTS.json]

Prints a table: trained parameters, seconds an example in each epoch, how many times as fast as full fine-tuning the second
one is, and the peak memory of the process. States of frozen layers are computed in the first epoch and kept for the second.
"""

import argparse
import json
import subprocess
import tempfile
from pathlib import Path

METHODS = {
    "full": ["--full"],
    "LoRA r=8": ["--lora"],
    "QLoRA r=8": ["--lora", "--load-in-4bit"],
    "DoRA r=8": ["--dora"],
    "(IA)³": ["--ia3"],
    "prompt, 20 tokens": ["--prompt-tuning", "20"],
    "prefix, 20 tokens": ["--prefix-tuning", "20"],
    "bottleneck, 64": ["--method", "bottleneck"],
    "norms": ["--method", "norms"],
    "last 2 layers": ["--last-layers", "2"],
    "head": ["--method", "head"],
}


def measure(arguments, flags, folder):
    command = [arguments.tune, "train", *flags, "--model", arguments.model, "--data", arguments.data, "--limit",
               str(arguments.examples), "--eval-limit", "1", "--eval-steps", "1000000", "--batch-size",
               str(arguments.batch_size), "--epochs", "2", "--output", str(folder), "--quiet"]
    subprocess.run(command, check=True)
    run = json.loads((folder / "run.json").read_text())
    steps = [line for line in map(json.loads, (folder / "metrics.jsonl").read_text().splitlines()) if "loss" in line]
    half = len(steps) // 2
    first, second = (sum(step["seconds"] for step in part) / arguments.examples for part in (steps[:half], steps[half:]))
    return {"trainable_parameters": run["model"]["trainable_parameters"], "first_epoch_seconds": first,
            "second_epoch_seconds": second, "peak_memory_bytes": run["result"]["peak_memory_bytes"],
            "tokens": run["data"]["train"]["tokens"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tune")
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--examples", type=int, default=24)
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    results = {}
    print("| method | trained | s an example, epoch 1 | epoch 2 | of full's speed | peak memory |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, flags in METHODS.items():
        with tempfile.TemporaryDirectory() as folder:
            found = results[name] = measure(arguments, flags, Path(folder) / "run")
        ratio = results["full"]["second_epoch_seconds"] / found["second_epoch_seconds"]
        print(f"| {name} | {found['trainable_parameters']:,} | {found['first_epoch_seconds']:.3f} | "
              f"{found['second_epoch_seconds']:.3f} | {ratio:.1f} × | {found['peak_memory_bytes'] / 2**30:.2f} GB |",
              flush=True)
    if arguments.output:
        arguments.output.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
