"""Corpus scores of real systems: WMT17 English-German, and DialogSum's BART baseline against its three references.

    pip install rouge-score==0.1.2 sacrebleu==2.6.0
    python3 Tests/Interop/check_published_scores.py TUNE --data ../shared/data

WMT17's scores are stored beside its texts (sacreBLEU 2.6.0); BART's are computed here by rouge_score, whose `score_multi`
takes the best reference of each summary, and by sacreBLEU.
"""
import argparse
import csv
import gzip
import json
import pathlib
import subprocess
import tempfile

import sacrebleu
from rouge_score import rouge_scorer

TOLERANCE = 1e-9


def tune_scores(tune: str, metric: str, *files: str, flags: tuple = ()) -> dict:
    command = [tune, "score", "--metric", metric, "--bootstrap-samples", "0", "--json", "--quiet", *flags, *files]
    scores = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["scores"]
    return {name: entry["score"] for name, entry in scores.items()}


def unpacked(path: pathlib.Path, folder: str) -> str:
    target = pathlib.Path(folder) / path.name.removesuffix(".gz")
    target.write_bytes(gzip.decompress(path.read_bytes()))
    return str(target)


def check_wmt(tune: str, data: pathlib.Path, folder: str) -> float:
    reference = unpacked(data / "reference.txt.gz", folder)
    rows = [line for line in (data / "EXPECTED.tsv").read_text().splitlines() if not line.startswith("#")]
    worst, systems = 0.0, list(csv.DictReader(rows, delimiter="\t"))
    assert len(systems) == 16, "16 systems took part"
    for row in systems:
        own = tune_scores(tune, "bleu,chrf,ter", unpacked(data / f"{row['system']}.txt.gz", folder), reference)
        expected = {"bleu": row["BLEU"], "chrf": row["chrF2"], "ter": row["TER"]}
        differences = {name: abs(own[name] - float(value)) for name, value in expected.items()}
        worst = max(worst, *differences.values())
        print(f"{row['system']:45} {max(differences.values()):.1e} " + " ".join(f"{name} {own[name]:.4f}" for name in expected))
    return worst


def check_bart(tune: str, data: pathlib.Path, folder: str) -> float:
    summaries = (data / "metrics/dialogsum-baseline/test_output.txt").read_text().split("\n")
    with gzip.open(data / "dialogsum/dialogsum.test.jsonl.gz", "rt") as file:
        records = [json.loads(line) for line in file]
    assert len(summaries) == len(records) == 500, "500 summaries for 500 dialogues"
    references = [[record[f"summary{number}"] for number in (1, 2, 3)] for record in records]
    path = pathlib.Path(folder) / "bart.jsonl"
    path.write_text("".join(
        json.dumps({"prediction": summary, "references": own}) + "\n" for summary, own in zip(summaries, references)))
    worst = 0.0
    for stemmer in (False, True):
        kinds = ["rouge1", "rouge2", "rougeL"]
        scorer = rouge_scorer.RougeScorer(kinds, use_stemmer=stemmer)
        found = [scorer.score_multi(own, summary) for summary, own in zip(summaries, references)]
        expected = {kind: sum(score[kind].fmeasure for score in found) / len(found) for kind in kinds}
        own = tune_scores(tune, "rouge", str(path), flags=("--use-stemmer",) if stemmer else ())
        worst = max(worst, *(abs(own[kind] - expected[kind]) for kind in kinds))
        print(f"BART, stemmer {'on' if stemmer else 'off'}: " + " ".join(f"{kind} {own[kind]:.4f}" for kind in kinds))
    own = tune_scores(tune, "bleu", str(path))["bleu"]
    expected = sacrebleu.corpus_bleu(summaries, [list(column) for column in zip(*references)]).score
    print(f"BART, three references: bleu {own:.4f}")
    return max(worst, abs(own - expected))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tune")
    parser.add_argument("--data", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        worst = max(
            check_wmt(arguments.tune, arguments.data / "wmt17-ende", folder),
            check_bart(arguments.tune, arguments.data, folder))
    print(f"largest difference: {worst:.1e}")
    # EXPECTED.tsv has ten decimals.
    assert worst < TOLERANCE, f"scores differ by {worst}"


main()
