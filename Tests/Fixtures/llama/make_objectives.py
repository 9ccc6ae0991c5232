#!/usr/bin/env python3
"""Makes tied/objectives.json and untied/objectives.json: five steps of AdamW under each objective and penalty, on every
weight of the models beside them.

The environment is Tests/Interop/requirements.txt. Sequences run one at a time; losses are sums over trained tokens divided
by their number; gradients are not clipped and nothing decays.
"""

import copy
import json
from pathlib import Path

import torch
from torch.nn import functional
from transformers import AutoModelForCausalLM

HERE = Path(__file__).resolve().parent
RATE, STEPS = 1e-2, 5
HARD, SOFT, TEMPERATURE = 0.3, 0.7, 2.0
KL_WEIGHT, L2_WEIGHT, EWC_WEIGHT, EPSILON = 0.5, 0.2, 0.1, 0.6


def rows(model, sequence, move=None):
    """Logits and labels of the trained tokens."""
    ids, labels = torch.tensor(sequence["input_ids"]), torch.tensor(sequence["labels"])[1:]
    embedded = model.get_input_embeddings()(ids)
    if move is not None:
        embedded = embedded + move
    logits = model(inputs_embeds=embedded[None]).logits[0][:-1]
    kept = labels != -100
    return logits[kept], labels[kept], embedded


def cross_entropy(model, sequences):
    parts = [rows(model, s) for s in sequences]
    trained = sum(len(labels) for _, labels, _ in parts)
    return sum(functional.cross_entropy(x, y, reduction="sum") for x, y, _ in parts) / trained


def distillation(model, reference, sequences, hard, soft, temperature):
    total, trained = 0.0, 0
    for sequence in sequences:
        x, y, _ = rows(model, sequence)
        with torch.no_grad():
            t, _, _ = rows(reference, sequence)
        divergence = functional.kl_div(
            functional.log_softmax(x / temperature, -1), functional.log_softmax(t / temperature, -1),
            log_target=True, reduction="sum")
        total = total + hard * functional.cross_entropy(x, y, reduction="sum") + soft * temperature ** 2 * divergence
        trained += len(y)
    return total / trained


def fisher(model, sequences):
    """The mean over sequences of the squared gradient of their log-likelihood."""
    sums = [torch.zeros_like(p) for p in model.parameters()]
    for sequence in sequences:
        model.zero_grad()
        x, y, _ = rows(model, sequence)
        functional.cross_entropy(x, y, reduction="sum").backward()
        for total, p in zip(sums, model.parameters()):
            total += p.grad ** 2 / len(sequences)
    model.zero_grad()
    return sums


def penalty(model, start, weight, importance=None):
    importance = importance or [1.0] * len(start)
    return weight / 2 * sum((f * (p - s) ** 2).sum() for p, s, f in zip(model.parameters(), start, importance))


def adversarial(model, sequences):
    """Leaves the gradients of the clean pass and of the moved one, and gives the clean loss."""
    parts = [rows(model, s) for s in sequences]
    trained = sum(len(y) for _, y, _ in parts)
    for _, _, embedded in parts:
        embedded.retain_grad()
    clean = sum(functional.cross_entropy(x, y, reduction="sum") for x, y, _ in parts) / trained
    clean.backward()
    moves = [EPSILON * e.grad / e.grad.norm() for _, _, e in parts]
    moved = [rows(model, s, move) for s, move in zip(sequences, moves)]
    (sum(functional.cross_entropy(x, y, reduction="sum") for x, y, _ in moved) / trained).backward()
    return clean.item()


def train(model, loss):
    """`loss` gives what is minimised, or leaves gradients and gives a number; the logged loss is without a penalty."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0, foreach=False)
    losses, norms = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        value = loss(model)
        if isinstance(value, tuple):
            (value[0] + value[1]).backward()
            value = value[0]
        elif torch.is_tensor(value):
            value.backward()
        losses.append(float(value.detach() if torch.is_tensor(value) else value))
        norms.append(torch.nn.utils.get_total_norm([p.grad for p in model.parameters()]).item())
        optimizer.step()
    return {"losses": losses, "grad_norms": norms}


def main():
    torch.set_num_threads(1)
    for name, other in (("tied", "untied"), ("untied", "tied")):
        sequences = json.loads((HERE / name / "golden.json").read_text())["sequences"]
        base = AutoModelForCausalLM.from_pretrained(HERE / name, dtype=torch.float32).eval()
        teacher = AutoModelForCausalLM.from_pretrained(HERE / other, dtype=torch.float32).eval()
        start = [p.detach().clone() for p in base.parameters()]
        importance = fisher(base, sequences[:2])
        runs = {
            "distillation": lambda m: distillation(m, teacher, sequences, HARD, SOFT, TEMPERATURE),
            "kl": lambda m: distillation(m, base, sequences, 1.0, KL_WEIGHT, 1.0),
            "l2": lambda m: (cross_entropy(m, sequences), penalty(m, start, L2_WEIGHT)),
            "ewc": lambda m: (cross_entropy(m, sequences), penalty(m, start, EWC_WEIGHT, importance)),
            "adversarial": lambda m: adversarial(m, sequences),
        }
        golden = {
            "learning_rate": RATE, "teacher": other, "hard_weight": HARD, "soft_weight": SOFT,
            "temperature": TEMPERATURE, "kl_weight": KL_WEIGHT, "l2_weight": L2_WEIGHT, "ewc_weight": EWC_WEIGHT,
            "ewc_sequences": 2, "adversarial_epsilon": EPSILON, "torch": torch.__version__,
            "fisher_norms": {n: f.norm().item() for (n, _), f in zip(base.named_parameters(), importance)},
            "runs": {key: train(copy.deepcopy(base), loss) for key, loss in runs.items()},
        }
        (HERE / name / "objectives.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
