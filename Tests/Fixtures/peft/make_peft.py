#!/usr/bin/env python3
"""Makes the goldens of every PEFT method on the tiny models of Tests/Fixtures/families.

    make_peft.py [OUTPUT_FOLDER [VARIANT ...]]        (default: the folder of this script, every variant)

Made with torch 2.13.0+cpu, transformers 5.23.0, peft 0.21.2, safetensors 0.8.0, numpy 2.4.6, tokenizers 0.23.3 on
Python 3.11 (Tests/Interop/requirements.txt). README.md beside this file says what each method computes and lists
every file and key; methods.py has the settings; check_formulas.py holds formulas.py against them.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "families")]

import torch
from peft import PeftModel, get_peft_model, get_peft_model_state_dict
from peft.utils import PeftType
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from torch.nn import functional
from transformers import PreTrainedTokenizerFast

import variants as families
from make_families import IGNORED, SMALLEST_GRADIENT, VERSIONS, load_model, write_json
from methods import ADDED, FOLDERS, TEXT, TIED_LLAMA, VARIANTS, WORDS

ADAMW = dict(lr=1e-2, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
STEPS = 10
# How far float32 may be from float64 after all steps: a golden that hangs on rounding tests nothing.
LARGEST_DEVIATION = 1e-5
BASES = families.VARIANTS | {TIED_LLAMA: dict(kind=families.CAUSAL, model_type="llama")}


# Models and adapters


def read_base(base):
    """A fresh base model, its kind and its sequences."""
    folder = HERE.parent / FOLDERS[base]
    sequences = json.loads((folder / "golden.json").read_text())["sequences"]
    return load_model(BASES[base], folder), BASES[base]["kind"], sequences


def adapt(name, base, seed):
    """The base with the adapter before its first step; run in a folder that has `tokenizer`."""
    variant = VARIANTS[name]
    model, kind, sequences = read_base(base)
    torch.manual_seed(seed)
    config = variant["config"](task_type=families.TASK_TYPES[kind], **variant["common"], **variant["bases"][base])
    model = get_peft_model(model, config).eval()
    model.peft_config["default"].base_model_name_or_path = base
    if variant["random"] == ADDED:
        randomize(model, seed)
    return model, kind, sequences


def randomize(model, seed):
    """A and B of LoRA are N(0, 0.2); what starts as a copy, as ones or as zeros gets noise of that size."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                noise = 0.2 * torch.randn(parameter.shape, generator=generator)
                drawn = any(part in name for part in ("lora_A", "lora_B", "lora_embedding_"))
                parameter.copy_(noise if drawn else parameter + noise)


def trained(model):
    """Trainable parameters by the names that PEFT saves, which for tied rows of tokens are several.

    A prompt that an encoder computes has no parameter of its own: the encoder's are named `encoder.…`.
    """
    parameters = {n: p for n, p in model.named_parameters() if p.requires_grad}
    config = model.peft_config["default"]
    if config.is_prompt_learning:
        prefix = "prompt_encoder.default."
        if has_encoder(config):
            return {f"encoder.{n.removeprefix(prefix)}": p for n, p in parameters.items()}
        return {"prompt_embeddings": parameters[f"{prefix}embedding.weight"]}
    places = {p.data_ptr(): p for p in parameters.values()}
    saved = get_peft_model_state_dict(model)
    found = {n: places[t.data_ptr()] for n, t in saved.items() if t.data_ptr() in places}
    assert {id(p) for p in found.values()} == {id(p) for p in parameters.values()}, "a trained tensor is not saved"
    return found


def has_encoder(config):
    return config.peft_type == PeftType.P_TUNING or getattr(config, "prefix_projection", False)


# Loss and training


def logits_of(model, sequence):
    """Logits of the tokens of one sequence (of the decoder's), without those of a prompt before them."""
    inputs = {k: torch.tensor([v]) for k, v in sequence.items() if k in ("input_ids", "decoder_input_ids")}
    tokens = len(sequence.get("decoder_input_ids", sequence["input_ids"]))
    return model(**inputs).logits[0, -tokens:]


def loss_of(model, kind, sequences):
    """Mean cross-entropy of all trained tokens, each sequence alone and without padding."""
    total, count = 0, 0
    for sequence in sequences:
        logits, labels = logits_of(model, sequence), torch.tensor(sequence["labels"])
        if kind == families.CAUSAL:
            logits, labels = logits[:-1], labels[1:]
        total = total + functional.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="sum")
        count += int((labels != IGNORED).sum())
    return total / count


def orthogonality(model):
    """AdaLoRA's regularisation, which PEFT adds to the loss when the model is given labels."""
    terms = []
    for name, parameter in model.named_parameters():
        if "lora_A" in name or "lora_B" in name:
            product = parameter @ parameter.T if "lora_A" in name else parameter.T @ parameter
            terms.append(torch.norm(product - torch.eye(len(product), dtype=product.dtype)))
    return model.peft_config["default"].orth_reg_weight * sum(terms) / len(terms)


