#!/usr/bin/env python3
"""Computes every golden of make_peft.py once more from the formulas in README.md, with no PEFT.

    check_formulas.py [FOLDER ...]        (default: every folder beside this script)

A formula gives the weights of the base model as functions of the adapter's tensors; losses, first gradients and logits
must then be those of PEFT. Prompts are computed as embeddings or keys and values that the base model is given.
"""

import json
import math
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.func import functional_call
from transformers import DynamicCache, EncoderDecoderCache

from formulas import Allocator, adalora, embedding, lora, lstm, projections, regularisation, scale, vera
from make_peft import ADAMW, HERE, STEPS, logits_of, loss_of, read_base
from methods import FOLDERS

PREFIX = "base_model.model."
# What PEFT takes to be the input's embeddings: for T5 the head too, even one of its own.
EMBEDDINGS = {"gpt2": ["transformer.wte", "lm_head"], "llama": ["model.embed_tokens"],
              "qwen2": ["model.embed_tokens", "lm_head"],
              "t5": ["shared", "encoder.embed_tokens", "decoder.embed_tokens", "lm_head"]}
TOLERANCE = 2e-5


# An adapter on a base


class Adapted:
    """The base model with weights that are functions of an adapter's tensors; prompts are given to it instead."""

    def __init__(self, folder):
        self.golden = json.loads((folder / "golden.json").read_text())
        self.config = json.loads((folder / "initial/adapter_config.json").read_text())
        self.tensors = load_file(folder / "golden.safetensors")
        self.start = load_file(folder / "initial/adapter_model.safetensors")
        base = next(base for base, place in FOLDERS.items() if place == self.golden["base"])
        self.model = read_base(base)[0]
        self.transposed = self.model.config.model_type == "gpt2"
        self.parameters = {}

    def weight(self, module):
        """[out, in] of a layer, whose file may hold it transposed."""
        weight = self.model.get_submodule(module).weight.detach()
        linear = not isinstance(self.model.get_submodule(module), (torch.nn.Embedding, torch.nn.Linear))
        return weight.T if linear and self.transposed and weight.dim() == 2 else weight

    def parts(self):
        """The adapter's tensors by module: all behind the module's name."""
        found = {}
        modules = {name for name, _ in self.model.named_modules()}
        for name, tensor in self.parameters.items():
            words = name.removeprefix(PREFIX).split(".")
            length = max(i for i in range(len(words)) if ".".join(words[:i]) in modules)
            found.setdefault(".".join(words[:length]), {})[".".join(words[length:])] = tensor
        return found

    def weights(self):
        """Every tensor of the base that the adapter replaces, in the layout of the base."""
        changed, parts = {}, self.parts()
        drawn = self.projections(parts) if self.config["peft_type"] == "VERA" else ()
        for module, part in parts.items():
            self.change_layer(changed, module, part, drawn)
            self.change_rows(changed, module, part)
            for name, tensor in part.items():
                name = name.removeprefix("base_layer.").removeprefix("ln_tuning_layers.")
                if name in ("weight", "bias"):
                    changed[f"{module}.{name}"] = tensor
        return changed

    def projections(self, parts):
        modules = [module for module in parts if "vera_lambda_b" in parts[module]]
        drawn = projections(self.config, modules, {module: self.weight(module) for module in modules})
        for letter, projection in zip("AB", drawn):
            assert torch.equal(projection, self.tensors[f"projections.vera_{letter}"])
            assert torch.equal(projection, self.start.get(f"base_model.vera_{letter}", projection))
        return drawn

    def change_layer(self, changed, module, part, drawn):
        bias = getattr(self.model.get_submodule(module), "bias", None)
        if "lora_A.weight" in part:
            self.put(changed, module, lora(self.config, module, part, self.weight(module)))
            if "lora_B.bias" in part:
                added = scale(self.config, module) * part["lora_B.bias"]
                changed[f"{module}.bias"] = added if bias is None else bias.detach() + added
        elif "lora_E" in part:
            self.put(changed, module, adalora(self.config, part, self.weight(module)))
        elif "vera_lambda_b" in part:
            self.put(changed, module, vera(part, self.weight(module), *drawn))
        elif "ia3_l" in part:
            self.put(changed, module, self.weight(module) * part["ia3_l"])
            if bias is not None and part["ia3_l"].shape[1] == 1:
                changed[f"{module}.bias"] = bias.detach() * part["ia3_l"][:, 0]

    def change_rows(self, changed, module, part):
        """Embeddings, of which LoRA changes only the one that it is on, and trained tokens all that are tied."""
        embeddings = EMBEDDINGS[self.model.config.model_type]
        if "lora_embedding_A" in part:
            weight = self.model.get_submodule(module).weight.detach()
            changed[f"{module}.weight"] = embedding(self.config, module, part, weight)
        rows = [tensor for name, tensor in part.items() if name.endswith("trainable_tokens_delta")]
        if rows and module == embeddings[0]:
            indices = torch.tensor(self.config.get("token_indices") or self.config["trainable_token_indices"])
            for tied in embeddings:
                weight = self.model.get_submodule(tied).weight.detach()
                changed[f"{tied}.weight"] = weight.index_copy(0, indices, rows[0])

    def merged(self):
        """PEFT merges an embedding in place: into all that share its weight, and so the changes of all."""
        changed = self.weights()
        adapted = [m for m, part in self.parts().items() if "lora_embedding_A" in part]
        shared = {m: self.model.get_submodule(m).weight for m in EMBEDDINGS[self.model.config.model_type]}
        change = {m: changed[f"{m}.weight"] - shared[m] for m in adapted}
        for module, weight in shared.items():
            added = [change[m] for m in adapted if shared[m] is weight]
            changed |= {f"{module}.weight": weight + sum(added)} if added else {}
        return changed

    def put(self, changed, module, weight):
        linear = isinstance(self.model.get_submodule(module), torch.nn.Linear)
        changed[f"{module}.weight"] = weight if linear else weight.T

    def __call__(self, **inputs):
        return self.run(self.weights(), **inputs)

    def run(self, changed, **inputs):
        for name in changed:
            if name.endswith(".bias") and self.model.get_submodule(name[:-5]).bias is None:
                self.model.get_submodule(name[:-5]).bias = torch.nn.Parameter(torch.zeros(len(changed[name])))
        # Weights that are tied in the base are not tied behind an adapter of one of them.
        return functional_call(self.model, changed, kwargs=inputs, tie_weights=False)


