#!/usr/bin/env python3
"""Makes the goldens of the JSON parser and writer, and a compressed file of lines.

    make_json.py [OUTPUT_FOLDER]        (default: the folder of this script)

Made with Python 3.11.7, standard library alone.

values.jsonl: one object a line.
  text      the JSON text to parse
  value     what Python's json reads, spelled out with types: n null, t true, f false, i<decimal>, d<16 hex digits of
            the double's bits>, s<hex of the UTF-8>, [value,value], {s<hex>:value,s<hex>:value}
  line      json.dumps(value, ensure_ascii=False)
  compact   the same with separators=(",", ":")
  pretty    the same with indent=2, sort_keys=True
invalid.jsonl: one object a line with `text`, which Python's json refuses.
lines.txt.gz: two gzip members, together the lines "first", "zweite Zeile: äöü", "", "last" without a final newline.
"""

import gzip
import json
import random
import struct
import sys
from pathlib import Path


def spelled(value):
    if value is None:
        return "n"
    if value is True:
        return "t"
    if value is False:
        return "f"
    if isinstance(value, int):
        return f"i{value}"
    if isinstance(value, float):
        return "d" + struct.pack(">d", value).hex()
    if isinstance(value, str):
        return "s" + value.encode().hex()
    if isinstance(value, list):
        return "[" + ",".join(spelled(item) for item in value) + "]"
    return "{" + ",".join(f"{spelled(key)}:{spelled(item)}" for key, item in value.items()) + "}"


def numbers(rng):
    yield from "0 -0 1 -1 10 1.0 -0.0 0.1 1e0 1E5 1e+5 1e-5 1.5e-7 0.0001 0.00012 0.00001 123.456e2".split()
    yield from "9007199254740993 9223372036854775807 -9223372036854775808".split()
    yield from "5e-324 2.2250738585072014e-308 1.7976931348623157e308 1e-400 4.35 0.30000000000000004".split()
    yield from "1e15 1e16 1e17 1e21 1e22 1e23 9999999999999998.0 1.5e16 12345678901234567.0 18014398509481984.0".split()
    yield from "18014398509481982.0 18014398509481988.0 123456789012345680.0 -10000000000000002.0".split()
    for _ in range(150):
        value = struct.unpack(">d", rng.randbytes(8))[0]
        if value == value and abs(value) != float("inf"):
            yield repr(value)
    for _ in range(100):
        yield repr(rng.uniform(-1, 1) * 10 ** rng.randint(-8, 20))


def strings(rng):
    yield from ["", "plain", 'quote " and \\ and /', "\b\f\n\r\t", "\x00\x01\x1f\x7f\x80\x9f", "äöü ß", "e\u0301 \u00e9"]
    yield from ["漢字かな交じり文", "🙂👩‍👩‍👧", "\u2028\u2029\ufeff\ufffd\uffff", "\U0010ffff", "\r\n", "</script>"]
    ranges = [(0, 0x7F), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)]
    for _ in range(60):
        yield "".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(rng.randint(0, 12)))


def random_value(rng, depth):
    kind = rng.randint(0, 6 if depth < 4 else 4)
    if kind == 5:
        return [random_value(rng, depth + 1) for _ in range(rng.randint(0, 4))]
    if kind == 6:
        keys = ["key", "é", "e\u0301", "z", "Z", "", "a b", "\U0001f600", "\uff5e", "n\n"]
        return {rng.choice(keys): random_value(rng, depth + 1) for _ in range(rng.randint(0, 5))}
    word = "".join(rng.choice('ab "\\\n\té🙂') for _ in range(4))
    return [None, True, rng.randint(-(10**6), 10**6), rng.gauss(0, 100), word][kind]


def texts(rng):
    yield from numbers(rng)
    for text in strings(rng):
        yield json.dumps(text)
        yield json.dumps(text, ensure_ascii=False)
    yield from [r'"\u0041\u00e9\u20AC\uD83D\uDE42\/"', r'"\ud834\udd1e"', '"\x7f"', ' [ 1 , 2\t,\n3\r] ', "[[],{},[{}]]"]
    yield from ["null", "true", "false", "[]", "{}", '{"a":{"b":[1,2.50,"x"]},"c":null}', "[" * 100 + "]" * 100]
    for _ in range(120):
        value = random_value(rng, 0)
        yield json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 1, "\t"]))


INVALID = [
    "", " ", "nul", "nulL", "True", "tru", "+1", "01", "-", "-01", "1.", ".5", "1e", "1e+", "0x10", "1 2", "[1", "[1,]",
    "[,]", "[1 2]", "{", '{"a"}', '{"a":}', '{"a":1,}', "{a:1}", "{1:2}", '{"a" 1}', '{,}', '"', '"abc', '"\\"', '"\\x"',
    '"\\u12"', '"\\u12g4"', '"a\nb"', '"a\tb"', '"\x00"', "'a'", "]", "}", ":", ",", "[1]]", '{"a":1}}', "// x\n1",
    "/* */ 1", '"\\ud83d\\u12"', "\u00a01", "1\u2003", "--1", "1-", "1.e5", "[1,,2]", '{"a":1 "b":2}', "undefined",
]


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    rng = random.Random(42)
    with open(folder / "values.jsonl", "w", encoding="utf-8") as file:
        for text in texts(rng):
            value = json.loads(text)
            entry = {
                "text": text,
                "value": spelled(value),
                "line": json.dumps(value, ensure_ascii=False),
                "compact": json.dumps(value, ensure_ascii=False, separators=(",", ":")),
                "pretty": json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True),
            }
            if text.startswith("[" * 100):
                del entry["pretty"]
            file.write(json.dumps(entry) + "\n")
    with open(folder / "invalid.jsonl", "w", encoding="utf-8") as file:
        for text in INVALID:
            try:
                json.loads(text)
            except json.JSONDecodeError:
                file.write(json.dumps({"text": text}) + "\n")
            else:
                raise SystemExit(f"Python reads {text!r}")
    members = ["first\nzweite Ze", "ile: äöü\n\nlast"]
    (folder / "lines.txt.gz").write_bytes(b"".join(gzip.compress(part.encode(), mtime=0) for part in members))


if __name__ == "__main__":
    main()
