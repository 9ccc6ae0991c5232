#!/usr/bin/env python3
"""Benchmarks of tune against lm-evaluation-harness on the same model, records and task files.

    python3 -m venv venv
    venv/bin/pip install torch==2.13.0+cpu transformers==5.23.0 lm-eval==0.4.13
    venv/bin/python Tests/Interop/check_benchmarks.py TUNE --model MODEL --data SHARED/data [--limit 200] [--exact]

MODEL is a Hugging Face folder in float32. HellaSwag, ARC-easy, PIQA, BoolQ and MMLU (five examples a question) are asked;
every log-likelihood must agree to 1e-3, every score to the last digit. Prints the differences and the seconds of both.

With --exact the harness answers a second time, in float64, and it is these answers that must agree: in float32 its own
likelihoods of long continuations are up to 1e-3 away from them, tune's up to 1e-4.
"""
import argparse
import csv
import gzip
import io
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path

CHOICES = """task: {name}
dataset_path: json
dataset_kwargs:
  data_files: {{test: {name}.jsonl}}
output_type: multiple_choice
test_split: test
doc_to_text: "{{{{query}}}}"
doc_to_target: gold
doc_to_choice: choices
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
  - {{metric: acc_norm, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1.0}}
"""

MMLU = """task: {name}
dataset_path: json
dataset_kwargs:
  data_files: {{test: {name}.jsonl, dev: {name}-dev.jsonl}}
description: "The following are multiple choice questions (with answers) about {subject}.\\n\\n"
output_type: multiple_choice
test_split: test
fewshot_split: dev
fewshot_config: {{sampler: first_n}}
num_fewshot: 5
doc_to_text: "{{{{question.strip()}}}}\\nA. {{{{choices[0]}}}}\\nB. {{{{choices[1]}}}}\\nC. {{{{choices[2]}}}}\\nD. {{{{choices[3]}}}}\\nAnswer:"
doc_to_choice: ["A", "B", "C", "D"]
doc_to_target: answer
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1.0}}
"""

SUBJECTS = ["anatomy", "marketing", "world_religions", "high_school_geography"]


def lines(path, limit):
    opened = gzip.open(path, "rt") if path.suffix == ".gz" else open(path)
    with opened as file:
        return [json.loads(line) for _, line in zip(range(limit), file)]


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def questions(path, limit):
    text = path.read_text()
    rows = list(csv.reader(io.StringIO(text)))[:limit]
    return [{"question": r[0], "choices": r[1:5], "answer": "ABCD".index(r[5])} for r in rows]


def prepare(folder, data, limit):
    """Writes records and task files; returns the names of the tasks."""
    sources = {
        "bench_hellaswag": data / "hellaswag/hellaswag_val_full.derived.jsonl.gz",
        "bench_arc_easy": data / "gauntlet/world_knowledge/arc_easy.jsonl.gz",
        "bench_piqa": data / "gauntlet/commonsense_reasoning/piqa.jsonl.gz",
        "bench_boolq": data / "gauntlet/reading_comprehension/boolq.jsonl.gz",
    }
    for name, path in sources.items():
        write(folder / f"{name}.jsonl", [
            {key: record[key] for key in ("query", "choices", "gold")} for record in lines(path, limit)])
        (folder / f"{name}.yaml").write_text(CHOICES.format(name=name))
    for subject in SUBJECTS:
        name = f"bench_mmlu_{subject}"
        write(folder / f"{name}.jsonl", questions(data / f"mmlu/test/{subject}_test.csv", limit // len(SUBJECTS)))
        write(folder / f"{name}-dev.jsonl", questions(data / f"mmlu/dev/{subject}_dev.csv", 5))
        (folder / f"{name}.yaml").write_text(MMLU.format(name=name, subject=subject.replace("_", " ")))
    return [*sources, *(f"bench_mmlu_{subject}" for subject in SUBJECTS)]


def harness(folder, model, names, dtype="float32"):
    import torch
    from lm_eval import simple_evaluate
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    torch.set_num_threads(os.cpu_count())
    lm = HFLM(pretrained=model, dtype=dtype, device="cpu", batch_size=8)
    start = time.time()
    results = simple_evaluate(
        model=lm, tasks=names, task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        log_samples=True, bootstrap_iters=0)
    return results, time.time() - start


def answers(samples):
    return [float(response[0][0]) for sample in samples for response in sample["resps"]]


def difference(one, other):
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def compare(folder, names, own, results):
    """Prints the scores of all tasks; returns whether they agree, and the log-likelihoods of both."""
    agree, found, wanted = True, [], []
    for task in names:
        found += answers(json.loads(line) for line in open(folder / f"out/benchmarks/base/samples_{task}.jsonl"))
        wanted += answers(sorted(results["samples"][task], key=lambda sample: sample["doc_id"]))
        scores = {k: v for k, v in results["results"][task].items() if k.startswith("acc") and "stderr" not in k}
        for key, value in scores.items():
            got = own["results"][task][key]
            agree &= abs(got - value) <= 1e-9
            print(f"{task:32} {key:14} harness {value:.4f}  tune {got:.4f}")
    return agree, found, wanted


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tune", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--model", required=True, type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--data", required=True, type=lambda path: Path(path).resolve())
    parser.add_argument("--limit", type=int, default=200)
    parser.add_argument("--exact", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)
        names = prepare(folder, arguments.data, arguments.limit)
        start = time.time()
        subprocess.run(
            [arguments.tune, "eval", "--model", arguments.model, "--tasks", ",".join(names), "--tasks-data", ".",
             "--task-file", *(f"{task}.yaml" for task in names), "--bootstrap-iters", "0", "--log-samples",
             "--output", "out", "--quiet"], check=True)
        own_seconds = time.time() - start
        own = json.loads((folder / "out/benchmarks/base/results.json").read_text())
        results, seconds = harness(folder, arguments.model, names)
        print(f"seconds: harness {seconds:.1f}, tune {own_seconds:.1f}: {seconds / own_seconds:.2f} times", flush=True)
        agree, found, wanted = compare(folder, names, own, results)
        worst = difference(found, wanted)
        print(f"largest difference of {len(found)} log-likelihoods: {worst:.2e}", flush=True)
        if arguments.exact:
            results, _ = harness(folder, arguments.model, names, dtype="float64")
            rounded = wanted
            agree, found, wanted = compare(folder, names, own, results)
            worst = difference(found, wanted)
            print(f"from float64: tune {worst:.2e}, the harness in float32 {difference(rounded, wanted):.2e}")
        if not agree or worst > 1e-3:
            raise SystemExit("they differ")


if __name__ == "__main__":
    main()
