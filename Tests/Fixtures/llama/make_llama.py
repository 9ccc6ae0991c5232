#!/usr/bin/env python3
"""Makes the goldens of two tiny random Llama models, of their LoRA adapters and of single operations.

    make_llama.py [OUTPUT_FOLDER]        (default: the folder of this script)

Made with torch 2.13.0+cpu, transformers 5.23.0, peft 0.21.2, safetensors 0.8.0, numpy 2.4.6 on Python 3.11
(Tests/Interop/requirements.txt). README.md beside this file lists every file and key.
"""

import json
import math
import os
import shutil
import sys
import warnings
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")
warnings.simplefilter("ignore", FutureWarning)

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from torch.nn import functional
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding, apply_rotary_pos_emb

VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
IGNORED = -100
LENGTHS = (5, 7, 9)
PROMPT_LENGTHS = (2, 3, 4)
VOCABULARY = 61

VARIANTS = {
    "tied": dict(
        hidden_size=32, intermediate_size=48, num_attention_heads=4, num_key_value_heads=2,
        rope_theta=10000.0, rms_norm_eps=1e-5, tie_word_embeddings=True),
    # Query width 4 * 6 = 24 differs from the hidden size 12, and one key head serves all four query heads.
    "untied": dict(
        hidden_size=12, intermediate_size=14, num_attention_heads=4, num_key_value_heads=1, head_dim=6,
        rope_theta=500.0, rms_norm_eps=1e-6, tie_word_embeddings=False, attention_bias=False),
}
ADAPTERS = {"tied": {"lora_qv": ["q_proj", "v_proj"]}, "untied": {"lora_all": "all-linear"}}



def write_json(path, values):
    """One line for each top-level key: small, and still readable in a diff."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in values.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


# Models


def build_model(settings, seed):
    """Weights N(0, 0.2), norm weights 1 + N(0, 0.1): large enough that no gradient hides in rounding."""
    settings = dict(settings)
    theta = settings.pop("rope_theta")
    config = LlamaConfig(
        vocab_size=VOCABULARY, num_hidden_layers=2, max_position_embeddings=64,
        bos_token_id=1, eos_token_id=2, rope_parameters={"rope_type": "default", "rope_theta": theta}, **settings)
    model = LlamaForCausalLM(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(1 + 0.1 * noise if name.endswith("norm.weight") else 0.2 * noise)
    return model


def older_config(folder):
    """Rewrites config.json the way transformers 4 wrote it: rope_theta at the top, torch_dtype instead of dtype."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    config["rope_scaling"] = None
    config["torch_dtype"] = config.pop("dtype")
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def make_sequences(seed):
    generator = torch.Generator().manual_seed(seed)
    sequences = []
    for length, prompt in zip(LENGTHS, PROMPT_LENGTHS):
        ids = torch.randint(3, VOCABULARY, (length,), generator=generator)
        labels = ids.clone()
        labels[:prompt] = IGNORED
        sequences.append((ids, labels))
    # A gap inside a completion, as between two assistant turns.
    sequences[-1][1][7] = IGNORED
    return sequences


def run(model, sequences):
    """Each sequence alone, without padding: its logits, its summed loss; and the loss over all trained tokens."""
    logits = [model(input_ids=ids[None]).logits[0] for ids, _ in sequences]
    sums = [functional.cross_entropy(rows[:-1], labels[1:], ignore_index=IGNORED, reduction="sum")
            for rows, (_, labels) in zip(logits, sequences)]
    trained = [int((labels[1:] != IGNORED).sum()) for _, labels in sequences]
    return logits, sums, trained, sum(sums) / sum(trained)


def train(model, sequences, undecayed=()):
    """Five AdamW steps on the same batch. The gradient norm is the one before clipping."""
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    kept = [p for n, p in named if n.endswith(tuple(undecayed))] if undecayed else []
    kept_ids = {id(p) for p in kept}
    groups = [{"params": [p for _, p in named if id(p) not in kept_ids], "weight_decay": 0.01},
              {"params": kept, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=1e-2, betas=(0.9, 0.999), eps=1e-8)
    losses, norms = [], []
    for _ in range(5):
        optimizer.zero_grad()
        loss = run(model, sequences)[3]
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_([p for _, p in named], 1.0).item())
        losses.append(loss.item())
        optimizer.step()
    with torch.no_grad():
        final = run(model, sequences)[3].item()
    return {"learning_rate": 1e-2, "betas": [0.9, 0.999], "epsilon": 1e-8, "weight_decay": 0.01,
            "without_decay": list(undecayed), "max_grad_norm": 1.0, "losses": losses, "grad_norms": norms,
            "final_loss": final}


