"""Makes the goldens of the record tests: tables.json, pairs.json, patterns.json, conditions.json.

Python 3.11, trl 1.16.0 with datasets 5.2.0. Run in this folder: python3 make_records.py
- tables.json: corner cases of RFC 4180 with what Python's csv module reads from them.
- pairs.json: preference pairs without a prompt split by TRL's maybe_extract_prompt, and unpaired by its
  unpair_preference_dataset.
- patterns.json: regular expressions, texts and whether Python's re finds them there.
- conditions.json: expressions over records and their value in Python.
"""

import base64
import csv
import io
import json
import random
import re

from datasets import Dataset
from trl.data_utils import maybe_extract_prompt, unpair_preference_dataset


def table(name, text, delimiter=","):
    rows = [row for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=delimiter)]
    header, rows = rows[0], [row for row in rows[1:] if row]
    assert all(len(row) == len(header) for row in rows), name
    return {
        "name": name,
        "delimiter": delimiter,
        "data": base64.b64encode(text.encode("utf-8")).decode("ascii"),
        "header": header,
        "rows": rows,
    }


def make_tables():
    wide = ",".join(f"c{i}" for i in range(3000))
    cases = [
        table("quoted line breaks", 'a,b\r\n"x\r\ny","\n"\r\n1,2\r\n'),
        table("doubled quotes", 'a,b\n"""","""a"""\n"a""""b",""\n'),
        table("quote alone inside", 'a,b\nx"y,z""\n5" disk,6\n'),
        table("delimiters in quotes", 'a;b\n"1;2";3\n', ";"),
        table("pipes", 'a|b\n"1|2"|3\n4|"5\n6"\n', "|"),
        table("empty fields", "a,b,c\n,,\n1,,\n,,3\n"),
        table("empty last lines", "a,b\n1,2\n\n\n"),
        table("blank lines between", "a,b\n\n1,2\n\n\n3,4\n\n"),
        table("no last line end", "a,b\n1,2"),
        table("no last line end after a quote", 'a,b\n1,"2"'),
        table("no last line end after a delimiter", "a,b\n1,"),
        table("returns alone", 'a,b\r1,2\r"x, y",4\r'),
        table("byte-order mark", '\ufeff"a",b\n1,2\n'),
        table("white space is kept", "a,b\n 1 ,\t2 \n"),
        table("one column", 'a\n1\n"2\n3"\n'),
        table("NUL", "a,b\n\0,x\0y\n"),
        table("many columns", wide + "\n" + ",".join(str(i) for i in range(3000)) + "\n"),
        table("line separators are characters", "a,b\n1\u2028x,\u0085\n"),
        table("header with line break", '"a\nb",c\n1,2\n'),
    ]
    rng = random.Random(3)
    pieces = ["a", "Wort", "é", "e\u0301", "日本", "😀", '"', '""', "\n", "\r\n", "\r", ",", ";", "|", "\t", " ", "'", "\0"]
    for index in range(60):
        delimiter = rng.choice(",;|\t")
        columns = [f"c{i}" for i in range(rng.randrange(1, 6))]
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n" if index % 2 else "\n", quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        for _ in range(rng.randrange(1, 12)):
            writer.writerow(["".join(rng.choice(pieces) for _ in range(rng.randrange(8))) for _ in columns])
        cases.append(table(f"random {index}", out.getvalue(), delimiter))
    return cases


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def make_pairs():
    records = [
        {"chosen": "The sky is blue.", "rejected": "The sky is green."},
        {"chosen": "2+2=4", "rejected": "2+2=5"},
        {"chosen": "Größe: 1 ä", "rejected": "Größe: 1 ö"},
        {"chosen": "😀👍 yes", "rejected": "😀👎 no"},
        {"chosen": [user("Q"), assistant("A")], "rejected": [user("Q"), assistant("B")]},
        {"chosen": [user("Q"), assistant("A"), user("R"), assistant("C")], "rejected": [user("Q"), assistant("A"), user("R"), assistant("D")]},
        {"prompt": "Q", "chosen": [user("Q"), assistant("A")], "rejected": [user("Q"), assistant("B")]},
        {"prompt": "The sky is", "chosen": " blue.", "rejected": " green."},
        {"prompt": [user("Q")], "chosen": [assistant("A")], "rejected": [assistant("B")]},
    ]
    cases = []
    for record in records:
        pair = maybe_extract_prompt(record)
        unpaired = unpair_preference_dataset(Dataset.from_list([pair]))
        cases.append({"record": record, "pair": {k: pair[k] for k in ("prompt", "chosen", "rejected")}, "unpaired": [dict(row) for row in unpaired]})
    return cases


