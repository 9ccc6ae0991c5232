#!/usr/bin/env python3
"""Makes the goldens of tiny random models of every family, and of a LoRA adapter on each.

    make_families.py [OUTPUT_FOLDER [VARIANT ...]]        (default: the folder of this script, every variant)

Made with torch 2.13.0+cpu, transformers 5.23.0, peft 0.21.2, safetensors 0.8.0, numpy 2.4.6 on Python 3.11
(Tests/Interop/requirements.txt). README.md beside this file lists every file and key; variants.py has the settings.
"""

import json
import os
import shutil
import sys
import warnings
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")
warnings.simplefilter("ignore")

import peft
import torch
import transformers
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn import functional
from transformers import AutoConfig, DynamicCache

from spelling import older_spelling
from variants import AUTO_CLASSES, CAUSAL, CLASSIFIER, ENCODER_DECODER, OLDER, TASK_TYPES, VARIANTS, VOCABULARY

VERSIONS = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
IGNORED = -100
LENGTHS = (5, 9, 14)
PROMPT_LENGTHS = (2, 3, 4)
DECODER_LENGTHS = (7, 4, 6)
CLASSES = (2, 0, 1)
NEW_TOKENS = 32
# Where the name in the file is not the one in memory.
CHECKPOINT_NAMES = {("gpt_neox", "lm_head.weight"): "embed_out.weight"}
# A best token that leads by less could change with the order of float32 sums.
SMALLEST_MARGIN = 2e-3
# AdamW's first step has the size of the learning rate and the sign of the gradient, which must not hang on rounding.
SMALLEST_GRADIENT = 1e-6


def write_json(path, values):
    """One line for each top-level key: small, and still readable in a diff."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in values.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


# Models


def build_model(variant, seed, **changes):
    """Norm weights are their neutral value + N(0, 0.1), embeddings N(0, 0.2), all else N(0, 0.2) or N(0, 0.4).

    That is large enough that no gradient hides in rounding. A model with tied embeddings and small layers would repeat
    its last token for ever, so these have the larger layers; a tied T5, which divides its logits by the square root of
    the width, has embeddings N(0, 0.5).
    """
    settings = {"vocab_size": VOCABULARY} | variant["settings"] | changes
    config = AutoConfig.for_model(variant["model_type"], **settings)
    model = AUTO_CLASSES[variant["kind"]].from_config(config, attn_implementation="eager").float().eval()
    if variant.get("own_head"):
        # transformers 5 builds every T5 with tied embeddings, and unties them when a file holds both.
        model.lm_head.weight = nn.Parameter(torch.empty_like(model.lm_head.weight))
    # A Gemma norm multiplies by 1 + weight.
    neutral = 0 if variant["model_type"].startswith("gemma") else 1
    tied = config.tie_word_embeddings and not variant.get("own_head") and variant["kind"] != CLASSIFIER
    layer_scale = 0.4 if tied else 0.2
    embedding_scale = 0.5 if tied and variant["kind"] == ENCODER_DECODER else 0.2
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            is_norm = parameter.dim() == 1 and name.endswith("weight")
            scale = embedding_scale if "embed" in name or parameter.shape[0] == config.vocab_size else layer_scale
            parameter.copy_(neutral + 0.1 * noise if is_norm else scale * noise)
    return model


def load_model(variant, folder):
    return AUTO_CLASSES[variant["kind"]].from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()


def random_ids(generator, length):
    """Without the special tokens, which are below 3."""
    return torch.randint(3, VOCABULARY, (length,), generator=generator).tolist()


def make_sequences(kind, seed):
    generator = torch.Generator().manual_seed(seed)
    sequences = [{"input_ids": random_ids(generator, length)} for length in LENGTHS]
    for index, sequence in enumerate(sequences):
        ids = sequence["input_ids"]
        if kind == CAUSAL:
            prompt = PROMPT_LENGTHS[index]
            sequence["labels"] = [IGNORED] * prompt + ids[prompt:]
        elif kind == ENCODER_DECODER:
            ids[-1] = 1
            labels = random_ids(generator, DECODER_LENGTHS[index] - 1) + [1]
            sequence |= {"decoder_input_ids": [0] + labels[:-1], "labels": labels}
        else:
            sequence["label"] = CLASSES[index]
    if kind == CAUSAL:
        # A gap inside a completion, as between two assistant turns.
        sequences[-1]["labels"][7] = IGNORED
    return sequences


def logits_of(model, **ids):
    """Logits of one sequence. A sequence of one token first makes dynamic rotary scaling forget longer ones."""
    one = {key: torch.tensor([values[:1]]) for key, values in ids.items()}
    with torch.no_grad():
        model(**one)
    return model(**{key: torch.tensor([values]) for key, values in ids.items()}).logits[0]


def run(model, kind, sequences):
    """Each sequence alone, without padding: its logits, its summed loss; and the loss over all trained tokens."""
    inputs = [{k: v for k, v in s.items() if k in ("input_ids", "decoder_input_ids")} for s in sequences]
    logits = [logits_of(model, **ids) for ids in inputs]
    if kind == CAUSAL:
        pairs = [(rows[:-1], torch.tensor(s["labels"][1:])) for rows, s in zip(logits, sequences)]
    elif kind == ENCODER_DECODER:
        pairs = [(rows, torch.tensor(s["labels"])) for rows, s in zip(logits, sequences)]
    else:
        pairs = [(row[None], torch.tensor([s["label"]])) for row, s in zip(logits, sequences)]
    sums = [functional.cross_entropy(rows, labels, ignore_index=IGNORED, reduction="sum") for rows, labels in pairs]
    trained = [int((labels != IGNORED).sum()) for _, labels in pairs]
    return logits, sums, trained, sum(sums) / sum(trained)


# Generation


def greedy(choose, ids):
    """Tokens that `choose`, a function from all tokens so far to the next one's logits, ranks first."""
    ids, margins, prompt = list(ids), [], list(ids)
    for _ in range(NEW_TOKENS):
        with torch.no_grad():
            best = choose(ids).topk(2)
        margins.append((best.values[0] - best.values[1]).item())
        ids.append(best.indices[0].item())
    return {"prompt": prompt, "new_tokens": ids[len(prompt):], "smallest_margin": min(margins)}