class Prompted(Adapted):
    """Virtual tokens before the input of a decoder, or before that of an encoder."""

    def prompt(self):
        if "prompt_embeddings" in self.parameters:
            return self.parameters["prompt_embeddings"]
        p = {n.removeprefix("encoder."): t for n, t in self.parameters.items()}
        rows = p["embedding.weight"]
        if self.config["peft_type"] == "PREFIX_TUNING":
            hidden = torch.tanh(rows @ p["transform.0.weight"].T + p["transform.0.bias"])
            return hidden @ p["transform.2.weight"].T + p["transform.2.bias"]
        if self.config["encoder_reparameterization_type"] == "LSTM":
            for layer in range(self.config["encoder_num_layers"]):
                rows = torch.cat([lstm(p, rows, f"l{layer}"), lstm(p, rows.flip(0), f"l{layer}_reverse").flip(0)], 1)
        last = max(int(n.split(".")[1]) for n in p if n.startswith("mlp_head"))
        for layer in range(0, last + 1, 2):
            rows = rows if layer == 0 else rows.relu()
            rows = rows @ p[f"mlp_head.{layer}.weight"].T + p[f"mlp_head.{layer}.bias"]
        return rows

    def __call__(self, input_ids, decoder_input_ids=None):
        count, tokens = self.config["num_virtual_tokens"], input_ids.shape[1]
        positions = {} if decoder_input_ids is not None else {"position_ids": torch.arange(count + tokens)[None]}
        decoder = {} if decoder_input_ids is None else {"decoder_input_ids": decoder_input_ids}
        if self.config["peft_type"] == "PREFIX_TUNING":
            positions = {k: p[:, count:] for k, p in positions.items()}
            return self.model(input_ids=input_ids, past_key_values=self.cache(), **positions, **decoder)
        # An encoder-decoder has twice as many rows, of which the second half is never read.
        rows = self.prompt()[:count]
        embedded = torch.cat([rows, self.model.get_input_embeddings()(input_ids)[0]])[None]
        return self.model(inputs_embeds=embedded, **positions, **decoder)

    def cache(self):
        """Keys and values of each layer, of which an encoder-decoder takes those of layer 2 i mod L for layer i."""
        layers, heads = self.config["num_layers"], self.config["num_attention_heads"]
        rows = self.prompt().view(self.config["num_virtual_tokens"], layers, 2, heads, -1)
        encoder_decoder = self.config["num_transformer_submodules"] == 2
        cache = DynamicCache()
        for layer in range(layers):
            source = 2 * layer % layers if encoder_decoder else layer
            keys, values = rows[:, source].permute(1, 2, 0, 3)[:, None]
            cache.update(keys, values, layer)
        return EncoderDecoderCache(cache, DynamicCache()) if encoder_decoder else cache


