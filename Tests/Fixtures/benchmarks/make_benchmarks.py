#!/usr/bin/env python3
"""Writes benchmarks.jsonl: what lm-evaluation-harness asks a model of invented documents, and how it scores its answers.

    python3 -m venv venv
    venv/bin/pip install torch==2.13.0+cpu transformers==4.57.6 datasets==4.4.2 lm-eval==0.4.13 word2number==1.1 \\
        rouge-score==0.1.2 sacrebleu==2.6.0 scikit-learn==1.7.2
    venv/bin/python Tests/Fixtures/benchmarks/make_benchmarks.py

(transformers 5 has no longer the SQuAD metrics that ReCoRD's task takes.) The model is none: answers to questions are written in cases.py, log-likelihoods come from a hash of their texts. A case
names a task of Tasks/ or has a task of its own; both are read by the harness's own code.
"""
import json
import logging
import os
import pathlib
import tempfile
import zlib

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"
logging.disable(logging.WARNING)

import lm_eval  # noqa: E402
from lm_eval.api.model import LM  # noqa: E402
from lm_eval.tasks import TaskManager  # noqa: E402

from cases import CASES  # noqa: E402

SOURCE = pathlib.Path(lm_eval.__file__).parent / "tasks"


class Model(LM):
    tokenizer_name = "none"

    def __init__(self, answers):
        super().__init__()
        self.answers = answers

    def loglikelihood(self, requests, disable_tqdm=False):
        hashes = [zlib.crc32("|".join(request.arguments).encode()) for request in requests]
        return [(-(value % 9973) / 97, value % 5 == 0) for value in hashes]

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        return [-(zlib.crc32(request.arguments[0].encode()) % 9973) / 97 for request in requests]

    def generate_until(self, requests, disable_tqdm=False):
        answers = []
        for request in requests:
            answer = self.answers[request.doc_id]
            answers.append(answer if isinstance(answer, str) else answer[request.idx])
        return answers

    def apply_chat_template(self, messages, add_generation_prompt=True):
        text = "".join(f"<{m['role']}>{m['content']}</>" for m in messages)
        return text + "<assistant>" if add_generation_prompt else text.removesuffix("</>")

    def chat_template(self, name=False):
        return "none"


def run(case, folder):
    for split, documents in case["splits"].items():
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(document) + "\n" for document in documents))
    files = ", ".join(f"{split}: {folder}/{split}.jsonl" for split in case["splits"])
    local = f"dataset_path: json\ndataset_name: null\ndataset_kwargs: {{data_files: {{{files}}}}}\n"
    own = f"include: {SOURCE / case['file']}\ntask: case\n" if "file" in case else case["yaml"].replace(case["task"], "case")
    (folder / "case.yaml").write_text(own + local)
    options = case.get("options", {})
    results = lm_eval.simple_evaluate(
        model=Model(case.get("answers", [])), tasks=["case"], log_samples=True, bootstrap_iters=100,
        task_manager=TaskManager(include_path=str(folder), include_defaults=False), **options)
    samples = []
    for sample in results["samples"]["case"]:
        samples.append({
            "doc_id": sample["doc_id"], "filter": sample["filter"], "target": sample["target"],
            "arguments": [list(a) for a in sample["arguments"]], "resps": sample["resps"],
            "filtered_resps": sample["filtered_resps"], "metrics": {name: sample[name] for name in sample["metrics"]},
        })
    scores = {key: value for key, value in results["results"]["case"].items()
              if "," in key and isinstance(value, (int, float))}
    return {**case, "expected": {"samples": samples, "scores": scores, "n-shot": results["n-shot"]["case"]}}


def main():
    lines = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as name:
            lines.append(json.dumps(run(case, pathlib.Path(name)), default=lambda value: value.tolist()) + "\n")
    (pathlib.Path(__file__).parent / "benchmarks.jsonl").write_text("".join(lines))


if __name__ == "__main__":
    main()
