#!/usr/bin/env python3
"""Turns a llama-architecture GGUF file into a float32 Hugging Face folder, to serve as the base of PEFT.

    gguf_to_hf.py MODEL.gguf OUTPUT_FOLDER

The weights are dequantised by transformers' own GGUF loader and then compared, tensor by tensor, with the gguf
package's dequantisation (query and key rows put back into Hugging Face's rotary order), so that two independent
readers agree before the folder is used as a reference. The tokenizer is rebuilt from the vocabulary, merges and
token types of the file with the pre-tokenizer that `tokenizer.ggml.pre` names.
Versions: requirements.txt beside this file.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("TQDM_DISABLE", "1")
warnings.simplefilter("ignore", FutureWarning)

import numpy
import torch
from gguf import GGUFReader, TokenType, dequantize
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def field(reader, name, default=None):
    found = reader.fields.get(name)
    return default if found is None else found.contents()


def pre_tokenizer(name):
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True)
    if name == "smollm":
        return pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
    if name in ("gpt-2", "default"):
        return byte_level
    if name == "llama-bpe":
        split = pre_tokenizers.Split(Regex(LLAMA3_SPLIT), behavior="isolated")
        plain = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=False)
        return pre_tokenizers.Sequence([split, plain])
    sys.exit(f"tokenizer.ggml.pre is {name!r}; this script knows smollm, gpt-2 and llama-bpe")


def build_tokenizer(reader):
    if field(reader, "tokenizer.ggml.model") != "gpt2":
        sys.exit("only byte-level BPE vocabularies (tokenizer.ggml.model = gpt2) are converted")
    tokens = field(reader, "tokenizer.ggml.tokens")
    types = field(reader, "tokenizer.ggml.token_type")
    merges = [tuple(merge.split(" ")) for merge in field(reader, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE(vocab={token: index for index, token in enumerate(tokens)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizer(field(reader, "tokenizer.ggml.pre", "default"))
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=True, trim_offsets=True, use_regex=True)
    control = [AddedToken(t, special=True, normalized=False) for t, k in zip(tokens, types) if k == TokenType.CONTROL]
    defined = [AddedToken(t, special=False, normalized=False)
               for t, k in zip(tokens, types) if k == TokenType.USER_DEFINED]
    tokenizer.add_special_tokens(control)
    tokenizer.add_tokens(defined)
    special = {}
    for name, key in (("bos_token", "bos"), ("eos_token", "eos"), ("unk_token", "unknown"), ("pad_token", "padding")):
        index = field(reader, f"tokenizer.ggml.{key}_token_id")
        if index is not None:
            special[name] = tokens[index]
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, clean_up_tokenization_spaces=False, **special)
    wrapped.chat_template = field(reader, "tokenizer.chat_template")
    return wrapped


def unpermuted(rows, heads):
    """llama.cpp keeps the two halves of a rotary pair side by side; Hugging Face keeps them half a head apart."""
    width = rows.shape[0] // heads
    return rows.reshape(heads, width // 2, 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)


def hugging_face_name(name):
    whole = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
             "output.weight": "lm_head.weight"}
    if name in whole:
        return whole[name]
    parts = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
             "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
             "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
    _, layer, part, kind = name.split(".")
    return f"model.layers.{layer}.{parts[part]}.{kind}"


def compare(reader, model):
    state = model.state_dict()
    heads = field(reader, "llama.attention.head_count")
    key_heads = field(reader, "llama.attention.head_count_kv", heads)
    worst = 0.0
    for tensor in reader.tensors:
        if tensor.name == "rope_freqs.weight":
            continue
        expected = dequantize(tensor.data, tensor.tensor_type).astype(numpy.float32)
        if tensor.name.endswith("attn_q.weight"):
            expected = unpermuted(expected, heads)
        elif tensor.name.endswith("attn_k.weight"):
            expected = unpermuted(expected, key_heads)
        found = state[hugging_face_name(tensor.name)].numpy()
        if found.shape != expected.shape:
            sys.exit(f"{tensor.name}: transformers read the shape {found.shape}, the gguf package {expected.shape}")
        worst = max(worst, float(numpy.abs(found - expected).max()))
    print(f"{len(reader.tensors)} tensors; largest difference between the two readers: {worst:g}")
    if not worst <= 1e-6:
        sys.exit("transformers and the gguf package dequantise this file differently")


def float32_copy(model):
    """The same model without the mark "quantized with gguf", with which transformers refuses to save it."""
    settings = model.config.to_dict()
    settings.pop("quantization_config", None)
    config = type(model.config).from_dict(settings)
    config.dtype = torch.float32
    plain = type(model)(config)
    plain.load_state_dict(model.state_dict())
    plain.generation_config = model.generation_config
    return plain


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gguf", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    reader = GGUFReader(arguments.gguf)
    if field(reader, "general.architecture") != "llama":
        sys.exit(f"{arguments.gguf}: general.architecture is {field(reader, 'general.architecture')!r}, not llama")
    model = AutoModelForCausalLM.from_pretrained(
        arguments.gguf.parent, gguf_file=arguments.gguf.name, dtype=torch.float32)
    compare(reader, model)
    tokenizer = build_tokenizer(reader)
    plain = float32_copy(model)
    plain.save_pretrained(arguments.output)
    tokenizer.save_pretrained(arguments.output)
    print(f"wrote {arguments.output}: {sum(p.numel() for p in model.parameters())} parameters")


if __name__ == "__main__":
    main()
