#!/usr/bin/env python3
"""Speed of tune's metrics against rouge_score and sacreBLEU, on the same pairs of texts and with the same numbers.

    python3 -m venv .venv
    .venv/bin/pip install rouge-score==0.1.2 sacrebleu==2.6.0
    swift build -c release --product tune && swift build -c release --product metric-benchmarks
    .venv/bin/python Benchmarks/metrics.py .build/release/tune .build/release/metric-benchmarks [--pairs 10000] [--rounds 3]

The pairs are of 30 to 60 words each. In each round a peer, tune's metrics and all of `tune score` take turns, and each
column has the least of its rounds. The first two are of scoring alone, with the texts in memory; `tune score` starts, reads
a file and scores. Scores must agree to 1e-9. Exits with 1 where a score differs or scoring is slower than wanted.
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
    "ROUGE-1/2/L": (lambda p, r: rouge(p, r, stems=False), "rouge1,rouge2,rougeL", False, 100),
    "ROUGE-1/2/L, stems": (lambda p, r: rouge(p, r, stems=True), "rouge1,rouge2,rougeL", True, 50),
    "BLEU": (bleu, "bleu", False, 20),
    "chrF": (chrf, "chrf", False, 20),
}


def timed(work):
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


def output(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def measure(job, arguments, path, predictions, references):
    peer, metrics, stems, wanted = JOBS[job]
    seconds = {"peer": [], "tune": [], "process": []}
    for _ in range(arguments.rounds):
        spent, expected = timed(lambda: peer(predictions, references))
        seconds["peer"].append(spent)
        found = output([arguments.metrics, metrics, path, *(["stems"] if stems else [])])
        seconds["tune"].append(found["seconds"])
        spent, report = timed(lambda: output(
            [arguments.tune, "score", "--metric", metrics, *(["--use-stemmer"] if stems else []),
             "--bootstrap-samples", "0", "--json", "--quiet", path]))
        seconds["process"].append(spent)
    worst = max(abs(expected[name] - other) for name in expected
                for other in (found["scores"][name], report["scores"][name]["score"]))
    least = {name: min(values) for name, values in seconds.items()}
    times, process = least["peer"] / least["tune"], least["peer"] / least["process"]
    print(f"{job:20} {least['peer']:8.3f} s {least['tune']:8.4f} s {least['process']:8.3f} s {times:8.1f} times"
          f" (wanted {wanted}), the process {process:.1f}; difference {worst:.1e}")
    return {"seconds": seconds, "times": times, "process_times": process, "wanted": wanted, "largest_difference": worst}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tune", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("metrics", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    predictions, references = pairs(arguments.pairs)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.jsonl"
        path.write_text("".join(
            json.dumps({"prediction": p, "reference": r}) + "\n" for p, r in zip(predictions, references)))
        print(f"{'':20} {'peer':>10} {'tune':>10} {'tune score':>10}")
        results = {job: measure(job, arguments, str(path), predictions, references) for job in JOBS}
    if arguments.output:
        arguments.output.write_text(json.dumps(results, indent=2) + "\n")
    failed = [job for job, found in results.items() if found["largest_difference"] > 1e-9 or found["times"] < found["wanted"]]
    if failed:
        raise SystemExit(f"not as wanted: {', '.join(failed)}")


if __name__ == "__main__":
    main()
