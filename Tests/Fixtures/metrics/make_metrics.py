#!/usr/bin/env python3
"""Writes the golden values of the text metrics: one JSON object a line, one file a family.

    python3 -m venv venv
    venv/bin/pip install rouge-score==0.1.2 nltk==3.10.4 numpy==2.4.6 sacrebleu==2.6.0 regex==2026.11.15
    venv/bin/python Tests/Fixtures/metrics/make_metrics.py

Every text below is written for this file.
"""
import json
import pathlib
import random

import numpy
from nltk.stem.porter import PorterStemmer
from rouge_score import rouge_scorer, scoring, tokenize
from sacrebleu.metrics import BLEU
from sacrebleu.metrics.bleu import _get_tokenizer

HERE = pathlib.Path(__file__).parent

SENTENCES = [
    "The baker opened her shop before sunrise and lit the two old ovens.",
    "By noon, 1,250 loaves (and 30.5 kg of rolls) had been sold!",
    "Nobody could explain why the relational database kept forgetting its hopeful owners.",
    "\"Don't worry,\" said the engineer, \"it's only a well-known time-out.\"",
    "Prices rose from $3.99 to €4.50 in 2019-2021, i.e. by about 12%.",
    "A conditional agreement was generalized; the negotiators were dying to sleep.",
    "Skies cleared, news travelled, and the innings ended at 5-6.",
    "He said &quot;yes&quot; &amp; left &lt;quickly&gt;.",
    "Το ΟΔΟΣ ΣΟΦΙΑΣ café naïve ÅNGSTRÖM İstanbul 300 K",
    "我们今天在图书馆学习了3个小时，然后去吃饭。",
    "昨日は雨だったので、家で本を読みました。",
    "the the the cat cat sat on on the mat mat .",
    "first line here\nsecond line there\nthird line, nearly the same as the first line here",
    "second line there\nfirst line here\n\n...\nanother line",
    "Temperatures fell to −12 °C … “unusual”, they wrote — twice.",
    "1990.",
    "x",
    "",
    "   \t ",
    "e\u0301tude étude E\u0301TUDE ½ Ⅳ ² 🎉🎉 a\u200bb\u00a0c\u3000d",
    "end-\nof-line hyphen <skipped> and 7-eleven, v2.0,a.b",
]

WORDS = """skies dying news innings howe proceed sky dies tied cries caresses ponies caress cats agreed feed plastered
bled motoring sing conflated troubled sized hopping tanned falling hissing fizzed failing filing happy say enjoyment
relational conditional rational valenci hesitanci digitizer conformabli radicalli differentli vileli analogousli
vietnamization predication operator feudalism decisiveness hopefulness callousness formaliti sensitiviti sensibiliti
hopefully fundamentally totally geology analogi triplicate formative formalize electriciti electrical goodness revival
allowance inference airliner gyroscopic adjustable defensible irritant replacement adjustment dependent adoption
homologou communism activate angulariti homologous effective bowdlerize probate rate cease controll roll yes by eye
yellow syzygy a be toy employed employing 3rd 1980s mp3s café ångström Running OWED died lied ably owing eed bing""".split()


