#!/usr/bin/env python3
"""Makes optimizers.json in tied/ and untied/ and eight_bit.safetensors: ten steps of each optimiser's reference.

The environment is Tests/Interop/requirements.txt with lion-pytorch==0.2.5, galore-torch==1.0 and bitsandbytes==0.50.2
(galore-torch asks for CUDA packages that it does not need here: install with --no-deps).

- lion: lion_pytorch.Lion.
- adamw_8bit: bitsandbytes.optim.AdamW8bit on its CPU backend, min_8bit_size 1 so that the tiny tensors are quantised.
  The native CPU quantiser takes a tenth of the values to a neighbour of the nearest code (it looks them up on a grid);
  nearest_codes() replaces it: what bitsandbytes' CUDA, Triton and default backends compute.
- galore_adamw: galore_torch.GaLoreAdamW, with one projection for all steps and with a new one every four. A singular
  vector is known up to its sign, and moments outlive a projection, so with_fixed_signs() gives each the sign with which
  its largest element is positive.
- loraplus: peft.optimizers.create_loraplus_optimizer on the adapters; embedding: also on one of the embedding.

Every parameter decays, gradients are not clipped. eight_bit.safetensors: AdamW8bit on one matrix of 70 x 61, the
gradient of which is curvature * (weight - target), with its states after ten steps, and the two maps of codes.
"""

import json
from pathlib import Path
from unittest import mock

import bitsandbytes
import torch
from bitsandbytes.backends.cpu import ops as bitsandbytes_cpu
from galore_torch import GaLoreAdamW
from galore_torch.galore_projector import GaLoreProjector
from lion_pytorch import Lion
from peft import LoraConfig, PeftModel, get_peft_model
from peft.optimizers import create_loraplus_optimizer
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

from make_adafactor import loss_of

HERE = Path(__file__).resolve().parent
STEPS = 10
DECAY = 0.01
GALORE = {"rank": 4, "scale": 0.25, "proj_type": "std"}
ADAPTERS = {"tied": "lora_qv", "untied": "lora_all"}


def nearest_codes(values, code, absmax_out, out, blocksize):
    blocks = torch.nn.functional.pad(values.flatten(), (0, -values.numel() % blocksize)).view(-1, blocksize)
    absmax = blocks.abs().amax(1)
    scaled = (blocks * (1 / absmax.clamp(min=1e-38))[:, None]).clamp(-1, 1).flatten()[:values.numel()]
    out.copy_(torch.bucketize(scaled, (code[:-1] + code[1:]) / 2).to(torch.uint8).view(out.shape))
    absmax_out.copy_(absmax)


def with_fixed_signs(self, weights, rank, type):
    matrix = orthogonal_matrix(self, weights, rank, type)
    vectors = matrix if type == "right" else matrix.t()
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    vectors = vectors * largest.sign()
    return vectors if type == "right" else vectors.t()


orthogonal_matrix = GaLoreProjector.get_orthogonal_matrix


def load(name):
    return AutoModelForCausalLM.from_pretrained(HERE / name, dtype=torch.float32).eval()


def train(name, model, optimizer, settings):
    sequences = json.loads((HERE / name / "golden.json").read_text())["sequences"]
    losses, norms = [], []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(model, sequences)
        loss.backward()
        losses.append(loss.item())
        gradients = [p.grad for p in model.parameters() if p.grad is not None]
        norms.append(torch.nn.utils.get_total_norm(gradients).item())
        optimizer.step()
    with torch.no_grad():
        final = loss_of(model, sequences).item()
    return {**settings, "losses": losses, "grad_norms": norms, "final_loss": final}


def lion(name):
    model, settings = load(name), {"learning_rate": 2e-3, "betas": [0.9, 0.99], "weight_decay": DECAY}
    optimizer = Lion(model.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=DECAY)
    return train(name, model, optimizer, settings)


