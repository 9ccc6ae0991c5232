#!/usr/bin/env python3
"""Writes bigbench_form.json: BIG-bench tasks of its own JSON, and the records that the hub's data set has of them.

    pip download bigbench==1.0.0 --no-deps --no-build-isolation && tar xf bigbench-1.0.0.tar.gz
    python3 Tests/Fixtures/benchmarks/make_bigbench_form.py bigbench-1.0.0/bigbench/api/json_task.py

Only the function that puts an example into words is taken of BIG-bench, which needs TensorFlow otherwise; what is around
it follows bigbench/bbseqio/bigbench_bridge.py and the hub's script. Made with numpy 2.4.6.
"""
import ast
import copy
import json
import pathlib
import sys
from typing import Any, Dict

import numpy as np

TASKS = [
    {"examples": [
        {"input": "Is it warm?", "target_scores": {"yes": 1, "no": 0, "Maybe ": 0, "Éh": 0, "it depends": 0}},
        {"input": "Which?", "target_scores": {"b": 0, "a": 1}},
        {"input": "Which?", "target_scores": {"b": 0, "a": 1}},
        {"input": "Half?", "target_scores": {"x": 0.5, "y": 0.25}}]},
    {"task_prefix": "Say what follows.\n\n", "append_choices_to_input": False, "example_input_prefix": "Text: ",
     "example_output_prefix": "\nFollows:  ", "examples": [
         {"input": "a b c", "target": " d "}, {"input": "one two", "target": ["three", "3"], "target_scores": {"three": 1, "4": 0}}]},
    {"choice_prefix": "\n - ", "example_input_prefix": "", "examples": [
        {"input": " Numbers", "target_scores": {str(n): int(n == 7) for n in range(12)}}]},
]


def format_function(path):
    tree = ast.parse(pathlib.Path(path).read_text())
    body = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "default_format_fn"]
    scope = {"np": np, "Any": Any, "Dict": Dict}
    exec(compile(ast.Module(body, []), path, "exec"), scope)
    return scope["default_format_fn"]


def records(task, put):
    distinct = []
    for example in task["examples"]:
        if json.dumps(example) not in map(json.dumps, distinct):
            distinct.append(example)
    for example in copy.deepcopy(distinct):
        sample = put(
            example, input_prefix=task.get("example_input_prefix", "\nQ: "),
            output_prefix=task.get("example_output_prefix", "\nA: "), choice_prefix=task.get("choice_prefix", "\n  choice: "),
            random_seed=42, append_choices_to_input=task.get("append_choices_to_input", True))
        scores = sample.get("target_scores", {})
        yield {"inputs": (task.get("task_prefix", "") + sample["input"]).strip(),
               "targets": [target.strip() for target in sample["target"]],
               "multiple_choice_targets": [choice.strip() for choice in scores],
               "multiple_choice_scores": list(scores.values())}


def main():
    put = format_function(sys.argv[1])
    cases = [{"task": task, "records": list(records(task, put))} for task in TASKS]
    (pathlib.Path(__file__).parent / "bigbench_form.json").write_text(json.dumps(cases, indent=1) + "\n")


if __name__ == "__main__":
    main()
