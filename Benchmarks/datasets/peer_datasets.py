#!/usr/bin/env python3
"""What `tune prepare` does, by Hugging Face's datasets and jinja2: load_dataset, map in batches, filter, to_json.

    peer_datasets.py DATA.csv|DATA.jsonl OUTPUT_FOLDER

Its cache is a folder of its own inside the output's, as on the first run over a file.
"""

import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"

import datasets  # noqa: E402 (reads the environment when imported)

from wordings import SPLITS, Wordings  # noqa: E402


def main():
    data, output = Path(sys.argv[1]), Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    kind = "csv" if data.suffix == ".csv" else "json"
    records = datasets.load_dataset(kind, data_files=str(data), split="train", cache_dir=str(output / "cache"))
    wordings = Wordings()

    def examples(batch):
        rows = (dict(zip(batch, values)) for values in zip(*batch.values()))
        found = [example for row in rows if (example := wordings.example(row))]
        prompts, completions, splits = zip(*found) if found else ((), (), ())
        return {"prompt": list(prompts), "completion": list(completions), "split": list(splits)}

    # A fingerprint of its own: one computed from the compiled templates would only be a random one after a warning.
    prepared = records.map(examples, batched=True, remove_columns=records.column_names, new_fingerprint="prepared")
    for split in SPLITS:
        part = prepared.filter(lambda names: [name == split for name in names], input_columns="split", batched=True)
        part.remove_columns("split").to_json(str(output / f"{split}.jsonl"), force_ascii=False)


if __name__ == "__main__":
    main()
