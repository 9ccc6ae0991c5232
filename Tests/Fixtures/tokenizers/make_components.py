"""Writes components.jsonl: small made-up tokenizers, one for each component, and what they make of awkward texts.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3
    venv/bin/python make_components.py

Each row has the tokenizer.json, and for each text its ids with and without special tokens, those of the text paired
with the next one with their types, and the decodings; also decodings of random ids.
"""

import base64
import json
import os
import random
import struct

from tokenizers import (
    AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors)

from make_tokenizers import TEXTS, corpus

HERE = os.path.dirname(os.path.abspath(__file__))
MORE = [
    "", "Don't you 've do not , x . y ? z ! n't 'm 're", "naïve NAÏVE İstanbul ǅ ΣΑΣ", "ᢅᢆ ꦽ 𑤸 ㋿ ꟲ", "세\u11a8 ཱི\u1ab6\u0f73",
    "a\u0301\u0323 \u0958 \u1e9b\u0323", "中文字 mixed日本語カタカナー 한국어 кириллица ελληνικά", "1234567 ١٢٣ ½ ⅳ 一", "x==y!=z<=w",
    "  two  spaces   three ", "▁a▁▁b", "<s>a</s> <s> b <pad>c", "ab\u200bcd\u2028ef\u0085gh", "ﬁ ﬆ \u0149 ①", "\r\n\r\n\t x",
    "A\u030a \u212b Ω \u2126", "e\u0301\u200d\U0001f642\ufe0f", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
]


def charsmap(replacements):
    """SentencePiece's table: a double array as of darts-clone, each node at the first place where its children fit."""
    texts, places = b"", {}
    for source, target in sorted(replacements.items()):
        places[source.encode()] = len(texts)
        texts += target.encode() + b"\0"
    units, used = {0: 0}, {0}

    def place(prefix, position):
        children = sorted({key[len(prefix)] for key in places if key.startswith(prefix) and len(key) > len(prefix)})
        labels = ([0] if prefix in places else []) + children
        base = next(base for base in range(1, 1 << 20) if all(base ^ label not in used for label in labels))
        used.update(base ^ label for label in labels)
        units[position] = units.get(position, 0) | (position ^ base) << 10 | (256 if prefix in places else 0)
        if prefix in places:
            units[base] = 1 << 31 | places[prefix]
        for label in children:
            units[base ^ label] = label
        for label in children:
            place(prefix + bytes([label]), base ^ label)

    place(b"", 0)
    array = b"".join(struct.pack("<I", units.get(index, 0)) for index in range((max(units) | 255) + 1))
    return struct.pack("<I", len(array)) + array + texts


def letters(lines):
    seen = {}
    for line in lines:
        for character in line:
            seen[character] = seen.get(character, 0) + 1
    return [character for character, _ in sorted(seen.items(), key=lambda item: (-item[1], item[0]))]


def words(lines):
    counts = {}
    for line in lines:
        for word in line.split():
            counts[word] = counts.get(word, 0) + 1
    return [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


LINES = corpus()
LETTERS = letters(LINES)
WORDS = words(LINES)


def word_level():
    return Tokenizer(models.WordLevel({w: i for i, w in enumerate(["<unk>"] + LETTERS + [w for w in WORDS if len(w) > 1])},
                                      unk_token="<unk>"))


def unigram(byte_fallback=False, space="▁"):
    rng = random.Random(2)
    pieces = ["<unk>", "<s>", "</s>"] + (["<0x%02X>" % i for i in range(256)] if byte_fallback else [])
    pieces += [space] + [c for c in LETTERS[:60] if c not in " " + space] + [space + w for w in WORDS[:60]]
    pieces += [w[1:4] for w in WORDS[:40] if len(w) > 3]
    pieces = list(dict.fromkeys(pieces))
    return Tokenizer(models.Unigram([(p, 0.0 if i == 0 else -rng.random() * 12) for i, p in enumerate(pieces)], 0, byte_fallback))


def word_piece():
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + [c for c in LETTERS if not c.isspace()]
    pieces += ["##" + c for c in LETTERS[:40] if not c.isspace()] + WORDS[:60] + ["##" + w[2:] for w in WORDS[:60] if len(w) > 3]
    pieces = list(dict.fromkeys(pieces))
    return Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]", max_input_chars_per_word=20))


def bpe(**options):
    prefix, suffix = options.get("continuing_subword_prefix") or "", options.get("end_of_word_suffix") or ""
    vocabulary = ["<unk>"] + (["<0x%02X>" % i for i in range(0x41, 0xF8)] if options.get("byte_fallback") else [])
    kept = [c for c in LETTERS[:45] if c != " "]
    vocabulary += kept + [prefix + c for c in kept] + [c + suffix for c in kept] + [prefix + c + suffix for c in kept]
    merges = []
    for first, second in [("t", "h"), ("a", "n"), ("e", "r"), ("o", "n"), ("i", "n"), ("r", "e"), ("s", "a")]:
        for end in ["", suffix]:
            merges.append((first, prefix + second + end))
            vocabulary.append(first + second + end)
    vocabulary = list(dict.fromkeys(vocabulary))
    merges = list(dict.fromkeys(merges))
    return Tokenizer(models.BPE({v: i for i, v in enumerate(vocabulary)}, merges, unk_token="<unk>", **options))


def with_stages(tokenizer, normalizer=None, pre_tokenizer=None, processor=None, decoder=None, added=()):
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre_tokenizer is not None:
        tokenizer.pre_tokenizer = pre_tokenizer
    if processor is not None:
        tokenizer.post_processor = processor
    if decoder is not None:
        tokenizer.decoder = decoder
    if added:
        tokenizer.add_tokens(list(added))
    return tokenizer


