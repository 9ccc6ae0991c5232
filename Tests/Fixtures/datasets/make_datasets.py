"""Makes the goldens of DatasetsTests: readers.json, splits.json, rendering.json.

Python 3.11, jinja2 3.1.6. Run in this folder: python3 make_datasets.py
- readers.json: texts in every format with the records that Python's csv and json modules read from them.
- splits.json: an independent implementation of the split hash and what it assigns.
- rendering.json: templates rendered with jinja2 by the rules of promptsource 0.2.3 (templates.py: protect "|||" in the
  data, render, split at "|||", restore, strip; answer_choices are Jinja of their own).
"""

import base64
import csv
import gzip
import io
import json
import random

from jinja2 import BaseLoader, Environment

PIECES = ["a", "word", "zwei Wörter", "日本", "😀", ",", "\t", '"', '""', "\n", "\r\n", "\r", " ", "|||", "'", ";", "e\u0301", "5", "x=1"]


def text_of(rng, pieces):
    return "".join(rng.choice(pieces) for _ in range(rng.randrange(0, 6)))


def encoded(text, compress=False):
    data = text.encode("utf-8")
    if compress:
        data = gzip.compress(data, mtime=0)
    return base64.b64encode(data).decode("ascii")


# Python 3.11 writes a carriage return without quotes when rows end in "\n": such tables quote every field.
def delimited_case(name, delimiter, terminator, rng, bom=False, compress=False, rows=8):
    pieces = [p for p in PIECES if terminator != "\r" or p not in ("\n", "\r\n", "\r")]
    columns = ["title", "body text", "stars", "ünique"][: rng.randrange(2, 5)]
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=terminator, quoting=csv.QUOTE_ALL if terminator == "\n" else rng.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer.writerow(columns)
    for _ in range(rows):
        writer.writerow([text_of(rng, pieces) for _ in columns])
    text = out.getvalue()
    if rng.random() < 0.5:
        text = text[: -len(terminator)]
    read = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))
    extension = "tsv" if delimiter == "\t" else "csv"
    return {
        "name": f"{name}.{extension}" + (".gz" if compress else ""),
        "data": encoded(("\ufeff" if bom else "") + text, compress),
        "records": read,
    }


def value_of(rng, depth=0):
    kind = rng.randrange(8 if depth < 3 else 5)
    if kind == 0:
        return rng.choice([True, False, None])
    if kind == 1:
        return rng.randrange(-10**6, 10**6)
    if kind == 2:
        return rng.random() * 100
    if kind < 5:
        return text_of(rng, PIECES + ["\\", "{", "}", "[", "]", "\u0001", "\u2028"])
    if kind == 5:
        return [value_of(rng, depth + 1) for _ in range(rng.randrange(3))]
    return {text_of(rng, ["k", "é", '"', " "]): value_of(rng, depth + 1) for _ in range(rng.randrange(3))}


def json_cases(rng):
    cases = []
    for index in range(6):
        records = [{"id": i, "value": value_of(rng), "text": text_of(rng, PIECES)} for i in range(rng.randrange(1, 8))]
        ascii_only = rng.random() < 0.5
        lines = "".join(json.dumps(r, ensure_ascii=ascii_only) + rng.choice(["\n", "\r\n", "\n\n"]) for r in records)
        assert [json.loads(l) for l in lines.split("\n") if l.strip()] == records
        cases.append({"name": f"lines{index}.jsonl", "data": encoded(lines), "records": records})
        cases.append({"name": f"lines{index}.json.gz", "data": encoded(lines, True), "records": records})
        array = json.dumps(records, ensure_ascii=ascii_only, indent=rng.choice([None, 2, 0]))
        assert json.loads(array) == records
        cases.append({"name": f"array{index}.json", "data": encoded(array), "records": records})
    return cases


def make_readers():
    rng = random.Random(7)
    cases = []
    for index in range(5):
        for delimiter in ",\t":
            for terminator in ("\n", "\r\n", "\r"):
                cases.append(
                    delimited_case(f"table{len(cases)}", delimiter, terminator, rng, bom=index == 1, compress=index == 2)
                )
    return cases + json_cases(rng)


MASK = (1 << 64) - 1


def stable_hash(text):
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8"):
        value = ((value ^ byte) * 0x100000001B3) & MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
    return value ^ (value >> 31)


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def split_of(content, seed, train, validation):
    position = (stable_hash(f"split {seed} {content}") >> 11) * 2.0**-53
    if position < train:
        return "train"
    return "validation" if position < train + validation else "test"


