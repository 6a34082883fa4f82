"""Whose voice it is, and models that come while the server runs: real sockets, voices and weights; skipped where those cannot be had."""

import contextlib
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import wave

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
import recordings  # noqa: E402

PACE = 0.4  # of real time: a quiet machine hears five times as fast as people speak
HUMAN = recordings.SPEECH / "human"
WORDING = "My voice may be learned from this sentence, so that it is told from the interviewer's."


def clip(name):
    with wave.open(str(HUMAN / name)) as wav:
        return wav.readframes(wav.getnframes())


def wav_of(path, *clips, gap=1.6):
    """The clips one after the other, with so many seconds of quiet around them."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(16000)
        for data in clips:
            out.writeframes(bytes(int(32000 * 0.3)) + data + bytes(int(32000 * gap)))
    return path


class Voices(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.missing = None if (HUMAN / "manifest.tsv").exists() else f"no recordings of people in {HUMAN}"
        cls.files = {}
        for name, file in (("tiny.en", "ggml-tiny.en.bin"), ("vad", "vad.onnx"), ("voices", "voices.pt")):
            found, why = recordings.weights(name)
            cls.missing = cls.missing or (None if found else why)
            cls.files[file] = found
        if cls.missing:
            return
        cls.folder = tempfile.mkdtemp(prefix="interviewd-voices-")
        cls.data = pathlib.Path(cls.folder) / "data"
        (cls.data / "models").mkdir(parents=True)
        for file, found in cls.files.items():
            (cls.data / "models" / file).symlink_to(pathlib.Path(found).resolve())
        cls.server = harness.Server(data=cls.data, INTERVIEWD_ASR_ENGINE="whisper")

    @classmethod
    def tearDownClass(cls):
        if not cls.missing:
            super().tearDownClass()

    def setUp(self):
        if self.missing:
            self.skipTest(self.missing)
        self.id = self.session()

    def tearDown(self):
        with contextlib.suppress(harness.HttpError):
            self.server.request("DELETE", "/api/v1/voice")

    def phrase(self, *names, session=None, **fields):
        wav = wav_of(pathlib.Path(self.folder) / "phrase.wav", *[clip(n) for n in names], gap=0.2)
        body = b""
        for name, value in {"consent": WORDING, "file": wav.read_bytes(), **fields}.items():
            value = value if isinstance(value, bytes) else value.encode()
            body += b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="x"\r\n\r\n%s\r\n' % (name.encode(), value)
        return self.server._json("PUT", f"/api/v1/sessions/{session or self.id}/voice", body + b"--edge--\r\n",
                                 headers={"Content-Type": "multipart/form-data; boundary=edge"})

    def hear(self, *clips, session=None, **start):
        wav = wav_of(pathlib.Path(self.folder) / "said.wav", *clips)
        with self.server.socket("/ws/transcribe", session or self.id) as ear:
            ear.wait_for(lambda m: m["type"] == "ready")
            ear.stream(wav, start=start, pace=PACE)
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000, ear.seen)
            return ear

    def speakers(self, ear):
        return [(m["speaker"], m.get("voice")) for m in ear.of_type("final") if m["text"]]

    def turns(self, speakers):
        """Who after whom: a sentence with a long pause may be two utterances, and a piece of one too short to be told."""
        known = [who for who in speakers if who != "unknown"]
        return [who for i, who in enumerate(known) if not i or who != known[i - 1]]

    def test_one_microphone_for_both_is_told_apart_after_a_phrase(self):
        told = self.phrase("vctk_p226_003.wav")
        self.assertTrue(told["known"])
        self.assertGreater(told["speechMs"], 3000)
        self.assertEqual(told["consent"]["wording"], WORDING)
        self.assertIsNone(told["kept"])
        self.assertEqual(self.server.get(f"/api/v1/sessions/{self.id}")["metadata"]["voiceConsent"], told["consent"])
        ear = self.hear(*[clip(f"vctk_{n}.wav") for n in ("p227_005", "p226_021", "p225_003", "p226_024", "p227_016")])
        found = self.speakers(ear)
        wanted = ["interviewer", "candidate", "interviewer2", "candidate", "interviewer"]
        self.assertEqual(self.turns(who for who, _ in found), wanted, found)
        self.assertEqual(self.turns(m["speaker"] for m in ear.of_type("turn") if m["state"] == "ended"), wanted)
        kept = self.server.wait_for_transcripts(self.id, lambda items: len(items) >= len(wanted))
        self.assertEqual(self.turns(t["speaker"] for t in sorted(kept, key=lambda t: (t["questionNumber"], t["timestamp"]))), wanted)
        talk = {s["speaker"]: s["share"] for s in self.server.get(f"/api/v1/sessions/{self.id}/talk")["speakers"]}
        self.assertLessEqual({"candidate", "interviewer", "interviewer2"}, set(talk))
        self.assertAlmostEqual(sum(talk.values()), 1, places=2)
        self.assertGreater(talk["candidate"], 0.3)
        exported = self.server.request("POST", f"/api/v1/sessions/{self.id}/export", {"format": "json"})[2].decode()
        self.assertNotIn("resemblyzer", exported, "a voice is never exported")

    def test_the_own_voice_asks_nothing_and_the_interviewers_does(self):
        question = clip("riva_what_is_nlp.wav")
        own = self.phrase("riva_what_is_nlp.wav", "riva_what_is_nlp.wav")
        self.assertTrue(own["known"], own)
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            self.assertEqual(self.turns(who for who, _ in self.speakers(self.hear(question))), ["candidate"])
            ear = self.hear(clip("google_brooklyn.wav"))
            started = llm.wait_for(lambda m: m["type"] == "started")
            self.assertIn("brooklyn", started["question"].lower(), "the first that was asked is the interviewer's")
            self.assertNotIn("candidate", [who for who, _ in self.speakers(ear)])
        self.assertEqual(self.server.get(f"/api/v1/sessions/{self.id}")["questionCount"], 1)

    def transcribed(self, form):
        names = ("p227_005", "p226_021", "p225_003", "p226_024", "p227_016")
        wav = wav_of(pathlib.Path(self.folder) / "all.wav", *[clip(f"vctk_{n}.wav") for n in names])
        run = subprocess.run([harness.PROGRAM, "transcribe", "--data", str(self.data), "--asr-engine", "whisper", "--speakers", form, wav],
                             capture_output=True, text=True, timeout=240, env={**harness.environment()})
        self.assertEqual(run.returncode, 0, run.stderr)
        return run.stdout

    def test_the_people_in_a_recording_are_told_apart(self):
        segments = json.loads(self.transcribed("--json"))["segments"]
        self.assertEqual(self.turns(s.get("speaker", "unknown") for s in segments), [1, 2, 3, 2, 1])
        said = [line.split(":")[0] for line in self.transcribed("--txt").splitlines() if line.startswith("Speaker ")]
        self.assertEqual(said, [f"Speaker {n}" for n in (1, 2, 3, 2, 1)])

    def test_without_a_phrase_everybody_is_who_the_client_says(self):
        self.assertEqual(set(self.speakers(self.hear(clip("vctk_p226_021.wav")))), {("interviewer", None)})

    def test_a_voice_that_is_kept_is_known_in_the_next_interview_until_it_is_erased(self):
        told = self.phrase("vctk_p226_003.wav", keep="true")
        self.assertEqual((told["known"], told["kept"]["wording"]), (True, WORDING))
        with sqlite3.connect(f"file:{self.data}/interview.db?mode=ro", uri=True) as db:
            (sealed,) = db.execute("SELECT voice FROM voices").fetchone()
        self.assertTrue(sealed.startswith("v2."), "sealed")
        following = self.session()
        ear = self.hear(clip("vctk_p226_021.wav"), session=following)
        self.assertEqual(self.turns(who for who, _ in self.speakers(ear)), ["candidate"])
        self.assertTrue(self.server.get(f"/api/v1/sessions/{following}/voice")["known"])
        self.server.request("DELETE", "/api/v1/voice")
        self.assertIsNone(self.server.get(f"/api/v1/sessions/{following}/voice")["kept"])
        self.assertFalse(self.server.get(f"/api/v1/sessions/{following}/voice")["known"])
        again = self.hear(clip("vctk_p226_021.wav"), session=self.session())
        self.assertEqual(set(self.speakers(again)), {("interviewer", None)})
        with sqlite3.connect(f"file:{self.data}/interview.db?mode=ro", uri=True) as db:
            self.assertEqual(db.execute("SELECT count(*) FROM voices").fetchone(), (0,))

    def test_a_session_that_is_over_knows_no_voices(self):
        self.phrase("vctk_p226_003.wav")
        self.server._json("PUT", f"/api/v1/sessions/{self.id}", {"status": "completed"})
        self.assertFalse(self.server.get(f"/api/v1/sessions/{self.id}/voice")["known"])


class Fetched(harness.Case):
    """A published network, by way of a mirror, into a server that runs."""

    @classmethod
    def setUpClass(cls):
        cls.found, cls.missing = recordings.weights("vad")
        if not cls.found:
            return
        served = tempfile.mkdtemp(prefix="interviewd-mirror-")
        shutil.copy(cls.found, pathlib.Path(served) / "vad.onnx")
        cls.mirror = subprocess.Popen([sys.executable, pathlib.Path(__file__).parents[1] / "support" / "model_server.py", served],
                                      stdout=subprocess.PIPE, text=True)
        cls.served, port = served, int(cls.mirror.stdout.readline())
        cls.settings = {"INTERVIEWD_MODEL_URL": f"http://127.0.0.1:{port}/hub"}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        if not cls.found:
            return
        super().tearDownClass()
        cls.mirror.kill()
        cls.mirror.wait()
        cls.mirror.stdout.close()
        shutil.rmtree(cls.served)

    def setUp(self):
        if not self.found:
            self.skipTest(self.missing)

    def vad(self, ready=lambda m: True):
        deadline = time.monotonic() + harness.PATIENCE_S
        while time.monotonic() < deadline:
            model = next(m for m in self.server.get("/api/v1/models")["items"] if m["name"] == "vad")
            if ready(model):
                return model
            time.sleep(0.05)
        raise AssertionError(model)

    def post(self, verb):
        return self.server.request("POST", f"/api/v1/models/vad/{verb}")[0]

    def test_a_model_is_fetched_verified_used_and_removed(self):
        self.assertEqual(self.vad()["state"], "absent")
        self.assertEqual(self.post("get"), 202)
        here = self.vad(lambda m: m["state"] in ("ready", "failed", "in_use"))
        self.assertEqual((here["state"], here["done"]), ("ready", here["bytes"]), here)
        self.assertHttp(409, self.post, "get")
        self.assertEqual(self.post("verify"), 202)
        self.assertIn("published", self.vad(lambda m: m["detail"].startswith("It is"))["detail"])
        with self.server.socket("/ws/transcribe", self.session()) as ear:
            ear.send({"type": "start"})
            ear.wait_for(lambda m: m["type"] == "ready")
        self.vad(lambda m: m["state"] == "in_use")  # the session looked for it
        self.assertEqual(self.server.request("DELETE", "/api/v1/models/vad")[0], 204)
        self.assertEqual(self.vad()["state"], "absent")
        self.assertHttp(404, self.server.request, "DELETE", "/api/v1/models/vad")

    def test_with_accounts_operators_are_named_by_their_ids(self):
        data = tempfile.mkdtemp(prefix="interviewd-operators-")
        self.addCleanup(shutil.rmtree, data, ignore_errors=True)
        who = {"email": "ada@example.com", "password": "correct horse battery", "displayName": "Ada"}
        first = harness.Server(data=data, sign_in=False, args=("--accounts=on",))
        grant = first.post("/api/v1/auth/signup", who)
        first.token = grant["accessToken"]
        self.assertEqual(self.assertHttp(403, first.request, "POST", "/api/v1/models/vad/cancel")["code"], "not_operator")
        first.stop()
        second = harness.Server(data=data, sign_in=False, args=("--accounts=on",), INTERVIEWD_OPERATORS=grant["user"]["id"])
        second.token = second.post("/api/v1/auth/login", {k: who[k] for k in ("email", "password")})["accessToken"]
        self.assertHttp(404, second.request, "POST", "/api/v1/models/vad/cancel")  # nothing to cancel, but hers to
        second.stop()


if __name__ == "__main__":
    harness.main()
