#!/usr/bin/env python3
"""parity.py PROBE CACHE [--isa ISA] NAME...: the engine against the recorded numbers of whisper.cpp.

Makes the synthetic model that each golden names (make_model.py beside the goldens, python3-numpy),
keeps it in CACHE, and runs whisper-probe on every run of the golden. Prints TAP; skips with a line
when the goldens or numpy are absent. The goldens lie in $INTERVIEWD_TEST_SHARED/whisper, else in
shared/whisper beside the repository. ISA is the kernels' name; a processor without them
skips. NAME:RUN is one run of a golden, NAME all of them.
"""
import fcntl
import glob
import hashlib
import json
import os
import shlex
import subprocess
import sys


def kit_folder():
    root = os.environ.get("INTERVIEWD_SOURCE_ROOT", os.getcwd())
    shared = os.environ.get("INTERVIEWD_TEST_SHARED", os.path.join(root, "..", "shared"))
    return os.path.join(shared, "whisper")


def skip(why):
    print("1..0 # SKIP", why)
    sys.exit(0)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while chunk := f.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def make(kit, cache, golden):
    """The model of a golden, made once; None when this machine makes another one."""
    path = os.path.join(cache, golden["model"] + ".bin")
    with open(path + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            args = shlex.split(golden["make_model"])
            args[1] = os.path.join(kit, args[1])
            made = path + ".part"
            subprocess.run(["/usr/bin/python3", os.path.join(kit, "make_model.py"), "--out", made,
                            *args], check=True, stdout=subprocess.DEVNULL)
            if sha256(made) != golden["sha256"]:
                os.remove(made)
                return None
            os.rename(made, path)
    return path


def main():
    probe, cache, names = [sys.argv[1]], sys.argv[2], sys.argv[3:]
    if names[0] == "--isa":
        probe += names[:2]
        names = names[2:]
    kit = kit_folder()
    if not glob.glob(os.path.join(kit, "golden", "*.json")):
        skip("no recorded numbers at " + kit)
    if subprocess.run(["/usr/bin/python3", "-c", "import numpy"], capture_output=True).returncode:
        skip("python3-numpy is not installed")
    os.makedirs(cache, exist_ok=True)
    number = 0
    failed = 0
    for name in names:
        name, _, only = name.partition(":")
        path = os.path.join(kit, "golden", name + ".json")
        with open(path) as f:
            golden = json.load(f)
        model = make(kit, cache, golden)
        for run in [only] if only else golden["runs"]:
            number += 1
            wav = os.path.join(kit, run.split("_")[0] + ".wav")
            ran = model and subprocess.run([*probe, model, wav, "--golden", path, "--run", run],
                                           capture_output=True, text=True)
            if ran and f"has no '{probe[-1]}' kernels" in ran.stderr:
                skip(ran.stderr.strip())
            good = ran and ran.returncode == 0
            failed += not good
            print("ok" if good else "not ok", number, "-", name, run, flush=True)
            if not good:
                text = ran.stdout + ran.stderr if ran else "the model came out different"
                print("#", text.strip().replace("\n", "\n# "), flush=True)
    print("1..%d" % number)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
