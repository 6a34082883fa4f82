"""Whose voice it is, over real sockets: people's voices, real weights; skipped where those cannot be had."""

import contextlib
import pathlib
import sqlite3
import sys
import tempfile
import wave

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
import recordings  # noqa: E402

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
            ear.stream(wav, start=start, pace=1.0)
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

    def test_without_a_phrase_everybody_is_who_the_client_says(self):
        self.assertEqual(set(self.speakers(self.hear(clip("vctk_p226_021.wav")))), {("interviewer", None)})

    def test_a_voice_that_is_kept_is_known_in_the_next_interview_until_it_is_erased(self):
        told = self.phrase("vctk_p226_003.wav", keep="true")
        self.assertEqual((told["known"], told["kept"]["wording"]), (True, WORDING))
        with sqlite3.connect(f"file:{self.data}/interview.db?mode=ro", uri=True) as db:
            (sealed,) = db.execute("SELECT voice FROM voices").fetchone()
        self.assertTrue(sealed.startswith("v1."), "sealed")
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


if __name__ == "__main__":
    harness.main()
