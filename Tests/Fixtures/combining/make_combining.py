#!/usr/bin/env python3
"""Makes the goldens of several adapters on one model and of their combinations.

    make_combining.py [OUTPUT_FOLDER]        (default: the folder of this script)

Made with torch 2.13.0+cpu, transformers 5.23.0, peft 0.21.2, safetensors 0.8.0 on Python 3.11
(Tests/Interop/requirements.txt).

- `llama/NAME`, `gpt2/NAME`: adapters on the models of Tests/Fixtures/families/llama-llama3 and
  Tests/Fixtures/merging/gpt2: of different ranks, scalings, rank patterns and layers.
- `cases.json`: for each combination its base, adapters, weights and settings; `combined.safetensors` has under
  `CASE/` the tensors that PEFT's add_weighted_adapter makes, without PEFT's prefix, and under `CASE/logits` the logits
  of the ids 1, 7, 42, 3, 60, 12. PEFT draws random values before it draws the masks of DARE; here the generator is
  seeded again behind these.
- `stacks.json`: the logits, under `STACK/logits`, of several active adapters, each with a weight (`set_scale`).
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")

import torch
from peft import IA3Config, LoraConfig, PeftModel, get_peft_model
from peft.tuners.lora import model as lora_model
from peft.tuners.lora.layer import LoraLayer
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

FIXTURES = Path(__file__).resolve().parent.parent
BASES = {"llama": FIXTURES / "families/llama-llama3", "gpt2": FIXTURES / "merging/gpt2"}
IDS = [1, 7, 42, 3, 60, 12]

ADAPTERS = {
    "llama": {
        "first": LoraConfig(r=2, lora_alpha=3, target_modules=["q_proj", "v_proj"]),
        "down": LoraConfig(
            r=3, lora_alpha=6, target_modules=["q_proj", "down_proj"], rank_pattern={"down_proj": 2},
            alpha_pattern={"layers.1.self_attn.q_proj": 2}),
        "twin": LoraConfig(r=2, lora_alpha=5, target_modules=["q_proj", "v_proj"]),
        "output": LoraConfig(r=2, lora_alpha=1, target_modules=["q_proj", "o_proj"]),
        "stabilized": LoraConfig(r=3, lora_alpha=2, target_modules=["v_proj"], use_rslora=True),
        "ia3-a": IA3Config(
            target_modules=["k_proj", "v_proj", "down_proj"], feedforward_modules=["down_proj"]),
        "ia3-b": IA3Config(target_modules=["v_proj", "down_proj"], feedforward_modules=["down_proj"]),
    },
    "gpt2": {
        "first": LoraConfig(r=2, lora_alpha=3, target_modules=["c_attn", "c_fc"], fan_in_fan_out=True),
        "twin": LoraConfig(r=2, lora_alpha=4, target_modules=["c_attn"], fan_in_fan_out=True),
    },
}

CASES = [
    ("cat", "llama", {"first": 1.0, "down": 0.5}, {}),
    ("cat-negative", "llama", {"down": -0.5, "output": 2.0, "first": 1.0}, {}),
    ("linear", "llama", {"first": 1.0, "twin": 0.5}, {}),
    ("linear-partly", "llama", {"first": 0.7, "output": -0.3}, {}),
    ("svd", "llama", {"first": 1.0, "down": 0.5}, {"svd_rank": 4}),
    ("svd-small", "llama", {"first": 1.0, "twin": 1.0, "output": -1.0}, {}),
    ("ties", "llama", {"first": 1.0, "twin": 0.5, "output": 1.0}, {"density": 0.6}),
    ("ties-frequency", "llama", {"first": 1.0, "twin": -0.5, "output": 1.0},
     {"density": 0.8, "majority_sign_method": "frequency"}),
    ("ties_svd", "llama", {"first": 1.0, "down": 0.5}, {"density": 0.5, "svd_rank": 5}),
    ("dare_linear", "llama", {"first": 1.0, "twin": 0.5}, {"density": 0.7}),
    ("dare_ties", "llama", {"first": 1.0, "output": 0.5}, {"density": 0.5}),
    ("dare_linear_svd", "llama", {"first": 1.0, "down": 0.5}, {"density": 0.5, "svd_rank": 6}),
    ("dare_ties_svd", "llama", {"first": 1.0, "down": 0.5}, {"density": 0.5, "svd_rank": 6}),
    ("magnitude_prune", "llama", {"first": 1.0, "twin": 0.5}, {"density": 0.5}),
    ("magnitude_prune_svd", "llama", {"first": 1.0, "down": 0.5}, {"density": 0.3, "svd_rank": 3}),
    ("gpt2-cat", "gpt2", {"first": 1.0, "twin": 0.5}, {}),
    ("gpt2-svd", "gpt2", {"first": 1.0, "twin": 0.5}, {"svd_rank": 3}),
    ("gpt2-ties", "gpt2", {"first": 1.0, "twin": 0.5}, {"density": 0.5}),
    ("gpt2-dare_linear_svd", "gpt2", {"first": 1.0, "twin": 0.5}, {"density": 0.5, "svd_rank": 3}),
]

STACKS = [
    ("lora-two", "llama", {"first": 1.0, "down": 0.5}),
    ("lora-three", "llama", {"stabilized": 1.5, "down": -0.5, "output": 2.0}),
    ("lora-gpt2", "gpt2", {"twin": 1.0, "first": 0.25}),
    ("ia3-two", "llama", {"ia3-a": 1.0, "ia3-b": 1.0}),
]


def base(name):
    return AutoModelForCausalLM.from_pretrained(BASES[name], dtype=torch.float32).eval()


def make_adapters(output):
    for family, adapters in ADAPTERS.items():
        for index, (name, config) in enumerate(adapters.items()):
            torch.manual_seed(100 + index)
            config.task_type = "CAUSAL_LM"
            model = get_peft_model(base(family), config)
            for parameter_name, parameter in model.named_parameters():
                if "lora_" in parameter_name:
                    torch.nn.init.normal_(parameter, std=0.3)
                elif "ia3_" in parameter_name:
                    torch.nn.init.normal_(parameter, mean=1, std=0.3)
            model.save_pretrained(output / family / name)
            (output / family / name / "README.md").unlink(missing_ok=True)
            path = output / family / name / "adapter_config.json"
            saved = json.loads(path.read_text())
            saved["base_model_name_or_path"] = family
            # PEFT writes sets in an order of chance.
            for key in ("target_modules", "feedforward_modules"):
                if key in saved:
                    saved[key] = sorted(saved[key])
            path.write_text(json.dumps(saved, indent=2) + "\n")


def loaded(output, family, names):
    model = None
    for name in names:
        folder = output / family / name
        if model is None:
            model = PeftModel.from_pretrained(base(family), folder, adapter_name=name)
        else:
            model.load_adapter(folder, adapter_name=name)
    return model.eval()


@torch.no_grad()
def logits(model):
    return model(torch.tensor([IDS])).logits[0].contiguous()


def combined(output, case, family, weights, settings):
    model = loaded(output, family, weights)
    kind = case.removesuffix("-negative").removesuffix("-partly").removesuffix("-small").removesuffix("-frequency")
    kind = kind.removeprefix("gpt2-")
    freeze = lora_model._freeze_adapter

    def seeded(*arguments):
        freeze(*arguments)
        torch.manual_seed(42)

    lora_model._freeze_adapter = seeded
    model.add_weighted_adapter(list(weights), list(weights.values()), "combined", combination_type=kind, **settings)
    lora_model._freeze_adapter = freeze
    model.set_adapter("combined")
    tensors = {f"{case}/logits": logits(model)}
    for name, module in model.base_model.model.named_modules():
        if isinstance(module, LoraLayer) and "combined" in module.lora_A:
            assert module.scaling["combined"] == 1
            tensors[f"{case}/{name}.lora_A.weight"] = module.lora_A["combined"].weight.detach().contiguous()
            tensors[f"{case}/{name}.lora_B.weight"] = module.lora_B["combined"].weight.detach().contiguous()
    record = {
        "name": case, "base": family, "adapters": list(weights), "weights": list(weights.values()),
        "combination_type": kind, "rank": model.peft_config["combined"].r, **settings}
    return record, tensors


def stacked(output, case, family, weights):
    model = loaded(output, family, weights)
    model.base_model.set_adapter(list(weights))
    for module in model.modules():
        if isinstance(module, LoraLayer):
            for name, weight in weights.items():
                module.set_scale(name, weight)
    record = {"name": case, "base": family, "adapters": list(weights), "weights": list(weights.values())}
    return record, {f"{case}/logits": logits(model)}


def write(records, path):
    path.write_text("[\n" + ",\n".join(json.dumps(record) for record in records) + "\n]\n")


def main():
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    torch.use_deterministic_algorithms(True)
    make_adapters(output)
    cases = [combined(output, *case) for case in CASES]
    stacks = [stacked(output, *stack) for stack in STACKS]
    tensors = {}
    for _, found in cases + stacks:
        tensors.update({name: tensor.clone() for name, tensor in found.items()})
    save_file(tensors, output / "combined.safetensors")
    write([record for record, _ in cases], output / "cases.json")
    write([record for record, _ in stacks], output / "stacks.json")


if __name__ == "__main__":
    main()
