#!/usr/bin/env python3
"""hearing.py: how accurate and how quick hearing is, beside other programs. Prints the tables of docs/HEARING.md.

    python3 backend/bench/hearing.py [--peers PYTHON] [--ct2 FOLDER] [--models tiny.en,base] [accuracy speed]

PYTHON has pywhispercpp and faster-whisper (`python3 -m venv x && x/bin/pip install pywhispercpp faster-whisper`); without it only
our own rows are made. FOLDER holds base in CTranslate2's layout. Recordings and weights: test/support/recordings.py.
Processor time, because others may use the machine; for speed the programs take turns and the least of three counts.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import wave

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "test" / "support"))
import recordings  # noqa: E402
import word_errors  # noqa: E402

LANGUAGES = {"german": "de", "spanish": "es"}


def peer(python, engine, model, rows, language="en"):
    """[object a recording]"""
    run = subprocess.run([python, pathlib.Path(__file__).parent / "hearing_peer.py", engine, model], text=True, capture_output=True,
                         input="".join(f"{language}\t{r['path']}\n" for r in rows))
    found = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")][1:]
    if len(found) != len(rows):
        raise RuntimeError(run.stderr[-400:])
    return found


def cell(name, rows, heard):
    if name == "nonspeech":
        return str(sum(bool(word_errors.words(h["text"])) for h in heard))
    return f"{word_errors.rate(recordings.texts(rows, heard)):.1f}"


def row(title, cells):
    print("| " + " | ".join([title, *cells]) + " |", flush=True)


def accuracy(options):
    chosen = ("clear", "hard", "long", "nonspeech", "german", "spanish")
    sets = {name: rows for name, rows in recordings.sets().items() if name in chosen}
    for name in options.models.split(","):
        model, why = recordings.weights(name)
        if not model:
            print(f"{name}: {why}")
            continue
        wanted = {k: v for k, v in sets.items() if not (name.endswith(".en") and k in LANGUAGES)}
        print(f"\n**{name}**, words wrong in %, recordings heard of those without speech\n")
        row("", [f"{k} ({len(v)})" for k, v in wanted.items()])
        print("|---" * (len(wanted) + 1) + "|")
        row("files", [cell(k, v, recordings.files(model, v, language=LANGUAGES.get(k, "en"))) for k, v in wanted.items()])
        row("live", [cell(k, v, recordings.live(model, v, "--finals", "--language", LANGUAGES.get(k, "en"))) for k, v in wanted.items()])
        row("live, whole windows", [cell(k, v, recordings.live(model, v, "--finals", "--whole", "--language", LANGUAGES.get(k, "en")))
                                    for k, v in wanted.items()])
        if options.peers:
            row("whisper.cpp, beam 5", [cell(k, v, peer(options.peers, "whisper.cpp", model, v, LANGUAGES.get(k, "en")))
                                        for k, v in wanted.items()])
        if options.peers and options.ct2 and name == "base":
            for engine in ("faster-whisper", "faster-whisper-batched"):
                row(engine, [cell(k, v, peer(options.peers, engine, options.ct2, v, LANGUAGES.get(k, "en"))) for k, v in wanted.items()])


def join(rows, seconds, path):
    """One recording of so many seconds."""
    with wave.open(path, "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        left = seconds * 16000
        for r in rows * 10:
            with wave.open(r["path"]) as w:
                out.writeframes(w.readframes(min(left, w.getnframes())))
                left -= min(left, w.getnframes())


def ours(model, path):
    """Processor time of hearing it, in ms: that of the process less that of hearing nothing."""
    used = []
    with tempfile.TemporaryDirectory() as data:
        quiet = os.path.join(data, "quiet.wav")
        with wave.open(quiet, "wb") as out:
            out.setparams((1, 2, 16000, 0, "NONE", ""))
            out.writeframes(bytes(32000))
        for recording in (quiet, path):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([recordings.BUILD / "interviewd", "transcribe", "--data", data, "--asr-engine", "whisper", "--asr-model",
                            model, recording], capture_output=True, check=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used.append(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return used[1] - used[0]


def speed(options):
    print("\n**200 s of speech**, processor time in s\n\n| model | ours | whisper.cpp | faster-whisper int8 | its batched pipeline |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "long.wav")
        join(recordings.sets()["long"], 200, path)
        for name in options.models.split(","):
            model, _ = recordings.weights(name)
            programs = {"ours": lambda: ours(model, path)}
            if options.peers:
                programs["whisper.cpp"] = lambda: peer(options.peers, "whisper.cpp", model, [{"path": path}])[0]["cpuMs"]
            if options.peers and options.ct2 and name.startswith("base"):
                for engine in ("faster-whisper", "faster-whisper-batched"):
                    programs[engine] = lambda engine=engine: peer(options.peers, engine, options.ct2, [{"path": path}])[0]["cpuMs"]
            least = {}
            for _ in range(options.rounds):
                for title, run in programs.items():
                    least[title] = min(least.get(title, 1e9), run() / 1000)
            row(name, [f"{least[p]:.1f}" if p in least else "" for p in
                       ("ours", "whisper.cpp", "faster-whisper", "faster-whisper-batched")])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peers")
    parser.add_argument("--ct2")
    parser.add_argument("--models", default="tiny.en,base")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("what", nargs="*", default=["accuracy", "speed"])
    options = parser.parse_args()
    if not recordings.sets():
        sys.exit(f"no recordings of people in {recordings.SPEECH}")
    for what in options.what:
        {"accuracy": accuracy, "speed": speed}[what](options)


main()