def make_splits():
    rng = random.Random(11)
    records = []
    for index in range(120):
        prompt = f"Question {index}: " + text_of(rng, ["why", " ", "é", '"', "日", "\n", "\\", "\t", "\u0001"]) + "?"
        completion = f" Answer {index}."
        content = canonical({"prompt": prompt, "completion": completion})
        records.append(
            {
                "prompt": prompt,
                "completion": completion,
                "seed 42": split_of(content, 42, 0.9, 1 - 0.05 - 0.9),
                "seed 7, 0.5/0.25/0.25": split_of(content, 7, 0.5, 0.25),
            }
        )
    return records


SEPARATOR = "|||"
PROTECTOR = "3ed2dface8203c4c9dfb1a5dc58e41e0"


def protect(value):
    if isinstance(value, str):
        return value.replace(SEPARATOR, PROTECTOR)
    if isinstance(value, list):
        return [protect(v) for v in value]
    if isinstance(value, dict):
        return {k: protect(v) for k, v in value.items()}
    return value


def restore(text):
    return text.replace(PROTECTOR, SEPARATOR).strip()


def render(template, choices, fields):
    environment = Environment(loader=BaseLoader())
    variables = protect(fields)
    if choices is not None:
        rendered = environment.from_string(choices).render(**variables)
        variables["answer_choices"] = [protect(restore(c)) for c in rendered.split(SEPARATOR)]
    return [restore(part) for part in environment.from_string(template).render(**variables).split(SEPARATOR)]


def make_rendering():
    cases = [
        ("plain", "Sum up:\n\n{{ dialogue }}\n\nSummary: ||| {{ summary }}", None, {"dialogue": "A: hi\r\nB: ho", "summary": " They greet.\n"}),
        ("separator in data", "{{ dialogue }} ||| {{ summary }}", None, {"dialogue": "a ||| b |||| c", "summary": "|||"}),
        ("no trimming of blocks", "{% if stars | int > 3 %}\nGood\n{% else %}\nBad\n{% endif %}\n{{ body }} ||| {{ stars }}", None, {"stars": "4", "body": "x"}),
        ("answer choices", "{{ body }}? ||| {{ answer_choices[label] }}", "no ||| yes", {"body": "Fine", "label": 1}),
        ("choices from data", "{{ body }} {{ answer_choices | join(', ') }} ||| {{ answer_choices[0] }}", "{{ a }} ||| {{ b }}", {"body": "Pick", "a": "x ||| y", "b": " z "}),
        ("nested list", "{{ options | join(' / ') }} ||| {{ options[1] }}", None, {"options": ["one|||1", "two"]}),
        ("missing is falsy", "{% if title %}About {{ title }}.{% else %}About it.{% endif %} {{ body }} ||| {{ stars }}", None, {"body": "b", "stars": "5"}),
        ("conditional parts", "{% if label == 0 %}Zero ||| 0{% else %}Other ||| 1{% endif %}", None, {"label": 1}),
        ("whitespace control", "  {{- body -}}  |||  {{- stars -}}  ", None, {"body": " b ", "stars": 3}),
        ("filters", "{{ body | trim | lower | replace('a', 'b') | capitalize }} {{ body | length }} ||| {{ stars | int + 1 }}", None, {"body": " BANANA ", "stars": "4"}),
        ("loop", "{% for o in options %}{{ loop.index }}. {{ o }}\n{% endfor %} ||| {{ options | length }}", None, {"options": ["p", "q", "r"]}),
        ("set and slice", "{% set first = body.split('.')[0] %}{{ first }}! ||| {{ body[:3] }}", None, {"body": "One. Two."}),
        ("no escaping", "{{ body }} ||| {{ stars }}", None, {"body": "<b>&amp;</b> \"q\"", "stars": 1}),
        ("numbers", "{{ stars }} {{ price }} ||| {{ ok }}", None, {"stars": 5, "price": 2.5, "ok": True}),
        ("trailing line break of the template", "{{ body }}\n||| {{ stars }}\n", None, {"body": "b\n", "stars": "1"}),
        ("unicode strip", "\u00a0{{ body }}\u2003||| {{ stars }}\u001f", None, {"body": "e\u0301", "stars": "\u3000x\u200b"}),
        ("one part", "{{ body }}{% if stars %} ||| {{ stars }}{% endif %}", None, {"body": "b"}),
    ]
    return [
        {"name": n, "template": t, "answer_choices": c, "fields": f, "parts": render(t, c, f)} for n, t, c, f in cases
    ]


def write(name, value):
    with open(name, "w", encoding="utf-8") as file:
        file.write(json.dumps(value, ensure_ascii=False, indent=0) + "\n")


write("readers.json", make_readers())
write("splits.json", make_splits())
write("rendering.json", make_rendering())
