#!/usr/bin/env python3
"""What `tune prepare` does, by Python's csv and json, jinja2 and nothing else, row by row.

    peer_plain.py DATA.csv|DATA.jsonl OUTPUT_FOLDER
"""

import csv
import json
import sys
from pathlib import Path

from wordings import SPLITS, Wordings


def records(path):
    with open(path, newline="", encoding="utf-8") as file:
        if path.suffix == ".csv":
            yield from csv.DictReader(file)
        else:
            for line in file:
                yield json.loads(line)


def main():
    data, output = Path(sys.argv[1]), Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    files = {split: open(output / f"{split}.jsonl", "w", encoding="utf-8") for split in SPLITS}
    wordings = Wordings()
    for row in records(data):
        example = wordings.example(row)
        if example:
            prompt, completion, split = example
            line = json.dumps({"prompt": prompt, "completion": completion}, ensure_ascii=False)
            files[split].write(line + "\n")
    for file in files.values():
        file.close()


if __name__ == "__main__":
    main()
