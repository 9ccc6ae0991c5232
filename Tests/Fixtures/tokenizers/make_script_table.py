"""Writes Sources/Text/Tokenizers/UnicodeScriptTable.swift: the scripts as Hugging Face tokenizers knows them.

    venv/bin/python make_script_table.py        (tokenizers==0.23.3)

The table of Oniguruma comes from matching \\p{Name}; that of the stage UnicodeScripts, which is older, from whether the
stage cuts between a scalar and one of a known script.
"""

import os
import sys

from tokenizers import Regex, pre_tokenizers

HERE = os.path.dirname(os.path.abspath(__file__))
TABLE = os.path.join(HERE, "../../../Sources/Text/Tokenizers/UnicodeScriptTable.swift")

NAMES = """Common Inherited Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali
Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham
Cherokee Chorasmian Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan
Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Garay Georgian Glagolitic Gothic Grantha Greek Gujarati
Gunjala_Gondi Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic
Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi
Khitan_Small_Script Khmer Khojki Khudawadi Kirat_Rai Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian
Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui
Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari
New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Ol_Onal Old_Hungarian Old_Italic
Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya
Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada
Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Sunuwar Syloti_Nagri Syriac Tagalog
Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Todhri
Toto Tulu_Tigalari Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square""".split()


def assigned(scalar):
    return not 0xD800 <= scalar < 0xF900 and scalar < 0xF0000


def oniguruma():
    script_of = {}
    cutters = [(name, pre_tokenizers.Split(Regex(r"\p{%s}+" % name), "removed", invert=True)) for name in NAMES]
    for start in range(0, 0x110000, 0x400):
        left = "".join(chr(scalar) for scalar in range(start, start + 0x400) if assigned(scalar))
        for name, cutter in cutters:
            if not left:
                break
            for piece, _ in cutter.pre_tokenize_str(left):
                script_of.update((ord(character), name) for character in piece)
            left = "".join(character for character in left if ord(character) not in script_of)
    return script_of


def stage(script_of):
    cutter = pre_tokenizers.UnicodeScripts()

    def joined(first, second):
        return len(cutter.pre_tokenize_str(first + second)) == 1

    known = {}
    result = {}
    for scalar, script in sorted(script_of.items()):
        character = chr(scalar)
        # What is of no script is never cut from what is before it.
        if character == " " or (joined("a", character) and joined("\u0391", character)):
            continue
        for name in [script] + [name for name in known if name != script]:
            if name in known and joined(known[name], character):
                break
        else:
            name = script if script not in known else sys.exit(f"U+{scalar:04X} is of no known script")
            known[name] = character
        result[scalar] = name
    return result


def lines(script_of):
    ranges = {}
    for scalar, name in sorted(script_of.items()):
        list_ = ranges.setdefault(name.lower().replace("_", ""), [])
        if list_ and list_[-1][1] == scalar - 1:
            list_[-1][1] = scalar
        else:
            list_.append([scalar, scalar])
    for name, list_ in ranges.items():
        line = name
        for low, high in list_:
            part = f" {low:X}" if low == high else f" {low:X}-{high:X}"
            if len(line) + len(part) > 112:
                yield line
                line = name
            line += part
        yield line


def main():
    script_of = oniguruma()
    with open(TABLE, "w", encoding="utf-8") as file:
        file.write("/// Written by Tests/Fixtures/tokenizers/make_script_table.py: names, and ranges of scalars in hexadecimal.\n")
        file.write("enum UnicodeScriptTable {\n")
        for name, comment, table in [
                ("oniguruma", "What `\\p{Name}` matches (Unicode 16).", script_of),
                ("stage", "The stage UnicodeScripts; what is missing is of no script.", stage(script_of))]:
            file.write(f"  /// {comment}\n  static let {name} = \"\"\"\n")
            for line in lines(table):
                file.write(f"    {line}\n")
            file.write("    \"\"\"\n")
        file.write("}\n")


if __name__ == "__main__":
    main()
