"""Recordings of people, real weights, and both ways of hearing: what accuracy is measured with.

Recordings lie in $INTERVIEWD_TEST_SHARED/speech, else in shared/speech beside the repository. Weights (ggml-NAME.bin, vad.onnx,
turn.onnx, voices.pt) lie in $INTERVIEWD_WEIGHTS, else weights/get.py beside the recordings brings them into the build folder.
"""

import array
import contextlib
import csv
import fcntl
import functools
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import wave

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


NETWORKS = {"vad": "vad.onnx", "turn": "turn.onnx", "voices": "voices.pt"}
OTHERS = {"llm": "llm.gguf"}


def weights(name):
    """Path of the published file; None and why it cannot be had."""
    with brought_once():
        return found_or_brought(name)


@contextlib.contextmanager
def brought_once():
    """Several tests at once want the same file: the first brings it, the others wait for it."""
    folder = BUILD / "weights"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def found_or_brought(name):
    file = (NETWORKS | OTHERS).get(name, f"ggml-{name}.bin")
    for folder in (os.environ.get("INTERVIEWD_WEIGHTS"), BUILD / "weights"):
        if folder and (pathlib.Path(folder) / file).exists():
            return str(pathlib.Path(folder) / file), None
    if name.endswith("-q8_0"):
        return quantised(name)
    get = SHARED / "weights" / "get.py"
    if not get.exists():
        return None, f"{file} is not in $INTERVIEWD_WEIGHTS"
    run = subprocess.run([sys.executable, get, "--to", BUILD / "weights", name], capture_output=True, text=True)
    path = BUILD / "weights" / file
    return (str(path), None) if path.exists() else (None, f"{file} cannot be brought: {run.stderr.strip()[-200:]}")


def quantised(name):
    """Made of the file it is published beside."""
    path, why = found_or_brought(name.removesuffix("-q8_0"))
    if not path:
        return None, why
    to = BUILD / "weights" / f"ggml-{name}.bin"
    to.parent.mkdir(exist_ok=True)
    subprocess.run([BUILD / "whisper-probe", path, to, "--quantize", "q8_0"], capture_output=True, check=True)
    return str(to), None


def networks():
    """Folder of the networks beside a recogniser; None and why they cannot be had."""
    for name in ("vad", "turn"):
        path, why = weights(name)
        if not path:
            return None, why
    return str(pathlib.Path(path).parent), None


@functools.cache
def digest(path):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


HEARD = {}  # by way, model, options and recording, as long as this process runs: heard again it would be the same


def once(rows, hear, *way):
    """What was heard of each recording in this way: hear(paths) is asked for those that are new."""
    keys = [(*way, digest(r["path"])) for r in rows]
    new = {key: r["path"] for key, r in zip(keys, rows) if key not in HEARD}
    if new:
        HEARD.update(zip(new, hear(list(new.values())), strict=True))
    return [HEARD[key] for key in keys]


def live(model, rows, *options, late=60):
    """As if spoken now, by whisper-probe: an object a recording, see tools/whisper-probe/each.c. Turns are heard with the networks
    where they can be had; `late` is what a machine needs to answer a pause, in ms. One thread: what is heard is the same, and tests
    run beside each other."""
    nets, _ = networks()
    if nets:
        options += ("--nets", nets, "--late", str(late))

    def hear(paths):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as listing:
            listing.write("".join(path + "\n" for path in paths))
            listing.flush()
            run = subprocess.run([BUILD / "whisper-probe", model, listing.name, "--each", "--threads", "1", *options],
                                 capture_output=True, text=True, check=True)
        return map(json.loads, run.stdout.splitlines())

    return once(rows, hear, "live", model, *options)


WHOLE_WINDOWS = ROOT / "backend" / "test" / "hearing" / "whole_windows.json"


def whole_windows(model, rows, anew=False):
    """Words that are wrong when live speech is heard with whole windows. It takes minutes, so the count is kept with the hashes of
    weights and recordings it was made of; of others, or `anew`, it is made now."""
    of = hashlib.sha256("".join(digest(r["path"]) + r["transcript"] for r in rows).encode()).hexdigest()
    for known in json.loads(WHOLE_WINDOWS.read_text()):
        if not anew and (known["weights"], known["recordings"]) == (digest(model), of):
            return known
    import word_errors
    heard = live(model, rows, "--finals", "--language", "en", "--whole")
    return {"weights": digest(model), "recordings": of, "wrong": word_errors.wrong(texts(rows, heard)), "model": pathlib.Path(model).name,
            "cpuMs": round(sum(h["cpuMs"] for h in heard))}


def encoding(model, path, ctx):
    """One window of so many positions in front of kept silence, in ms: the processor time of one thread, the least of some rounds."""
    run = subprocess.run([BUILD / "whisper-probe", model, path, "--time", "--seconds", "3.6", "--tokens", "1", "--threads", "1",
                          "--ctx", str(ctx), "--kept", "--rounds", "12"], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)["encodeMs"]


def files(model, rows, *options, language="en"):
    """By `interviewd transcribe`: an object a recording."""
    def hear(paths):
        with tempfile.TemporaryDirectory() as data:
            run = subprocess.run([BUILD / "interviewd", "transcribe", "--data", data, "--asr-engine", "whisper", "--asr-model", model,
                                  "--json", "--language", language, *options, *paths], capture_output=True, text=True)
        found = [json.loads(line) for line in run.stdout.splitlines()]
        if len(found) != len(paths):
            raise RuntimeError(run.stderr)
        return found

    return once(rows, hear, "files", model, language, *options)


def texts(rows, heard):
    return [(r["transcript"], h["text"]) for r, h in zip(rows, heard)]


def silence(u):
    """From the last voiced sample of an utterance to its end being told, in ms of the audio's clock."""
    return u["toldMs"] - u["endMs"]


def with_pause(path, at_ms, pause_ms, to, goes_on=True):
    """The recording with a silence of its own noise where it is quietest in the 150 ms before `at_ms`; where the silence begins. Or
    the silence is its end."""
    with wave.open(path) as w:
        pcm = array.array("h", w.readframes(w.getnframes()))
    loud = [sum(x * x for x in pcm[n:n + 160]) for n in range(0, len(pcm) - 160, 160)]
    at = min(range(max(0, at_ms // 10 - 15), min(at_ms // 10 + 2, len(loud))), key=loud.__getitem__) * 160
    quiet = min(range(len(loud) - 10), key=lambda n: sum(loud[n:n + 10])) * 160
    noise = pcm[quiet:quiet + 1600]
    noise += noise[::-1]
    with wave.open(to, "wb") as w:
        w.setparams((1, 2, 16000, 0, "NONE", ""))
        w.writeframes((pcm[:at] + (noise * (pause_ms * 16 // len(noise) + 1))[:pause_ms * 16] + (pcm[at:] if goes_on else pcm[:0])).tobytes())
    return at // 16


def joined(paths, to, gap_ms=1500):
    """One recording of them all, with silences between them."""
    with wave.open(to, "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        for path in paths:
            with wave.open(path) as w:
                out.writeframes(w.readframes(w.getnframes()) + bytes(gap_ms * 32))
    return to


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
