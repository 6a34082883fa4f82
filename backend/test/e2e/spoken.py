"""Recordings with real weights, option by option, and a language whose model comes when it is chosen; skipped where weights or recordings cannot be had."""

import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
import recordings  # noqa: E402
import rest  # noqa: E402

GERMAN = recordings.SPEECH / "languages" / "de_kerstin-0010.wav"  # Auch diesmal behaupten die Behörden, sie wüssten nichts …
NAMED = recordings.SPEECH / "human" / "phone_demo-abouttotry.wav"  # … to a demonstration server located at Digium …
LONG = recordings.SPEECH / "long" / "bush_radio_address_2008-11-01.wav"  # 127 s
MODEL_SERVER = pathlib.Path(__file__).parents[1] / "support" / "model_server.py"


def find(name):
    """The file of a model, or why the test is skipped."""
    path, why = recordings.weights(name)
    return (pathlib.Path(path).resolve(), None) if path else (None, why)


def put(path, there):
    """In the data folder itself: a server that is confined to it may not read weights elsewhere."""
    try:
        os.link(path, there)
    except OSError:  # another disk
        shutil.copyfile(path, there)


class Case(harness.unittest.TestCase):
    models = ()

    def setUp(self):
        missing = None if GERMAN.exists() else f"no recordings in {recordings.SPEECH}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="interviewd-spoken-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "models").mkdir()
        for name in self.models:
            path, why = find(name)
            missing = missing or why
            if path:
                put(path, self.folder / "models" / (recordings.NETWORKS.get(name) or f"ggml-{name}.bin"))
        if missing:
            self.skipTest(missing)


class Options(Case):
    models = ("base-q8_0", "vad")

    def transcribe(self, *args, **more):
        run = subprocess.run([harness.PROGRAM, "transcribe", *map(str, args), "--data", str(self.folder)], capture_output=True, text=True,
                             timeout=300, env=harness.environment(), **more)
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout

    def test_a_language_is_heard_or_found_out(self):
        for language in ("de", "auto"):
            told = json.loads(self.transcribe(GERMAN, "--language", language, "--json"))
            self.assertEqual((told["engine"], told["language"]), ("whisper", "de"))
            self.assertIn("Behörden", told["text"])
            self.assertIn("q8_0", told["model"])

    def test_it_is_translated(self):
        told = json.loads(self.transcribe(GERMAN, "--language", "de", "--translate", "--json"))
        self.assertNotIn("Behörden", told["text"])
        self.assertIn("this time", told["text"].lower())

    def test_a_prompt_says_how_names_are_written(self):
        plain = self.transcribe(NAMED)
        told = self.transcribe(NAMED, "--prompt", "Digium makes Asterisk, which speaks the Inter-Asterisk Exchange protocol.")
        self.assertNotIn("Digium", plain)
        self.assertIn("Digium", told)

    def test_standard_input_and_both_kinds_of_subtitles(self):
        with open(GERMAN, "rb") as recording:
            srt = self.transcribe("-", "--language", "de", "--srt", stdin=recording)
        self.assertRegex(srt, r"^1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\nAuch diesmal")
        vtt = self.transcribe(GERMAN, "--language", "de", "--vtt")
        self.assertRegex(vtt, r"^WEBVTT\n\n00:00:0\d\.\d{3} --> 00:00:0\d\.\d{3}\nAuch diesmal")

    def test_progress_tells_the_time_that_remains_and_ctrl_c_keeps_what_was_heard(self):
        terminal, end = pty.openpty()
        said = bytearray()

        def read():
            with contextlib.suppress(OSError):  # the other end was closed
                while piece := os.read(terminal, 4096):
                    said.extend(piece)

        run = subprocess.Popen([harness.PROGRAM, "transcribe", LONG, LONG, "--json", "--data", str(self.folder)], stdout=subprocess.PIPE,
                               stderr=end, env=harness.environment())
        os.close(end)
        reader = threading.Thread(target=read)
        reader.start()
        until = time.monotonic() + 240
        while not re.search(rb"\d+ %, \d+:\d\d left", said) and time.monotonic() < until:
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        out = run.communicate(timeout=harness.PATIENCE_S)[0]
        reader.join()
        os.close(terminal)
        self.assertRegex(said, rb"\d+ %, \d+:\d\d left")
        self.assertEqual(run.returncode, 130, said)
        told = json.loads(out.splitlines()[0])
        self.assertTrue(told["interrupted"])
        self.assertGreater(len(told["segments"]), 0, "what was heard until then")
        self.assertIn("good morning", told["text"].lower())