def random_pattern(rng, depth=0):
    kind = rng.randrange(9 if depth < 3 else 4)
    if kind == 0:
        return rng.choice(["a", "b", "ab", "é", "\\.", "\\\\", "\\[", "-", "日"])
    if kind == 1:
        return rng.choice([".", "\\d", "\\w", "\\s", "\\D", "\\W", "\\S", "\\b", "\\B"])
    if kind == 2:
        return rng.choice(["[ab]", "[^a]", "[a-c]", "[\\d_]", "[]x]", "[^\\s-]", "[a-]", "[\\]b]"])
    if kind == 3:
        return rng.choice(["^", "\\Z"]) if rng.random() < 0.3 else "b"
    inner = random_pattern(rng, depth + 1)
    if kind == 4:
        return f"(?:{inner})" + rng.choice(["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?", "+?"])
    if kind == 5:
        return f"({inner}|{random_pattern(rng, depth + 1)})"
    return inner + random_pattern(rng, depth + 1)


def make_patterns():
    rng = random.Random(5)
    cases = []
    while len(cases) < 400:
        pattern = random_pattern(rng)
        ignore = rng.random() < 0.3
        # No empty text: Python finds no \\B in it, others do.
        texts = ["".join(rng.choice("aabbcAB1_ .-\\[]éÉ日") for _ in range(rng.randrange(1, 7))) for _ in range(4)]
        compiled = re.compile(pattern, re.IGNORECASE if ignore else 0)
        # Python's \Z is $ here.
        cases.append({
            "pattern": pattern.replace("\\Z", "$"), "ignores_case": ignore,
            "texts": texts, "found": [compiled.search(text) is not None for text in texts],
        })
    return cases


RECORD = {"stars": 4, "votes": "12", "category": "Books", "body": "a good read", "verified": True, "none": None,
          "tags": ["new", "used"], "meta": {"lang": "en", "size": 1.5}, "empty": "", "a b": "x", "price": "9.50"}


def number(value):
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def compare(left, right, operator):
    if left is None or right is None:
        return operator == "!=" and (left is None) != (right is None)
    if number(left) is not None and number(right) is not None:
        left, right = number(left), number(right)
    else:
        left, right = (("true" if v else "false") if isinstance(v, bool) else str(v) for v in (left, right))
        left, right = left.encode(), right.encode()
    return {"==": left == right, "=": left == right, "!=": left != right, "<": left < right, "<=": left <= right,
            ">": left > right, ">=": left >= right}[operator]


FIELDS = {"stars": 4, "votes": "12", "category": "Books", "body": "a good read", "none": None, "missing": None,
          "meta.lang": "en", "meta.size": 1.5, "tags.0": "new", "`a b`": "x", "price": "9.50", "verified": True}
VALUES = ["4", "12", "4.0", "'Books'", "'a'", "9.5", "'12'", "'en'", "-1", "1e1", "\"new\"", "true"]


def value_of(text):
    if text == "true":
        return True
    return text[1:-1] if text[0] in "'\"" else float(text) if "." in text or "e" in text else int(text)


def random_condition(rng, depth=0):
    kind = rng.randrange(7 if depth < 4 else 4)
    field = rng.choice(list(FIELDS))
    if kind < 2:
        operator, value = rng.choice(["==", "=", "!=", "<", "<=", ">", ">="]), rng.choice(VALUES)
        return f"{field} {operator} {value}", compare(FIELDS[field], value_of(value), operator)
    if kind == 2:
        values = rng.sample(VALUES, 3)
        found = any(compare(FIELDS[field], value_of(v), "==") for v in values)
        negated = rng.random() < 0.3
        return f"{field} {'not ' if negated else ''}in [{', '.join(values)}]", found != negated
    if kind == 3:
        negated = rng.random() < 0.3
        return f"{field} is {'not ' if negated else ''}empty", (FIELDS[field] is None) != negated
    if kind == 4:
        text, value = random_condition(rng, depth + 1)
        return f"not ({text})", not value
    (left, a), (right, b) = random_condition(rng, depth + 1), random_condition(rng, depth + 1)
    if kind == 5:
        return f"({left}) and ({right})", a and b
    return f"({left}) or {right}" if " or " not in right and " and " not in right else f"({left}) or ({right})", a or b


def make_conditions():
    rng = random.Random(9)
    return [{"record": RECORD, "cases": [dict(zip(("text", "value"), random_condition(rng))) for _ in range(400)]}]


for name, make in [("tables", make_tables), ("pairs", make_pairs), ("patterns", make_patterns), ("conditions", make_conditions)]:
    with open(f"{name}.json", "w", encoding="utf-8") as file:
        json.dump(make(), file, ensure_ascii=False, indent=0)
        file.write("\n")