def greedy(model, ids, count):
    ids, chosen, margins = ids.tolist(), [], []
    with torch.no_grad():
        for _ in range(count):
            best = model(input_ids=torch.tensor([ids])).logits[0, -1].topk(2)
            chosen.append(best.indices[0].item())
            margins.append((best.values[0] - best.values[1]).item())
            ids.append(chosen[-1])
    return {"prompt": ids[:-count], "new_tokens": chosen, "smallest_margin": min(margins)}


def make_adapter(base, folder, name, targets, seed):
    """An adapter whose A and B are both random, saved by PEFT; all adapter tensors count for its goldens."""
    model = get_peft_model(base, LoraConfig(
        r=4, lora_alpha=8, lora_dropout=0.0, target_modules=targets, task_type="CAUSAL_LM"))
    model.eval()
    model.peft_config["default"].base_model_name_or_path = folder.name
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if "lora_" in parameter_name:
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    model.save_pretrained(folder / name)
    (folder / name / "README.md").unlink(missing_ok=True)
    path = folder / name / "adapter_config.json"
    config = json.loads(path.read_text())
    # PEFT keeps targets in a set, whose order changes from run to run.
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=2, sort_keys=True))
    return model


def gradients(model):
    return {n.replace(".default.", "."): p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def make_variant(output, name, seed):
    folder = output / name
    shutil.rmtree(folder, ignore_errors=True)
    model = build_model(VARIANTS[name], seed)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    if name == "untied":
        older_config(folder)
    sequences = make_sequences(seed + 1)
    logits, sums, trained, loss = run(model, sequences)
    loss.backward()
    tensors, golden = {}, {"versions": VERSIONS, "ignored_label": IGNORED}
    for index, ((ids, labels), rows) in enumerate(zip(sequences, logits)):
        tensors[f"sequences.{index}.input_ids"] = ids
        tensors[f"sequences.{index}.labels"] = labels
        tensors[f"sequences.{index}.logits"] = rows.detach()
    tensors.update({f"gradients.{n}": g for n, g in gradients(model).items()})
    golden["sequences"] = [
        {"input_ids": ids.tolist(), "labels": labels.tolist(), "loss_sum": total.item(), "trained_tokens": count}
        for (ids, labels), total, count in zip(sequences, sums, trained)]
    golden |= {"trained_tokens": sum(trained), "loss": loss.item()}
    golden["greedy"] = greedy(model, sequences[0][0], 8)
    reload = lambda: AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    reloaded = reload()
    with torch.no_grad():
        for rows, again in zip(logits, run(reloaded, sequences)[0]):
            assert torch.equal(rows, again), "the saved folder is not the model that made the goldens"
    golden["adamw"] = train(reloaded, sequences)
    golden["adamw_norms_undecayed"] = train(reload(), sequences, undecayed=("norm.weight",))
    golden["adapters"] = {}
    for adapter, targets in ADAPTERS[name].items():
        adapted = make_adapter(reload(), folder, adapter, targets, seed + 2)
        logits, sums, _, loss = run(adapted, sequences)
        loss.backward()
        for index, rows in enumerate(logits):
            tensors[f"{adapter}.sequences.{index}.logits"] = rows.detach()
        found = gradients(adapted)
        assert set(found) == set(load_file(folder / adapter / "adapter_model.safetensors"))
        tensors.update({f"{adapter}.gradients.{n}": g for n, g in found.items()})
        golden["adapters"][adapter] = {
            "r": 4, "lora_alpha": 8, "loss": loss.item(), "loss_sums": [s.item() for s in sums],
            "greedy": greedy(adapted, sequences[0][0], 8), "adamw": train(adapted, sequences)}
    save_file({n: t.contiguous() for n, t in tensors.items()}, folder / "golden.safetensors")
    write_json(folder / "golden.json", golden)
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)


# Single operations, in float64 from inputs that float32 holds exactly


class Operations:
    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)
        self.tensors, self.facts = {}, {"versions": VERSIONS}

    def random(self, *shape, scale=1.0, shift=0.0):
        return (shift + scale * torch.randn(shape, generator=self.generator)).double().requires_grad_()

    def record(self, name, inputs, output, **facts):
        """Stores inputs, output, a random gradient of the output (none when it is a scalar), and input gradients."""
        self.facts[name] = facts
        for key, value in inputs.items():
            self.tensors[f"{name}.{key}"] = value.detach().float()
        if output.dim() == 0:
            output.backward()
            self.facts[name]["loss"] = output.item()
        else:
            upstream = torch.randn(output.shape, generator=self.generator)
            output.backward(upstream.double())
            self.tensors[f"{name}.output"] = output.detach().float()
            self.tensors[f"{name}.output.gradient"] = upstream
        for key, value in inputs.items():
            self.tensors[f"{name}.{key}.gradient"] = value.grad.float()