def mangled(text, rng):
    """The text with words dropped, doubled, swapped or changed in case."""
    words = text.split(" ")
    for _ in range(rng.randint(0, 1 + len(words) // 3)):
        i = rng.randrange(len(words))
        kind = rng.randrange(5)
        if kind == 0:
            words.insert(i, words[i])
        elif kind == 1:
            words[i] = words[i].upper()
        elif kind == 2 and len(words) > 1:
            words.pop(i)
        elif kind == 3:
            j = rng.randrange(len(words))
            words[i], words[j] = words[j], words[i]
        else:
            words[i] = rng.choice(WORDS)
    return " ".join(words)


def pair(rng, most_references):
    reference = rng.choice(SENTENCES)
    if rng.random() < 0.4:
        reference += rng.choice([" ", "\n"]) + rng.choice(SENTENCES)
    references = [reference]
    while len(references) < most_references and rng.random() < 0.6:
        references.append(mangled(rng.choice([reference, rng.choice(SENTENCES)]), rng))
    return mangled(reference, rng), references


def write(name, rows):
    text = "".join(json.dumps(row, ensure_ascii=True) + "\n" for row in rows)
    (HERE / f"{name}.jsonl").write_text(text)
    print(name, len(rows), len(text))


def as_dict(score):
    return {"precision": float(score.precision), "recall": float(score.recall), "fmeasure": float(score.fmeasure)}


def rouge():
    rng = random.Random(1)
    rows = []
    types = ["rouge1", "rouge2", "rouge4", "rougeL", "rougeLsum"]
    long = " ".join(rng.choice("a b c d e f g".split()) for _ in range(700))
    pairs = [pair(rng, 4) for _ in range(70)] + [(mangled(long, rng), [long, long[300:] + long[:300]])]
    for number, (hypothesis, references) in enumerate(pairs):
        stem = number % 2 == 0
        scorer = rouge_scorer.RougeScorer(types, use_stemmer=stem)
        scores = scorer.score_multi(references, hypothesis)
        rows.append({"options": {"rouge_types": types, "use_stemmer": stem}, "hypotheses": [hypothesis],
                     "references": [references], "expected": {t: as_dict(s) for t, s in scores.items()}})
    write("rouge", rows)


def rouge_tokenize():
    stemmer = PorterStemmer()
    rows = []
    for text in SENTENCES + [" ".join(WORDS)]:
        for stem in (False, True):
            tokens = tokenize.tokenize(text, stemmer if stem else None)
            rows.append({"options": {"use_stemmer": stem}, "hypotheses": [text], "expected": {"tokens": tokens}})
    write("rouge_tokenize", rows)


def porter():
    stemmer = PorterStemmer()
    suffixes = ["", "s", "ed", "ing", "ational", "fulli", "alli", "logi", "ement", "ion", "izer", "ness", "ied", "ll",
                "e"]
    words = WORDS + [base + suffix for base in ("hop", "tro", "y", "gen", "abst", "lly", "sky") for suffix in suffixes]
    write("porter", [{"hypotheses": words, "expected": {"stems": [stemmer.stem(word) for word in words]}}])


def rouge_bootstrap():
    rng = random.Random(2)
    rows = []
    for number, (seed, samples, confidence) in enumerate(
            [(0, 1000, 0.95), (42, 100, 0.9), (4294967295, 10, 0.5), (7, 1, 0.95), (3, 100, 1.0), (3, 100, 0.0)]):
        types = ["rouge1", "rougeL", "rougeLsum"]
        pairs = [pair(rng, 1) for _ in range([17, 5, 1, 3, 8, 8][number])]
        scorer = rouge_scorer.RougeScorer(types, use_stemmer=False)
        aggregator = scoring.BootstrapAggregator(confidence_interval=confidence, n_samples=samples)
        scores = [scorer.score(references[0], hypothesis) for hypothesis, references in pairs]
        for score in scores:
            aggregator.add_scores(score)
        numpy.random.seed(seed)
        result = aggregator.aggregate()
        means = {t: as_dict(scoring.Score(*[sum(s[t][k] for s in scores) / len(scores) for k in range(3)]))
                 for t in types}
        rows.append({
            "options": {"rouge_types": types, "use_stemmer": False, "confidence_interval": confidence,
                        "n_samples": samples, "numpy_legacy_seed": seed},
            "hypotheses": [h for h, _ in pairs], "references": [r for _, r in pairs],
            "expected": {"aggregate": {t: {"low": as_dict(a.low), "mid": as_dict(a.mid), "high": as_dict(a.high)}
                                       for t, a in result.items()}, "plain_mean": means}})
    write("rouge_bootstrap", rows)


def bleu_row(options, hypotheses, references, score, metric):
    signature = metric.get_signature()
    return {"options": options, "hypotheses": hypotheses, "references": references, "expected": {
        "score": score.score, "counts": list(score.counts), "totals": list(score.totals),
        "precisions": score.precisions, "bp": score.bp, "sys_len": score.sys_len, "ref_len": score.ref_len,
        "signature": signature.format(), "signature_short": signature.format(short=True), "text": str(score)}}


def bleu_options(rng):
    method = rng.choice(["exp", "exp", "floor", "add-k", "none"])
    return {"tokenize": rng.choice(["13a", "13a", "intl", "zh", "char", "none"]), "lowercase": rng.random() < 0.3,
            "smooth_method": method,
            "smooth_value": rng.choice([None, 0.5, 2, 0.0]) if method in ("floor", "add-k") else None,
            "max_ngram_order": rng.choice([4, 4, 4, 2, 6]), "effective_order": rng.random() < 0.5}


def bleu_corpus():
    rng = random.Random(3)
    rows = []
    for _ in range(40):
        options = bleu_options(rng)
        metric = BLEU(**options)
        pairs = [pair(rng, 3) for _ in range(rng.randint(1, 6))]
        most = max(len(references) for _, references in pairs)
        streams = [[r[k] if k < len(r) else None for _, r in pairs] for k in range(most)]
        hypotheses = [h for h, _ in pairs]
        score = metric.corpus_score(hypotheses, streams)
        rows.append(bleu_row(options, hypotheses, [r for _, r in pairs], score, metric))
    write("bleu_corpus", rows)


def bleu_sentence():
    rng = random.Random(4)
    rows = []
    for _ in range(80):
        options = bleu_options(rng)
        metric = BLEU(**options)
        hypothesis, references = pair(rng, 3)
        score = metric.sentence_score(hypothesis, references)
        rows.append(bleu_row(options, [hypothesis], [references], score, metric))
    write("bleu_sentence", rows)


def sacrebleu_tokenize():
    alphabet = list("a1.,-& /'\"\n~^`") + [
        "é", "½", "，", "。", "中", "“", "…", "€", "\u0301", "Ⅳ", "𠀀", "&lt;", "<skipped>"]
    rng = random.Random(5)
    texts = SENTENCES + ["".join(rng.choice(alphabet) for _ in range(rng.randint(1, 24))) for _ in range(120)]
    names = ["13a", "intl", "char", "zh", "none"]
    write("sacrebleu_tokenize", [
        {"hypotheses": [text], "expected": {name: _get_tokenizer(name)()(text.rstrip()) for name in names}}
        for text in texts])


def python_str():
    texts = SENTENCES + [
        "ΣΑΣ", "Σ", "ΑΣ'", "ΑΣ'Α", "Α\u0301Σ", "Α.Σ", "ΑΣ:", "1Σ", "\u212a\u212b\u0130ẞ", "\x1ca\x1fb\x85c\u180ed"]
    write("python_str", [
        {"hypotheses": [text], "expected": {"lower": text.lower(), "split": text.split(), "strip": text.strip(),
                                            "rstrip": text.rstrip()}} for text in texts])


def rng():
    rows = []
    for seed in (0, 7, 4294967295):
        state = numpy.random.RandomState(seed)
        words = [int(value) for value in state.randint(0, 2**32, size=8, dtype=numpy.uint64)]
        choices = {}
        for bound in (1, 2, 3, 10, 64, 65, 1000):
            state = numpy.random.RandomState(seed)
            choices[str(bound)] = [state.choice(numpy.arange(bound), size=7).tolist() for _ in range(3)]
        rows.append({"metric": "numpy_legacy_mt19937", "options": {"seed": str(seed)},
                     "expected": {"mt19937_u32": words, "choice_arange": choices}})
    write("rng", rows)


if __name__ == "__main__":
    for make in (rouge, rouge_tokenize, porter, rouge_bootstrap, bleu_corpus, bleu_sentence, sacrebleu_tokenize,
                 python_str, rng):
        make()
