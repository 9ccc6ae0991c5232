"""Scores of BM25 by bm25s 0.3.16, method "lucene", for texts of made words.

    pip install bm25s==0.3.16 && python3 Tests/Fixtures/retrieval/make_retrieval.py
"""
import json
import pathlib
import random

import bm25s

HERE = pathlib.Path(__file__).parent


def main() -> None:
    random.seed(7)
    words = [a + b for a in "bdfgklmnprst" for b in ("a", "e", "ino", "ou")]
    cases = []
    for saturation, length_weight in [(1.2, 0.75), (0.9, 0.4), (2.0, 0.0)]:
        texts = [random.choices(words, k=random.randint(1, 30)) for _ in range(25)]
        queries = [random.choices(words, k=random.randint(1, 8)) for _ in range(6)]
        index = bm25s.BM25(method="lucene", k1=saturation, b=length_weight, dtype="float64")
        index.index(texts, show_progress=False)
        scores = [index.get_scores(sorted(set(query))) for query in queries]
        cases.append({
            "saturation": saturation, "length_weight": length_weight, "texts": [" ".join(text) for text in texts],
            "queries": [" ".join(query) for query in queries],
            "scores": [[round(float(value), 9) for value in row] for row in scores],
        })
    (HERE / "bm25.json").write_text(json.dumps(cases) + "\n")


main()
