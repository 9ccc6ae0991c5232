#!/usr/bin/env python3
"""Writes the goldens of tune sweep: rungs of successive halving, and texts split into words.

    python3 -m venv venv
    venv/bin/pip install scikit-learn==1.7.2
    venv/bin/python Tests/Fixtures/sweep/make_sweep.py
"""
import json
import pathlib
import random
import shlex

from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV

HERE = pathlib.Path(__file__).parent


class Trial(BaseEstimator):
    """Scores as its option says, whatever it is trained on."""

    def __init__(self, option=0, steps=1):
        self.option = option
        self.steps = steps

    def fit(self, X, y):
        return self

    def score(self, X, y):
        return float(self.option)


def rungs(trials, steps, eta, fewest):
    search = HalvingGridSearchCV(
        Trial(), {"option": list(range(trials))}, resource="steps", max_resources=steps, factor=eta,
        min_resources=fewest or "exhaust", cv=2, refit=False)
    search.fit([[0.0]] * 4, [0, 1, 0, 1])
    return {"trials": trials, "steps": steps, "eta": eta, "fewest": fewest,
            "candidates": search.n_candidates_, "resources": search.n_resources_}


def words(generator):
    pieces = ["--lora", "a b", "'", '"', "\\", " ", "  ", "\t", "\n", "x=1", "é", "日本", "''", '""', "#", "$HOME", "\\n"]
    return "".join(generator.choice(pieces) for _ in range(generator.randrange(1, 9)))


def main():
    # Counts whose logarithm to the base eta is not rounded to just below a whole number, as scikit-learn's is for 243.
    cases = [(n, r, eta, None) for eta in (2, 3, 4) for n in (1, 2, 3, 4, 5, 8, 9, 12, 16, 20, 27, 28, 64, 81)
             for r in (1296, 300, 50)]
    # With a fewest number of steps scikit-learn counts up from it, so that the last rung has all steps for these alone.
    cases += [(27, 90, 3, 10), (27, 270, 3, 10), (16, 80, 2, 20)]
    with open(HERE / "halving.jsonl", "w") as file:
        for case in cases:
            file.write(json.dumps(rungs(*case)) + "\n")
    generator = random.Random(7)
    texts = sorted({words(generator) for _ in range(400)})
    with open(HERE / "words.jsonl", "w") as file:
        for text in texts:
            try:
                result = shlex.split(text)
            except ValueError:
                result = None
            file.write(json.dumps({"text": text, "words": result}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
