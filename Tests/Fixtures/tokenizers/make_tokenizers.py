"""Writes the goldens of the tokenizer tests.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.22.2
    venv/bin/python make_tokenizers.py

corpus.txt         the text that the small tokenizers learn from
small.json         a 500-token byte-level BPE tokenizer trained on it (tokenizer.json of Hugging Face)
small_digits.json  a 420-token one whose digits stand alone and which adds special tokens around a text
small_llama.json   a 400-token BPE with byte fallback in the manner of Llama 2
encodings.jsonl    for each of them the ids of awkward texts, and their decoding
splits.jsonl       the pieces that each known pattern or pre-tokenizer cuts
"""

import json
import os
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = os.path.dirname(os.path.abspath(__file__))

WORDS = """the a baker opens her shop before sunrise and sells warm bread to people who walk along the river road
in winter snow falls on old roofs while children count 12 geese, 345 ducks and 6789 gulls near the harbour
don't we'll they've I'm she'd it's you're said asked answered quietly loudly never always again tomorrow
garçon naïve façade über straße привет мир こんにちは 世界 안녕 🙂 🚀 1999 2024 3.14159 100% e-mail @home #tag
function return value if else { } ( ) [ ] == != <= >= += // comment print("hello") x_1 y2z""".split()


def corpus():
    rng = random.Random(7)
    lines = []
    for _ in range(260):
        line = " ".join(rng.choice(WORDS) for _ in range(rng.randint(3, 16)))
        lines.append(rng.choice(["", "", "", "  ", "\t"]) + line + rng.choice(["", ".", "!", "...", " \n", "\r"]))
    return lines


TEXTS = [
    "", " ", "  ", "\n", "\r\n", "\t\t", " \n ", "a", " a", "a ", "  a  b   c    ", "Hello, world!", "hello\r\nworld\r\n\r\n",
    "don't DON'T we'll WE'LL they've I'm 's 'S 'ſ 'LL' 're", "'", "''s", "x'", "'re've", "don’t",
    "1", "12", "123", "1234", "12345678901", "3.14159 and 1,000,000", "v2.0.1-rc3", "½ ² ٣٤ Ⅷ 一二三", "x²+y²=z²",
    "e\u0301 é a\u0301\u0323 o\u0302\u0301", "\u0301start with mark", "नमस्ते दुनिया", "สวัสดีชาวโลก", "שָׁלוֹם עֲלֵיכֶם",
    "مرحبا بالعالم", "你好,世界!今天是2024年。", "こんにちは世界", "안녕하세요 세계", "Привет, мир", "ÀÉÎÕÜ straße STRASSE",
    "🙂🚀", "👨‍👩‍👧‍👦 family", "🇫🇷🇩🇪", "👍🏽", "☃️", "a🙂b", "\u200b\u200d\ufeff zero", "nbsp\u00a0here\u2003em\u3000cjk",
    "line\u2028sep\u2029par\u0085nel\u000bvt\u000cff", "\u0000\u0001\u007f", "\U0010ffff\ufffd\ue000",
    "<|end|>", "a<|end|>b", "<|start|>user\nhi<|end|>\n", "<|end|><|end|>", "<|end", "<|end|", " <|end|> ", "<|END|>",
    "tool call tool  <tool>  spaced <tool>x toolbox tool.", "a<lonely>b <lonely> c<lonely>", "<pad><pad>",
    "camelCaseWordsHTTPServer XMLHttpRequest iPhone McDonald's O'Neil", "snake_case_name __init__", "a/b//c\\d /\n/\r\n",
    "https://example.com/path?q=1&r=2#frag", "   leading", "trailing   ", "mid   dle", "tab\tsep\t\tx", "\n\n\nthree", " \r\n \r\n x",
    "ǅungla ǈ ʰmod ªº ßẞ ﬁ ﬆ İı K", "  \n\n  if x:\n    return 1\n\n\n", "!!!???...", "$100 €5 £3 ¥9 +-=*/<>", "“quoted” — dash – en …",
    "▁metaspace▁ _under_", "Ġ Ċ Ã ©", "A" * 60, "ab" * 80, " " * 70, "the baker opens her shop before sunrise" * 4,
    "\u1e9b\u0323 Å \u212b \uac00 \u1100\u1161", "ﷺ ㎏ ①②③",
]


def save(tokenizer, name):
    tokenizer.save(os.path.join(HERE, name), pretty=False)
    return tokenizer


