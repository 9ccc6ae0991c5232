"""Tokenizers for check_gguf.py: GGUF files and Hugging Face folders with vocabularies made here, of every kind that both
tune and llama.cpp read."""

import io
import json
import random
import sys
import unicodedata
from pathlib import Path

import gguf
import numpy
import sentencepiece
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "Tests/Fixtures/families"))

# llama.cpp's names of pre-tokenizers that tune knows. "default" is left out: tune takes it for GPT-2's way.
# So is "falcon": its tokenizer.json cuts between a space and digits, llama.cpp does not, and only with the model's own
# vocabulary, which joins none of these, are the ids the same.
PRE_TOKENIZERS = [
    "gpt-2", "mpt", "olmo", "jais", "phi-2", "roberta-bpe", "gigachat", "a.x-4.0", "mellum", "exaone4", "smollm", "starcoder",
    "refact", "command-r",
    "codeshell", "exaone", "minerva-7b", "llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
    "smaug-bpe", "dbrx",
    "glm4", "chatglm-bpe", "qwen2", "stablelm2", "deepseek-r1-qwen", "megrez", "hunyuan", "kormo", "f2llmv2", "grok-2",
    "qwen35",
    "gpt-4o", "llama4", "kanana2", "tekken", "deepseek-llm", "deepseek-coder", "deepseek-v3", "hunyuan-dense",
    "joyai-llm", "bailingmoe", "bailingmoe2", "llada-moe", "seed-coder", "bloom", "poro-chat", "gpt3-finnish", "viking",
    "chameleon",
]
TEXTS = [
    "Hello world, it's 2024: they'LL pay $1,234.56!  Two  spaces,   three.", "\n\nlines\r\n\tand tabs \t\n  x = 12345\n",
    "def f(x):\n    if x:\n        return [x ** 2, 'a']\n\t\t# done   \n", "naïve café ÀÉÎ ǅ straße Ωμέγα Жизнь",
    "你好，世界。 東京は2023年 한국어 12개", "👍🏽 family 👨‍👩‍👧 ½ ² Ⅷ e\u0301 \u00a0nbsp",
    "CamelCaseXYZ snake_case re'Ve I'D <b>HTML</b> a/b//c",
    "cafe\u0301s re\u0301sume\u0301 u\u0308ber", "?!... --> (x) [y] {z} \"quoted\" `code` ~^|\\",
    "1 22 333 4444 55555 666666 7777777", "trailing spaces    ",
]
# With spaces, tabs and line breaks in runs, as indented code has them.
INDENTED = [
    "if a:\n    if b:\n        c()\n\n\n\td()\n", "a  b   c    d\t\te", "   begins and ends with spaces   ", "\n\n", "  ",
    "one two\nthree  four", "👍🏽  emoji   and\n\n  lines", "<table><tr>  x</tr></table>", "ünïcode 中文  你好",
]
# llama.cpp cuts words of these at combining marks; the models' own tokenizer.json files do not, and tune follows them.
CUT_AT_MARKS = {"gpt-4o", "llama4", "kanana2", "tekken"}

# What the user defined, as in Gemma's vocabulary.
DEFINED = ["\n" * count for count in range(1, 5)] + ["▁" * count for count in range(2, 17)]
DEFINED += ["\t" * count for count in range(1, 4)] + ["<table>", "<tr>"]


def is_shared(name, text):
    """Whether llama.cpp cuts a text as the models of a pre-tokenizer's name do."""
    return name not in CUT_AT_MARKS or not any(unicodedata.combining(character) for character in text)


def corpus():
    """Pieces of up to 60 characters, whose cuts are not those of words."""
    lines = (REPOSITORY / "Datasets/dialogues.jsonl").read_text().splitlines()[:150]
    text = "\n".join(lines + TEXTS * 30 + INDENTED * 10)
    draw = random.Random(1)
    pieces, start = [], 0
    while start < len(text):
        length = draw.randint(20, 60)
        pieces.append(text[start:start + length])
        start += length
    return pieces


