"""Holds what `tune report` writes against other readers of its forms.

    check_report.py TUNE

Trains and evaluates tune's own model for a few steps with texts that would break out of a page, then
- reads the page with html5lib: no error, and only the elements that a report has;
- unpacks every PNG with zlib alone: checksums, sizes, every byte of every row, and colours of charts;
- reads every SVG as XML;
- reads the curves of `tune train --report-to tensorboard` and `tune report --tensorboard` with TensorBoard's own
  EventAccumulator: every number of metrics.jsonl must be there.
"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
import zlib

import html5lib
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
ELEMENTS = set(
    "html head meta title style body header h1 nav ul li a main section h2 h3 p strong em div table caption thead "
    "tbody tr th td figure details summary article pre code dl dt dd mark span "
    "svg desc rect line path circle text".split()
)
HOSTILE = '</pre></table><script>alert(1)</script><img src=x onerror="alert(1)">\u0001\ufffe]]><!-- &lt; \'"'
failures = []


def check(condition, text):
    if not condition:
        failures.append(text)
        print("FAILED:", text)


def tune(*arguments):
    subprocess.run([TUNE, *arguments, "--quiet"], check=True, stdout=subprocess.DEVNULL)


def check_page(path):
    parser = html5lib.HTMLParser(strict=False)
    tree = parser.parse(pathlib.Path(path).read_text(encoding="utf-8"))
    check(not parser.errors, f"{path}: {parser.errors[:3]}")
    names = set()
    for element in tree.iter():
        if not isinstance(element.tag, str):
            check(False, f"{path}: a comment")
            continue
        names.add(element.tag.split("}")[-1])
        for name in element.attrib:
            check(not name.startswith("on") and name != "src", f"{path}: attribute {name}")
    check(names <= ELEMENTS, f"{path}: elements {names - ELEMENTS}")
    print(f"{path}: {sum(1 for _ in tree.iter())} elements of {len(names)} kinds, no error")


def check_png(path):
    data = path.read_bytes()
    check(data[:8] == b"\x89PNG\r\n\x1a\n", f"{path}: signature")
    place, chunks = 8, []
    while place < len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        body = data[place + 4 : place + 8 + length]
        (checksum,) = struct.unpack(">I", data[place + 8 + length : place + 12 + length])
        check(zlib.crc32(body) == checksum, f"{path}: checksum of {body[:4]}")
        chunks.append((body[:4], body[4:]))
        place += 12 + length
    check([name for name, _ in chunks] == [b"IHDR", b"IDAT", b"IEND"], f"{path}: chunks")
    width, height, depth, kind, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    check((depth, kind, rest) == (8, 2, [0, 0, 0]), f"{path}: header")
    pixels = zlib.decompress(chunks[1][1])
    check(len(pixels) == height * (3 * width + 1), f"{path}: {len(pixels)} bytes")
    rows = [pixels[row * (3 * width + 1) :][: 3 * width + 1] for row in range(height)]
    check(all(row[0] == 0 for row in rows), f"{path}: filters")
    colors = {row[place : place + 3] for row in rows for place in range(1, len(row), 3)}
    check(b"\xff\xff\xff" in colors and b"\x1f\x23\x28" in colors, f"{path}: page or ink is missing")
    return width, height, len(colors)


def check_board(folder, lines, scores):
    found = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    found.Reload()
    values = {
        (tag, event.step): event.value for tag in found.Tags()["scalars"] for event in found.Scalars(tag)
    }
    expected = {}
    for line in lines:
        for key, value in line.items():
            if key != "step":
                tag = f"eval/{key[5:]}" if key.startswith("eval_") else f"train/{key}"
                expected[tag, line["step"]] = value
    for metric, score in scores.items():
        expected[f"test/{metric}", 0] = score["base"]
        expected[f"test/{metric}", max(line["step"] for line in lines)] = score["tuned"]
    check(values.keys() == expected.keys(), f"{folder}: tags {set(values) ^ set(expected)}")
    for key, value in expected.items():
        rounded = struct.unpack("<f", struct.pack("<f", value))[0]
        check(values.get(key) == rounded, f"{folder}: {key} is {values.get(key)}, not {value}")
    print(f"{folder}: {len(values)} numbers, as TensorBoard reads them")


def main():
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        tune("prepare", str(REPOSITORY / "Datasets/dialogues.jsonl"), "--limit", "80", "--split", "0.6/0.2/0.2")
        tune("train", "--lora", "--max-steps", "6", "--eval-steps", "2", "--output", "runs/a", "--report-to", "tensorboard")
        tune("train", "--lora", "--max-steps", "3", "--output", "runs/b", "--report-to", "tensorboard", "--logging-dir", "board-b")
        tune("eval", "--rouge", "--run", "runs/a", "--limit", "6")
        lines = [json.loads(line) for line in open("runs/a/metrics.jsonl")]
        check_board("runs/a/tensorboard", lines, {})
        check_board("board-b", [json.loads(line) for line in open("runs/b/metrics.jsonl")], {})
        # Answers and settings are whatever models and people write.
        for name in ["eval/predictions.jsonl", "eval/scores.json", "run.json"]:
            path = pathlib.Path("runs/a", name)
            text = path.read_text()
            values = [json.loads(line) for line in text.splitlines()] if name.endswith("l") else [json.loads(text)]
            path.write_text("\n".join(json.dumps(poisoned(value)) for value in values) + "\n")
        tune("report", "runs/a", "runs/b", "--output", "report.html", "--charts", "charts", "--tensorboard", "board")
        check_page("report.html")
        scores = json.load(open("runs/a/eval/scores.json"))["scores"]
        check_board("board/a", lines, scores)
        pictures = sorted(pathlib.Path("charts").glob("*.png"))
        check(len(pictures) >= 4, "pictures")
        for path in pictures:
            print(path, "× ".join(map(str, check_png(path)[:2])), "pixels")
            xml.parse(path.with_suffix(".svg"))
    print("FAILED" if failures else "all agree")
    return 1 if failures else 0


def poisoned(value):
    """The value with markup behind every text, keys and paths aside."""
    if isinstance(value, dict):
        return {key: item if key in ("path", "paths", "data") else poisoned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [poisoned(item) for item in value]
    return value + HOSTILE if isinstance(value, str) else value


if __name__ == "__main__":
    TUNE = os.path.abspath(sys.argv[1])
    sys.exit(main())
