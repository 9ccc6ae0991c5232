#!/usr/bin/env python3
"""Exports models and adapters as GGUF with tune and runs the files in llama.cpp (xllamacpp).

    check_gguf.py TUNE [MODEL ...] [--families FOLDER]

For tune's own base model, each MODEL and each family's folder (tiny models without a tokenizer get a small one here):
token ids of texts are the same in llama.cpp, 32 greedy tokens of the F32 and F16 files are those of tune on the same
file, and those of the base with an adapter (GGUF, --lora) are those of tune with the adapter. llama.cpp computes with
float32 keys and values; a prompt where it differs must have the two tokens within 1e-2 of each other in its
log-probabilities.

With vocabularies made here (gguf_tokenizers.py): token ids are the same for every name of a pre-tokenizer and for
SentencePiece models, with the spaces and line breaks that Gemma's define; and folders with a tokenizer.json in the style
of Llama 2, Mistral and Gemma, or with a tokenizer.model, have the same ids and greedy tokens after export. Exits with 1
when anything differs.
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

import gguf_tokenizers

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

    def greedy(self, ids, count, bias=()):
        """The likeliest tokens, with something added to the logits of some."""
        return self.post(
            "/completion", prompt=ids, n_predict=count, ignore_eos=False, samplers=["top_k"], top_k=1, temperature=0,
            cache_prompt=False, return_tokens=True, logit_bias=list(bias))["tokens"]

def tune(program, *arguments):
    run = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if run.returncode != 0:
        raise SystemExit(f"tune {' '.join(map(str, arguments))}: {run.stderr}")
    return run.stdout


def generated(program, text, count, *options):
    return json.loads(tune(program, "generate", text, "--max-new-tokens", count, "--json", "--quiet", *options))


def is_tie(server, prompt_ids, ours, theirs):
    """Whether, where the texts part, tune's token is llama.cpp's too once it is made a little likelier."""
    place = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), None)
    if place is None:
        return False
    return server.greedy(prompt_ids + theirs[:place], 1, [[ours[place], TIE]]) == [ours[place]]


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
        elif is_tie(server, result["prompt_ids"], result["ids"], theirs):
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


def change(folder, family):
    """Makes what llama.cpp computes of a folder's configuration, and returns it."""
    path = folder / "config.json"
    config = json.loads(path.read_text()) | CHANGES.get(family, {})
    path.write_text(json.dumps(config))
    return config


def with_tokenizer(folder, work):
    """A copy of a family's folder with a tokenizer and what llama.cpp computes."""
    # llama.cpp expects certain tokens in what is called Phi-3.
    copy = work / folder.name.replace("phi3", "phi")
    shutil.copytree(folder, copy)
    config = change(copy, folder.name)
    (copy / "tokenizer.json").write_text(json.dumps(byte_tokenizer(config["vocab_size"])))
    (copy / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<|end|>"}))
    return copy


def check(program, model, work, texts=TEXTS, adapter=None, kinds=("F32", "F16")):
    name = Path(str(model)).name
    right = True
    for kind in kinds:
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


def tokenized(program, model, text):
    run = subprocess.run(
        [program, "tokenize", "--model", str(model), "--add-special-tokens", "--json", "--quiet"], input=text.encode(),
        capture_output=True)
    if run.returncode != 0:
        raise SystemExit(f"tune tokenize --model {model}: {run.stderr.decode()}")
    return json.loads(run.stdout)["input_ids"]


def compare_ids(program, label, path, texts, reference=None):
    """True when llama.cpp gives the ids that tune gives with a GGUF file, or with the model it was exported from."""
    server = LlamaCpp(path)
    different = []
    for text in texts:
        ours, theirs = tokenized(program, reference or path, text), server.ids(text)
        if ours != theirs:
            place = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
            different.append(f"    {text!r}: at token {place} tune has {ours[place:place + 6]}, llama.cpp "
                             f"{theirs[place:place + 6]}")
    print(f"{label:<44} ids {len(texts) - len(different)}/{len(texts)}" + ("" if not different else "  DIFFERENT"))
    print("".join(line + "\n" for line in different), end="")
    return not different


def check_pre_tokenizers(program, work):
    tokens, merges = gguf_tokenizers.byte_level_vocabulary(2000)
    path, right = work / "pre-tokenizer.gguf", True
    for name in gguf_tokenizers.PRE_TOKENIZERS:
        gguf_tokenizers.write_byte_level(path, name, tokens, merges)
        texts = [text for text in gguf_tokenizers.TEXTS if gguf_tokenizers.is_shared(name, text)]
        right &= compare_ids(program, f"pre-tokenizer {name}", path, texts)
    return right


def check_sentencepiece(program, work):
    right = True
    texts = gguf_tokenizers.TEXTS + gguf_tokenizers.INDENTED
    for adds_prefix in (True, False):
        model, file = gguf_tokenizers.sentencepiece_model(adds_prefix)
        path = work / "sentencepiece.gguf"
        gguf_tokenizers.write_sentencepiece(path, model, adds_prefix)
        right &= compare_ids(
            program, "SentencePiece" + ("" if adds_prefix else " with spaces and line breaks defined"), path, texts)
        styles = [("llama", "llama-linear"), ("mistral", "mistral")] if adds_prefix else [("gemma", "gemma3")]
        config = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": True}
        folders = [
            gguf_tokenizers.model_folder(
                work / f"{style}-json", variant, len(gguf_tokenizers.pieces_of(model)),
                {"tokenizer.json": gguf_tokenizers.tokenizer_file(model, style), "tokenizer_config.json": config})
            for style, variant in styles]
        folders.append(
            gguf_tokenizers.model_folder(
                work / f"{styles[0][0]}-model", styles[0][1], len(gguf_tokenizers.pieces_of(model)),
                {"tokenizer.model": file, "tokenizer_config.json": config}))
        for folder in folders:
            change(folder, dict(styles)[folder.name.split("-")[0]])
            right &= check(program, folder, work, gguf_tokenizers.INDENTED, kinds=["F16"])
            # A Mistral of transformers puts no space before a text that begins with one; SentencePiece does.
            own = [text for text in texts if not text.startswith(" ")] if "mistral" in folder.name else texts
            right &= compare_ids(
                program, f"{folder.name}, the folder and its export", work / f"{folder.name}-F16.gguf", own, folder)
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
        right &= check_pre_tokenizers(arguments.tune, work)
        right &= check_sentencepiece(arguments.tune, work)
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
