#!/usr/bin/env python3
"""Writes gguf.json: token ids that llama.cpp gives with small tokenizers of every kind and name that it shares with tune.

    make_gguf.py        (made with xllamacpp 2026.10.11549, tokenizers 0.23.3, sentencepiece 0.2.3, gguf 0.19.0)

Null stands for texts that llama.cpp cuts in another way than the models themselves. The vocabularies are trained on
Datasets/dialogues.jsonl and the texts themselves (Tests/Interop/gguf_tokenizers.py).
"""

import json
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "Interop"))

import gguf_tokenizers
from check_gguf import LlamaCpp


def ids_of(path, texts):
    server = LlamaCpp(path)
    return [server.ids(text) for text in texts]


def main():
    texts = gguf_tokenizers.TEXTS + gguf_tokenizers.INDENTED
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.gguf"
        tokens, merges = gguf_tokenizers.byte_level_vocabulary(1000)
        names = []
        for name in gguf_tokenizers.PRE_TOKENIZERS:
            gguf_tokenizers.write_byte_level(path, name, tokens, merges)
            ids = ids_of(path, texts)
            ids = [ids if gguf_tokenizers.is_shared(name, text) else None for text, ids in zip(texts, ids)]
            same = next((entry for entry in names if entry["ids"] == ids), None)
            if same:
                same["names"].append(name)
            else:
                names.append({"names": [name], "ids": ids})
        pieces = []
        for adds_prefix in (True, False):
            model, _ = gguf_tokenizers.sentencepiece_model(adds_prefix, 600)
            gguf_tokenizers.write_sentencepiece(path, model, adds_prefix)
            tokens_of, scores, types = zip(*gguf_tokenizers.gguf_pieces(model))
            pieces.append({"adds_prefix": adds_prefix, "tokens": tokens_of, "scores": scores, "types": types,
                           "ids": ids_of(path, texts)})
    golden = {"texts": texts, "tokens": tokens, "merges": merges, "pre_tokenizers": names, "sentencepiece": pieces}
    (HERE / "gguf.json").write_text(
        "{\n" + ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in golden.items()) + "\n}\n")


if __name__ == "__main__":
    main()