def greedy_cached(model, ids):
    """The same with a cache of keys, which rotary scaling that depends on the length does not rotate again."""
    cache, read = DynamicCache(config=model.config), 0
    logits_of(model, input_ids=ids)

    def choose(ids):
        nonlocal read
        new, read = ids[read:], len(ids)
        return model(input_ids=torch.tensor([new]), past_key_values=cache, use_cache=True).logits[0, -1]

    return greedy(choose, ids)


def make_greedy(model, variant, sequences):
    """Null when the tokens would be a poor test: a close call, a special token, or few different ones."""
    kind = variant["kind"]
    ids = sequences[0]["input_ids"]
    if kind == ENCODER_DECODER:
        found = greedy(lambda sofar: logits_of(model, input_ids=ids, decoder_input_ids=sofar)[-1], [0])
        found = {"input_ids": ids} | found
    else:
        found = greedy(lambda sofar: logits_of(model, input_ids=sofar)[-1], ids)
        cached = greedy_cached(model, ids)
        if cached["new_tokens"] != found["new_tokens"]:
            found["cached"] = {key: cached[key] for key in ("new_tokens", "smallest_margin")}
        if ("cached" in found) != variant.get("cache_matters", False):
            return None
    for result in (found, found.get("cached", found)):
        tokens = result["new_tokens"]
        if result["smallest_margin"] < SMALLEST_MARGIN or min(tokens) < 3 or len(set(tokens)) < 8:
            return None
    return found


# Adapters


def gradients(model):
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def saved_names(tensors):
    """PEFT's names in memory, as it writes them."""
    return {name.replace(".modules_to_save.default", "").replace(".default", ""): t for name, t in tensors.items()}


def make_adapter(variant, base, folder, seed):
    """LoRA on the layers that PEFT targets by default, with A, B and any head that it trains all random."""
    model = get_peft_model(base, LoraConfig(
        r=4, lora_alpha=8, lora_dropout=0.0, target_modules=variant.get("targets"),
        task_type=TASK_TYPES[variant["kind"]], fan_in_fan_out=variant["model_type"] == "gpt2"))
    model.eval()
    model.peft_config["default"].base_model_name_or_path = folder.name
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for _, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    model.save_pretrained(folder / "adapter")
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    path = folder / "adapter" / "adapter_config.json"
    config = json.loads(path.read_text())
    # PEFT keeps targets in a set, whose order changes from run to run.
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    return model


