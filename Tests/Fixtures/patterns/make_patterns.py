#!/usr/bin/env python3
"""Writes what CPython's re finds: one JSON object a line with a pattern, a text, and the spans of every match and its groups.

    python3 Tests/Fixtures/patterns/make_patterns.py        (made with CPython 3.11.7)
"""
import json
import pathlib
import random
import re

WRITTEN = [
    (r"#### (\-?[0-9\.\,]+)", "so 4 + 5 = 9\n#### 1,234.5 and #### -7."),
    (r"(-?[$0-9.,]{2,})|(-?[0-9]+)", "I paid $3.50, then 7, then -12 and 1,000."),
    (r"(?s).*#### ", "a\nb #### c\n#### d"),
    (r"(?i)\b(true|FALSE)\b", "True, untrue, false; TRUE"),
    (r"\.$", "it ends."),
    (r"\[.*?\]", "[a] and [b]] c"),
    (r"a*", "baac"),
    (r"(a|ab)(c|bcd)(d*)", "abcd abcdd"),
    (r"(?:x(y)?)+", "xyxxy"),
    (r"\s*([A-D])\)?", " B) or C"),
    (r"(a+?)(a*)", "aaaa"),
    (r"[^\W\d_]+", "naïve 3 mots_ici"),
    (r"^\s+|\s+$", "  both sides \n"),
    (r"(\d{1,3})(,\d{3})*", "1,234,567 and 12"),
    (r"\.$", "it ends.\n"),
    (r"(?<=the answer is )(.*)(?=.)", "So the answer is (B).\nIf not, the answer is 3.5.\nQ: the answer is x"),
    (r"((?<=The answer is )(.*)(?=.)|(?<=the answer is )(.*)(?=.)|(?<=The answer: )(.*)(?=.))", "The answer: yes.\n"),
    ("(?<= )([\" \\[\\(<{}>\\)\\]]+)|([\" \\[\\(<{}>\\)\\]]+)", "so: ) ] is\n > }"),
    (r"(?<!\d)\d{2}(?!\d)", "12 345 67"),
    (r"(?i)(?<=ab)c", "ABc abC xc"),
]

AROUND = ["(?=a)", "(?!b)", "(?<=a)", "(?<!ab)", "(?<=[ab]c)", r"(?=\w.)", "(?!c)", "$", "^"]


def pattern(rng, depth=0):
    kind = rng.randrange(8 if depth < 3 else 3)
    if kind < 3:
        return rng.choice(["a", "b", "c", ".", "[ab]", "[^a]", r"\w", r"\b"])
    if kind == 3:
        return f"({pattern(rng, depth + 1)})"
    if kind == 4:
        return f"(?:{pattern(rng, depth + 1)}|{pattern(rng, depth + 1)})"
    if kind == 5:
        return pattern(rng, depth + 1) + pattern(rng, depth + 1)
    # What is repeated is never empty: what groups keep of empty turns differs between engines.
    atom = rng.choice(["a", "b", ".", "[bc]", "(ab)", "(?:a|b)", "(a|bc)", r"(\w)"])
    return atom + rng.choice(["*", "+", "?", "{2}", "{1,2}", "{0,3}"]) + rng.choice(["", "", "?"])


def main():
    rng = random.Random(1)
    cases = WRITTEN + [(pattern(rng), "".join(rng.choice("aabbc ") for _ in range(rng.randrange(12)))) for _ in range(400)]
    for _ in range(200):
        parts = [pattern(rng), rng.choice(AROUND), pattern(rng), rng.choice(AROUND)]
        cases.append(("".join(rng.sample(parts, rng.randint(2, 4))),
                      "".join(rng.choice("aabbc ") for _ in range(rng.randrange(12))) + rng.choice(["", "\n"])))
    lines = []
    for expression, text in cases:
        spans = [[list(m.span(g)) if m.span(g) != (-1, -1) else None for g in range(m.re.groups + 1)]
                 for m in re.finditer(expression, text)]
        lines.append(json.dumps({"pattern": expression, "text": text, "matches": spans}) + "\n")
    (pathlib.Path(__file__).parent / "matches.jsonl").write_text("".join(lines))


if __name__ == "__main__":
    main()
