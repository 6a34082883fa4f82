#!/usr/bin/env python3
"""hearing.py: how accurate and how quick hearing is, beside other programs. Prints the tables of docs/HEARING.md.

    python3 backend/bench/hearing.py [--venv FOLDER | --peers PYTHON] [--programs LIST] [--ct2 FOLDER] [--keep FOLDER] [--rounds N]
                                     [--models tiny.en,base,base-q8_0] [--write] [accuracy kept speed]

--venv: a virtual environment outside the repository into which pywhispercpp and faster-whisper are installed; --peers: a Python that has
them. Without either only our own rows are made. --ct2: base in CTranslate2's layout; otherwise faster-whisper fetches it. --keep:
what other programs heard is kept there and not asked again, since whisper.cpp takes half an hour. Recordings and weights:
test/support/recordings.py. Processor time, because others may use the machine; for speed the programs take turns and the least counts.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time
import wave

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "test" / "support"))
import recordings  # noqa: E402
import word_errors  # noqa: E402

LANGUAGES = {"german": "de", "spanish": "es"}


def kept_peer(options, engine, model, name, rows):
    """What it hears, asked once."""
    path = options.keep and pathlib.Path(options.keep) / f"{engine}-{pathlib.Path(model).stem}-{name}.json"
    files = [r["file"] for r in rows]
    if path and path.exists():
        found = json.loads(path.read_text())
        if [h["file"] for h in found] == files:
            return found
    found = [h | {"file": file} for h, file in zip(peer(options.peers, engine, model, rows, LANGUAGES.get(name, "en")), files)]
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found))
    return found


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
        if options.peers and not name.endswith("-q8_0"):
            row("whisper.cpp, beam 5", [cell(k, v, kept_peer(options, "whisper.cpp", model, k, v)) for k, v in wanted.items()])
        if options.peers and name == "base":
            for engine in ("faster-whisper", "faster-whisper-batched"):
                row(engine, [cell(k, v, kept_peer(options, engine, options.ct2, k, v)) for k, v in wanted.items()])


def kept(options):
    """Kept silence against whole windows: the same utterances heard with both, and what encoding 208 positions takes. With --write the
    counts of whole windows are what the test `hearing/live` compares with."""
    rows = [r for name in ("clear", "hard", "long") for r in recordings.sets()[name]]
    print("\n**Kept silence against whole windows**, live\n")
    print("| model | utterances of recordings | kept: words wrong | whole windows | processor time, of the whole | encoding 208 positions, ms "
          "| 1500 | of the whole |\n|---|---|---|---|---|---|---|---|")
    counts = []
    for name in options.models.split(","):
        model, _ = recordings.weights(name)
        heard, whole = recordings.live(model, rows, "--finals", "--language", "en"), recordings.whole_windows(model, rows, anew=True)
        counts.append(whole)
        words = sum(len(word_errors.words(r["transcript"])) for r in rows)
        encode = [recordings.encoding(model, rows[0]["path"], ctx) for ctx in (208, 1500)]
        row(name, [f"{sum(len(h['utterances']) for h in heard)} of {len(rows)}",
                   *[f"{100 * wrong / words:.2f} %" for wrong in (word_errors.wrong(recordings.texts(rows, heard)), whole["wrong"])],
                   f"{100 * sum(h['cpuMs'] for h in heard) / whole['cpuMs']:.0f} %", *[f"{ms:.1f}" for ms in encode],
                   f"{100 * encode[0] / encode[1]:.1f} %"])
    if options.write:
        recordings.WHOLE_WINDOWS.write_text("[\n" + ",\n".join("  " + json.dumps(c) for c in counts) + "\n]\n")


def join(rows, seconds, path):
    """One recording of so many seconds."""
    with wave.open(path, "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        left = seconds * 16000
        for r in rows * 10:
            with wave.open(r["path"]) as w:
                out.writeframes(w.readframes(min(left, w.getnframes())))
                left -= min(left, w.getnframes())


def used(run):
    """Processor time and time of a program and its children, in s."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.monotonic() - start


def ours(model, path):
    """What it takes to hear the recording: that of the program less that of hearing a second of nothing."""
    with tempfile.TemporaryDirectory() as data:
        quiet = os.path.join(data, "quiet.wav")
        with wave.open(quiet, "wb") as out:
            out.setparams((1, 2, 16000, 0, "NONE", ""))
            out.writeframes(bytes(32000))
        nothing, all_of_it = (used(lambda recording=recording: subprocess.run(
            [recordings.BUILD / "interviewd", "transcribe", "--data", data, "--asr-engine", "whisper", "--asr-model", model, recording],
            capture_output=True, check=True)) for recording in (quiet, path))
    return all_of_it[0] - nothing[0], all_of_it[1] - nothing[1]


def theirs(python, engine, model, path):
    heard = peer(python, engine, model, [{"path": path}])[0]
    return heard["cpuMs"] / 1000, heard["wallMs"] / 1000


def speed(options):
    """All programs in turn, again and again, so that what else the machine does slows each down; of each the least counts."""
    print(f"\n**200 s of speech**, two threads, {options.rounds} rounds\n\n| program | processor time, s | s | ours, processor time | ours, time |\n"
          "|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "long.wav")
        join(recordings.sets()["long"], 200, path)
        for name in options.models.split(","):
            model, _ = recordings.weights(name)
            programs = {f"ours, {name}": lambda: ours(model, path)}
            for engine in options.programs.split(",") if options.peers else ():
                if engine == "whisper.cpp":
                    programs[engine] = lambda: theirs(options.peers, "whisper.cpp", model, path)
                elif name.startswith("base"):
                    programs[engine] = lambda engine=engine: theirs(options.peers, engine, options.ct2, path)
            taken = {title: [] for title in programs}
            for _ in range(options.rounds):
                for title, run in programs.items():
                    taken[title].append(run())
            least = {title: [min(t[i] for t in some) for i in (0, 1)] for title, some in taken.items()}
            us = next(iter(least.values()))
            for title, (cpu, wall) in least.items():
                row(title, [f"{cpu:.1f}", f"{wall:.1f}", f"{us[0] / cpu:.2f} of it", f"{us[1] / wall:.2f} of it"])


def make_venv(folder, programs):
    """A Python that has the programs, from the package index of the user."""
    python = os.path.join(folder, "bin", "python")
    packages = {"whisper.cpp": "pywhispercpp"}
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "numpy", *{packages.get(p, "faster-whisper") for p in programs}], check=True)
    return python


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--peers")
    parser.add_argument("--venv")
    parser.add_argument("--programs", default="whisper.cpp,faster-whisper,faster-whisper-batched")
    parser.add_argument("--ct2", default="base")
    parser.add_argument("--keep")
    parser.add_argument("--models", default="tiny.en,base,base-q8_0")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("what", nargs="*", default=["accuracy", "kept", "speed"])
    options = parser.parse_args()
    if options.venv:
        options.peers = make_venv(options.venv, options.programs.split(","))
    if not recordings.sets():
        sys.exit(f"no recordings of people in {recordings.SPEECH}")
    for what in options.what:
        {"accuracy": accuracy, "kept": kept, "speed": speed}[what](options)


main()