def check_orthogonality(model, kind, sequences):
    """PEFT adds the same regularisation."""
    keys = ("input_ids", "decoder_input_ids", "labels")
    inputs = {k: torch.tensor([sequences[0][k]]) for k in keys if k in sequences[0]}
    with torch.no_grad():
        added = model(**inputs).loss - loss_of(model, kind, sequences[:1])
        assert abs(added - orthogonality(model)) < 1e-5


def objective(model, kind, sequences):
    loss = loss_of(model, kind, sequences)
    adaptive = model.peft_config["default"].peft_type == PeftType.ADALORA
    return loss + orthogonality(model) if adaptive else loss


def train(model, parameters, kind, sequences):
    """Ten steps of AdamW: losses before each and after all, first gradients, AdaLoRA's ranks after each step."""
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], **ADAMW)
    adaptive = model.peft_config["default"].peft_type == PeftType.ADALORA
    losses, ranks, budgets, first = [], [], [], {}
    for step in range(1, STEPS + 1):
        loss = objective(model, kind, sequences)
        losses.append(loss.item())
        loss.backward()
        first = first or {n: p.grad.clone() for n, p in parameters.items()}
        optimizer.step()
        if adaptive:
            model.base_model.update_and_allocate(step)
            budgets.append(model.base_model.rankallocator.budget_schedule(step)[0])
            ranks.append({n: int((p != 0).sum()) for n, p in parameters.items() if n.endswith("lora_E")})
        optimizer.zero_grad()
    with torch.no_grad():
        result = {"losses": losses, "loss_after": objective(model, kind, sequences).item()}
    return result | ({"ranks": ranks, "budgets": budgets} if adaptive else {}), first


def deviation(name, base, seed, result, final):
    """The largest difference of losses to the same training in float64, and the differences of trained tensors."""
    model, kind, sequences = adapt(name, base, seed)
    model = model.double()
    model.get_base_model().config.dtype = torch.float64
    parameters = trained(model)
    expected, _ = train(model, parameters, kind, sequences)
    losses = zip(result["losses"] + [result["loss_after"]], expected["losses"] + [expected["loss_after"]])
    return max(abs(a - b) for a, b in losses), {n: (final[n] - p).abs().detach() for n, p in parameters.items()}


# Undetermined elements


def undetermined(base, names):
    """Ranges of biases of keys without rotary positions, which move all scores of a query alike.

    Their true gradient is zero: what AdamW makes of its rounding changes no logits and is no golden.
    """
    if base != "gpt2":
        return {}
    return {n: [16, 32] for n in names if n.endswith(("c_attn.base_layer.bias", "c_attn.lora_B.bias", "c_attn.bias"))}


def determined(name, tensor, ranges):
    lower, upper = ranges.get(name, (0, 0))
    flat = tensor.flatten()
    return torch.cat([flat[:lower], flat[upper:]])


# Files


def write_config(folder):
    """PEFT keeps modules in sets, whose order changes from run to run."""
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    for key in ("target_modules", "exclude_modules", "feedforward_modules"):
        if isinstance(config.get(key), list):
            config[key] = sorted(config[key])
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")


def save(model, folder, **settings):
    model.save_pretrained(folder, **settings)
    (folder / "README.md").unlink(missing_ok=True)
    write_config(folder)


def evaluate(model, sequences):
    with torch.no_grad():
        return logits_of(model, sequences[0])


def check_reloaded(base, folder, sequences, logits):
    """What was saved must be what made the goldens."""
    model = PeftModel.from_pretrained(read_base(base)[0], folder).eval()
    difference = (evaluate(model, sequences) - logits).abs().max().item()
    assert difference < 1e-5, f"{folder} gives other logits: {difference}"


def converted(model, base, folder, sequences, logits):
    """The plain LoRA of what PiSSA or OLoRA trained, which must do on the untouched base what they do on theirs."""
    with tempfile.TemporaryDirectory() as scratch:
        # PEFT overwrites the configuration that it is given.
        initial = Path(scratch) / "start"
        shutil.copytree(folder / "initial", initial)
        save(model, folder / "converted", path_initial_model_for_weight_conversion=str(initial))
    check_reloaded(base, folder / "converted", sequences, logits)
    return {"logits.base": evaluate(read_base(base)[0], sequences)}


