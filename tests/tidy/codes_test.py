#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every stable code that staff can meet has its page in docs/es/codigos, every page has its code in the source, and its
example is a sentence that the source can say."""

import pathlib
import re
import sys

from tree import ROOT, sources

PAGES = ROOT / "docs" / "es" / "codigos"
# Of loading, exporting, the command line, the data, their check, and files. Others are the web server's.
FAMILIES = "IMP|EXP|CLI|STO|CHK|FILE|LIB"
CODE = re.compile(rf'"((?:{FAMILIES})-\d{{3}})"')
PARTS = ("**Qué significa.** ", "**Ejemplo.**", "**Por qué.** ", "**Remedio.** ")
LITERALS = re.compile(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*')
FORMAT = re.compile(r"%[-+0 #]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]")
EXAMPLE = re.compile(r"^(?:aviso|advertencia|error) [A-Z]+-\d{3}: (.+)$", re.MULTILINE)
LETTERS_LEAST = 7  # that a literal must have of its own, to mean anything


def sentences(text):
    """The sentences in Spanish or English that a source can print, as patterns."""
    for match in LITERALS.finditer(text):
        literal = "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', match.group()))
        literal = re.sub(r"(?:\\x[0-9a-f]{2})+", lambda m: bytes.fromhex(m.group().replace("\\x", "")).decode("utf-8", "replace"), literal)
        literal = literal.replace('\\"', '"').replace("\\n", "\n").replace("\\\\", "\\").replace("%%", "\0")
        fixed = FORMAT.split(literal)
        if sum(map(str.isalpha, "".join(fixed))) >= LETTERS_LEAST:
            yield re.compile(".+?".join(re.escape(part.replace("\0", "%")) for part in fixed))


def is_said(example, patterns):
    """Whether a source says so: names of files, layers and versions may stand before it."""
    starts = [0] + [match.end() for match in re.finditer(": ", example)]
    return any(pattern.fullmatch(example, start) for start in starts for pattern in patterns)


def faults():
    found = {}
    spoken = [pattern for path in sources("*.c", "*.h") for pattern in sentences(path.read_text(encoding="utf-8"))]
    for path in sources("*.c", "*.h"):
        for code in CODE.findall(path.read_text(encoding="utf-8")):
            found.setdefault(code, path)
    pages = {path.stem: path for path in PAGES.glob("*.md") if path.stem != "README"}
    listed = (PAGES / "README.md").read_text(encoding="utf-8")
    for code in sorted(found.keys() - pages.keys()):
        yield f"{found[code].relative_to(ROOT)}: {code} has no page docs/es/codigos/{code}.md"
    for code in sorted(pages.keys() - found.keys()):
        yield f"docs/es/codigos/{code}.md: no source has this code"
    for code, path in sorted(pages.items()):
        text = path.read_text(encoding="utf-8")
        if not text.startswith(f"# {code} "):
            yield f"docs/es/codigos/{code}.md: should begin with \"# {code} \""
        for part in PARTS:
            if part not in text:
                yield f"docs/es/codigos/{code}.md: lacks {part.strip()}"
        if code not in text[text.find("**Ejemplo.**"):]:
            yield f"docs/es/codigos/{code}.md: its example does not show the code"
        for example in EXAMPLE.findall(text):
            if not is_said(example, spoken):
                yield f"docs/es/codigos/{code}.md: no source says \"{example}\""
        if f"({code}.md)" not in listed:
            yield f"docs/es/codigos/README.md: does not list {code}"
    for path in sorted(pathlib.Path(ROOT / "docs" / "es").rglob("*.md")):
        for code in re.findall(rf"\(((?:codigos/)?(?:{FAMILIES})-\d{{3}})\.md\)", path.read_text(encoding="utf-8")):
            if code.rpartition("/")[2] not in pages:
                yield f"{path.relative_to(ROOT)}: links to {code}.md, which is not there"


def main():
    told = list(faults())
    for fault in told:
        print(fault)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