def tokenizers():
    N, P, D = normalizers, pre_tokenizers, decoders
    table = charsmap({"ﬁ": "fi", "①": "1", "e\u0301": "é", "\t": " ", "\n": " ", "\r": " ", "\u200b": "", "Å": "Å", "\u0085": " "})
    alone = P.Split(Regex("."), "isolated")
    for normalizer in [
            N.NFC(), N.NFD(), N.NFKC(), N.NFKD(), N.Lowercase(), N.Strip(), N.Strip(left=False), N.StripAccents(),
            N.Sequence([N.NFD(), N.StripAccents(), N.Lowercase()]), N.Replace("a", "oo"), N.Replace(Regex(r"\s+"), " "),
            N.Replace(Regex(r"(?=b)|o*"), "-"), N.Prepend("x"), N.Nmt(), N.ByteLevel(), N.Precompiled(table),
            N.BertNormalizer(), N.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False)]:
        # Every scalar is a piece, and bytes spell it: the whole normalized text is in the ids.
        model = Tokenizer(models.BPE({"<0x%02X>" % i: i for i in range(256)}, [], byte_fallback=True))
        yield with_stages(model, normalizer, alone, decoder=D.Sequence([D.ByteFallback(), D.Fuse()]))
    for cutter in [
            P.Metaspace(), P.Metaspace(prepend_scheme="first"), P.Metaspace(prepend_scheme="never", split=False),
            P.Sequence([P.WhitespaceSplit(), P.Metaspace(prepend_scheme="first")]), P.BertPreTokenizer(), P.UnicodeScripts(),
            P.FixedLength(3), P.Whitespace(), P.Punctuation("contiguous"), P.Digits(True), P.CharDelimiterSplit("e"),
            P.Split(Regex(r"(?i:[a-f&&[^c]]+)|\p{Han}+|\d{2}(?!\d)"), "merged_with_next"),
            P.Split(Regex(r" ?[^(\s|[.,!?…。，、।۔،])]+"), "isolated"), P.Split(Regex(r"[^\r\n\p{L}\p{N}]?\p{L}++|\R|\h\H"), "removed", True),
            P.Sequence([P.Split(Regex(r"[一-龥ࠀ-一가-퟿]+"), "isolated"), P.Split(Regex(r"\s?\p{P}+$|^\w"), "isolated"), P.ByteLevel(False, use_regex=True)])]:
        yield with_stages(word_level(), None, cutter, decoder=D.Metaspace(prepend_scheme="never"))
    template = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    special = [AddedToken("[CLS]", special=True, normalized=False), AddedToken("[SEP]", special=True, normalized=False)]
    yield with_stages(word_piece(), N.BertNormalizer(), P.BertPreTokenizer(), template, D.WordPiece(), special)
    yield with_stages(word_piece(), None, P.Whitespace(), processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2)),
                      D.WordPiece(cleanup=False), special)
    spaced = P.Metaspace()
    yield with_stages(unigram(), N.Precompiled(table), spaced, processors.RobertaProcessing(("</s>", 2), ("<s>", 1)), D.Metaspace(),
                      [AddedToken("<s>", special=True, rstrip=True, normalized=False), AddedToken(" x", normalized=False)])
    yield with_stages(unigram(True), N.Replace(" ", "▁"), None, None,
                      D.Sequence([D.Replace("▁", " "), D.ByteFallback(), D.Fuse(), D.Strip(" ", 1, 0)]),
                      [AddedToken("the", single_word=True), AddedToken("<s>", lstrip=True, rstrip=True)])
    yield with_stages(bpe(end_of_word_suffix="</w>", fuse_unk=True), N.Lowercase(), P.Whitespace(), None, D.BPEDecoder("</w>"))
    yield with_stages(bpe(continuing_subword_prefix="@@"), None, P.WhitespaceSplit(), None, D.WordPiece("@@"))
    yield with_stages(bpe(byte_fallback=True, fuse_unk=True), None, None, None, D.ByteFallback())
    yield with_stages(bpe(ignore_merges=True), None, P.Whitespace(), None, D.CTC("t", "h", True))
    yield with_stages(bpe(), None, P.Digits(), None, D.Sequence([D.Fuse(), D.Strip("e", 2, 0), D.Replace(Regex("[an]+"), "_")]))


def main():
    texts = TEXTS + MORE
    with open(os.path.join(HERE, "components.jsonl"), "w", encoding="utf-8") as file:
        for number, tokenizer in enumerate(tokenizers()):
            chosen = texts if number >= 18 + 15 else MORE + TEXTS[number % 5::5]
            rng = random.Random(number)
            cases = []
            for index, text in enumerate(chosen):
                ids = tokenizer.encode(text).ids
                pair = tokenizer.encode(text, chosen[index - 1])
                cases.append({
                    "text": text, "ids": ids, "plain": tokenizer.encode(text, add_special_tokens=False).ids,
                    "second": chosen[index - 1], "pair": pair.ids, "types": pair.type_ids})
            for _ in range(20):
                ids = [rng.randrange(tokenizer.get_vocab_size()) for _ in range(rng.randrange(9))]
                cases.append({"random": ids, "decoded": tokenizer.decode(ids),
                              "decoded_all": tokenizer.decode(ids, skip_special_tokens=False)})
            row = {"tokenizer": json.loads(tokenizer.to_str()), "cases": cases}
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
