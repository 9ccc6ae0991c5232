"""The comparison that check_adapter.py and check_model.py share."""

import json
import os
import sys
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")
# Notices about the libraries' own future, and about a base_model_name_or_path that is a name rather than a path here.
warnings.filterwarnings("ignore", category=FutureWarning)
warnings.filterwarnings("ignore", message="Could not find a config file")

import torch

TOLERANCE = 1e-3


def read_examples(path):
    with open(path, encoding="utf-8") as file:
        examples = json.load(file).get("examples")
    if not examples:
        sys.exit(f"{path}: no examples, so nothing would be compared")
    return examples


def last_logits(model, ids):
    """Log-probabilities of the token after `ids`: logits up to the constant that softmax ignores."""
    with torch.no_grad():
        return torch.log_softmax(model(input_ids=torch.tensor([ids])).logits[0, -1].float(), dim=-1)


def own_logits(example):
    return torch.log_softmax(torch.tensor(example["logits_last"], dtype=torch.float32), dim=-1)


def compare(model, examples, other=None):
    """Prints a line for each example; true when all agree. `other` gives logits that the example should *not* have."""
    heading = f"{'example':>7} {'tokens':>6} {'max |difference|':>17} {'best token':>16}"
    print(heading + ("  base differs by" if other else ""))
    agreed = True
    for index, example in enumerate(examples):
        ids, ours = example["input_ids"], own_logits(example)
        reference = last_logits(model, ids)
        if ours.shape != reference.shape:
            print(f"{index:>7} {len(ids):>6}  {len(ours)} logits, but the reference has {len(reference)}")
            agreed = False
            continue
        difference = (ours - reference).abs().max().item()
        # Written so that a NaN on either side counts as a difference.
        right = difference <= TOLERANCE
        best = f"{ours.argmax().item()} / {reference.argmax().item()}"
        line = f"{index:>7} {len(ids):>6} {difference:>17.3g} {best:>16}"
        if other:
            line += f"  {(other[index] - reference).abs().max().item():>15.3g}"
        print(line + ("" if right else "  DIFFERENT"))
        agreed = agreed and right
    print(f"tolerance {TOLERANCE:g}: " + ("all equal" if agreed else "NOT equal"))
    return agreed
