#!/usr/bin/env python3
"""Makes forgetting.json: what transformers says of texts and of questions with choices on the model beside this file.

The environment is Tests/Interop/requirements.txt. Losses are sums over the tokens of a text but its first, in nats. A
choice is " " and its text after "Question: …\\nAnswer:"; the choice of the greatest log-likelihood per byte is taken.
"""

import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HERE = Path(__file__).resolve().parent
PROBES = HERE.parent.parent.parent / "Datasets" / "probes"
COUNT = 10


def lines(name):
    return [json.loads(line) for line in (PROBES / name).read_text().splitlines()]


def spread(items):
    return [items[i * len(items) // COUNT] for i in range(COUNT)]


def main():
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(HERE / "model", dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(HERE / "model")

    def log_likelihood(ids, start):
        with torch.no_grad():
            rows = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
        return sum(rows[i - 1, ids[i]].item() for i in range(start, len(ids)))

    texts = []
    for item in spread(lines("general.jsonl")):
        ids = tokenizer(item["text"])["input_ids"][: model.config.max_position_embeddings]
        texts.append({"sum": -log_likelihood(ids, 1), "tokens": len(ids) - 1})
    questions = []
    for item in spread(lines("questions.jsonl")):
        context = tokenizer(f"Question: {item['question']}\nAnswer:")["input_ids"]
        scores = []
        for choice in item["choices"]:
            ids = context + tokenizer(" " + choice, add_special_tokens=False)["input_ids"]
            scores.append(log_likelihood(ids, len(context)))
        best = max(range(len(scores)), key=lambda i: scores[i] / len(item["choices"][i].encode()))
        questions.append({"log_likelihoods": scores, "right": best == item["answer"]})
    golden = {"count": COUNT, "texts": texts, "questions": questions, "torch": torch.__version__}
    (HERE / "forgetting.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
