#!/usr/bin/env python3
"""Writes classification.jsonl: scores of labels, with the confusion matrix and every class, one case a line.

    python3 -m venv venv
    venv/bin/pip install scikit-learn==1.7.2 numpy==2.4.6
    venv/bin/python Tests/Fixtures/metrics/make_classification.py
"""
import json
import pathlib
import random
import warnings

from sklearn import metrics

warnings.simplefilter("ignore")


def scores(expected, predicted):
    labels = sorted(set(expected) | set(predicted))
    f1 = {name: metrics.f1_score(expected, predicted, average=name, zero_division=0)
          for name in ("macro", "micro", "weighted")}
    parts = metrics.precision_recall_fscore_support(expected, predicted, labels=labels, zero_division=0)
    return {
        "references": expected, "hypotheses": predicted, "labels": labels,
        "accuracy": float(metrics.accuracy_score(expected, predicted)),
        "macro_f1": float(f1["macro"]), "micro_f1": float(f1["micro"]), "weighted_f1": float(f1["weighted"]),
        "matthews_correlation": float(metrics.matthews_corrcoef(expected, predicted)),
        "confusion_matrix": metrics.confusion_matrix(expected, predicted, labels=labels).tolist(),
        "per_class": [[float(value) for value in row] for row in zip(*parts)],
    }


def main():
    rng = random.Random(5)
    cases = [
        (["a"], ["a"]), (["a"], ["b"]), (["a", "a", "a"], ["a", "a", "a"]), (["a", "b"], ["b", "a"]),
        # Classes that are never predicted, that are predicted alone, and answers that are no class.
        (["a", "b", "c", "c"], ["a", "a", "c", "c"]), (["a", "a", "b"], ["a", "c", "b"]),
        (["yes", "no", "yes"], ["maybe so", "I do not know", "yes"]), (["yes", "yes"], ["", "no"]),
        (["a", "b", "a", "b"], ["a", "a", "a", "a"]), (["a", "a", "a"], ["a", "b", "a"]),
        (["Yes", "yes", "YES"], ["yes", "yes", "Yes"]), (["\u00e9", "e\u0301"], ["e\u0301", "e\u0301"]),
    ]
    for _ in range(24):
        names = [f"label {n}" for n in range(rng.randint(1, 12))]
        weights = [rng.random() ** 2 + 0.01 for _ in names]
        expected = rng.choices(names, weights, k=rng.randint(1, 80))
        right = rng.random()
        wrong = names + [f"other {n}" for n in range(rng.randint(0, 3))]
        cases.append((expected, [e if rng.random() < right else rng.choice(wrong) for e in expected]))
    path = pathlib.Path(__file__).parent / "classification.jsonl"
    lines = [json.dumps(scores(*case), ensure_ascii=False) for case in cases]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
