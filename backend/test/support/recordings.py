"""Recordings of people, real weights, and both ways of hearing: what accuracy is measured with.

Recordings lie in $INTERVIEWD_TEST_SHARED/speech, else in shared/speech beside the repository. Weights are
$INTERVIEWD_TEST_WEIGHTS/ggml-NAME.bin, else what weights/get.py beside the recordings brings into the build folder.
"""

import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(os.environ.get("INTERVIEWD_SOURCE_ROOT", pathlib.Path(__file__).parents[3]))
BUILD = pathlib.Path(os.environ.get("INTERVIEWD_BUILD_ROOT", ROOT / "backend" / "build"))
SHARED = pathlib.Path(os.environ.get("INTERVIEWD_TEST_SHARED", ROOT / ".." / "shared"))
SPEECH = SHARED / "speech"
# Not clear speech: whispered, broken off or spelled on purpose, hesitating.
HARD = {"mfa-disfluent", "an4-spelled-and-numbers", "spontaneous-fillers", "mfa-short-read"}


def manifest(folder):
    with open(folder / "manifest.tsv") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row | {"path": str(folder / row["file"])} for row in rows]


def sets():
    """name -> rows with path, transcript, perhaps language; nothing when there are no recordings."""
    if not (SPEECH / "human" / "manifest.tsv").exists():
        return {}
    top, human = manifest(SPEECH), manifest(SPEECH / "human")
    languages = manifest(SPEECH / "languages")
    return {"clear": [r for r in top if r["set"] == "human-exact"] + [r for r in human if r["set"] not in HARD],
            "hard": [r for r in human if r["set"] in HARD],
            "long": manifest(SPEECH / "long"),
            "nonspeech": manifest(SPEECH / "nonspeech"),
            "german": [r for r in languages if r["language"] == "de"],
            "spanish": [r for r in languages if r["language"] == "es"]}


def weights(name):
    """Path of the published file; None and why it cannot be had."""
    for folder in (os.environ.get("INTERVIEWD_TEST_WEIGHTS"), BUILD / "weights"):
        if folder and (pathlib.Path(folder) / f"ggml-{name}.bin").exists():
            return str(pathlib.Path(folder) / f"ggml-{name}.bin"), None
    get = SHARED / "weights" / "get.py"
    if not get.exists():
        return None, f"ggml-{name}.bin is not in $INTERVIEWD_TEST_WEIGHTS"
    run = subprocess.run([sys.executable, get, "--to", BUILD / "weights", name], capture_output=True, text=True)
    path = BUILD / "weights" / f"ggml-{name}.bin"
    return (str(path), None) if path.exists() else (None, f"ggml-{name}.bin cannot be brought: {run.stderr.strip()[-200:]}")


def live(model, rows, *options):
    """As if spoken now, by whisper-probe: an object a recording, see tools/whisper-probe/each.c."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as listing:
        listing.write("".join(r["path"] + "\n" for r in rows))
        listing.flush()
        run = subprocess.run([BUILD / "whisper-probe", model, listing.name, "--each", "--threads", "2", *options],
                             capture_output=True, text=True, check=True)
    return [json.loads(line) for line in run.stdout.splitlines()]


def files(model, rows, *options, language="en"):
    """By `interviewd transcribe`: an object a recording."""
    with tempfile.TemporaryDirectory() as data:
        run = subprocess.run([BUILD / "interviewd", "transcribe", "--data", data, "--asr-engine", "whisper", "--asr-model", model,
                              "--json", "--language", language, *options, *[r["path"] for r in rows]],
                             capture_output=True, text=True)
    found = [json.loads(line) for line in run.stdout.splitlines()]
    if len(found) != len(rows):
        raise RuntimeError(run.stderr)
    return found


def texts(rows, heard):
    return [(r["transcript"], h["text"]) for r, h in zip(rows, heard)]


def contradicted(heard):
    """Utterances whose final did not keep what had been called stable, and how many there were."""
    import word_errors
    finals = [u for h in heard for u in h["utterances"] if u["text"] or u["stable"]]
    broken = 0
    for u in finals:
        stable = word_errors.words(u["stable"])
        broken += word_errors.words(u["text"])[:len(stable)] != stable
    return broken, len(finals)


def loops(text, times=3):
    """Is a phrase of two to eight words said again and again?"""
    said = text.lower().split()
    return any(said[i:i + n] * times == said[i:i + n * times] for n in range(2, 9) for i in range(len(said) - n * times + 1))
