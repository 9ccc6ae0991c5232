"""The comparison that check_adapter.py, check_model.py, check_methods.py and families.py share."""

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
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
)

TOLERANCE = 1e-3
CLASSIFIERS = ("bert", "roberta", "distilbert")


def read_examples(path):
    with open(path, encoding="utf-8") as file:
        examples = json.load(file).get("examples")
    if not examples:
        sys.exit(f"{path}: no examples, so nothing would be compared")
    return examples


def load_model(folder, **options):
    """The model of a folder, in float32 and with the attention that knows every family's soft caps."""
    config = options.get("config") or AutoConfig.from_pretrained(folder)
    if config.model_type in CLASSIFIERS:
        kind = AutoModelForSequenceClassification
    else:
        kind = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    return kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", **options)


def last_logits(model, ids):
    """Log-probabilities of the token after `ids`, or of the decoder's first where an encoder reads `ids`, or of a
    classifier's classes."""
    inputs = {"input_ids": torch.tensor([ids])}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = torch.tensor([[model.config.decoder_start_token_id]])
    with torch.no_grad():
        logits = model(**inputs).logits
    # Those of a classifier are [texts, classes].
    return torch.log_softmax((logits[0] if logits.dim() == 2 else logits[0, -1]).float(), dim=-1)


def own_logits(example):
    return torch.log_softmax(torch.tensor(example["logits_last"], dtype=torch.float32), dim=-1)


def largest_difference(model, examples):
    """The largest difference of any log-probability; infinite where their numbers differ, NaN where one is."""
    found = [torch.tensor(0.0)]
    for example in examples:
        ours, reference = own_logits(example), last_logits(model, example["input_ids"])
        if ours.shape != reference.shape:
            return float("inf")
        found.append((ours - reference).abs().max())
    return torch.stack(found).max().item()


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
