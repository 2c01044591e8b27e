"""Makes io/caption_characters_table.cpp: what kind of character the tokeniser of COCO's evaluation takes each one for.

    pip install pycocoevalcap; needs java
    python tests/golden/make_caption_characters.py io/caption_characters_table.cpp

It is found out by asking: each character of the Basic Multilingual Plane is put into four short captions, and
the answers say whether it is a letter, a letter only within a word, a digit, a symbol, or thrown away. The Unicode
version is the one that Stanford's tokeniser was built with, which no library of today has. The answers also hold the
lower-case letters.
"""

import sys

from caption_oracle import tokenize

# Characters with a meaning of their own; io/caption_characters.cpp names them one by one.
SPECIAL = set(
    [0x80, 0x85, 0x91, 0x92, 0x93, 0x94, 0x96, 0x97, 0xA0, 0xA2, 0xA3, 0xA4, 0xA5, 0xAB, 0xAD, 0xB2, 0xB3, 0xB9, 0xBB]
    + [0xBC, 0xBD, 0xBE, 0x58A, 0x60B, 0x66B, 0x66C, 0xE3F, *range(0x2000, 0x200C), 0x200E, 0x200F, 0x2010, 0x2011]
    + [0x2013, 0x2014, 0x2015, *range(0x2018, 0x2020), 0x2026, 0x2028, 0x2029, 0x2039, 0x203A, 0x2044]
    + [0x2070, *range(0x2074, 0x207C), *range(0x2080, 0x208C), 0x20A0, 0x20A4, 0x20AC, *range(0x2153, 0x215F)]
    + [0x3000, 0x3001, 0xFEFF, 0xFFE0, 0xFFE1, 0xFFE5, 0xFFE6]
)


def kind(inside, after_digit, after_point):
    if " " in inside:
        return None if inside == "a b" else "symbol"
    if " " not in after_point and after_point.startswith("."):
        return "digit"
    return "part" if " " in after_digit else "letter"


def ranges_of(kinds):
    ranges = []
    for code, name in kinds:
        if ranges and ranges[-1][1] == code - 1 and ranges[-1][2] == name:
            ranges[-1][1] = code
        else:
            ranges.append([code, code, name])
    return ranges


def steps_of(pairs):
    """(first, last, step, difference): every second or every letter of a range has its lower-case letter so far."""
    steps = []
    for code, lower in pairs:
        if steps:
            first, last, step, difference = steps[-1]
            if lower - code == difference and code - last in (1, 2) and (first == last or code - last == step):
                steps[-1] = (first, code, code - last, difference)
                continue
        steps.append((code, code, 1, lower - code))
    return steps


def lines_of(items):
    line, lines = "   ", []
    for item in items:
        if len(line) + len(item) + 2 > 110:
            lines.append(line)
            line = "   "
        line += " " + item + ","
    return "\n".join(lines + [line])


def main():
    codes = [c for c in range(0x80, 0x10000) if c not in SPECIAL and not 0xD800 <= c <= 0xDFFF]
    answers = [tokenize([form.format(chr(c)) for c in codes]) for form in ("a{}b", "1{}1", ".{}", "a@{}b")]
    kinds, lowers = [], []
    for code, inside, after_digit, after_point, address in zip(codes, *answers):
        name = kind(inside, after_digit, after_point)
        if name is not None:
            kinds.append((code, name))
        lower = address[2:-1]  # an address may have any character
        if len(lower) == 1 and ord(lower) != code:
            lowers.append((code, ord(lower)))
    rows = [f"{{0x{a:04X}, 0x{b:04X}, {name}}}" for a, b, name in ranges_of(kinds)]
    steps = [f"{{0x{a:04X}, 0x{b:04X}, {step}, {d}}}" for a, b, step, d in steps_of(lowers)]
    with open(sys.argv[1], "w") as out:
        out.write(
            "// Made by tests/golden/make_caption_characters.py: not to be edited.\n"
            '#include "io/caption_characters.h"\n\n'
            "namespace dlcore {\n\nnamespace {\n\n"
            "constexpr auto letter = CharacterRange::Kind::letter;\n"
            "constexpr auto part = CharacterRange::Kind::part;\n"
            "constexpr auto digit = CharacterRange::Kind::digit;\n"
            "constexpr auto symbol = CharacterRange::Kind::symbol;\n\n"
            "// clang-format off\n"
            f"constexpr CharacterRange ranges[] = {{\n{lines_of(rows)}\n}};\n\n"
            f"constexpr LowerCaseRange lower_cases[] = {{\n{lines_of(steps)}\n}};\n"
            "// clang-format on\n\n"
            "}  // namespace\n\n"
            "std::span<const CharacterRange> character_ranges() {\n  return ranges;\n}\n\n"
            "std::span<const LowerCaseRange> lower_case_ranges() {\n  return lower_cases;\n}\n\n"
            "}  // namespace dlcore\n"
        )


main()
