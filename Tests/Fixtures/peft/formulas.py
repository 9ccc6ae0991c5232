"""What each method computes, as README.md says it: the weights that an adapter makes of those of its base.

Weights are [out, in]. `part` holds the adapter's tensors of one layer, `config` the values of adapter_config.json.
"""

import math
import re

import numpy
import torch


def matching(pattern, module, default):
    """rank_pattern and alpha_pattern are expressions for the ends of modules' names, of which the first counts."""
    return next((value for key, value in pattern.items() if re.fullmatch(rf"(.*\.)?({key})", module)), default)


def scale(config, module):
    rank = matching(config["rank_pattern"], module, config["r"])
    alpha = matching(config["alpha_pattern"], module, config["lora_alpha"])
    return alpha / (math.sqrt(rank) if config["use_rslora"] else rank)


def residual(config, weight, factor):
    """What PiSSA and OLoRA leave in the base: its weight without its largest, or without its first, directions."""
    rank = config["r"]
    if config["init_lora_weights"] == "pissa":
        left, values, right = torch.linalg.svd(weight, full_matrices=False)
        return weight - (left[:, :rank] * values[:rank]) @ right[:rank]
    if config["init_lora_weights"] == "olora":
        # Unlike PiSSA, OLoRA does not divide its matrices by the scale.
        left, right = torch.linalg.qr(weight)
        return weight - factor * left[:, :rank] @ right[:rank]
    return weight


def lora(config, module, part, weight):
    """`weight` is [out, in]."""
    a, b, factor = part["lora_A.weight"], part["lora_B.weight"], scale(config, module)
    changed = residual(config, weight, factor) + factor * b @ a
    if "lora_magnitude_vector" in part:
        norm = changed.norm(dim=1).detach()
        changed = (part["lora_magnitude_vector"] / norm)[:, None] * changed
    return changed


def embedding(config, module, part, weight):
    return weight + scale(config, module) * (part["lora_embedding_B"] @ part["lora_embedding_A"]).T


def vera(part, weight, a, b):
    rows, columns = weight.shape
    return weight + (part["vera_lambda_b"][:, None] * b[:rows]) @ (part["vera_lambda_d"][:, None] * a[:, :columns])


def adalora(config, part, weight):
    # The divisor stays the initial rank when ranks are cut.
    factor = config["lora_alpha"] / (config["init_r"] + 1e-5)
    return weight + factor * part["lora_B"] @ (part["lora_E"] * part["lora_A"])


def projections(config, modules, weights):
    """VeRA's shared A [r, widest input] and B [widest output, r]: torch's uniform numbers, A's before B's."""
    stream, rank = numpy.random.RandomState(config["projection_prng_key"]), config["r"]
    rows = max(weights[module].shape[0] for module in modules)
    columns = max(weights[module].shape[1] for module in modules)

    def uniform(*shape):
        numbers = (stream.randint(0, 2**32, size=shape, dtype=numpy.uint32) & (2**24 - 1)) * 2.0**-24
        bound = float(numpy.float32(math.sqrt(3) * math.sqrt(2) / math.sqrt(shape[1])))
        # One rounding to float32, as of a fused multiplication and addition.
        return torch.from_numpy((numbers * (2 * bound) - bound).astype(numpy.float32))

    return uniform(rank, columns), uniform(rows, rank)


def lstm(p, rows, name):
    """One direction: gates in the order input, forget, cell, output."""
    hidden = cell = torch.zeros(p[f"lstm_head.weight_hh_{name}"].shape[1])
    outputs = []
    for row in rows:
        gates = (p[f"lstm_head.weight_ih_{name}"] @ row + p[f"lstm_head.bias_ih_{name}"]
                 + p[f"lstm_head.weight_hh_{name}"] @ hidden + p[f"lstm_head.bias_hh_{name}"])
        entered, kept, new, shown = gates.chunk(4)
        cell = kept.sigmoid() * cell + entered.sigmoid() * new.tanh()
        hidden = shown.sigmoid() * cell.tanh()
        outputs.append(hidden)
    return torch.stack(outputs)


# AdaLoRA's allocation of ranks


class Allocator:
    """Importance of each rank, from gradients before and values after each step of the optimizer."""

    def __init__(self, config, parameters):
        self.config, self.parameters = config, parameters
        self.sensitivity = {n: torch.zeros_like(p) for n, p in parameters.items()}
        self.uncertainty = {n: torch.zeros_like(p) for n, p in parameters.items()}
        self.kept = None

    def budget(self, step):
        c, layers = self.config, len(self.parameters) // 3
        first, last = c["init_r"] * layers, c["target_r"] * layers
        if step <= c["tinit"]:
            return first
        if step > c["total_step"] - c["tfinal"]:
            return last
        left = 1 - (step - c["tinit"]) / (c["total_step"] - c["tfinal"] - c["tinit"])
        return int((first - last) * left**3 + last)

    def after(self, step):
        c, end = self.config, self.config["total_step"] - self.config["tfinal"]
        if step < end:
            self.observe()
        if step == end or c["tinit"] < step < end and step % c["deltaT"] == 0:
            self.choose(self.budget(step))
        if step >= end or step % c["deltaT"] == 0 and step > c["tinit"]:
            for name, mask in self.kept.items():
                self.parameters[name].data[~mask] = 0

    def observe(self):
        first, second = self.config["beta1"], self.config["beta2"]
        for name, p in self.parameters.items():
            new = (p.detach() * p.grad).abs()
            self.sensitivity[name] = first * self.sensitivity[name] + (1 - first) * new
            self.uncertainty[name] = second * self.uncertainty[name] + (1 - second) * (
                new - self.sensitivity[name]).abs()

    def choose(self, budget):
        scores = {}
        for name in [n for n in self.parameters if n.endswith("lora_E")]:
            e, a, b = (self.sensitivity[n] * self.uncertainty[n] for n in
                       (name, name[:-1] + "A", name[:-1] + "B"))
            scores[name] = e[:, 0] + a.mean(dim=1) + b.mean(dim=0)
        ordered = torch.cat(list(scores.values())).sort().values
        threshold = ordered[len(ordered) - budget - 1]
        gap = (ordered[len(ordered) - budget] - threshold) / ordered[-1]
        assert gap > 1e-4, f"a close call: {gap}"
        self.kept = {name: score > threshold for name, score in scores.items()}


def regularisation(config, parameters):
    terms = [(p @ p.T if n.endswith("A") else p.T @ p) - torch.eye(config["init_r"])
             for n, p in parameters.items() if n[-1] in "AB"]
    return config["orth_reg_weight"] * sum(t.norm() for t in terms) / len(terms)


