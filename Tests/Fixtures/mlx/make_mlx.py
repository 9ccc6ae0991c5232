#!/usr/bin/env python3
"""Makes adapters as mlx-lm saves them, on the tiny models of Tests/Fixtures, and the logits that mlx-lm computes.

    make_mlx.py [OUTPUT_FOLDER]        (default: the folder of this script)

Made with mlx 0.32.4 (its CPU build), mlx-lm 0.32.2, numpy 2.4.6 on Python 3.11. For each adapter a folder with
`adapter_config.json`, `adapters.safetensors` and `golden.json`: `base` (the model's folder in Tests/Fixtures),
`input_ids`, `base_logits` and `logits` [tokens][vocabulary].

- `llama`: keys of both kinds of layers, the last of two blocks
- `llama-all`: no keys and -1 blocks, which is every linear layer
- `gpt2`: another name for the blocks, and weights that Hugging Face stores transposed
"""

import json
import sys
from pathlib import Path

import mlx.core as mx
from mlx.utils import tree_flatten
from mlx_lm.models import gpt2, llama
from mlx_lm.tuner.utils import linear_to_lora_layers, load_adapters

FIXTURES = Path(__file__).resolve().parent.parent
IDS = [1, 7, 42, 3, 60, 12, 5]
ADAPTERS = {
    "llama": (llama, "llama/untied", 1, {"rank": 2, "scale": 3.5, "dropout": 0.0,
                                         "keys": ["self_attn.q_proj", "self_attn.o_proj", "mlp.down_proj"]}),
    "llama-all": (llama, "llama/untied", -1, {"rank": 3, "scale": 2.0, "dropout": 0.1}),
    "gpt2": (gpt2, "merging/gpt2", 2, {"rank": 2, "scale": 1.5, "dropout": 0.0, "keys": ["attn.c_attn", "mlp.c_proj"]}),
}


def load(module, folder):
    config = json.loads((folder / "config.json").read_text())
    # A key of older GPT-2 files that mlx-lm insists on.
    config.setdefault("n_ctx", config.get("n_positions"))
    model = module.Model(module.ModelArgs.from_dict(config))
    weights = mx.load(str(folder / "model.safetensors"))
    # mlx-lm knows GPT-2 by the names of OpenAI's file.
    weights = {name.removeprefix("transformer."): value for name, value in weights.items()}
    if hasattr(model, "sanitize"):
        weights = model.sanitize(weights)
    model.load_weights(list(weights.items()))
    model.eval()
    return model


def logits(model):
    return [[float(f"{value:.9g}") for value in row] for row in model(mx.array([IDS]))[0].tolist()]


def main():
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    for seed, (name, (module, base, blocks, parameters)) in enumerate(ADAPTERS.items()):
        mx.random.seed(seed)
        folder = output / name
        folder.mkdir(parents=True, exist_ok=True)
        model = load(module, FIXTURES / base)
        golden = {"base": base, "input_ids": IDS, "base_logits": logits(model)}
        linear_to_lora_layers(model, blocks, parameters)
        model.freeze()
        adapters = {key: 0.3 * mx.random.normal(value.shape) for key, value in tree_flatten(model.parameters())
                    if key.rsplit(".", 1)[-1] in ("lora_a", "lora_b")}
        mx.save_safetensors(str(folder / "adapters.safetensors"), adapters)
        config = {"fine_tune_type": "lora", "num_layers": blocks, "lora_parameters": parameters, "model": base}
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=4, sort_keys=True) + "\n")
        model = load_adapters(load(module, FIXTURES / base), folder)
        model.eval()
        golden["logits"] = logits(model)
        (folder / "golden.json").write_text(json.dumps(golden) + "\n")


if __name__ == "__main__":
    main()
