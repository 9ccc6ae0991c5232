#!/usr/bin/env python3
"""Exchanges models and adapters of every family between tune and transformers with PEFT, in both directions.

    families.py TUNE [VARIANT ...]        (of Tests/Fixtures/families/variants.py; default: all)

For each variant a tiny random model with the tokenizer of Tests/Fixtures/cli/model, and a random adapter on it, are
made with transformers and PEFT and read by tune; an adapter and a full model are then trained by tune for a few steps
and read by PEFT and transformers. Logits must agree within 1e-3 each time. Exits with 1 when a variant fails.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "Tests/Fixtures/families"))

from make_families import build_model, load_model, make_adapter
from variants import VARIANTS

import check_adapter
import check_model
from tune_logits import read_logits

TOKENIZER = REPOSITORY / "Tests/Fixtures/cli/model"
VOCABULARY = 300
TEXTS = ("Ann takes", "Max: Then take the bus.", "I want new shoes, number 7.\nSummary:")
TRAINING = ("--max-steps", "3", "--batch-size", "2", "--learning-rate", "1e-2", "--lr-schedule", "constant", "--quiet")


def make_model(name, folder, **settings):
    """A model of a variant, with some settings changed, and an adapter of PEFT on it."""
    variant = VARIANTS[name]
    positions = "n_positions" if variant["model_type"] == "gpt2" else "max_position_embeddings"
    changes = {"vocab_size": VOCABULARY, "bos_token_id": None, "eos_token_id": 0} | settings
    if variant["model_type"] not in ("t5", "mt5"):
        changes[positions] = 512
    model = build_model(variant, 1, **changes)
    model.save_pretrained(folder)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(TOKENIZER / file, folder)
    make_adapter(variant, load_model(variant, folder), folder, 2)


def check_variant(tune, name, work):
    base = work / name
    make_model(name, base)

    def run(*arguments):
        subprocess.run([tune, *map(str, arguments)], check=True, cwd=work)

    def logits(*options):
        return read_logits(tune, VOCABULARY, [str(option) for option in options], TEXTS)

    print(f"{name}: a model of transformers, read by tune:")
    agreed = [check_model.check(base, logits("--model", base))]
    print(f"{name}: an adapter of PEFT, read by tune:")
    agreed.append(check_adapter.check(base / "adapter", base, logits("--model", base, "--adapter", base / "adapter")))
    run("train", "--lora", "--rank", 4, "--model", base, "--output", f"{name}-lora", *TRAINING)
    print(f"{name}: an adapter of tune, read by PEFT:")
    agreed.append(check_adapter.check(work / f"{name}-lora/adapter", base, logits("--run", work / f"{name}-lora")))
    run("train", "--full", "--model", base, "--output", f"{name}-full", *TRAINING)
    print(f"{name}: a model of tune, read by transformers:")
    agreed.append(check_model.check(work / f"{name}-full/model", logits("--run", work / f"{name}-full")))
    return all(agreed)


def main():
    tune = str(Path(sys.argv[1]).resolve())
    names = sys.argv[2:] or list(VARIANTS)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        subprocess.run(
            [tune, "prepare", REPOSITORY / "Tests/Fixtures/cli/dialogues.jsonl", "--quiet"], check=True, cwd=work)
        failed = [name for name in names if not check_variant(tune, name, work)]
    print(f"{len(names)} variants exchanged: " + (f"NOT equal: {', '.join(failed)}" if failed else "all equal"))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
