#!/usr/bin/env python3
"""Exports models and adapters as GGUF with tune and runs the files in llama.cpp (xllamacpp).

    check_gguf.py TUNE [MODEL ...] [--families FOLDER]

For tune's own base model, each MODEL and each family's folder (tiny models without a tokenizer get a small one here):
token ids of texts are the same in llama.cpp, 32 greedy tokens of the F32 and F16 files are those of tune on the same
file, and those of the base with an adapter (GGUF, --lora) are those of tune with the adapter. llama.cpp computes with
float32 keys and values; a prompt where it differs must have the two tokens within 1e-2 of each other in tune's
log-probabilities. Exits with 1 when anything differs.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import xllamacpp

TEXTS = ["Once upon a time", "The capital of France is", "2024: naïve café, 你好 👍🏽", "def f(x):\n    return x"]
# Of the letters that the families' small vocabularies have.
PLAIN_TEXTS = ["once upon a time", "the capital of france is", "a", "zebra yak xylophone"]
COUNT = 32
TIE = 1e-2
# What llama.cpp does not compute, replaced in the tiny families' configurations by what it does.
CHANGES = {
    "gemma2": {"query_pre_attn_scalar": 6}, "gemma3": {"query_pre_attn_scalar": 8},
    "gemma3-linear": {"query_pre_attn_scalar": 8}, "mistral": {"sliding_window": 64}, "phi3": {"sliding_window": 64},
    "qwen2-sliding": {"sliding_window": 64},
}
REFUSED = {
    "llama-dynamic": "rope_type", "smollm3": "model_type", "gpt_neox": "model_type", "gpt_neox-sequential": "model_type",
    "opt": "model_type",
}
DECODERS = {"llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi3", "gpt2", "smollm3", "gpt_neox",
            "opt"}


class LlamaCpp:
    """llama.cpp's server inside this process, with one slot."""

    def __init__(self, path, adapter=None):
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(path)
        parameters.n_ctx = 256
        parameters.n_parallel = 1
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 2
        parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
        parameters.cache_ram_mib = 0
        parameters.verbosity = 1
        if adapter:
            parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0)]
        self.server = xllamacpp.Server(parameters)

    def post(self, path, **fields):
        request = urllib.request.Request(
            self.server.listening_address + path, json.dumps(fields).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def ids(self, text):
        return self.post("/tokenize", content=text, add_special=True, parse_special=True)["tokens"]

    def greedy(self, ids, count):
        return self.post(
            "/completion", prompt=ids, n_predict=count, ignore_eos=False, samplers=["top_k"], top_k=1, temperature=0,
            cache_prompt=False, return_tokens=True)["tokens"]


def tune(program, *arguments):
    run = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"tune {' '.join(map(str, arguments))}: {run.stderr}")
    return run.stdout


def generated(program, text, count, *options):
    return json.loads(tune(program, "generate", text, "--max-new-tokens", count, "--json", "--quiet", *options))


def is_tie(program, text, ours, theirs, *options):
    """Whether tune finds the tokens at which the texts part nearly as likely as each other."""
    place = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), None)
    if place is None:
        return False
    before = generated(program, text, place, *options)["text"] if place else ""
    best = json.loads(tune(program, "generate", text + before, "--top-logprobs", 2, "--json", "--quiet", *options))
    first, second = [entry["logprob"] for entry in best["top_logprobs"]]
    return first - second < TIE and {entry["id"] for entry in best["top_logprobs"]} == {ours[place], theirs[place]}


