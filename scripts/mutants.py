#!/usr/bin/env python3
"""Plants small bugs, one at a time, and tells which of them the tests of their room notice.

    scripts/mutants.py                        every room, 12 bugs each
    scripts/mutants.py --rooms live,net       only these
    scripts/mutants.py --count 30 --seed 7    more of them, and others
    scripts/mutants.py --list                 what would be planted

Works on a copy of the tree (what git would commit of it), so the sources are never touched. A bug is an
operator turned round, a bound moved by one, a constant changed, a condition negated, a statement left out. One
that does not compile is drawn again. What no test can notice, because the program does the same with it, is
listed with its reason in scripts/mutants-equal.txt and left out.

The exit status is 1 when fewer than --least percent were noticed. It takes half a minute to a minute a room and
four bugs, so it is not part of the test suite.
"""
import argparse
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EQUAL = ROOT / "scripts" / "mutants-equal.txt"

# Where bugs are planted, and the tests that should notice: quick ones first.
ROOMS = {
    "live": (["backend/src/live/*.c"], ["live/*", "api/llm", "e2e/live"]),
    "answer": (["backend/src/answer/*.c"], ["answer/*", "ground/*", "api/llm"]),
    "asr": (["backend/src/asr/*.c", "backend/src/asr/turn/*.c", "backend/src/asr/voices/*.c"], ["asr/*", "turn/*", "voices/*", "e2e/transcribe"]),
    "net": (["backend/src/net/*.c"], ["net/*", "e2e/rest"]),
    "llm": (["backend/src/llm/*.c"], ["llm/*", "answer/answer", "e2e/llm"]),
    "store": (["backend/src/store/*.c"], ["store/*", "store", "auth/accounts", "e2e/rest"]),
    "auth": (["backend/src/auth/*.c"], ["auth/*", "e2e/rest"]),
    "page": (["frontend/lib/live-session.ts", "frontend/lib/live.ts", "frontend/lib/transcribe-link.ts"], []),
}

