#!/usr/bin/env python3
"""Runs `tune prepare` and its Python peers in turns on the same reviews: rows/s, CPU time and peak memory.

    compare.py TUNE [--rows 100000 1000000] [--formats csv jsonl] [--rounds 3] [--work FOLDER]

Before anything is timed, the first 2,000 rows are prepared by every program, and each prompt and completion must be
what jinja2 makes of one of these rows; tune with --every-wording must give all of them, as often as jinja2 does. On
every file timed, all programs must give the same number of examples. A round runs every program once, one after the
other, in an order that changes from round to round; a ratio is the median of the rounds' ratios. Times are of whole
processes, from start to exit. Prints a table and writes everything to WORK/prepare.json.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import date
from importlib.metadata import version
from itertools import islice
from pathlib import Path

import peer_plain
from generate_reviews import write as write_reviews
from wordings import REPOSITORY, SPLITS, TEMPLATE, Wordings

HERE = Path(__file__).resolve().parent
SAMPLE_ROWS = 2_000
# tune also looks for problems in every text, which its peers do not; without that it does what they do.
ALIKE = "tune --findings none"
PEERS = {"csv/json + jinja2": "peer_plain.py", "datasets + jinja2": "peer_datasets.py"}


def run(command, output):
    """Runs a command that fills the new folder `output`; its seconds, CPU seconds and peak resident bytes."""
    shutil.rmtree(output, ignore_errors=True)
    with tempfile.NamedTemporaryFile("r") as report:
        # By /usr/bin/time: a process started from this one would count this one's memory in its own peak.
        timed = ["/usr/bin/time", "-f", "%e %U %S %M", "-o", report.name, *map(str, command)]
        result = subprocess.run(timed, capture_output=True, text=True)
        if result.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}")
        seconds, user, system, kilobytes = map(float, report.read().split())
    return {"seconds": seconds, "cpu_seconds": user + system, "peak_rss_bytes": int(kilobytes) * 1024}


def lines(output):
    for split in SPLITS:
        with open(output / f"{split}.jsonl", encoding="utf-8") as file:
            yield from file


def examples(output):
    return Counter((line["prompt"], line["completion"]) for line in map(json.loads, lines(output)))


class Bench:
    def __init__(self, arguments):
        self.tune = Path(arguments.tune).resolve()
        self.work = arguments.work.resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.rounds = arguments.rounds
        self.output = self.work / "prepared"
        self.programs = ["tune", ALIKE, *PEERS]

    def command(self, program, data, *options):
        if program in ("tune", ALIKE):
            options = [*options, *(["--findings", "none"] if program == ALIKE else [])]
            return [self.tune, "prepare", data, "--template", TEMPLATE, "--output", self.output, "--quiet", *options]
        return [sys.executable, HERE / PEERS[program], data, self.output]

    def data(self, rows, kind):
        path = self.work / f"reviews-{rows}.{kind}"
        if not path.exists():
            print(f"writing {rows} reviews", file=sys.stderr)
            write_reviews(rows, self.work, seed=1)
        return path

    # First equal …

    def check(self, kind):
        """Every program's examples of a sample against all that jinja2 renders of its distinct rows."""
        data = self.data(SAMPLE_ROWS, kind)
        wordings = Wordings()
        expected, count = Counter(), 0
        for used in {repr(used): used for used in map(wordings.used, peer_plain.records(data))}.values():
            usable = wordings.usable(used)
            count += bool(usable)
            expected.update(wording.render(used) for wording in usable)
        run(self.command("tune", data, "--every-wording"), self.output)
        self.require(examples(self.output) == expected, f"tune --every-wording and jinja2 differ on {data}")
        for program in self.programs:
            run(self.command(program, data), self.output)
            found = examples(self.output)
            self.require(found.total() == count, f"{program}: {found.total()} examples of {data}, jinja2 has {count}")
            other = next(iter(found.keys() - expected.keys()), None)
            self.require(other is None, f"{program}: jinja2 renders no row of {data} to {other}")
        return {"rows": SAMPLE_ROWS, "examples": count, "renderings": expected.total()}

    def require(self, holds, message):
        if not holds:
            sys.exit(f"{message}; the output is in {self.output}")

    # … then timed

    def compare(self, rows, kind):
        data = self.data(rows, kind)
        runs = {program: [] for program in self.programs}
        counts = {}
        for number in range(self.rounds):
            for program in self.programs if number % 2 == 0 else reversed(self.programs):
                runs[program].append(run(self.command(program, data), self.output))
                counts[program] = sum(1 for _ in lines(self.output))
                seconds = runs[program][-1]["seconds"]
                print(f"  {kind}, {rows} rows: {program} {rows / seconds:.0f} rows/s", file=sys.stderr)
        self.require(len(set(counts.values())) == 1, f"the programs differ in their number of examples: {counts}")
        size = data.stat().st_size
        return [self.entry(program, runs, rows, kind) | {"bytes": size, "examples": counts[program]}
                for program in self.programs]

    def entry(self, program, runs, rows, kind):
        own = runs[program]

        def ratio(other):
            return statistics.median(b["seconds"] / a["seconds"] for a, b in zip(runs[other], own))
        return {
            "program": program, "rows": rows, "format": kind,
            "rows_per_second": rows / statistics.median(one["seconds"] for one in own),
            "tune_ratio": ratio("tune"), "alike_ratio": ratio(ALIKE),
            "cpu_seconds": statistics.median(one["cpu_seconds"] for one in own),
            "peak_rss_bytes": max(one["peak_rss_bytes"] for one in own), "runs": own}


def processor():
    try:
        for line in open("/proc/cpuinfo", encoding="utf-8"):
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tune")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--formats", nargs="+", choices=["csv", "jsonl"], default=["csv", "jsonl"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--work", type=Path, default=REPOSITORY / ".build/bench-prepare")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    checked = {kind: bench.check(kind) for kind in arguments.formats}
    entries = [entry for rows in arguments.rows for kind in arguments.formats for entry in bench.compare(rows, kind)]
    result = {
        "date": date.today().isoformat(), "machine": processor(), "processors": len(os.sched_getaffinity(0)),
        "versions": {"python": platform.python_version()} | {name: version(name) for name in ("jinja2", "datasets")},
        "checked": checked, "entries": entries}
    (bench.work / "prepare.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"{processor()}, {result['processors']} processors, medians of {arguments.rounds} rounds; equal on "
          + ", ".join(f"{one['renderings']} renderings ({kind})" for kind, one in checked.items()) + "\n")
    print("| rows | program | rows/s | time over tune's | over tune's without findings | CPU seconds | peak memory |\n|---|---|---|---|---|---|---|")
    for entry in entries:
        print(f"| {entry['rows']:,} {entry['format']} | {entry['program']} | {entry['rows_per_second']:,.0f} | "
              f"{entry['tune_ratio']:.2f} | {entry['alike_ratio']:.2f} | {entry['cpu_seconds']:.1f} | {entry['peak_rss_bytes'] / 2**20:.0f} MB |")


if __name__ == "__main__":
    main()