class Chosen(Case):
    models = ("tiny.en", "vad")

    def setUp(self):
        super().setUp()
        base, why = find("base-q8_0")
        if not base:
            self.skipTest(why)
        hub = self.folder / "hub"
        hub.mkdir()
        (hub / "ggml-base-q8_0.bin").symlink_to(base)
        self.hub = subprocess.Popen([sys.executable, MODEL_SERVER, hub], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.hub.stdout.close)
        self.addCleanup(self.hub.wait)
        self.addCleanup(self.hub.kill)
        port = int(self.hub.stdout.readline())
        threading.Thread(target=lambda: [None for _ in self.hub.stdout], daemon=True).start()
        self.server = harness.Server(data=self.folder, INTERVIEWD_ASR_ENGINE="whisper", INTERVIEWD_FETCH_MODELS="on",
                                     INTERVIEWD_MODEL_URL=f"http://127.0.0.1:{port}/hub")
        self.addCleanup(self.server.stop)

    def hearing(self):
        return self.server.get("/api/v1/hearing/de")

    def test_german_is_heard_as_soon_as_its_model_has_come_without_a_restart(self):
        self.assertEqual((self.hearing()["engine"], self.hearing()["missing"]["name"]), (None, "base-q8_0"))
        session = self.server.post("/api/v1/sessions", {"language": "de"})["id"]
        self.assertEqual(self.server.get("/api/v1/hearing/en")["model"], "tiny.en")
        with self.server.socket("/ws/transcribe", session) as early:
            early.send({"type": "start", "language": "de"})
            first = early.wait_for(lambda m: m["type"] in ("error", "ready"))
            if first["type"] == "error":  # it had not come yet: said before anybody spoke
                self.assertIn("base-q8_0", first["message"])
        until = time.monotonic() + harness.PATIENCE_S
        while self.hearing()["missing"] and time.monotonic() < until:
            self.assertIn(self.hearing()["missing"]["state"] if self.hearing()["missing"] else "getting", ("absent", "getting"))
            time.sleep(0.2)
        self.assertEqual((self.hearing()["engine"], self.hearing()["model"]), ("whisper", "base-q8_0"))
        with self.server.socket("/ws/transcribe", session) as ear:
            ear.stream(GERMAN, start={"language": "de"}, pace=1.0)
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000, ear.seen)
        self.assertIn("q8_0", ear.of_type("ready")[0]["model"])
        self.assertEqual([m["name"] for m in self.server.get("/api/v1/models")["items"] if m["kind"] == "ear" and m["state"] == "in_use"], ["base-q8_0"])
        self.assertIn("Behörden", " ".join(m["text"] for m in ear.of_type("final")))


class Compatible(Case):
    """What programs made for OpenAI's API get of real weights: times of segments and words, and how sure they are."""
    models = ("tiny.en", "vad")

    def setUp(self):
        super().setUp()
        self.server = harness.Server(data=self.folder, INTERVIEWD_ASR_ENGINE="whisper")
        self.addCleanup(self.server.stop)
        self.contract = rest.Contract()

    def hear(self, *granularities):
        boundary = "x7b"
        parts = [("model", "whisper-1"), ("response_format", "verbose_json"), *(("timestamp_granularities[]", g) for g in granularities)]
        body = "".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in parts).encode()
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'.encode()
        body += NAMED.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        status, headers, text = self.server.request("POST", "/v1/audio/transcriptions", body,
                                                    headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})
        self.contract.check("POST", "/v1/audio/transcriptions", status, {k.lower(): v for k, v in headers.items()}, text)
        self.assertEqual(self.contract.wrong, [])
        return json.loads(text)

    def in_order(self, pieces, end):
        self.assertTrue(pieces)
        for piece, after in zip(pieces, [*pieces[1:], {"start": end}]):
            self.assertLess(piece["start"], piece["end"])
            self.assertLessEqual(piece["end"], after["start"] + 0.02)

    def test_segments_and_words_have_their_times_and_how_sure_they_are(self):
        told = self.hear("segment", "word")
        seconds = len(harness.samples(NAMED)[2]) / 2 / harness.samples(NAMED)[0]
        self.assertEqual((told["task"], told["language"]), ("transcribe", "english"))
        self.assertAlmostEqual(told["duration"], seconds, delta=0.1)
        self.in_order(told["segments"], seconds)
        self.in_order(told["words"], seconds)
        self.assertIn("demonstration server", told["text"].lower())
        self.assertEqual(" ".join(s["text"] for s in told["segments"]).split(), told["text"].split())
        self.assertEqual([w["word"].strip() for w in told["words"]], told["text"].split())
        (server,) = [w for w in told["words"] if w["word"].strip().lower().startswith("server")]
        self.assertTrue(0.2 * seconds < server["start"] < 0.9 * seconds, "in the middle of the sentence")
        for segment in told["segments"]:
            self.assertEqual(segment["seek"], round(segment["start"] * 100))
            self.assertLess(segment["avg_logprob"], 0)
            self.assertTrue(0.5 < segment["compression_ratio"] < 2.4, "no loop")
            self.assertLess(segment["no_speech_prob"], 0.5)
            self.assertGreaterEqual(segment["temperature"], 0)
        self.assertEqual(set(self.hear()) & {"segments", "words"}, {"segments"})
        self.assertEqual(set(self.hear("word")) & {"segments", "words"}, {"words"})


class Memory(Case):
    """What a line of the recogniser takes is given back when it is closed: hours of interviews leave a server as large as the first did."""
    models = ("tiny.en", "vad")
    LINES = 3
    KEPT_MB = 40  # of six lines, that are 20 to 30 at most; what they had would be 56 and more

    def setUp(self):
        super().setUp()
        if harness.SANITIZED:
            self.skipTest("a sanitizer's memory says nothing")
        self.server = harness.Server(data=self.folder, INTERVIEWD_ASR_ENGINE="whisper")
        self.addCleanup(self.server.stop)

    def resident(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text())[1]) / 1024

    def hear(self, lines):
        """As many lines at once, and all of them closed."""
        with contextlib.ExitStack() as open_lines:
            ears = [open_lines.enter_context(self.server.socket("/ws/transcribe", self.server.post("/api/v1/sessions", {})["id"])) for _ in range(lines)]
            for ear in ears:
                ear.stream(NAMED)
            for ear in ears:
                ear.wait_for(lambda m: m["type"] == "partial")
                ear.send({"type": "stop"})
                self.assertEqual(ear.wait_for_close(), 1000, ear.seen)

    def test_lines_that_were_closed_give_their_memory_back(self):
        self.hear(1)  # the model is there from now on
        before = self.resident()
        for _ in range(2):
            self.hear(self.LINES)
        until = time.monotonic() + harness.PATIENCE_S
        while self.resident() > before + self.KEPT_MB and time.monotonic() < until:
            time.sleep(0.05)
        self.assertLess(self.resident(), before + self.KEPT_MB)


if __name__ == "__main__":
    harness.main()
