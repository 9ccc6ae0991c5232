#!/usr/bin/env python3
"""Makes the goldens of merged adapters and of shard boundaries.

    make_merging.py [OUTPUT_FOLDER]        (default: the folder of this script)

Made with torch 2.13.0+cpu, transformers 5.23.0, peft 0.21.2, huggingface_hub 2.4.0, safetensors 0.8.0 on Python 3.11
(Tests/Interop/requirements.txt).

- `tied-lora_qv.safetensors`, `untied-lora_all.safetensors`: the weights that PEFT's merge_and_unload changes in the
  models of Tests/Fixtures/llama, by their names in model.safetensors.
- `gpt2/`: a tiny GPT-2, whose weights are stored as [in, out], with an adapter of two ranks (`adapter/`), and in
  `merged.safetensors` the whole merged model as save_pretrained writes it.
- `shards.json`: sizes of tensors in bytes, a limit, and the files that huggingface_hub puts them in.
"""

import json
import os
import random
import shutil
import sys
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")

import torch
from huggingface_hub import split_state_dict_into_shards_factory
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, GPT2Config, GPT2LMHeadModel

LLAMA = Path(__file__).resolve().parent.parent / "llama"


def merged(base, adapter):
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    return PeftModel.from_pretrained(model, adapter).merge_and_unload()


def changed(base, adapter):
    before = load_file(base / "model.safetensors")
    after = merged(base, adapter).state_dict()
    return {name: after[name].contiguous() for name in before if not torch.equal(before[name], after[name])}


def gpt2(folder):
    torch.manual_seed(7)
    config = GPT2Config(
        vocab_size=61, n_positions=32, n_embd=12, n_layer=2, n_head=2, bos_token_id=1, eos_token_id=2)
    model = GPT2LMHeadModel(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder)
    adapted = get_peft_model(
        model,
        LoraConfig(
            r=3, lora_alpha=6, target_modules=["c_attn", "c_proj", "c_fc"], rank_pattern={"mlp.c_proj": 2},
            use_rslora=True, task_type="CAUSAL_LM"))
    for name, parameter in adapted.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    adapted.save_pretrained(folder / "adapter")
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    merged(folder, folder / "adapter").save_pretrained(folder / "merged")
    shutil.move(folder / "merged" / "model.safetensors", folder / "merged.safetensors")
    shutil.rmtree(folder / "merged")


def shards():
    cases = []
    draw = random.Random(1)
    lists = [[6, 6, 2, 6, 2, 2], [10], [11], [11, 11], [1, 11, 1], [5, 5, 5], [5, 6, 11, 4, 5], [3, 3, 3, 3, 12, 1]]
    lists += [[draw.randint(1, 14) for _ in range(draw.randint(1, 12))] for _ in range(40)]
    for sizes in lists:
        split = split_state_dict_into_shards_factory(
            {f"t{index}": size * 4 for index, size in enumerate(sizes)}, get_storage_size=lambda size: size,
            filename_pattern="model{suffix}.safetensors", max_shard_size=40)
        files = {name: [int(tensor[1:]) for tensor in tensors] for name, tensors in split.filename_to_tensors.items()}
        cases.append({"values": sizes, "maximum_bytes": 40, "files": files})
    return cases


def main():
    output = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    for model, adapter in [("tied", "lora_qv"), ("untied", "lora_all")]:
        save_file(changed(LLAMA / model, LLAMA / model / adapter), output / f"{model}-{adapter}.safetensors")
    gpt2(output / "gpt2")
    lines = ",\n".join(json.dumps(case) for case in shards())
    (output / "shards.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
