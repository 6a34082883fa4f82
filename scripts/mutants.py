#!/usr/bin/env python3
"""Plants small bugs, one at a time, and tells which of them the tests of their room notice.

    scripts/mutants.py                        every room, 12 bugs each
    scripts/mutants.py --rooms live,net       only these
    scripts/mutants.py --count 30 --seed 7    more of them, and others
    scripts/mutants.py --rooms answer --only outline.c:120
                                              those of one file, or of one line
    scripts/mutants.py --list                 what would be planted
    scripts/mutants.py --whole                also the end-to-end tests, for what the quick ones let live
    scripts/mutants.py --keep FOLDER          the copy stays there and is built on the next time

Works on a copy of the tree (what git would commit of it), so the sources are never touched. A bug is an
operator turned round, a bound moved by one, a constant changed, a condition negated, a statement left out. One
that does not compile, with warnings as errors as always, is drawn again. What no test can notice, because the
program does the same with it, is listed with its reason in scripts/mutants-equal.txt and left out. Which bugs a
seed draws depends on each line by itself: a change elsewhere draws the same ones again.

The networks of asr are compared with recorded numbers of the published ones, which are brought first where they can
be had (backend/test/support/weights.py); without them those tests are skipped, and bugs there live.

Only what the tests of a room need is built, with clang under the address and undefined-behaviour sanitizers (what
is not freed is noticed); its test programs are built and run one after the other, the quickest first, and the
first that fails ends it. Statements that take or give back a lock are not left out: the thread sanitizer is there
for those (scripts/run_tests.sh).

The exit status is 1 when fewer than --least percent were noticed. It takes some seconds a bug, so it is not part
of the test suite.
"""
import argparse
import fcntl
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
EQUAL = ROOT / "scripts" / "mutants-equal.txt"

# Where bugs are planted, the tests that should notice, and the slow ones that --whole adds.
ROOMS = {
    "live": (["backend/src/live/*.c"], ["live/.*"], ["api/llm", "e2e/live"]),
    "answer": (["backend/src/answer/*.c"], ["answer/.*"], ["ground/.*", "api/llm"]),
    "asr": (["backend/src/asr/*.c", "backend/src/asr/turn/*.c"], ["asr/(?!conformance-(whisper|pocketsphinx)).*"], ["e2e/transcribe"]),
    "net": (["backend/src/net/*.c"], ["net/.*"], ["e2e/rest"]),
    "llm": (["backend/src/llm/*.c"], ["llm/.*", "answer/answer"], ["e2e/llm"]),
    "store": (["backend/src/store/*.c"], ["store/.*", "store", "store-on-lane"], ["auth/accounts", "e2e/rest"]),
    "auth": (["backend/src/auth/*.c"], ["auth/.*"], ["e2e/rest"]),
    "page": (
        ["frontend/lib/live-session.ts", "frontend/lib/live.ts", "frontend/lib/transcribe-link.ts"],
        ["test/unit/live.test.ts", "test/unit/transcribe-link.test.ts", "test/unit/live-session.test.ts"],
        [],
    ),
}

