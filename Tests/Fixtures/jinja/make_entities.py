"""Writes the table of HTML's character references, Sources/Text/Jinja/JinjaEntities.swift, from Python's html module.

Needs Python 3.11. Run: python3 make_entities.py
"""

import html
import os
from html.entities import html5

HEAD = """// `Tests/Fixtures/jinja/make_entities.py` wrote this file from Python's `html.entities`.

/// HTML's named character references.
enum HTMLEntities {
  /// Characters by name; most names end in `;`.
  static let characters: [Jinja.ExactText: String] = {
    var characters: [Jinja.ExactText: String] = [:]
    for entry in table.split(separator: " ") {
      let parts = entry.split(separator: "=")
      guard parts.count == 2 else { continue }
      let scalars = parts[1].split(separator: "+").compactMap { UInt32($0, radix: 16).flatMap { Unicode.Scalar($0) } }
      characters[Jinja.ExactText(text: String(parts[0]))] = String(scalars: scalars)
    }
    return characters
  }()

  /// What browsers show for numbers of control characters.
  static let windows1252: [UInt32: Unicode.Scalar] = [
"""


def main():
    lines, line = [], "   "
    for number in range(0x80, 0xA0):
        character = html.unescape(f"&#{number};")
        # Only where the character is another one; the rest stand for themselves.
        entry = f' 0x{number:X}: "\\u{{{ord(character):X}}}",'
        line, full = (line + entry, None) if len(line + entry) <= 120 else ("   " + entry, line)
        if full:
            lines.append(full)
    lines.append(line)
    lines += ["  ]", "", '  private static let table = """']
    line = "   "
    for name, characters in sorted(html5.items()):
        entry = f" {name}=" + "+".join(f"{ord(character):X}" for character in characters)
        if len(line + entry) > 118:
            lines.append(line + " \\")
            line = "   "
        line += entry
    lines += [line, '    """', "}"]
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "../../../Sources/Text/Jinja/JinjaEntities.swift"), "w", encoding="utf-8") as file:
        file.write(HEAD + "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
