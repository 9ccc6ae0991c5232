"""What the peers share: the form of their reports, the way they are driven, and a text to work on.

A peer is a session: `head` (who it is), `step()` (one unit of work, as a dictionary with `seconds` and `tokens`) and
`summary(records)` (what only this peer reports). It runs `--steps` steps and prints one JSON object, or, with
`--serve`, answers every line "step" on standard input with one JSON line, so that a harness can take turns between two
processes that have their models loaded and sleep while the other works.
"""

import argparse
import json
import os
import re
import resource
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def sample_text():
    """The dialogues of the repository's own data set: English prose of about 115,000 tokens."""
    with open(REPOSITORY / "Datasets" / "dialogues.jsonl", encoding="utf-8") as file:
        return "\n\n".join(json.loads(line)["dialogue"] for line in file)


def peak_rss_bytes():
    """The largest resident size of this process so far.

    Linux: VmHWM, because getrusage also counts what the process held before its program was loaded, a copy of the
    starting process.
    """
    try:
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE).group(1)) * 1024
    except (OSError, AttributeError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def parser(description, steps, step_is):
    """A parser with the options that all peers have; `step_is` says what one step does."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--threads", type=positive, default=os.cpu_count())
    result.add_argument("--steps", type=positive, default=steps, help=f"{step_is}; the first warms up and is not timed")
    result.add_argument("--serve", action="store_true", help='run a step for each line "step" on standard input')
    return result


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is too small; use 1 or more")
    return number


def emit(record):
    print(json.dumps(record, ensure_ascii=False), flush=True)


def timed(records):
    """All but the first step, unless there is no other."""
    return records[1:] or records


def report(session, records):
    counted = timed(records)
    seconds, tokens = sum(r["seconds"] for r in counted), sum(r["tokens"] for r in counted)
    return {
        **session.head, "steps": len(records), "seconds": seconds, "tokens": tokens,
        "tokens_per_second": tokens / seconds, "step_seconds": [r["seconds"] for r in records],
        "peak_rss_bytes": peak_rss_bytes(), **session.summary(records)}


def drive(session, arguments):
    """Runs a session to its report. With --serve: a ready line, an answer to each step, the report at "end" or EOF."""
    records = []
    if arguments.serve:
        emit({**session.head, "ready": True, "peak_rss_bytes": peak_rss_bytes()})
        for line in sys.stdin:
            command = line.strip()
            if command == "end":
                break
            if command != "step":
                sys.exit(f"unknown command {command!r}; expected step or end")
            records.append(session.step())
            emit({**records[-1], "peak_rss_bytes": peak_rss_bytes()})
    else:
        records = [session.step() for _ in range(arguments.steps)]
    if records:
        emit(report(session, records))