# What is no statement: text of comments and strings, and lines that only say something to a person or a gauge.
HIDDEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`[^`]*`', re.S)
SAYS = re.compile(r"^\s*(#|log_|metric|return err_set|err_set|errbuf|assert|case |default:|import |export type|\*)|_Static_assert|static const")
LOCKS = re.compile(r"^\s*(uv|pthread)_(mutex|rwlock|cond|sem)_\w+\(")

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
            if CALL.match(line.rstrip("\n")) and not LOCKS.match(line):
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


def rank(seed, bug, whole, nth):
    """Where a bug stands in the order of a seed: by what it is, so that a change elsewhere leaves it there."""
    return hashlib.sha256(f"{seed} {bug.path} {whole} {bug.old} {bug.new} {nth}".encode()).digest()


def plan(rooms, seed, only):
    """For each room all its bugs in an order that depends on the seed."""
    equal = known_equal()
    bugs = {}
    for room in rooms:
        found = []
        met = {}
        for pattern in ROOMS[room][0]:
            for file in sorted(ROOT.glob(pattern)):
                text = file.read_text()
                path = str(file.relative_to(ROOT))
                for at, old, new in sites(path, text):
                    # The masked text has no strings: take what stands there.
                    real = text[at : at + len(old)]
                    begin = text.rfind("\n", 0, at) + 1
                    whole = text[begin : text.find("\n", at)].strip()
                    if (path, whole, real.strip(), new.strip()) in equal:
                        continue
                    bug = Bug(room, path, at, real, new, text.count("\n", 0, at) + 1)
                    key = path, whole, real, new
                    met[key] = met.get(key, 0) + 1
                    if not only or f"{path}:{bug.line}".endswith(only) or path.endswith(only):
                        found.append((rank(seed, bug, whole, met[key]), bug))
        bugs[room] = [bug for _, bug in sorted(found, key=lambda pair: pair[0])]
    return bugs


class Copy:
    """The tree in a folder of its own."""

    def __init__(self, keep, page, server):
        self.keep = keep
        self.dir = pathlib.Path(keep or tempfile.mkdtemp(prefix="mutants-"))
        self.tree = self.dir / "tree"
        self.dir.mkdir(parents=True, exist_ok=True)
        self.lock = open(self.dir / "lock", "w")  # noqa: SIM115 - held to the end
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"mutants: another run works in {self.dir}: its bugs would be taken for ours")
        self.refresh()
        self.env = os.environ | {
            "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
            "LSAN_OPTIONS": f"suppressions={self.tree}/backend/test/lsan.supp:print_suppressions=0",
            "UBSAN_OPTIONS": "halt_on_error=1",
        }
        self.build = self.tree / "backend" / "build"
        self.tests = {}
        if server:
            if not (self.build / "build.ninja").exists():
                shutil.rmtree(self.build, ignore_errors=True)
                # The same as scripts/build_sanitized.sh, so that a compiler cache knows most of it.
                options = ["-Doptimization=1", "-Dc_args=-gline-tables-only", "-Db_sanitize=address,undefined", "-Dfuzz=true"]
                command = ["env", "CC=clang", "CC_LD=lld", "meson", "setup", str(self.build), str(self.tree / "backend"), *options]
                if self.run(command, 300) != 0:
                    sys.exit(f"mutants: cannot be set up: {' '.join(command)}")
            listed = subprocess.run(["meson", "introspect", str(self.build), "--tests"], check=True, capture_output=True, text=True).stdout
            self.tests = {test["name"]: test for test in json.loads(listed)}
        if page:
            modules = ROOT / "frontend" / "node_modules"
            if not modules.is_dir():
                sys.exit("mutants: the page's packages are not there: npm --prefix frontend ci")
            link = self.tree / "frontend" / "node_modules"
            if not link.is_symlink():
                link.symlink_to(modules)

    def refresh(self):
        """What differs is copied, what is gone goes; the rest keeps its time and is not built again."""
        files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
        names = {name for name in files.decode().split("\0") if name and (ROOT / name).is_file()}
        listing = self.dir / "files"
        for name in listing.read_text().splitlines() if listing.exists() else []:
            if name not in names:
                (self.tree / name).unlink(missing_ok=True)
        for name in names:
            to = self.tree / name
            to.parent.mkdir(parents=True, exist_ok=True)
            if not to.exists() or to.read_bytes() != (ROOT / name).read_bytes():
                shutil.copy(ROOT / name, to)
        listing.write_text("".join(f"{name}\n" for name in sorted(names)))
        shared = self.dir / "shared"
        if (ROOT.parent / "shared").is_dir() and not shared.is_symlink():
            shared.symlink_to(ROOT.parent / "shared")

    def close(self):
        if not self.keep:
            shutil.rmtree(self.dir, ignore_errors=True)

    def run(self, command, seconds, env=None):
        """0 when it succeeded, None when it took too long; nothing of it is left running."""
        process = subprocess.Popen(command, cwd=self.tree, env=self.env | (env or {}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True)
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

    def bring_weights(self):
        """Into the build folder, where the tests look for them."""
        roots = {"INTERVIEWD_SOURCE_ROOT": str(self.tree), "INTERVIEWD_BUILD_ROOT": str(self.build)}
        self.run([sys.executable, str(self.tree / "backend" / "test" / "support" / "weights.py")], 600, roots)

    def tests_of(self, room, whole):
        """The names of the room's tests."""
        chosen = ROOMS[room][1] + (ROOMS[room][2] if whole else [])
        if room == "page":
            return chosen
        return [name for pattern in chosen for name in self.tests if re.fullmatch(pattern, name)]

    def builds(self, name):
        """Is the program of a test there? An end-to-end test needs all of the product."""
        programs = [arg for arg in self.tests[name]["cmd"] if arg.startswith("test/")]
        return self.run(["ninja", "-j2", "-C", str(self.build), *(programs or ["product"])], 1800) == 0

    def passes(self, name, seconds):
        test = self.tests[name]
        command = [str(self.build / arg) if arg.startswith("test/") else arg for arg in test["cmd"]]
        return self.run(command, seconds, test["env"]) == 0

    def notices(self, room, tests, seconds):
        """Name of the first test that failed, "" when none did, None when it does not compile."""
        if room == "page":
            runner = [str(ROOT / "frontend" / "node_modules" / ".bin" / "vitest"), "run", "--root", "frontend", "--bail", "1"]
            return "vitest" if self.run(runner + tests, seconds) != 0 else ""
        for name in tests:
            if not self.builds(name):
                return None
            if not self.passes(name, seconds):
                return name
        return ""


def plant(copy, bug, tests, seconds):
    file = copy.tree / bug.path
    text = file.read_text()
    file.write_text(text[: bug.at] + bug.new + text[bug.at + len(bug.old) :])
    try:
        return copy.notices(bug.room, tests, seconds)
    finally:
        file.write_text(text)


def time_all(copy, room, tests, seconds):
    """The tests of a room with what each takes without a bug; the quickest first. All must pass."""
    took = {}
    for name in tests if room != "page" else []:
        if not copy.builds(name):
            sys.exit(f"mutants: {name} cannot be built")
        started = time.monotonic()
        if not copy.passes(name, seconds):
            sys.exit(f"mutants: {name} fails without any bug planted")
        took[name] = time.monotonic() - started
    if room == "page" and copy.notices(room, tests, seconds):
        sys.exit("mutants: the page's tests fail without any bug planted")
    return sorted(tests, key=lambda name: took.get(name, 0)), 20 + 10 * max(took.values(), default=20)


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--rooms", default=",".join(ROOMS), help="which, separated by commas")
    ask.add_argument("--count", type=int, default=12, help="bugs a room")
    ask.add_argument("--seed", default="1")
    ask.add_argument("--only", default="", help="the end of a path, or of path:line")
    ask.add_argument("--least", type=int, default=90, help="percent that must be noticed")
    ask.add_argument("--seconds", type=int, default=240, help="for one test at most; a bug that hangs it is noticed")
    ask.add_argument("--whole", action="store_true", help="the end-to-end tests too")
    ask.add_argument("--keep", help="a folder for the copy that stays")
    ask.add_argument("--list", action="store_true")
    options = ask.parse_args()
    rooms = options.rooms.split(",")
    unknown = [room for room in rooms if room not in ROOMS]
    if unknown:
        ask.error(f"there is no room {unknown[0]}; there are {', '.join(ROOMS)}")
    bugs = plan(rooms, options.seed, options.only)
    if options.list:
        for room in rooms:
            print(*bugs[room][: options.count], sep="\n")
        return 0

    copy = Copy(options.keep, "page" in rooms, rooms != ["page"])
    if "asr" in rooms:
        copy.bring_weights()
    planted = noticed = 0
    try:
        for room in rooms:
            tests, seconds = time_all(copy, room, copy.tests_of(room, options.whole), options.seconds)
            seconds = min(seconds, options.seconds)
            here = alive = 0
            for bug in bugs[room]:
                if here == options.count:
                    break
                started = time.monotonic()
                by = plant(copy, bug, tests, seconds)
                if by is None:
                    continue
                here += 1
                alive += not by
                print(f"{'noticed' if by else 'ALIVE  '} {bug}  ({by + ', ' if by else ''}{time.monotonic() - started:.0f} s)", flush=True)
            print(f"{room}: {here - alive} of {here} noticed", flush=True)
            planted += here
            noticed += here - alive
    finally:
        copy.close()
    print(f"{noticed} of {planted} noticed ({100 * noticed // max(planted, 1)} %)")
    return 0 if planted and 100 * noticed >= options.least * planted else 1


if __name__ == "__main__":
    sys.exit(main())
