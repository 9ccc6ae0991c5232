"""Makes the goldens of Tests/DatasetsTests/Cleaning: minhash.json, contamination.json, lengths.json.

Python 3.11 (unicodedata 14.0), numpy 2.4.6. Run in this folder: python3 make_cleaning.py
- minhash.json: pairs of texts, the exact Jaccard similarity of their sets of shingles, and signatures by a second
  implementation of the sketch (Dahlgaard, Knudsen and Thorup 2017) in numpy.
- contamination.json: texts and whether lm-evaluation-harness' rule (lm_eval/decontamination/janitor.py: lower case,
  string.punctuation deleted, split at white space, 13-grams) finds them contaminated.
- lengths.json: modified z-scores of log2(1 + length) by numpy's median.
"""

import json
import random
import string
import unicodedata

import numpy as np

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15
PIECES = "the a river Mountain weather report 3 17 Émile straße ΑΘΗΝΑ Москва won't well-known e-mail 東京 こんにちは 한국어 हिन्दी naïve x snake_case".split()


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def mix_array(z):
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def stands_alone(code):
    return any(a <= code <= b for a, b in [(0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)])


def words_of(text):
    words, current = [], ""
    for character in text:
        category = unicodedata.category(character)
        if category == "Cf":
            continue
        if category[0] not in "LMN":
            words.append(current)
            current = ""
        elif stands_alone(ord(character)):
            words += [current, character]
            current = ""
        else:
            lower = character.lower()
            current += lower if len(lower) == 1 else character
    return [word for word in words + [current] if word]


def word_hash(word):
    data = word.encode("utf-8")
    value = len(data)
    whole = len(data) // 8 * 8
    for start in range(0, whole, 8):
        value = mix((value * GOLDEN & MASK) ^ int.from_bytes(data[start : start + 8], "little"))
    return mix((value * GOLDEN & MASK) ^ int.from_bytes(data[whole:], "little"))


def run_hash(words):
    total = 0
    for word in words:
        total = (total * GOLDEN + word_hash(word)) & MASK
    return mix((total + len(words)) & MASK)


def shingles_of(text, length=3):
    words = words_of(text)
    length = min(length, len(words))
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}


def signature(shingles, count=128):
    hashes = np.array([run_hash(shingle) for shingle in shingles], dtype=np.uint64)
    low = np.uint64((1 << 56) - 1)
    minima = [None] * count
    for turn in range(2 * count):
        if None not in minima:
            break
        mixed = mix_array(hashes ^ np.uint64(mix(turn + 1)))
        if turn < count:
            bins, values = (mixed >> np.uint64(57)).astype(int), mixed & low
            empty = [b for b in range(count) if minima[b] is None]
            for b in empty:
                if (bins == b).any():
                    minima[b] = int(values[bins == b].min())
        elif minima[turn - count] is None:
            minima[turn - count] = int((mixed & low).min())
    return bytes(value & 255 for value in minima)


def jaccard(a, b):
    return len(a & b) / len(a | b)


def minhash_cases(rng):
    cases = []
    for index in range(60):
        length = rng.choice([1, 2, 3, 5, 12, 40, 100, 300])
        words = [rng.choice(PIECES) if index % 2 else "w%d" % rng.randrange(400) for _ in range(length)]
        other = list(words)
        for _ in range(rng.randrange(0, 1 + length // 10 + 1)):
            other[rng.randrange(length)] = "changed%d" % rng.randrange(50)
        a, b = " ".join(words), ", ".join(other).upper()
        shingles_a, shingles_b = shingles_of(a), shingles_of(b)
        first, second = signature(shingles_a), signature(shingles_b)
        equal = sum(x == y for x, y in zip(first, second))
        cases.append({"a": a, "b": b, "jaccard": jaccard(shingles_a, shingles_b), "signature": first.hex(), "estimate": max(0, (equal / 128 - 1 / 256) / (1 - 1 / 256))})
    return cases


TABLE = str.maketrans(string.ascii_lowercase + string.ascii_uppercase, string.ascii_lowercase * 2, string.punctuation)


def janitor_ngrams(text, n):
    tokens = text.translate(TABLE).split()
    return {tuple(tokens[start : start + n]) for start in range(len(tokens) - n + 1)}


def contamination_cases(rng):
    words = [word + mark for word in ["alpha", "Beta", "don't", "well-known", "x", "42", "(see", "end", "it's", "A"] for mark in ["", "", ",", ".", "!)"]]
    benchmarks = [" ".join(rng.choice(words) for _ in range(rng.randrange(13, 60))) for _ in range(20)]
    grams = set().union(*(janitor_ngrams(text, 13) for text in benchmarks))
    texts = []
    for index in range(120):
        source = rng.choice(benchmarks).split()
        length = rng.randrange(8, 20)
        start = rng.randrange(0, max(1, len(source) - length))
        piece = source[start : start + length]
        if index % 3 == 1:
            piece = [word.upper() + rng.choice(["", "?", "--"]) for word in piece]
        if index % 3 == 2:
            piece[rng.randrange(len(piece))] = "other"
        around = [[rng.choice(words) for _ in range(rng.randrange(0, 20))] for _ in range(2)]
        text = "  ".join(around[0] + piece + around[1])
        texts.append({"text": text, "contaminated": bool(janitor_ngrams(text, 13) & grams)})
    return {"benchmarks": benchmarks, "texts": texts}


def length_cases(rng):
    cases = []
    for spread in (0.2, 1.0, 2.0):
        lengths = [int(2 ** rng.gauss(8, spread)) for _ in range(500)] + [1, 10**6]
        logs = np.log2(1 + np.array(lengths))
        median = np.median(logs)
        scores = 0.6745 * (logs - median) / np.median(np.abs(logs - median))
        cases.append({"lengths": lengths, "scores": [round(float(score), 4) for score in scores]})
    return cases


def main():
    rng = random.Random(7)
    for name, cases in [("minhash", minhash_cases(rng)), ("contamination", contamination_cases(rng)), ("lengths", length_cases(rng))]:
        with open(name + ".json", "w", encoding="utf-8") as file:
            json.dump(cases, file, ensure_ascii=False, indent=0 if name != "lengths" else None)
            file.write("\n")


main()
