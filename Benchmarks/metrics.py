#!/usr/bin/env python3
"""Speed of tune's metrics against rouge_score and sacreBLEU, on the same pairs of texts and with the same numbers.

    python3 -m venv .venv
    .venv/bin/pip install rouge-score==0.1.2 sacrebleu==2.6.0
    .venv/bin/python Benchmarks/metrics.py TUNE [--pairs 10000] [--rounds 3] [--output RESULTS.json]

The pairs are of 30 to 60 words each. In each round a peer and tune take turns. A peer's seconds are those of its scoring
alone, with its texts in memory; tune's are those of the whole process, which reads the texts from a file. Both columns are
the least of all rounds. Scores must agree to 1e-9. Exits with 1 where a score differs or tune is slower than asked.
"""
import argparse
import json
import random
import subprocess
import tempfile
import time
from pathlib import Path

import sacrebleu
from rouge_score import rouge_scorer
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

SYLLABLES = ["ka", "lo", "min", "ter", "as", "vo", "rel", "un", "di", "sho", "ing", "ed", "ness", "pa", "gri", "el"]


def vocabulary(chance, count):
    return ["".join(chance.choice(SYLLABLES) for _ in range(chance.randint(1, 4))) for _ in range(count)]


def sentence(chance, words, weights):
    text = " ".join(chance.choices(words, weights, k=chance.randint(30, 60)))
    marks = [mark if chance.random() < 0.1 else " " for mark in chance.choices([", ", ". ", "; ", " - "], k=text.count(" "))]
    return "".join(part + mark for part, mark in zip(text.split(" "), [*marks, "."])).capitalize()


def near(chance, text, words, weights):
    """The text with two words in five replaced."""
    parts = text.split(" ")
    return " ".join(chance.choices(words, weights)[0] if chance.random() < 0.4 else part for part in parts)


def pairs(count):
    chance = random.Random(1)
    words = vocabulary(chance, 5000)
    weights = [1 / (rank + 3) for rank in range(len(words))]
    references = [sentence(chance, words, weights) for _ in range(count)]
    return [near(chance, reference, words, weights) for reference in references], references


def rouge(predictions, references, stems):
    names = ["rouge1", "rouge2", "rougeL"]
    scorer = rouge_scorer.RougeScorer(names, use_stemmer=stems)
    sums = dict.fromkeys(names, 0.0)
    for prediction, reference in zip(predictions, references):
        for name, score in scorer.score(reference, prediction).items():
            sums[name] += score.fmeasure
    return {name: total / len(predictions) for name, total in sums.items()}


def bleu(predictions, references):
    # It remembers the texts of the round before.
    Tokenizer13a.__call__.cache_clear()
    return {"bleu": sacrebleu.corpus_bleu(predictions, [references]).score}


def chrf(predictions, references):
    return {"chrf": sacrebleu.corpus_chrf(predictions, [references]).score}


JOBS = {
    "ROUGE-1/2/L": (lambda p, r: rouge(p, r, stems=False), "rouge1,rouge2,rougeL", [], 100),
    "ROUGE-1/2/L, stems": (lambda p, r: rouge(p, r, stems=True), "rouge1,rouge2,rougeL", ["--use-stemmer"], 100),
    "BLEU": (bleu, "bleu", [], 20),
    "chrF": (chrf, "chrf", [], 20),
}


def timed(work):
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def own(tune, metrics, flags, path):
    command = [tune, "score", "--metric", metrics, *flags, "--bootstrap-samples", "0", "--json", "--quiet", path]
    scores = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["scores"]
    return {name: score["score"] for name, score in scores.items()}


def measure(job, arguments, path, predictions, references):
    peer, metrics, flags, wanted = JOBS[job]
    seconds, own_seconds = [], []
    for _ in range(arguments.rounds):
        spent, expected = timed(lambda: peer(predictions, references))
        seconds.append(spent)
        spent, found = timed(lambda: own(arguments.tune, metrics, flags, path))
        own_seconds.append(spent)
    worst = max(abs(expected[name] - found[name]) for name in expected)
    ratio = min(seconds) / min(own_seconds)
    print(f"{job:20} {min(seconds):8.3f} s {min(own_seconds):8.3f} s {ratio:7.1f} times (wanted {wanted})"
          f"  difference {worst:.1e}")
    return {"peer_seconds": min(seconds), "tune_seconds": min(own_seconds), "times": ratio, "wanted": wanted,
            "largest_difference": worst}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tune", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    predictions, references = pairs(arguments.pairs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.jsonl"
        path.write_text("".join(
            json.dumps({"prediction": p, "reference": r}) + "\n" for p, r in zip(predictions, references)))
        print(f"{'':20} {'peer':>10} {'tune':>10}")
        results = {job: measure(job, arguments, str(path), predictions, references) for job in JOBS}
    if arguments.output:
        arguments.output.write_text(json.dumps(results, indent=2) + "\n")
    failed = [job for job, found in results.items() if found["largest_difference"] > 1e-9 or found["times"] < found["wanted"]]
    if failed:
        raise SystemExit(f"not as wanted: {', '.join(failed)}")


if __name__ == "__main__":
    main()