# What is no statement: text of comments and strings, and lines that only say something to a person or a gauge.
HIDDEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`[^`]*`', re.S)
SAYS = re.compile(r"^\s*(#|log_|metric|return err_set|err_set|errbuf|assert|case |default:|import |export type|\*)|_Static_assert|static const")

# (what is looked for, what it becomes)
SWAPS = [
    (re.compile(r"(?<=[\w)\]]) == (?=[\w(-])"), " != "),
    (re.compile(r"(?<=[\w)\]]) != (?=[\w(-])"), " == "),
    (re.compile(r"(?<=[\w)\]]) < (?=[\w(-])"), " <= "),
    (re.compile(r"(?<=[\w)\]]) <= (?=[\w(-])"), " < "),
    (re.compile(r"(?<=[\w)\]]) > (?=[\w(-])"), " >= "),
    (re.compile(r"(?<=[\w)\]]) >= (?=[\w(-])"), " > "),
    (re.compile(r" && "), " || "),
    (re.compile(r" \|\| "), " && "),
    (re.compile(r"(?<=[\w)\]]) \+ (?=\w)"), " - "),
    (re.compile(r"(?<=[\w)\]]) - (?=\w)"), " + "),
    (re.compile(r"\btrue\b"), "false"),
    (re.compile(r"\bfalse\b"), "true"),
    (re.compile(r"\bif \((?=!)!"), "if ("),
    (re.compile(r"\bif \((?=[a-z])(?=[\w>.-]+\))"), "if (!"),
    (re.compile(r"\breturn 0;"), "return -22;"),
    (re.compile(r"\breturn err;"), "return 0;"),
]
CALL = re.compile(r"^(\s+)[a-z][\w.>-]*\([^{}=]*\);$|^(\s+)[a-z][\w.>\[\]-]* (?:=|\+=|-=|\|=) [^{};]*;$")


class Bug:
    def __init__(self, room, path, at, old, new, line):
        self.room, self.path, self.at, self.old, self.new, self.line = room, path, at, old, new, line

    def __str__(self):
        return f"{self.path}:{self.line}: {self.old.strip() or 'blank'} -> {self.new.strip() or 'nothing'}"


def sites(path, text):
    """Every place a bug could be planted: (offset, old, new)."""
    masked = HIDDEN.sub(lambda m: re.sub(r"[^\n]", "\0", m.group()), text)
    at = 0
    for line in masked.splitlines(keepends=True):
        if not SAYS.search(line):
            for pattern, new in SWAPS:
                for m in pattern.finditer(line):
                    yield at + m.start(), m.group(), new
            if CALL.match(line.rstrip("\n")):
                yield at, line.rstrip("\n"), ""
        at += len(line)


def known_equal():
    """path, the line's text, old and new of what is equal, each with a reason behind it."""
    known = set()
    if EQUAL.exists():
        for line in EQUAL.read_text().splitlines():
            if line and not line.startswith("#"):
                path, text, old, new, _why = (part.strip() for part in line.split(" | "))
                known.add((path, text, old, new))
    return known


def plan(rooms, seed):
    """For each room an endless-enough list of bugs in an order that depends on the seed only."""
    equal = known_equal()
    bugs = {}
    for room in rooms:
        found = []
        for pattern in ROOMS[room][0]:
            for file in sorted(ROOT.glob(pattern)):
                text = file.read_text()
                path = str(file.relative_to(ROOT))
                for at, old, new in sites(path, text):
                    # The masked text has no strings: take what stands there.
                    real = text[at : at + len(old)]
                    begin = text.rfind("\n", 0, at) + 1
                    whole = text[begin : text.find("\n", at)].strip()
                    if (path, whole, real.strip(), new.strip()) not in equal:
                        found.append(Bug(room, path, at, real, new, text.count("\n", 0, at) + 1))
        random.Random(f"{seed} {room}").shuffle(found)
        bugs[room] = found
    return bugs


class Copy:
    """The tree in a folder of its own, built once."""

    def __init__(self, page, server):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="mutants-"))
        files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
        for name in files.decode().split("\0"):
            if name and (ROOT / name).is_file():
                to = self.dir / "tree" / name
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, to)
        if (ROOT.parent / "shared").is_dir():
            (self.dir / "shared").symlink_to(ROOT.parent / "shared")
        self.tree = self.dir / "tree"
        self.env = os.environ | {
            "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
            "LSAN_OPTIONS": f"suppressions={self.tree}/backend/test/lsan.supp:print_suppressions=0",
            "UBSAN_OPTIONS": "halt_on_error=1",
        }
        self.build = self.tree / "backend" / "build"
        if server:
            # A bug may leave something unused: that is no error here. What is not freed is noticed by the sanitizer.
            options = ["-Dwerror=false", "-Doptimization=1", "-Db_sanitize=address,undefined"]
            self.run(["meson", "setup", str(self.build), str(self.tree / "backend"), *options], 300)
            self.run(["ninja", "-C", str(self.build)], 1800)
        if page:
            modules = ROOT / "frontend" / "node_modules"
            if not modules.is_dir():
                sys.exit("mutants: the page's packages are not there: npm --prefix frontend ci")
            (self.tree / "frontend" / "node_modules").symlink_to(modules)

    def run(self, command, seconds):
        """0 when it succeeded, None when it took too long; nothing of it is left running."""
        process = subprocess.Popen(command, cwd=self.tree, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            process.communicate(timeout=seconds)
            return process.returncode
        except subprocess.TimeoutExpired:
            return None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()

    def tests_of(self, room):
        listed = subprocess.run(["meson", "test", "-C", str(self.build), "--no-rebuild", "--list"], capture_output=True, text=True).stdout
        names = [line.rsplit(" / ", 1)[1] for line in listed.splitlines() if " / " in line]
        chosen = []
        for pattern in ROOMS[room][1]:
            expression = re.compile(pattern.replace("*", ".*") + "$")
            chosen += [n for n in names if expression.match(n) and n not in chosen]
        return chosen

    def compiles(self, room):
        if room == "page":
            return True
        return self.run(["ninja", "-C", str(self.build)], 900) == 0

    def notice(self, room, tests, seconds):
        if room == "page":
            return self.run(["npm", "--prefix", "frontend", "test"], seconds) != 0
        return any(self.run(["meson", "test", "-C", str(self.build), "--no-rebuild", name], seconds) != 0 for name in tests)


def plant(copy, bug, tests, seconds):
    """'noticed', 'alive', or None when it does not compile."""
    file = copy.tree / bug.path
    text = file.read_text()
    file.write_text(text[: bug.at] + bug.new + text[bug.at + len(bug.old) :])
    try:
        if not copy.compiles(bug.room):
            return None
        return "noticed" if copy.notice(bug.room, tests, seconds) else "alive"
    finally:
        file.write_text(text)


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--rooms", default=",".join(ROOMS), help="which, separated by commas")
    ask.add_argument("--count", type=int, default=12, help="bugs a room")
    ask.add_argument("--seed", default="1")
    ask.add_argument("--least", type=int, default=90, help="percent that must be noticed")
    ask.add_argument("--seconds", type=int, default=240, help="for one test; a bug that hangs it is noticed")
    ask.add_argument("--list", action="store_true")
    options = ask.parse_args()
    rooms = options.rooms.split(",")
    unknown = [room for room in rooms if room not in ROOMS]
    if unknown:
        ask.error(f"there is no room {unknown[0]}; there are {', '.join(ROOMS)}")
    bugs = plan(rooms, options.seed)
    if options.list:
        for room in rooms:
            print(*bugs[room][: options.count], sep="\n")
        return 0

    copy = Copy("page" in rooms, rooms != ["page"])
    planted = noticed = 0
    try:
        for room in rooms:
            tests = copy.tests_of(room) if room != "page" else []
            copy.compiles(room)
            if copy.notice(room, tests, options.seconds):
                sys.exit(f"mutants: the tests of {room} fail without any bug planted")
            here = alive = 0
            for bug in bugs[room]:
                if here == options.count:
                    break
                started = time.monotonic()
                said = plant(copy, bug, tests, options.seconds)
                if not said:
                    continue
                here += 1
                alive += said == "alive"
                print(f"{'ALIVE  ' if said == 'alive' else 'noticed'} {bug}  ({time.monotonic() - started:.0f} s)", flush=True)
            print(f"{room}: {here - alive} of {here} noticed", flush=True)
            planted += here
            noticed += here - alive
    finally:
        shutil.rmtree(copy.dir, ignore_errors=True)
    print(f"{noticed} of {planted} noticed ({100 * noticed // max(planted, 1)} %)")
    return 0 if planted and 100 * noticed >= options.least * planted else 1


if __name__ == "__main__":
    sys.exit(main())
