#!/usr/bin/env python3
"""Domain adaptation: a model learns the language of abstracts, then a task from it; against the task learnt at once.

    domain.py TUNE --model MODEL --data pubmed_qa_labeled.jsonl.gz --output FOLDER [--texts 400] [--questions 240]

The task is to write the question that an abstract answers. Prints the perplexity of held-out abstracts before and after,
and ROUGE and the validation loss of the task tuned from the base and from the adapted model, both for the same steps.
Everything is left in FOLDER.
"""

import argparse
import gzip
import json
import subprocess
from pathlib import Path

TEST = 100


def tune(arguments, *options):
    command = [arguments.tune, *map(str, options), "--json", "--quiet"]
    done = subprocess.run(command, cwd=arguments.output, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def write(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def split(arguments):
    """Abstracts and their questions; the last ones are held out."""
    with gzip.open(arguments.data, "rt") as file:
        records = [json.loads(line) for line in file]
    parts = [record["context"].split("\nQuestion:") for record in records]
    abstracts = [part[0].removeprefix("Context: ") for part in parts]
    texts = [{"text": abstract} for abstract in abstracts]
    questions = [{"prompt": f"{abstract}\n\nThe question of this study is:",
                  "completion": " " + part[1].split("\n")[0].strip()} for abstract, part in zip(abstracts, parts)]
    write(arguments.output / "texts.jsonl", texts[:arguments.texts])
    write(arguments.output / "held-out.jsonl", texts[-TEST:])
    write(arguments.output / "task/train.jsonl", questions[:arguments.questions])
    write(arguments.output / "task/validation.jsonl", questions[-TEST:])
    write(arguments.output / "task/test.jsonl", questions[-TEST:])


def task(arguments, model, name):
    trained = tune(arguments, "train", "--lora", "--model", model, "--data", "task", "--epochs", 1, "--batch-size", 8,
                   "--eval-steps", 1000000, "--output", name)
    scores = tune(arguments, "eval", "--run", name, "--rouge", "--max-new-tokens", 48)["scores"]
    rouge = {key: {side: scores[key][side] for side in ("base", "tuned", "interval")} for key in ("rouge1", "rougeL")}
    return {"validation_loss": [trained["result"]["first_eval_loss"], trained["result"]["last_eval_loss"]], **rouge}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tune", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--model", required=True, type=lambda path: str(Path(path).resolve()))
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--output", required=True, type=lambda path: Path(path).resolve())
    parser.add_argument("--texts", type=int, default=400)
    parser.add_argument("--questions", type=int, default=240)
    arguments = parser.parse_args()
    split(arguments)
    adapting = tune(arguments, "train", "--objective", "lm", "--lora", "--rank", 16, "--target-modules", "all-linear",
                    "--model", arguments.model, "--data", "texts.jsonl", "--max-length", 512, "--epochs", 1,
                    "--batch-size", 4, "--validation-split", 0, "--output", "language")
    perplexity = tune(arguments, "eval", "--perplexity", "held-out.jsonl", "--run", "language")
    tune(arguments, "merge", "--run", "language", "--output", "adapted", "--save-dtype", "float32")
    result = {
        "steps": adapting["result"]["steps"], "tokens": adapting["result"]["tokens"],
        "seconds": adapting["result"]["seconds"],
        "perplexity": {side: {key: perplexity[side][key] for key in ("token_perplexity", "word_perplexity",
                                                                     "bits_per_byte")} for side in ("base", "tuned")},
        "task_from_base": task(arguments, arguments.model, "task-from-base"),
        "task_from_adapted": task(arguments, "adapted", "task-from-adapted"),
    }
    (arguments.output / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
