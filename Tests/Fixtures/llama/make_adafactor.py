#!/usr/bin/env python3
"""Makes tied/adafactor.json and untied/adafactor.json: five steps of torch.optim.Adafactor on the models beside them.

The environment is Tests/Interop/requirements.txt. Gradients are not clipped; every parameter decays.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional
from transformers import AutoModelForCausalLM

HERE = Path(__file__).resolve().parent


def loss_of(model, sequences):
    total, trained = 0.0, 0
    for sequence in sequences:
        ids, labels = torch.tensor(sequence["input_ids"]), torch.tensor(sequence["labels"])
        rows = model(input_ids=ids[None]).logits[0]
        total = total + functional.cross_entropy(rows[:-1], labels[1:], ignore_index=-100, reduction="sum")
        trained += int((labels[1:] != -100).sum())
    return total / trained


def main():
    torch.set_num_threads(1)
    for name in ("tied", "untied"):
        sequences = json.loads((HERE / name / "golden.json").read_text())["sequences"]
        model = AutoModelForCausalLM.from_pretrained(HERE / name, dtype=torch.float32).eval()
        settings = {"learning_rate": 1e-2, "weight_decay": 0.01}
        optimizer = torch.optim.Adafactor(
            model.parameters(), lr=settings["learning_rate"], weight_decay=settings["weight_decay"], foreach=False)
        losses, norms = [], []
        for _ in range(5):
            optimizer.zero_grad()
            loss = loss_of(model, sequences)
            loss.backward()
            losses.append(loss.item())
            norms.append(torch.nn.utils.get_total_norm([p.grad for p in model.parameters()]).item())
            optimizer.step()
        with torch.no_grad():
            final = loss_of(model, sequences).item()
        golden = {**settings, "losses": losses, "grad_norms": norms, "final_loss": final,
                  "torch": torch.__version__}
        (HERE / name / "adafactor.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
