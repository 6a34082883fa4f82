#!/usr/bin/env python3
"""Fails on a public function that nothing in the product calls, and names it.

Public is what a header under backend/src declares. The product is backend/src and backend/tools: tests and
benchmarks keep nothing alive.
"""
import collections
import pathlib
import re
import sys

BACKEND = pathlib.Path(__file__).resolve().parent.parent / "backend"
COMMENT = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
# At the beginning of a line: a type, a name, and an opening parenthesis.
HEAD = re.compile(r"^(?!typedef|return|else|#)[A-Za-z_][\w \t*]*?\b([a-z]\w*)\(", re.M)
BODY = re.compile(r"^\{.*?^\}", re.S | re.M)
WORD = re.compile(r"\b[a-z]\w*\b")


def code_of(path):
    return COMMENT.sub(lambda m: '""' if m.group().startswith('"') else " ", path.read_text())


def uses_in(path, code):
    """Names used, without those that a declaration or a definition introduces."""
    introduced = {m.start(1) for m in HEAD.finditer(code)} if path.suffix in (".c", ".h") else set()
    return (m.group() for m in WORD.finditer(code) if m.start() not in introduced)


def main():
    declared = {}
    used = collections.Counter()
    for path in sorted(BACKEND.glob("src/**/*.[ch]")) + sorted(BACKEND.glob("tools/**/*.[ch]")):
        code = code_of(path)
        used.update(uses_in(path, code))
        if path.suffix == ".h" and path.is_relative_to(BACKEND / "src"):
            outside = BODY.sub("", code)
            for m in HEAD.finditer(outside):
                if "typedef" not in outside[outside.rfind("\n", 0, m.start()) + 1 : m.start(1)]:
                    declared.setdefault(m.group(1), path.relative_to(BACKEND / "src"))
    idle = sorted((str(path), name) for name, path in declared.items() if not used[name])
    for path, name in idle:
        print(f"{path}: nothing in the product calls {name}()")
    print(f"{len(declared)} public functions, {len(idle)} without a caller")
    return 1 if idle or not declared else 0


sys.exit(main())
