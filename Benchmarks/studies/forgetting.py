#!/usr/bin/env python3
"""Forgetting shown and cut: every weight is tuned on one task until others fall; then again with each mitigation.

    forgetting.py TUNE --model MODEL --task PREPARED --other PREPARED --general TEXTS.jsonl --output FOLDER
                  [--max-steps 60] [--limit 100]

The task and the other task are prepared folders; TEXTS are general texts for replay and for the Fisher information, of
which none is among those that measure. Prints the table of `tune eval --forgetting --compare-runs`; FOLDER keeps the
runs.
"""

import argparse
import shutil
import subprocess
from pathlib import Path

RUNS = {
    "full": ["--full"],
    "replay": ["--full", "--replay", "GENERAL", "--replay-ratio", "0.2"],
    "kl": ["--full", "--kl-weight", "1"],
    "l2-sp": ["--full", "--l2-sp-weight", "0.3"],
    "ewc": ["--full", "--ewc", "GENERAL", "--ewc-weight", "500"],
    "both-tasks": ["--full", "--data", "OTHER", "--task-sampling", "uniform"],
    "lora": ["--lora"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("tune", "--model", "--task", "--other", "--general", "--output"):
        required = {"required": True} if name.startswith("--") else {}
        parser.add_argument(name, type=lambda path: str(Path(path).resolve()), **required)
    parser.add_argument("--max-steps", default="60")
    parser.add_argument("--limit", default="100")
    arguments = parser.parse_args()
    output = Path(arguments.output)
    output.mkdir(parents=True, exist_ok=True)
    places = {"GENERAL": arguments.general, "OTHER": arguments.other}

    def tune(*options):
        subprocess.run([arguments.tune, *options], cwd=output, check=True)

    for name, flags in RUNS.items():
        if (output / name / "run.json").exists() and (output / name / "metrics.jsonl").stat().st_size:
            continue
        shutil.rmtree(output / name, ignore_errors=True)
        tune("train", "--model", arguments.model, "--data", arguments.task, *[places.get(flag, flag) for flag in flags],
             "--max-steps", arguments.max_steps, "--batch-size", "16", "--eval-limit", "50", "--eval-steps", "1000000",
             "--output", name, "--quiet")
    first, *others = RUNS
    tune("eval", "--forgetting", "--run", first, "--compare-runs", *others, "--other-tasks", arguments.other, "--data",
         arguments.task, "--limit", arguments.limit)


if __name__ == "__main__":
    main()