def adapter_golden(variant, model, folder, sequences):
    """Loss and gradients of the adapter, and its tensors and loss after one step of AdamW."""
    _, sums, _, loss = run(model, variant["kind"], sequences)
    loss.backward()
    found = saved_names(gradients(model))
    assert set(found) == set(load_file(folder / "adapter" / "adapter_model.safetensors"))
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    settings = dict(lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    torch.optim.AdamW(trained.values(), **settings).step()
    with torch.no_grad():
        after = run(model, variant["kind"], sequences)[3].item()
    tensors = {f"adapter.gradients.{n}": g for n, g in found.items()}
    tensors |= {f"adapter.after.{n}": p.detach().clone() for n, p in saved_names(trained).items()}
    golden = {"r": 4, "lora_alpha": 8, "loss": loss.item(), "loss_sums": [s.item() for s in sums],
              "learning_rate": settings["lr"], "betas": settings["betas"], "epsilon": settings["eps"],
              "weight_decay": settings["weight_decay"], "loss_after": after}
    # A ReLU that is shut for every sequence gives gradients of exactly zero, which is no matter of rounding.
    smallest = min(g[g != 0].abs().min().item() for g in found.values())
    return tensors, golden, smallest


# Files


def write_configs(name, folder):
    """config.json in one spelling and, where the other one says it differently, other-config.json."""
    path = folder / "config.json"
    newer = json.loads(path.read_text())
    older = older_spelling(newer, VARIANTS[name])
    first, second = (older, newer) if name in OLDER else (newer, older)
    path.write_text(json.dumps(first, indent=2, sort_keys=True) + "\n")
    if {k: v for k, v in older.items() if k != "torch_dtype"} != {k: v for k, v in newer.items() if k != "dtype"}:
        (folder / "other-config.json").write_text(json.dumps(second, indent=2, sort_keys=True) + "\n")


def assert_equal(logits, again, path):
    """Up to the order of sums, which hangs on where the weights lie in memory."""
    difference = max((a - b).abs().max().item() for a, b in zip(logits, again))
    assert difference < 1e-6, f"{path}: gives another model than the one that made the goldens"


def check_reloaded(variant, folder, sequences, logits):
    """Either spelling must give back the model that made the goldens; its loading must use every tensor."""
    reloaded = load_model(variant, folder)
    assert_equal(logits, run(reloaded, variant["kind"], sequences)[0], folder)
    other = folder / "other-config.json"
    if other.exists():
        config = AutoConfig.for_model(**json.loads(other.read_text()))
        model = AUTO_CLASSES[variant["kind"]].from_pretrained(
            folder, config=config, dtype=torch.float32, attn_implementation="eager").eval()
        assert_equal(logits, run(model, variant["kind"], sequences)[0], other)
    return reloaded


def check_settings_matter(variant, seed, sequences, logits):
    """A golden that a model without a feature meets too would test nothing."""
    for change in variant.get("matters", ()):
        changed = run(build_model(variant, seed, **change), variant["kind"], sequences)[0]
        difference = max((a - b).abs().max().item() for a, b in zip(logits, changed))
        assert difference > 0.01, f"{change} changes logits by {difference} only"


def make_variant(output, name, seed):
    """Writes one folder; false when this seed gives a poor test."""
    variant, folder = VARIANTS[name], output / name
    kind = variant["kind"]
    model, sequences = build_model(variant, seed), make_sequences(kind, seed)
    chosen = make_greedy(model, variant, sequences) if kind in (CAUSAL, ENCODER_DECODER) else None
    if kind in (CAUSAL, ENCODER_DECODER) and not chosen:
        return False
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    write_configs(name, folder)
    logits, sums, trained, loss = run(model, kind, sequences)
    loss.backward()
    found = {CHECKPOINT_NAMES.get((variant["model_type"], n), n): g for n, g in gradients(model).items()}
    assert set(found) == set(load_file(folder / "model.safetensors")), "a gradient has no tensor in the file"
    tensors = {f"sequences.{index}.logits": rows.detach() for index, rows in enumerate(logits)}
    tensors |= {f"gradients.{n}": g for n, g in found.items()}
    for sequence, total, count in zip(sequences, sums, trained):
        sequence |= {"loss_sum": total.item(), "trained_tokens": count}
    golden = {"versions": VERSIONS, "kind": kind, "seed": seed, "ignored_label": IGNORED, "sequences": sequences,
              "trained_tokens": sum(trained), "loss": loss.item()}
    if chosen:
        golden["greedy"] = chosen
    if variant["model_type"] == "bert":
        ids = sequences[1]["input_ids"]
        types = [0] * 4 + [1] * (len(ids) - 4)
        golden["pair"] = {"input_ids": ids, "token_type_ids": types}
        tensors["pair.logits"] = logits_of(model, input_ids=ids, token_type_ids=types).detach()
    check_settings_matter(variant, seed, sequences, logits)
    reloaded = check_reloaded(variant, folder, sequences, logits)
    adapted = make_adapter(variant, reloaded, folder, seed + 1)
    more, golden["adapter"], smallest = adapter_golden(variant, adapted, folder, sequences)
    save_file({n: t.contiguous() for n, t in (tensors | more).items()}, folder / "golden.safetensors")
    write_json(folder / "golden.json", golden)
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)
    return smallest > SMALLEST_GRADIENT


def main():
    torch.set_num_threads(1)
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    output.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or VARIANTS:
        seed = next(seed for seed in range(1, 500) if make_variant(output, name, seed))
        print(f"{name}: seed {seed}")


if __name__ == "__main__":
    main()
