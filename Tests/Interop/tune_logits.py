#!/usr/bin/env python3
"""Collects tune's log-probabilities after a few texts, for check_adapter.py and check_model.py.

    tune_logits.py OUT.json TUNE VOCABULARY_SIZE [arguments of tune generate, such as --model or --run] -- TEXT...
"""

import json
import math
import subprocess
import sys


def read_logits(tune, size, options, texts):
    """What tune generate says of the next token after each text, as check_adapter.py and check_model.py read it.

    Of a classifier, what it says of the text's class.
    """
    examples = []
    for text in texts:
        command = [tune, "generate", text, "--top-logprobs", str(size), "--json", "--quiet", *options]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        if "probabilities" in answer:
            classes = [math.log(probability) for probability in answer["probabilities"].values()]
            examples.append({"text": text, "input_ids": answer["prompt_ids"], "logits_last": classes})
            continue
        logits = [None] * int(size)
        for entry in answer["top_logprobs"]:
            logits[entry["id"]] = entry["logprob"]
        examples.append({"text": text, "input_ids": answer["prompt_ids"], "logits_last": logits})
    return examples


def main():
    split = sys.argv.index("--")
    out, tune, size, *options = sys.argv[1:split]
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"examples": read_logits(tune, size, options, sys.argv[split + 1 :])}, file)


if __name__ == "__main__":
    main()