def make_tokenizer(folder):
    """A word a token, and the end of a text: enough for PROMPT_TUNING's TEXT."""
    vocabulary = {"<unk>": 0, "</s>": 1} | {word: 5 + 7 * index for index, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>").save_pretrained(folder)
    assert PreTrainedTokenizerFast.from_pretrained(folder)(TEXT)["input_ids"] == [5, 12, 19, 1]


def details(config, model, parameters):
    """Tensors that only some methods have, before the first step."""
    if config.peft_type == PeftType.VERA:
        return {f"projections.vera_{part}": getattr(model.base_model, f"vera_{part}")["default"] for part in "AB"}
    return {n: p.detach().clone() for n, p in parameters.items()} if has_encoder(config) else {}


def unique(gradients, parameters):
    """Tied rows of tokens have several names, but are one parameter."""
    return {id(parameters[n]): g for n, g in gradients.items()}.values()


def settings(base, seed, kind, sequences):
    keys = ("input_ids", "decoder_input_ids", "labels")
    return {"versions": VERSIONS, "base": FOLDERS[base], "kind": kind, "seed": seed, "ignored_label": IGNORED,
            "sequences": [{k: s[k] for k in keys if k in s} for s in sequences], "learning_rate": ADAMW["lr"],
            "betas": ADAMW["betas"], "epsilon": ADAMW["eps"], "weight_decay": ADAMW["weight_decay"]}


def merge(model, sequences):
    """Logits of the merged model; none for prompts and where a layer has no bias to take the adapter's."""
    if not hasattr(model, "merge_and_unload"):
        return None
    try:
        return evaluate(model.merge_and_unload(), sequences)
    except RuntimeError as error:
        assert "the base layer has no bias" in str(error)
        return None


def judge(name, base, seed, result, first, final, ranges):
    """How far float32 went from float64, and whether the golden says more than rounding does."""
    losses, differences = deviation(name, base, seed, result, final)
    tensors = max(determined(n, d, ranges).max().item() for n, d in differences.items())
    sizes = [determined(n, g, ranges).abs() for n, g in first.items()]
    smallest = min(size[size != 0].min().item() for size in sizes if size.any())
    allowed = VARIANTS[name].get("smallest_gradient", SMALLEST_GRADIENT)
    good = smallest > allowed and max(losses, tensors) < LARGEST_DEVIATION
    return {"losses": losses, "tensors": tensors, "smallest_gradient": smallest}, good


def make_variant(output, name, base, seed):
    """Writes one folder; false when this seed gives a golden that hangs on rounding."""
    folder = output / f"{name}-{base}"
    shutil.rmtree(folder, ignore_errors=True)
    model, kind, sequences = adapt(name, base, seed)
    config, parameters = model.peft_config["default"], trained(model)
    tensors = details(config, model, parameters)
    tensors["logits.before"] = evaluate(model, sequences)
    save(model, folder / "initial")
    check_reloaded(base, folder / "initial", sequences, tensors["logits.before"])
    if config.peft_type == PeftType.ADALORA:
        check_orthogonality(model, kind, sequences)
    result, first = train(model, parameters, kind, sequences)
    final = {n: p.detach().clone() for n, p in parameters.items()}
    tensors["logits.after"] = evaluate(model, sequences)
    tensors |= {f"gradients.{n}": g for n, g in first.items()} | {f"final.{n}": t for n, t in final.items()}
    if has_encoder(config):
        tensors["final.prompt_embeddings"] = model.get_prompt_embedding_to_save("default")
    if config.peft_type == PeftType.ADALORA:
        save(model, folder / "final")
        check_reloaded(base, folder / "final", sequences, tensors["logits.after"])
    if getattr(config, "init_lora_weights", True) in ("pissa", "olora"):
        tensors |= converted(model, base, folder, sequences, tensors["logits.after"])
    golden = settings(base, seed, kind, sequences) | result | {
        "gradient_norms": {n: g.norm().item() for n, g in first.items()},
        "gradient_norm": torch.stack([g.norm() for g in unique(first, parameters)]).norm().item(),
        "trainable_parameters": model.get_nb_trainable_parameters()[0]}
    merged = merge(model, sequences)
    golden["can_merge"] = merged is not None
    if merged is not None:
        tensors["logits.merged"] = merged
        golden["merging_changes_logits_by"] = (merged - tensors["logits.after"]).abs().max().item()
    golden["undetermined"] = undetermined(base, first)
    golden["deviation"], good = judge(name, base, seed, result, first, final, golden["undetermined"])
    save_file({n: t.contiguous().clone() for n, t in tensors.items()}, folder / "golden.safetensors")
    write_json(folder / "golden.json", golden)
    for path in folder.rglob("*.safetensors"):
        path.chmod(0o644)
    print(f"{folder.name}: seed {seed} {'kept' if good else 'left'}, {golden['deviation']}", flush=True)
    return good


def main():
    torch.set_num_threads(1)
    output = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE
    output.mkdir(parents=True, exist_ok=True)
    os.chdir(output)
    make_tokenizer(output / "tokenizer")
    for name in sys.argv[2:] or VARIANTS:
        for base in VARIANTS[name]["bases"]:
            next(seed for seed in range(1, 100) if make_variant(output, name, base, seed))


if __name__ == "__main__":
    main()
