#!/usr/bin/env python3
"""Compares tune's tokenizers with Hugging Face tokenizers, text by text, or in speed.

    compare.py fuzz  PROGRAM TOKENIZER ... [--texts 100000] [--seed 1]
    compare.py speed PROGRAM TOKENIZER ... [--megabytes 10] [--rounds 3]

PROGRAM is .build/release/tokenizer-benchmarks; a TOKENIZER is a tokenizer.json, also gzipped. `fuzz` encodes random
Unicode texts, with and without special tokens, and decodes them again, with and without these; the first differences
are printed, and any makes it exit with 1. `speed` encodes English and mixed Unicode on one thread, both programs in
turns in each round, and prints the medians of their speeds and of the rounds' ratios; the ids must be the same.
"""

import argparse
import gzip
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tokenizers import Tokenizer  # noqa: E402

ALPHABETS = [
    "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789", " ", " \t\n\r\v\f\x85\u00a0\u2028\u3000\u200b",
    ".,;:!?'\"()[]{}<>|/\\@#$%^&*-_+=~`", "àéîõüßçñøåÀÉÎÕÜÇÑØÅſıİǅ", "\u0301\u0323\u0327\u0308\u0345\u20d0\u093c\u3099",
    "αβγδεζηθΑΒΓΔς", "абвгдежзийАБВГДЪ", "אבגדהשָׁלוֹם", "ابتثجحخدذمرحبا٠١٢٣", "नमस्ते दुनिया क्षत्रिय", "สวัสดีชาวโลก",
    "你好世界中文字漢語", "こんにちはカタカナー", "안녕하세요각\u1100\u1161\u11a8", "🙂🚀👨‍👩‍👧‍👦🇫🇷🇩🇪👍🏽☃️\u200d\ufe0f", "½²³¼ⅧⅳΩÅﬁﬆ①㎏ﷺ",
    "“”‘’–—…«»¡¿€£¥©®™", "\u0000\u0001\u0007\u007f\u0080\u009f\ufeff\ufffd\u200c\u200e", "▁_Ġ ĊĠ",
]
WORDS = """the of and to in is that it was for don't we'll I'm THEY'VE 's 'll HTTPServer camelCase naïve straße
don’t do not can n't . , ? ! ' km/h 3.14159 1,000,000 2024-11-25 https://example.com/a?b=c&d #tag @user foo_bar
\r\n \n\n   <s> </s> <unk> <pad> [CLS] [SEP] [MASK] [UNK] <|endoftext|> <|im_start|> <extra_id_0> ##ing <0x0A>
Привет мир 世界 こんにちは 안녕하세요 مرحبا שלום नमस्ते สวัสดี 🙂 👍🏽""".split(" ")


def random_text(rng, special):
    parts = []
    for _ in range(rng.randrange(1, 9)):
        kind = rng.randrange(10)
        if kind < 4:
            alphabet = rng.choice(ALPHABETS)
            parts.append("".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 8))))
        elif kind < 7:
            parts.append(rng.choice(WORDS))
        elif kind < 8 and special:
            parts.append(rng.choice(special))
        elif kind < 9:
            scalars = (rng.randrange(0x110000) if rng.randrange(4) == 0 else rng.randrange(0x3100) for _ in range(3))
            parts.append("".join(chr(s) for s in scalars if not 0xD800 <= s < 0xE000))
        else:
            parts.append(rng.choice(["a", " ", "\n", "é", "中"]) * rng.randrange(1, 70))
        if rng.randrange(2):
            parts.append(" ")
    return "".join(parts)


def load(path):
    with (gzip.open(path, "rt", encoding="utf-8") if path.endswith(".gz") else open(path, encoding="utf-8")) as file:
        tokenizer = Tokenizer.from_str(file.read())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def write_texts(texts):
    file = tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8")
    for text in texts:
        file.write(json.dumps(text) + "\n")
    file.flush()
    return file