def rotary_angles(positions, width, theta):
    """cos and sin [tokens, width] as Hugging Face lays them out: the angles of the first half, then again."""
    frequencies = theta ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
    angles = torch.tensor(positions, dtype=torch.float64)[:, None] * frequencies
    angles = torch.cat([angles, angles], dim=-1)
    config = LlamaConfig(hidden_size=width, num_attention_heads=1, num_key_value_heads=1, head_dim=width,
                         rope_parameters={"rope_type": "default", "rope_theta": theta})
    cosine, sine = LlamaRotaryEmbedding(config)(torch.zeros(1), torch.tensor([positions]))
    assert (cosine[0] - angles.cos()).abs().max() < 1e-5 and (sine[0] - angles.sin()).abs().max() < 1e-5
    return angles.cos(), angles.sin()


def heads_first(rows, width):
    return rows.view(rows.shape[0], -1, width).transpose(0, 1)


def attention(query, key, value, width, query_offsets, key_offsets):
    """Causal attention segment by segment; the last query of a segment sees the segment's last key."""
    pieces = []
    for index in range(len(query_offsets) - 1):
        q = heads_first(query[query_offsets[index]:query_offsets[index + 1]], width)
        k, v = (heads_first(t[key_offsets[index]:key_offsets[index + 1]], width) for t in (key, value))
        mask = torch.ones(q.shape[1], k.shape[1], dtype=torch.bool).tril(k.shape[1] - q.shape[1])
        result = functional.scaled_dot_product_attention(q[None], k[None], v[None], attn_mask=mask, enable_gqa=True)[0]
        pieces.append(result.transpose(0, 1).reshape(q.shape[1], -1))
    return torch.cat(pieces)


def make_operations(output):
    made = Operations(seed=77)
    x, weight = made.random(3, 12), made.random(12, scale=0.3, shift=1.0)
    made.record("rmsnorm", {"input": x, "weight": weight},
                functional.rms_norm(x, (12,), weight, eps=1e-5), epsilon=1e-5)

    gate, up = made.random(3, 9, scale=2.0), made.random(3, 9)
    made.record("swiglu", {"gate": gate, "up": up}, functional.silu(gate) * up)

    positions, width = [3, 4, 5, 0, 1, 40], 8
    x = made.random(len(positions), 2 * width)
    cosine, sine = rotary_angles(positions, width, 10000.0)
    heads = heads_first(x, width)[None]
    rotated, _ = apply_rotary_pos_emb(heads, heads, cosine[None], sine[None])
    made.record("rotary", {"input": x}, rotated[0].transpose(0, 1).reshape(x.shape), positions=positions,
                heads=2, head_width=width, theta=10000.0, layout="rotate_half: pairs (i, i + head_width / 2)")

    width = 4
    for name, query_offsets, key_offsets in (
            ("attention", [0, 4, 11], [0, 4, 11]), ("attention_cached", [0, 1, 4], [0, 6, 11])):
        query = made.random(query_offsets[-1], 4 * width)
        key, value = made.random(key_offsets[-1], 2 * width), made.random(key_offsets[-1], 2 * width)
        made.record(name, {"query": query, "key": key, "value": value},
                    attention(query, key, value, width, query_offsets, key_offsets),
                    query_offsets=query_offsets, key_offsets=key_offsets, heads=4, key_value_heads=2,
                    head_width=width, scale=1 / math.sqrt(width))

    rows, targets, scale = [0, 2, 3, 5], [7, 0, 10, 7], 0.25
    logits = made.random(6, 11, scale=2.0)
    made.record("cross_entropy", {"logits": logits},
                functional.cross_entropy(logits[rows], torch.tensor(targets), reduction="sum") * scale,
                rows=rows, targets=targets, scale=scale)
    hidden, head = made.random(6, 8), made.random(11, 8, scale=0.5)
    made.record("linear_cross_entropy", {"hidden": hidden, "weight": head},
                functional.cross_entropy(hidden[rows] @ head.T, torch.tensor(targets), reduction="sum") * scale,
                rows=rows, targets=targets, scale=scale)
    save_file({n: t.contiguous() for n, t in made.tensors.items()}, output / "operations.safetensors")
    (output / "operations.safetensors").chmod(0o644)
    write_json(output / "operations.json", made.facts)


def main():
    torch.set_num_threads(1)
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    output.mkdir(parents=True, exist_ok=True)
    make_variant(output, "tied", seed=20)
    make_variant(output, "untied", seed=35)
    make_operations(output)


if __name__ == "__main__":
    main()
