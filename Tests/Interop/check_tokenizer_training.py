#!/usr/bin/env python3
"""Holds the tokenizers that `tune tokenize --train` makes against Hugging Face's trainers on a larger text.

    check_tokenizer_training.py TUNE CORPUS.txt [--vocab-size 8000]

Needs tokenizers==0.23.3. BPE must be the same token by token and merge by merge; Unigram's likelihood of the corpus may
be at most 1 % below that of UnigramTrainer; 1,000 lines and 300 awkward texts must have the same ids here and there.
The same is asked of Unigram with byte fallback and no normalization. Exits with 1 when anything disagrees.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

AWKWARD = "abE st'  \n\r\t19./ée\u0301ſ½Ж中文한🙂\u200d\xa0\u3000\x85<|>\0ǅ▁"


def reference(kind, lines, size):
    if kind == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(
            vocab_size=size, min_frequency=2, show_progress=False, special_tokens=["<|endoftext|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    else:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.Sequence(
            [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=size, show_progress=False, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>")
    start = time.monotonic()
    tokenizer.train_from_iterator(lines, trainer)
    return json.loads(tokenizer.to_str())["model"], tokenizer, time.monotonic() - start


def trained(tune, corpus, output, *flags):
    start = time.monotonic()
    subprocess.run([tune, "tokenize", "--train", corpus, "--output", output, "--quiet", *flags], check=True)
    return json.loads(output.read_text())["model"], Tokenizer.from_file(str(output)), time.monotonic() - start


def likelihood(model, tokenizer, lines):
    """The logarithm of the likelihood of each character."""
    scores = [score for _, score in model["vocab"]]
    total = sum(scores[id] for encoding in tokenizer.encode_batch(lines) for id in encoding.ids)
    return total / sum(len(line) for line in lines)


def encodes_alike(tune, path, tokenizer, lines, work):
    rng = random.Random(2)
    texts = rng.sample(lines, min(1000, len(lines)))
    texts += ["".join(rng.choice(AWKWARD) for _ in range(rng.randint(1, 30))) for _ in range(300)]
    (work / "texts.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    answer = subprocess.run(
        [tune, "tokenize", "--model", path, work / "texts.jsonl", "--json"], capture_output=True, check=True, text=True)
    found = {row["line"]: row["input_ids"] for row in map(json.loads, answer.stdout.splitlines())}
    for line, encoding in enumerate(tokenizer.encode_batch(texts, add_special_tokens=False), 1):
        # Texts of one token at most are left out, for there is nothing in them to learn.
        if found.get(line, encoding.ids[:1]) != encoding.ids:
            print(f"{texts[line - 1]!r}: {found.get(line)}, expected {encoding.ids}")
            return False
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tune", type=Path)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--vocab-size", type=int, default=8000)
    arguments = parser.parse_args()
    tune, size = str(arguments.tune.resolve()), str(arguments.vocab_size)
    lines = [line for line in arguments.corpus.read_text(encoding="utf-8").split("\n") if line]
    agreed = True
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)

        expected, _, reference_seconds = reference("bpe", lines, arguments.vocab_size)
        path = work / "bpe.json"
        model, tokenizer, seconds = trained(tune, arguments.corpus, path, "--model-type", "bpe", "--vocab-size", size)
        same = model["vocab"] == expected["vocab"] and model["merges"] == expected["merges"]
        alike = encodes_alike(tune, path, tokenizer, lines, work)
        print(f"bpe: same tokens and merges: {same}, same ids: {alike}; {seconds:.1f} s, BpeTrainer "
              f"{reference_seconds:.1f} s")
        agreed = agreed and same and alike

        expected, other, reference_seconds = reference("unigram", lines, arguments.vocab_size)
        path = work / "unigram.json"
        flags = ["--model-type", "unigram", "--vocab-size", size]
        model, tokenizer, seconds = trained(tune, arguments.corpus, path, *flags)
        ours, theirs = likelihood(model, tokenizer, lines), likelihood(expected, other, lines)
        alike = encodes_alike(tune, path, tokenizer, lines, work)
        print(f"unigram: log-likelihood a character {ours:.4f}, UnigramTrainer {theirs:.4f}, same ids: {alike}; "
              f"{seconds:.1f} s, UnigramTrainer {reference_seconds:.1f} s")
        agreed = agreed and ours >= theirs * 1.01 and alike

        path = work / "bytes.json"
        flags += ["--byte-fallback", "--normalization-rule-name", "identity", "--character-coverage", "0.9995"]
        _, tokenizer, _ = trained(tune, arguments.corpus, path, *flags)
        alike = encodes_alike(tune, path, tokenizer, lines, work)
        print(f"unigram with byte fallback: same ids: {alike}")
        agreed = agreed and alike
    sys.exit(0 if agreed else 1)


if __name__ == "__main__":
    main()