class Adapting(Adapted):
    """Adaption prompts: an attention beside that of the last layers, whose keys have no positions."""

    def __call__(self, **inputs):
        handles = []
        for module, part in self.parts().items():
            attention = self.model.get_submodule(module)
            handles.append(attention.register_forward_hook(
                lambda a, arguments, named, out, part=part: self.beside(a, arguments, named, out, part),
                with_kwargs=True))
        result = self.model(**inputs)
        for handle in handles:
            handle.remove()
        return result

    def beside(self, attention, arguments, named, outputs, part):
        hidden = arguments[0] if arguments else named["hidden_states"]
        prompt, gate = part["adaption_prompt"], part["adaption_gate"]
        width = attention.head_dim
        heads = lambda rows: rows.view(1, rows.shape[1], -1, width).transpose(1, 2)
        if self.transposed:
            query, key, value = [heads(rows) for rows in attention.c_attn(hidden).chunk(3, dim=2)[:1]] + [
                heads(rows) for rows in attention.c_attn(prompt).chunk(3, dim=2)[1:]]
        else:
            query, key, value = heads(attention.q_proj(hidden)), heads(attention.k_proj(prompt)), heads(
                attention.v_proj(prompt))
            cos, sin = (angle[:, None] for angle in named["position_embeddings"])
            first, second = query.chunk(2, dim=3)
            query = query * cos + torch.cat([-second, first], dim=3) * sin
            key, value = (rows.repeat_interleave(query.shape[1] // rows.shape[1], dim=1) for rows in (key, value))
        scores = gate * (query @ key.transpose(2, 3) / math.sqrt(width)).softmax(dim=3)
        added = (scores @ value).transpose(1, 2).flatten(2)
        # GPT-2's output projection is not applied to it, Llama's is.
        added = added if self.transposed else attention.o_proj(added)
        return outputs[0] + added, *outputs[1:]


def check_allocation(adapted):
    """All ten steps, with ranks cut on the way."""
    adapted.parameters = {n: t.clone().requires_grad_() for n, t in adapted.start.items()}
    allocator = Allocator(adapted.config, adapted.parameters)
    optimizer = torch.optim.AdamW(adapted.parameters.values(), **ADAMW)
    for step in range(1, STEPS + 1):
        loss = loss_of(adapted, adapted.golden["kind"], adapted.golden["sequences"])
        loss = loss + regularisation(adapted.config, adapted.parameters)
        expect_close(loss, torch.tensor(adapted.golden["losses"][step - 1]), f"loss of step {step}")
        loss.backward()
        optimizer.step()
        allocator.after(step)
        ranks = {n: int((p != 0).sum()) for n, p in adapted.parameters.items() if n.endswith("lora_E")}
        assert ranks == adapted.golden["ranks"][step - 1], f"ranks after step {step}"
        assert allocator.budget(step) == adapted.golden["budgets"][step - 1]
        optimizer.zero_grad()
    for name, tensor in adapted.parameters.items():
        expect_close(tensor, adapted.tensors[f"final.{name}"], name)


# Checks


def expect_close(found, expected, what):
    difference = (found - expected).abs().max().item()
    assert difference <= TOLERANCE, f"{what}: differs by {difference}"


def check(folder):
    config = json.loads((folder / "initial/adapter_config.json").read_text())
    kind = config["peft_type"]
    classes = {"PROMPT_TUNING": Prompted, "P_TUNING": Prompted, "PREFIX_TUNING": Prompted, "ADAPTION_PROMPT": Adapting}
    adapted = classes.get(kind, Adapted)(folder)
    golden, tensors = adapted.golden, adapted.tensors
    names = [n.removeprefix("gradients.") for n in tensors if n.startswith("gradients.")]
    adapted.parameters = {n: tensors.get(n, adapted.start.get(n)).clone().requires_grad_() for n in names}
    with torch.no_grad():
        expect_close(logits_of(adapted, golden["sequences"][0]), tensors["logits.before"], "logits before")
    loss = loss_of(adapted, golden["kind"], golden["sequences"])
    if kind == "ADALORA":
        loss = loss + regularisation(config, adapted.parameters)
    expect_close(loss, torch.tensor(golden["losses"][0]), "loss")
    loss.backward()
    for name, p in adapted.parameters.items():
        # Rows of tokens have one gradient by several names, of which the formula reads one.
        if p.grad is not None or not name.endswith("trainable_tokens_delta"):
            expect_close(p.grad, tensors[f"gradients.{name}"], f"gradient of {name}")
    adapted.parameters = {n: tensors[f"final.{n}"] for n in names}
    with torch.no_grad():
        expect_close(logits_of(adapted, golden["sequences"][0]), tensors["logits.after"], "logits after")
        if isinstance(adapted, Prompted) and "final.prompt_embeddings" in tensors:
            expect_close(adapted.prompt(), tensors["final.prompt_embeddings"], "prompt")
        if golden["can_merge"]:
            merged = adapted.merged()
            logits = logits_of(lambda **inputs: adapted.run(merged, **inputs), golden["sequences"][0])
            expect_close(logits, tensors["logits.merged"], "logits merged")
    if kind == "ADALORA":
        check_allocation(adapted)


def main():
    torch.set_num_threads(1)
    folders = [Path(name) for name in sys.argv[1:]] or sorted(path.parent for path in HERE.glob("*/golden.json"))
    for folder in folders:
        check(folder)
        print(f"{folder.name}: the formulas agree with PEFT", flush=True)


if __name__ == "__main__":
    main()