def small(lines):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=500, min_frequency=2, show_progress=False, special_tokens=["<pad>", "<|start|>", "<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(lines, trainer)
    return save(tokenizer, "small.json")


def small_digits(lines):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()

    def cutter(add_prefix_space):
        return pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=add_prefix_space)])

    tokenizer.pre_tokenizer = cutter(False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420, min_frequency=3, show_progress=False, special_tokens=["<|start|>", "<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(lines, trainer)
    tokenizer.pre_tokenizer = cutter(True)
    tokenizer.add_tokens([
        AddedToken("tool", single_word=True, normalized=False), AddedToken("<tool>", lstrip=True, rstrip=True),
        AddedToken("<lonely>", single_word=True, rstrip=True), AddedToken("<tool>x"), AddedToken("ááá", normalized=True)])
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="<|start|> $A <|end|>", special_tokens=[("<|start|>", 0), ("<|end|>", 1)])])
    return save(tokenizer, "small_digits.json")


def small_llama(lines):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    special = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % i for i in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=400, show_progress=False, special_tokens=special, limit_alphabet=60)
    tokenizer.train_from_iterator([w for line in lines for w in line.split(" ")], trainer)
    data = json.loads(tokenizer.to_str())
    data["added_tokens"] = data["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return save(tokenizer, "small_llama.json")


LLAMA3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
          r"|\s+(?!\S)|\s+")
CL100K = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]"
          r"|\s+(?!\S)|\s+")
UPPER, LOWER, SHORT = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
PREFIX, REST = r"[^\r\n\p{L}\p{N}]?", r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
GPT4O = f"{PREFIX}{UPPER}*{LOWER}+{SHORT}|{PREFIX}{UPPER}+{LOWER}*{SHORT}|" + r"\p{N}{1,3}" + REST
TEKKEN = f"{PREFIX}{UPPER}*{LOWER}+|{PREFIX}{UPPER}+{LOWER}*|" + r"\p{N}" + REST
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def cutters():
    def split(pattern, behavior="isolated", invert=False):
        return pre_tokenizers.Split(Regex(pattern), behavior, invert)

    result = [split(p) for p in [GPT2, LLAMA3, CL100K, LLAMA3.replace("{1,3}", ""), GPT4O, TEKKEN, r"[0-9][0-9][0-9]",
                                 r"\p{N}", r"\p{N}{1,3}", r"\s+", r"[\r\n]"]]
    for behavior in ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]:
        result += [pre_tokenizers.Split("a", behavior), pre_tokenizers.Split(" ", behavior, True), split(r"\p{N}", behavior),
                   pre_tokenizers.Punctuation(behavior)]
    result += [pre_tokenizers.Whitespace(), pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(True),
               pre_tokenizers.Digits(False), pre_tokenizers.CharDelimiterSplit("a"), pre_tokenizers.ByteLevel(True),
               pre_tokenizers.Sequence([
                   pre_tokenizers.Punctuation("contiguous"), pre_tokenizers.ByteLevel(False), pre_tokenizers.Digits(False),
                   split("[0-9][0-9][0-9]")])]
    return result


def main():
    lines = corpus()
    with open(os.path.join(HERE, "corpus.txt"), "w", encoding="utf-8", newline="") as file:
        file.write("\x1e".join(lines))
    made = {"small.json": small(lines), "small_digits.json": small_digits(lines), "small_llama.json": small_llama(lines)}
    with open(os.path.join(HERE, "encodings.jsonl"), "w", encoding="utf-8") as file:
        for name, tokenizer in made.items():
            for text in TEXTS:
                ids = tokenizer.encode(text).ids
                row = {
                    "file": name, "text": text, "ids": ids,
                    "plain": tokenizer.encode(text, add_special_tokens=False).ids, "decoded": tokenizer.decode(ids),
                    "decoded_all": tokenizer.decode(ids, skip_special_tokens=False)}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
            rng = random.Random(3)
            for _ in range(40):
                ids = [rng.randrange(tokenizer.get_vocab_size()) for _ in range(12)]
                row = {"file": name, "random": ids, "decoded": tokenizer.decode(ids),
                       "decoded_all": tokenizer.decode(ids, skip_special_tokens=False)}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    with open(os.path.join(HERE, "splits.jsonl"), "w", encoding="utf-8") as file:
        for cutter in cutters():
            tokenizer = Tokenizer(models.BPE())
            tokenizer.pre_tokenizer = cutter
            stage = json.loads(tokenizer.to_str())["pre_tokenizer"]
            pieces = [[piece for piece, _ in cutter.pre_tokenize_str(text)] for text in TEXTS]
            file.write(json.dumps({"stage": stage, "pieces": pieces}, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
