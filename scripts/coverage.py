#!/usr/bin/env python3
"""Line coverage of backend/src, from the counters that a build with -Db_coverage=true left.

    coverage.py BUILD [--at-least PERCENT] [--worst N] [--missing PREFIX]

A line that several programs are made of (a header's, a file linked into a worker too) counts once, and is covered when
any of them ran it. A file that no program ever ran counts with all its lines.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import subprocess
import sys

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "backend" / "src"


def counts_of(note):
    """{source: {line: times}} of one object file, by gcov; without counters all are 0."""
    said = subprocess.run(["gcov", "--json-format", "--stdout", note], capture_output=True, cwd=note.parent)
    found = {}
    for line in said.stdout.splitlines():
        if not line.startswith(b"{"):
            continue
        report = json.loads(line)
        base = pathlib.Path(report["current_working_directory"])
        for file in report["files"]:
            path = (base / file["file"]).resolve()
            if path.is_relative_to(SOURCES):
                lines = found.setdefault(str(path.relative_to(SOURCES)), {})
                for entry in file["lines"]:
                    lines[entry["line_number"]] = lines.get(entry["line_number"], 0) + entry["count"]
    return found


def spans(lines):
    """[3, 4, 5, 9] as 3-5, 9."""
    out = []
    for n in sorted(lines):
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


def share(lines):
    return 100 * sum(1 for n in lines.values() if n) / len(lines)


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("build", type=pathlib.Path)
    ask.add_argument("--at-least", type=float, default=0)
    ask.add_argument("--worst", type=int, default=20)
    ask.add_argument("--missing")
    options = ask.parse_args()

    # Only what the product is made of: tests, benchmarks and fuzz targets have notes of their own.
    notes = [path for path in options.build.resolve().rglob("*.gcno") if "src_" in path.name]
    files = {}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for found in pool.map(counts_of, notes):
            for name, lines in found.items():
                all_lines = files.setdefault(name, collections.Counter())
                for line, count in lines.items():
                    all_lines[line] += count
    if not files:
        sys.exit(f"{options.build} has no counters: scripts/coverage.sh makes them")

    rooms = collections.defaultdict(dict)
    for name, lines in files.items():
        room = name.split("/")[0] if "/" in name else "main"
        rooms[room] |= {(name, line): count for line, count in lines.items()}
    for room, lines in sorted(rooms.items(), key=lambda item: share(item[1])):
        print(f"  {share(lines):5.1f} %  {room:10} {len(lines):6} lines")
    print("The files that are run least:")
    for name, lines in sorted(files.items(), key=lambda item: share(item[1]))[:options.worst]:
        print(f"  {share(lines):5.1f} %  {name}  ({sum(1 for n in lines.values() if not n)} of {len(lines)} lines are not run)")
    if options.missing is not None:
        for name, lines in sorted(files.items()):
            never = [line for line, count in lines.items() if not count]
            if name.startswith(options.missing) and never:
                print(f"{name}: {spans(never)}")
    everything = {(name, line): count for name, lines in files.items() for line, count in lines.items()}
    run = sum(1 for n in everything.values() if n)
    print(f"line coverage of backend/src: {100 * run / len(everything):.2f} % ({run} of {len(everything)} lines)")
    return 1 if 100 * run / len(everything) < options.at_least else 0


if __name__ == "__main__":
    sys.exit(main())