def fuzz(arguments):
    differences = 0
    for path in arguments.tokenizers:
        tokenizer = load(path)
        special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
        rng = random.Random(arguments.seed)
        texts = [random_text(rng, special) for _ in range(arguments.texts)]
        found = 0
        with write_texts(texts) as file:
            command = [arguments.program, "encode", path, file.name]
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
                for text, line in zip(texts, process.stdout):
                    ours = json.loads(line)
                    ids = tokenizer.encode(text).ids
                    theirs = {
                        "ids": ids, "plain": tokenizer.encode(text, add_special_tokens=False).ids,
                        "decoded": tokenizer.decode(ids), "decoded_all": tokenizer.decode(ids, skip_special_tokens=False)}
                    if ours != theirs:
                        found += 1
                        if found <= arguments.show:
                            key = next(key for key in theirs if ours[key] != theirs[key])
                            print(f"{path}: {text!r}\n  {key}: tune {ours[key]!r}\n  tokenizers {theirs[key]!r}")
                            if key != "decoded":
                                for tokens in (ours["plain"], theirs["plain"]):
                                    print("   ", [tokenizer.id_to_token(token) for token in tokens])
            if process.returncode != 0:
                sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
        print(f"{path}: {found} differences in {len(texts)} texts", flush=True)
        differences += found
    return differences


def prose(megabytes, words, seed):
    """Texts of some hundred words whose frequencies fall as those of language do, `megabytes` in all."""
    rng = random.Random(seed)
    weights = [1 / (rank + 10) for rank in range(len(words))]
    texts, size = [], 0
    while size < megabytes * 1_000_000:
        chosen = rng.choices(words, weights, k=rng.randrange(20, 400))
        text = " ".join(word + rng.choice(["", "", "", "", "", "", ",", ".", "\n"]) for word in chosen)
        texts.append(text)
        size += len(text.encode())
    return texts


def corpora(megabytes, english):
    with (gzip.open(english, "rt", encoding="utf-8") if english.endswith(".gz") else open(english, encoding="utf-8")) as file:
        text = file.read()
    documents = [text[start:start + 2000] for start in range(0, len(text), 2000)]
    repeats = int(megabytes * 1_000_000 / len(text.encode())) + 1
    rng = random.Random(3)
    mixed = ["".join(rng.choice(alphabet) for _ in range(rng.randrange(1, 9))) for alphabet in ALPHABETS[6:20]
             for _ in range(700)] + WORDS * 20
    rng.shuffle(mixed)
    return {"English": documents * repeats, "mixed": prose(megabytes, mixed, 4)}


def speed(arguments):
    for name, texts in corpora(arguments.megabytes, arguments.english).items():
        size = sum(len(text.encode()) for text in texts) / 1e6
        with write_texts(texts) as file:
            for path in arguments.tokenizers:
                tokenizer = load(path)
                ours, theirs = [], []
                for _ in range(arguments.rounds):
                    command = [arguments.program, "time", path, file.name]
                    row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
                    ours.append(row["seconds"])
                    start = time.perf_counter()
                    encodings = tokenizer.encode_batch_fast(texts)
                    theirs.append(time.perf_counter() - start)
                    count = sum(len(encoding.ids) for encoding in encodings)
                    if count != row["tokens"]:
                        sys.exit(f"{path}: tune has {row['tokens']} tokens of {name}, tokenizers {count}")
                ratio = statistics.median(b / a for a, b in zip(ours, theirs))
                print(f"{name:8} {path}: tune {size / statistics.median(ours):.1f} MB/s, "
                      f"tokenizers {size / statistics.median(theirs):.1f} MB/s, ratio {ratio:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["fuzz", "speed"])
    parser.add_argument("program")
    parser.add_argument("tokenizers", nargs="+")
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3, help="differences to print of each tokenizer")
    parser.add_argument("--megabytes", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--english", help="a file of English text, also gzipped")
    arguments = parser.parse_args()
    if arguments.task == "speed":
        if not arguments.english:
            parser.error("speed needs --english FILE")
        speed(arguments)
    elif fuzz(arguments):
        sys.exit(1)


if __name__ == "__main__":
    main()