def adamw_8bit(name):
    model, settings = load(name), {"learning_rate": 1e-2, "weight_decay": DECAY}
    optimizer = bitsandbytes.optim.AdamW8bit(model.parameters(), lr=1e-2, weight_decay=DECAY, min_8bit_size=1)
    return train(name, model, optimizer, settings)


def galore_adamw(name, gap):
    model = load(name)
    linear = {n + ".weight" for n, m in model.named_modules() if isinstance(m, torch.nn.Linear) and n != "lm_head"}
    projected = [p for n, p in model.named_parameters() if n in linear]
    others = [p for n, p in model.named_parameters() if n not in linear]
    groups = [{"params": others}, {"params": projected, "update_proj_gap": gap, **GALORE}]
    optimizer = GaLoreAdamW(groups, lr=1e-2, weight_decay=DECAY, no_deprecation_warning=True)
    return train(name, model, optimizer, {"learning_rate": 1e-2, "weight_decay": DECAY, "update_proj_gap": gap, **GALORE})


def loraplus(name, embedding):
    if embedding:
        torch.manual_seed(5)
        targets = ["embed_tokens", "q_proj"]
        model = get_peft_model(load(name), LoraConfig(r=2, lora_alpha=4, target_modules=targets)).eval()
    else:
        model = PeftModel.from_pretrained(load(name), HERE / name / ADAPTERS[name], is_trainable=True).eval()
    settings = {"learning_rate": 1e-3, "weight_decay": DECAY, "loraplus_lr_ratio": 16, "loraplus_lr_embedding": 1e-6}
    optimizer = create_loraplus_optimizer(
        model, torch.optim.AdamW, lr=1e-3, loraplus_lr_ratio=16, loraplus_weight_decay=DECAY)
    rates = {id(p): group["lr"] for group in optimizer.param_groups for p in group["params"]}
    settings["rates"] = {n.replace(".default", ""): rates[id(p)] for n, p in model.named_parameters() if p.requires_grad}
    return settings if embedding else train(name, model, optimizer, settings)


def eight_bit():
    generator = torch.Generator().manual_seed(3)
    draw = lambda: torch.randn(70, 61, generator=generator)
    start, target = draw(), draw()
    # Gradients over one and a half powers of ten: over more of them many second moments round to zero, and the update
    # becomes a quotient of rounding errors, in which no two implementations agree.
    curvature = 10 ** (1.5 * torch.rand(70, 61, generator=generator) - 1.5)
    weight = torch.nn.Parameter(start.clone())
    optimizer = bitsandbytes.optim.AdamW8bit([weight], lr=1e-2, weight_decay=DECAY)
    for _ in range(STEPS):
        weight.grad = curvature * (weight.detach() - target)
        optimizer.step()
    state = optimizer.state[weight]
    tensors = {"start": start, "target": target, "curvature": curvature, "weight": weight.detach()}
    tensors |= {"codes1": state["state1"].float(), "codes2": state["state2"].float()}
    tensors |= {"absmax1": state["absmax1"], "absmax2": state["absmax2"]}
    tensors |= {"signed_map": state["qmap1"], "unsigned_map": state["qmap2"]}
    save_file({n: t.clone().contiguous() for n, t in tensors.items()}, HERE / "eight_bit.safetensors")
    (HERE / "eight_bit.safetensors").chmod(0o644)


def main():
    torch.set_num_threads(1)
    with (mock.patch.object(bitsandbytes_cpu, "_quant_blockwise_fp32_direct", nearest_codes),
          mock.patch.object(GaLoreProjector, "get_orthogonal_matrix", with_fixed_signs)):
        eight_bit()
        for name in ("tied", "untied"):
            golden = {
                "torch": torch.__version__, "lion": lion(name), "adamw_8bit": adamw_8bit(name),
                "galore_adamw": [galore_adamw(name, gap) for gap in (200, 4)], "loraplus": loraplus(name, False),
                "loraplus_embedding": loraplus(name, True)}
            (HERE / name / "optimizers.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
