"""Writes the break tests of Unicode in the notation of the Unicode Character Database, without comments.

The official files (https://www.unicode.org/Public/17.0.0/ucd/auxiliary/*BreakTest.txt) are the data of
`tests/testdata/mod.rs` in the source package of the crate unicode-segmentation, less the lines with
lone surrogates, which no UTF-8 text has. Version there and here must agree.

    python3 generate_unicode.py PATH/TO/unicode-segmentation-1.13.3
"""

import pathlib
import re
import sys

package = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent / "unicode"
here.mkdir(exist_ok=True)
source = (package / "tests/testdata/mod.rs").read_text()
version = re.search(r"Public/([\d.]+)/ucd/auxiliary/GraphemeBreakTest", source)[1]
STRING = r'"((?:\\u\{[0-9a-f]+\})*)"'


def table(name):
    body = re.search(rf"pub const {name}: .*? = &\[\n(.*?)\n    \];", source, re.S)[1]
    lists = len(re.search(rf"pub const {name}: &\[\((.*?)\)\]", source)[1].split("&[")) - 1
    case = rf"\(\s*{STRING}" + r",\s*&\[(.*?)\]" * lists + r"\s*\)"
    return [(m[1], m[2]) for m in re.finditer(case, body, re.S)]


def points(string):
    return [int(p, 16) for p in re.findall(r"\\u\{([0-9a-f]+)\}", string)]


def write(name, cases):
    lines = [
        f"# {name}-{version}, comments left out. © 2025 Unicode®, Inc., Unicode License v3,",
        "# https://www.unicode.org/license.txt",
    ]
    for text, segments in cases:
        parts = [points(s) for s in re.findall(STRING, segments)]
        assert sum(parts, []) == points(text), (text, segments)
        lines.append("÷ " + " ÷ ".join(" × ".join(f"{p:04X}" for p in part) for part in parts) + " ÷")
    (here / f"{name}.txt").write_text("\n".join(lines) + "\n")
    print(name, len(cases))


write("GraphemeBreakTest", table("TEST_SAME") + table("TEST_DIFF"))
write("WordBreakTest", table("TEST_WORD"))
write("SentenceBreakTest", table("TEST_SENTENCE"))
