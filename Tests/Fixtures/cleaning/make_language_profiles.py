"""Makes Sources/Datasets/Cleaning/Findings/LanguageProfiles.swift from languages.txt.

Python 3.11, nothing else. Run in this folder: python3 make_language_profiles.py
A profile is the most frequent trigrams of a language's words (with a space on both sides, lower case), in falling order
of frequency and cut into steps of one bit: how many have -log2 of their share below 6, 7, 8 and so on.
"""

import math
import re
from collections import Counter

MOST = 500
FIRST_STEP, LAST_STEP = 6, 12
NAMES = {
    "en": "english", "de": "german", "fr": "french", "es": "spanish", "it": "italian", "pt": "portuguese", "nl": "dutch",
    "sv": "swedish", "da": "danish", "no": "norwegian", "fi": "finnish", "pl": "polish", "cs": "czech", "tr": "turkish",
    "vi": "vietnamese", "id": "indonesian", "ru": "russian", "uk": "ukrainian",
}  # fmt: skip
OUTPUT = "../../../Sources/Datasets/Cleaning/Findings/LanguageProfiles.swift"


def trigrams(text):
    counts = Counter()
    for word in re.findall(r"[^\W\d_]+", text.lower()):
        padded = f" {word} "
        for start in range(len(padded) - 2):
            counts[padded[start : start + 3]] += 1
    return counts


def profile(text):
    counts = trigrams(text)
    total = sum(counts.values())
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST]
    bits = [-math.log2(count / total) for _, count in ranked]
    steps = [sum(value < step for value in bits) for step in range(FIRST_STEP, LAST_STEP)]
    return "".join(gram for gram, _ in ranked), steps + [len(ranked)]


def literal(text, width=102):
    # Spaces as "_": they would be lost at the ends of lines.
    text = text.replace(" ", "_")
    return "\n".join("        " + text[start : start + width] + "\\" for start in range(0, len(text), width))[:-1]


def main():
    sections = {}
    for line in open("languages.txt", encoding="utf-8"):
        if line.startswith("["):
            code = line.strip()[1:-1]
        elif not line.startswith("#"):
            sections[code] = sections.get(code, "") + line
    out = [
        "// Written by Tests/Fixtures/cleaning/make_language_profiles.py from languages.txt beside it; not by hand.",
        "",
        "/// The frequent trigrams of a language's words, most frequent first, `_` for the edge of a word.",
        "struct LanguageProfile: Sendable {",
        "  let language: Language",
        f"  /// How many trigrams have less than {FIRST_STEP}, {FIRST_STEP + 1}, ... bits, -log2 of their share.",
        "  let steps: [Int]",
        "  let trigrams: String",
        "",
        f"  static let firstBits = {FIRST_STEP}",
        "",
    ]
    for name, codes in [("latin", [c for c in sections if c not in ("ru", "uk")]), ("cyrillic", ["ru", "uk"])]:
        out.append(f"  static let {name}: [LanguageProfile] = [")
        for code in codes:
            grams, steps = profile(sections[code])
            out.append(f'    LanguageProfile(\n      language: .{NAMES[code]}, steps: {steps},\n      trigrams: """')
            out.append(literal(grams))
            out.append('        """),')
        out.append("  ]\n")
    out[-1] = "  ]"
    out.append("}")
    open(OUTPUT, "w", encoding="utf-8").write("\n".join(out) + "\n")


main()
