#!/usr/bin/env python3
"""Fails on a path in the documents that leads nowhere, and says where it stands.

Looked at, in every Markdown file of the repository: the targets of links, seen from the file, and what is written in code
(`…` and indented lines) that begins with a folder of the root, seen from there or from frontend/. What a build makes is not looked for.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
MADE = re.compile(r"^(backend/build|frontend/(out|node_modules|test-results))")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
CODE = re.compile(r"`([^`]+)`|^    (.*)$", re.M)
# Not <…>, not …, not a pattern: a name that is meant as it stands, down to its end.
PATH = re.compile(r"(?<![\w./-])((?:backend|frontend|infrastructure|scripts|docs|profiles)/[\w./-]*[\w-])(?![\w*{<…/])")


def wrong(file):
    text = file.read_text()
    for link in LINK.findall(text):
        if "://" not in link and not (file.parent / link).exists():
            yield link
    for code in CODE.findall(text):
        for path in PATH.findall("".join(code)):
            if not MADE.match(path) and not (ROOT / path).exists() and not (ROOT / "frontend" / path).exists():
                yield path


def main():
    listed = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    found = [(name, path) for name in listed for path in wrong(ROOT / name)]
    for name, path in found:
        print(f"{name}: there is no {path}")
    print(f"{len(listed)} documents, {len(found)} paths that lead nowhere")
    return 1 if found else 0


sys.exit(main())