def compare(program, label, server, texts, *options):
    """True when llama.cpp has the ids and the greedy tokens that tune has with these options."""
    same_ids = same = ties = 0
    for text in texts:
        # The token that ends the text is not reported by tune; llama.cpp reports it.
        result = generated(program, text, COUNT, *options)
        theirs_ids = server.ids(text)
        same_ids += theirs_ids == result["prompt_ids"]
        theirs = server.greedy(result["prompt_ids"], COUNT)[: len(result["ids"])]
        if theirs == result["ids"]:
            same += 1
        elif is_tie(program, text, result["ids"], theirs, *options):
            ties += 1
        else:
            print(f"    {text!r}\n      tune      {result['ids']}\n      llama.cpp {theirs}")
    right = same_ids == len(texts) and same + ties == len(texts)
    print(f"{label:<44} ids {same_ids}/{len(texts)}  greedy {same}/{len(texts)} ({ties} ties)" + ("" if right else "  DIFFERENT"))
    return right


def byte_tokenizer(size):
    """A byte-level tokenizer of `size` tokens: bytes only as far as they fit, then the end token."""
    alphabet = [chr(code) for code in range(33, 127)] + ["Ġ", "Ċ"]
    vocabulary = {"<|end|>": 2}
    free = [index for index in range(size) if index != 2]
    for index, character in zip(free, alphabet[64:90] + alphabet[94:] + alphabet[:64]):
        vocabulary[character] = index
    for index in free[len(vocabulary) - 1:]:
        vocabulary[f"<unused{index}>"] = index
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": None,
        "added_tokens": [{"id": 2, "content": "<|end|>", "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True}],
        "pre_tokenizer": level, "decoder": level,
        "model": {"type": "BPE", "vocab": vocabulary, "merges": []},
    }


def with_tokenizer(folder, work):
    """A copy of a family's folder with a tokenizer and what llama.cpp computes."""
    # llama.cpp expects certain tokens in what is called Phi-3.
    copy = work / folder.name.replace("phi3", "phi")
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    config.update(CHANGES.get(folder.name, {}))
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "tokenizer.json").write_text(json.dumps(byte_tokenizer(config["vocab_size"])))
    (copy / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|end|>"}))
    return copy


def check(program, model, work, texts=TEXTS, adapter=None):
    name = Path(str(model)).name
    right = True
    for kind in ("F32", "F16"):
        path = work / f"{name}-{kind}.gguf"
        tune(program, "export", "--model", model, "--gguf", path, "--outtype", kind, "--quiet")
        right &= compare(program, f"{name} {kind}", LlamaCpp(path), texts, "--model", path)
    if adapter:
        path = work / f"{name}-lora.gguf"
        tune(program, "export", "--model", model, "--adapter", adapter, "--gguf-adapter", path, "--quiet")
        right &= compare(
            program, f"{name} F32 with adapter", LlamaCpp(work / f"{name}-F32.gguf", path), texts, "--model",
            model, "--adapter", adapter)
    return right


def check_refused(program, folder, work, key):
    run = subprocess.run(
        [program, "export", "--model", folder, "--gguf", work / "refused.gguf"], capture_output=True, text=True)
    right = run.returncode == 3 and key in run.stderr and not (work / "refused.gguf").exists()
    print(f"{folder.name:<44} " + ("refused: " + key if right else f"NOT refused: {run.returncode} {run.stderr}"))
    return right


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tune", type=lambda path: str(Path(path).resolve()))
    parser.add_argument("models", nargs="*")
    parser.add_argument("--families", type=Path)
    arguments = parser.parse_args()
    right = True
    with tempfile.TemporaryDirectory(prefix="gguf-") as folder:
        work = Path(folder)
        for model in ["tune-base", *arguments.models]:
            right &= check(arguments.tune, model, work)
        for family in sorted(arguments.families.iterdir()) if arguments.families else []:
            config = family / "config.json"
            if not config.exists() or json.loads(config.read_text())["model_type"] not in DECODERS:
                continue
            copy = with_tokenizer(family, work)
            if family.name in REFUSED:
                right &= check_refused(arguments.tune, copy, work, REFUSED[family.name])
            else:
                right &= check(arguments.tune, copy, work, PLAIN_TEXTS, family / "adapter")
    sys.exit(0 if right else 1)


if __name__ == "__main__":
    main()
