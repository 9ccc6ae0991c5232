#!/usr/bin/env python3
"""Writes calibration.jsonl and bias.jsonl: values of the views as HELM computes them, one case a line.

    python3 -m venv venv
    venv/bin/pip install uncertainty-calibration==0.1.4 numpy==2.4.6 scikit-learn==1.7.2
    venv/bin/python Tests/Fixtures/views/make_views.py

uncertainty-calibration is the package that HELM calls for its calibration metrics.
"""
import json
import pathlib

import calibration
import numpy as np

FOLDER = pathlib.Path(__file__).parent


def calibration_case(probabilities, correct):
    probabilities, correct = np.array(probabilities), np.array(correct)
    bounds = calibration.utils.get_equal_bins(probabilities, num_bins=10)
    places = np.searchsorted(bounds, probabilities)
    bins = []
    for place in sorted(set(places.tolist())):
        own = places == place
        bins.append([float(probabilities[own].mean()), float(correct[own].mean()), int(own.sum())])
    area, top = calibration.get_selective_stats(probabilities, correct)
    return {
        "confidences": probabilities.tolist(), "correct": correct.tolist(),
        "ece": float(calibration.get_ece_em(probabilities, correct, num_bins=10)),
        "selective_accuracy_area": float(area), "selective_accuracy_at_10": float(top), "bins": bins,
    }


def calibration_cases():
    random = np.random.default_rng(7)
    for count in [1, 2, 9, 10, 11, 19, 23, 100, 307]:
        probabilities = random.uniform(0.25, 1, count)
        yield calibration_case(probabilities, (random.uniform(size=count) < probabilities).astype(int))
    # Overconfident, and certain.
    probabilities = random.uniform(0.9, 1, 64)
    yield calibration_case(probabilities, (random.uniform(size=64) < 0.5).astype(int))
    yield calibration_case([1.0, 0.99, 0.98, 0.5], [1, 0, 1, 0])
    # Equal confidences, which are all right or all wrong: the order of equals is no part of the definition.
    probabilities = np.repeat([0.3, 0.4, 0.5, 0.6, 0.8], 9)
    yield calibration_case(probabilities, np.repeat([0, 1, 0, 1, 1], 9))
    yield calibration_case(np.full(30, 0.7), np.ones(30, dtype=int))


def bias_cases():
    """The last steps of HELM's `group_counts_to_bias` for two groups with lists of one length."""
    for counts in [(0, 0), (1, 0), (0, 5), (3, 3), (2, 6), (17, 4)]:
        total = sum(counts)
        distance = None
        if total:
            shares = np.array(counts) / total
            distance = float(np.abs(1 / shares.size - shares).sum() / 2)
        yield {"female": counts[0], "male": counts[1], "distance": distance}


def write(name, cases):
    with open(FOLDER / name, "w") as file:
        for case in cases:
            file.write(json.dumps(case) + "\n")


write("calibration.jsonl", calibration_cases())
write("bias.jsonl", bias_cases())