def write_model(path, vocabulary_size, tokenizer):
    """A Llama of one layer of width 16 with the keys of a tokenizer."""
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_context_length(4096)
    writer.add_embedding_length(16)
    writer.add_block_count(1)
    writer.add_feed_forward_length(16)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    tokenizer(writer)
    values = numpy.random.default_rng(1)
    shapes = {"token_embd": (vocabulary_size, 16), "output_norm": (16,), "blk.0.attn_norm": (16,), "blk.0.ffn_norm": (16,)}
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        shapes[f"blk.0.{name}"] = (16, 16)
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", values.standard_normal(shape).astype(numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def byte_level_vocabulary(size):
    """Tokens and merges of byte-level BPE that was trained without cutting text: what cuts show in is joined."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), special_tokens=["<|end|>"],
        show_progress=False)
    tokenizer.train_from_iterator(corpus(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    tokens = [token for token, _ in sorted(model["vocab"].items(), key=lambda entry: entry[1])]
    merges = [merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]]
    return tokens, merges


def write_byte_level(path, name, tokens, merges):
    """A GGUF file whose tokenizer cuts text in the way of a name."""
    def keys(writer):
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(name)
        writer.add_token_list(tokens)
        writer.add_token_types([3 if token == "<|end|>" else 1 for token in tokens])
        writer.add_token_merges(merges)
        writer.add_bos_token_id(0)
        writer.add_eos_token_id(0)
    write_model(path, len(tokens), keys)


def sentencepiece_model(adds_prefix, size=1200):
    """A SentencePiece BPE model with bytes and, as Gemma's, spaces and line breaks that the user defined."""
    file = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line for piece in corpus() for line in piece.split("\n")), model_writer=file,
        model_type="bpe", vocab_size=size, byte_fallback=True, character_coverage=0.98, add_dummy_prefix=adds_prefix,
        normalization_rule_name="identity", remove_extra_whitespaces=False, allow_whitespace_only_pieces=True,
        user_defined_symbols=[] if adds_prefix else DEFINED, minloglevel=2)
    return sentencepiece.SentencePieceProcessor(model_proto=file.getvalue()), file.getvalue()


def pieces_of(model):
    """Text, score and type of each piece, the types as GGUF files number them."""
    pieces = []
    for index in range(model.get_piece_size()):
        text = model.id_to_piece(index)
        if model.is_unknown(index):
            kind = 2
        elif model.is_control(index):
            kind = 3
        elif model.is_byte(index):
            kind = 6
        else:
            # The library does not tell what the user defined.
            kind = 4 if text in DEFINED and model.get_score(index) == 0 else 1
        pieces.append((text, model.get_score(index), kind))
    return pieces


def gguf_pieces(model):
    """Text, score and type of each piece as llama.cpp's converter writes them: what the user defined has spaces for "▁"."""
    return [(text.replace("▁", " "), -1000.0, kind) if kind == 4 else (text, score, kind)
            for text, score, kind in pieces_of(model)]


def write_sentencepiece(path, model, adds_prefix):
    pieces = gguf_pieces(model)

    def keys(writer):
        writer.add_tokenizer_model("llama")
        writer.add_tokenizer_pre("default")
        writer.add_token_list([text for text, _, _ in pieces])
        writer.add_token_scores([score for _, score, _ in pieces])
        writer.add_token_types([kind for _, _, kind in pieces])
        writer.add_bos_token_id(model.bos_id())
        writer.add_eos_token_id(model.eos_id())
        writer.add_unk_token_id(model.unk_id())
        writer.add_add_space_prefix(adds_prefix)
    write_model(path, len(pieces), keys)


def merges_of(pieces):
    """Every way to join two pieces to a third, the best third first, as transformers' converters make them."""
    ids = {text: index for index, (text, _, kind) in enumerate(pieces) if kind in (1, 4)}
    merges = []
    for text, score, kind in pieces:
        if kind not in (1, 4):
            continue
        found = [(text[:cut], text[cut:]) for cut in range(1, len(text)) if text[:cut] in ids and text[cut:] in ids]
        merges += [(-score, ids[left], ids[right], left, right) for left, right in found]
    return [[left, right] for _, _, _, left, right in sorted(merges)]


def tokenizer_file(model, style):
    """The tokenizer.json of a SentencePiece model in the style of Llama 2, of Mistral or of Gemma."""
    pieces = pieces_of(model)
    to_mark = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    decoder = [{"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]
    strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    before, cutting = {
        "llama": ({"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, to_mark]}, None),
        "mistral": (None, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}),
        "gemma": (to_mark, {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious",
                            "invert": False}),
    }[style]
    added = [
        {"id": index, "content": text, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
         "special": kind != 4}
        for index, (text, _, kind) in enumerate(pieces) if kind in (2, 3, 4)]
    begin = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": before,
        "pre_tokenizer": cutting,
        "post_processor": {
            "type": "TemplateProcessing", "single": begin, "pair": begin + [{"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [model.bos_id()], "tokens": ["<s>"]}}},
        "decoder": {"type": "Sequence", "decoders": decoder + ([] if style == "gemma" else [strip])},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
            "vocab": {text: index for index, (text, _, _) in enumerate(pieces)}, "merges": merges_of(pieces)},
    }


def model_folder(folder, variant, size, files):
    """A tiny random model of a family of Tests/Fixtures/families with a tokenizer's files."""
    from make_families import build_model
    from variants import VARIANTS

    build_model(VARIANTS[variant], 1, vocab_size=size, max_position_embeddings=512).save_pretrained(folder)
    for name, content in files.items():
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        (Path(folder) / name).write_bytes(content)
    return folder
