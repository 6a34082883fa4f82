#!/usr/bin/env python3
"""Fails on an include arrow that runs back, and says which.

Rooms may use rooms further right, never the reverse; rooms in one pair of braces do not include
each other (docs/architecture/README.md draws it):

    main -> api -> {live search} -> answer -> ground -> {asr llm store blob auth export telemetry}
         -> {models nn net audio config observe} -> loop -> base
"""
import pathlib
import re
import sys

LAYERS = [
    ["main"],
    ["api"],
    ["live", "search"],
    ["answer"],
    ["ground"],
    ["asr", "llm", "store", "blob", "auth", "export", "telemetry"],
    ["models", "nn", "net", "audio", "config", "observe"],
    ["loop"],
    ["base"],
]
# An interface is not a driver: accounts live over the store, exports print its records, and what is private in them is sealed.
INTERFACES = {("auth", "store/store.h"), ("export", "store/store.h"), ("store", "auth/seal.h"),
              ("blob", "auth/seal.h")}
RANK = {room: rank for rank, layer in enumerate(LAYERS) for room in layer}
INCLUDE = re.compile(r'^\s*#\s*include\s+"(([a-z]+)/[^"]+)"', re.M)


def room_of(path, src):
    parts = path.relative_to(src).parts
    return parts[0] if len(parts) > 1 else "main"


def main():
    src = pathlib.Path(__file__).resolve().parent.parent / "backend" / "src"
    wrong = []
    seen = 0
    for path in sorted(src.rglob("*.[ch]")):
        here = room_of(path, src)
        for header, target in INCLUDE.findall(path.read_text()):
            if target not in RANK or here not in RANK:
                wrong.append(f"{path.relative_to(src)}: '{target}' is no room")
                continue
            seen += 1
            if (here, header) in INTERFACES:
                continue
            if target != here and RANK[target] <= RANK[here]:
                wrong.append(f"{path.relative_to(src)}: {here} must not include {target}")
    for line in wrong:
        print(line)
    print(f"{seen} includes between rooms, {len(wrong)} run back")
    return 1 if wrong or not seen else 0


sys.exit(main())
