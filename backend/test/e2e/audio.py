"""Recordings that are kept: sent in any form, read back in any part, and gone when they are to be gone.

Every answer is held against docs/api/openapi.yaml.
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import wave

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
import rest  # noqa: E402
from transcribe import form  # noqa: E402

UPLOAD = "/api/v1/audio/upload"
UPLOAD_MAX = 200 << 20
PLANTED = b"the planted words of an interview"
# What the server may grow by while 200 MB come in, and while 20 of 10 MB do at once.
MEMORY_MAX = 20 << 20


def tone(path, seconds=2.0, level=0.3, rate=16000, planted=b""):
    """A WAV file; what is planted lies in a chunk that players skip."""
    import math
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        frames = b"".join(struct.pack("<h", int(max(-32768, min(32767, level * 32767 * math.sin(i / 8))))) for i in range(400))
        count = int(seconds * rate)
        out.writeframes((frames * (count // 400 + 1))[:2 * count])
    data = pathlib.Path(path).read_bytes()
    if planted:
        planted += b" " * (len(planted) % 2)
        data += b"note" + struct.pack("<I", len(planted)) + planted
        pathlib.Path(path).write_bytes(data)
    return data


class Api:
    """One user's requests, each on a connection of its own and held against the contract."""

    def __init__(self, server, token=None):
        self.server, self.token, self.contract = server, token or server.token, rest.Contract()

    def __call__(self, method, path, body=None, kind=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=300)
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        if self.token:
            headers.setdefault("Authorization", "Bearer " + self.token)
        if kind:
            headers["Content-Type"] = kind
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        data = response.read()
        fields = {k.lower(): v for k, v in response.getheaders()}
        if method != "HEAD":
            self.contract.check(method, path, response.status, fields, data)
        connection.close()
        return response.status, fields, data

    def upload(self, data, kind="audio/wav", query="", keep="original"):
        """As it is sent, unless keep says otherwise."""
        query = f"{query}{'&' if query else '?'}keep={keep}" if keep else query
        status, fields, answer = self("POST", UPLOAD + query, data, kind)
        return status, json.loads(answer)


class Base(harness.Case):
    args = ("--asr-preload=off",)

    def setUp(self):
        self.api = Api(self.server)
        self.wav = tone(pathlib.Path(self.folder) / "tone.wav", planted=PLANTED)

    def tearDown(self):
        self.assertEqual(self.api.contract.wrong, [])

    def kept(self, data=None, kind="audio/wav", query=""):
        status, answer = self.api.upload(self.wav if data is None else data, kind, query)
        self.assertEqual(status, 201, answer)
        return answer

    def refused(self, status, code, data, kind="audio/wav", query=""):
        got, answer = self.api.upload(data, kind, query)
        self.assertEqual((got, answer["code"]), (status, code), answer)
        self.assertGreater(len(answer["detail"]), 10)
        return answer

    def blobs(self, server=None):
        return sorted(p.name for p in ((server or self.server).data / "audio").iterdir())


class Recordings(Base):
    settings = {"INTERVIEWD_LOG_LEVEL": "info"}

    def test_what_was_sent_comes_back_byte_for_byte(self):
        made = self.kept()
        self.assertEqual((made["bytes"], made["quality"], made["sessionId"]), (len(self.wav), "good", None))
        self.assertAlmostEqual(made["durationMs"], 2000, delta=20)
        created, expires = (time.mktime(time.strptime(made[k][:19], "%Y-%m-%dT%H:%M:%S")) for k in ("createdAt", "expiresAt"))
        self.assertEqual(expires - created, 30 * 86400)
        status, fields, data = self.api("GET", made["url"])
        self.assertEqual((status, data), (200, self.wav))
        self.assertEqual((fields["content-type"], fields["accept-ranges"]), ("audio/wav", "bytes"))
        self.assertEqual(fields["content-length"], str(len(self.wav)))
        self.assertIn("sandbox", fields["content-security-policy"])
        self.assertEqual(fields["cache-control"], "no-store")

    def test_any_part_of_it_can_be_read(self):
        wav = tone(pathlib.Path(self.folder) / "long.wav", seconds=20)
        url = self.kept(wav)["url"]
        tag = self.api("GET", url)[1]["etag"]
        for spec, first, last in (("0-0", 0, 0), ("100-199999", 100, 199999), ("65530-65540", 65530, 65540), ("-77", len(wav) - 77, len(wav) - 1),
                                  (f"{len(wav) - 5}-", len(wav) - 5, len(wav) - 1)):
            status, fields, data = self.api("GET", url, Range="bytes=" + spec)
            self.assertEqual((status, data), (206, wav[first:last + 1]), spec)
            self.assertEqual(fields["content-range"], f"bytes {first}-{last}/{len(wav)}")
        self.assertEqual(self.api("GET", url, Range=f"bytes={len(wav)}-")[0], 416)
        self.assertEqual(self.api("GET", url, Range="bytes=0-9", If_Range=tag)[0], 206)
        self.assertEqual(self.api("GET", url, Range="bytes=0-9", If_Range='"another"')[0], 200)
        self.assertEqual(self.api("GET", url, If_None_Match=tag)[::2], (304, b""))
        status, fields, data = self.api("HEAD", url)
        self.assertEqual((status, fields["content-length"], data), (200, str(len(wav)), b""))

    def recoded(self, name, *how):
        source, out = pathlib.Path(self.folder) / "tone.wav", pathlib.Path(self.folder) / name
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", source, *how, out], check=True)
        return out.read_bytes()

    def test_every_form_that_browsers_and_people_record_is_kept(self):
        opus = ("-c:a", "libopus", "-ar", "48000")
        amr = b"#!AMR\n" + b"".join(b"\x3c" + os.urandom(31) for _ in range(100))
        for name, kind, data in (("a.webm", "audio/webm", self.recoded("a.webm", *opus)), ("a.ogg", "audio/ogg", self.recoded("a.ogg", *opus)),
                                 ("a.mp4", "audio/mp4", self.recoded("a.mp4", "-c:a", "aac")), ("a.m4a", "audio/mp4", self.recoded("a.m4a", "-c:a", "aac")),
                                 ("a.mp3", "audio/mpeg", self.recoded("a.mp3", "-c:a", "libmp3lame")), ("a.flac", "audio/flac", self.recoded("a.flac")),
                                 ("a.aiff", "audio/aiff", self.recoded("a.aiff")), ("a.aac", "audio/aac", self.recoded("a.aac")),
                                 ("a.mkv", "audio/webm", self.recoded("a.mkv", *opus)), ("a.amr", "audio/amr", amr),
                                 ("b.mkv", "audio/x-matroska", self.recoded("b.mkv", "-c:a", "flac"))):
            made = self.kept(*form(data))
            self.assertAlmostEqual(made["durationMs"], 2000, delta=120, msg=name)
            status, fields, back = self.api("GET", made["url"])
            self.assertEqual((status, fields["content-type"], back), (200, kind, data), name)

    def test_what_is_kept_is_opus_unless_the_original_is_asked_for(self):
        before = self.blobs()
        status, made = self.api.upload(self.wav, keep=None)
        self.assertEqual((status, made["format"], made["original"]["bytes"]), (201, "ogg / opus", len(self.wav)))
        self.assertIn("wav", made["original"]["format"])
        self.assertLess(made["bytes"], len(self.wav) / 4)
        self.assertAlmostEqual(made["durationMs"], 2000, delta=5)
        status, fields, data = self.api("GET", made["url"])
        self.assertEqual((status, fields["content-type"], len(data)), (200, "audio/ogg", made["bytes"]))
        self.assertAlmostEqual(len(heard(data)), 32000, delta=100)
        self.assertEqual(self.blobs(), sorted([*before, made["id"]]), "what was sent is gone")
        for keep, kept in (("original", made["original"]["format"]), ("opus", "ogg / opus")):
            self.assertEqual(self.api.upload(*form(self.wav, keep=keep), keep=None)[1]["format"], kept)
        for wrong in ("mp3", "Original", "x" * 500):
            status, answer = self.api.upload(*form(self.wav, keep=wrong), keep=None)
            self.assertEqual((status, answer["errors"][0]["field"]), (422, "/keep"))
        tiny = self.recoded("tiny.ogg", "-c:a", "libopus", "-b:a", "12k")
        self.assertEqual(self.api.upload(tiny, "audio/ogg", keep=None)[1]["bytes"], len(tiny), "Opus stays as it was sent")

    def test_what_is_kept_is_as_good_to_hear_and_opposite_channels_are_heard(self):
        spoken = harness.speak("Tell me about a time you led a project under pressure.", self.folder)
        mono, two = harness.samples(spoken)[2], pathlib.Path(self.folder) / "opposite.wav"
        with wave.open(str(two), "wb") as out:
            out.setparams((2, 2, 16000, 0, "NONE", ""))
            out.writeframes(b"".join(struct.pack("<hh", s, max(-32768, min(32767, -s))) for s, in struct.iter_unpack("<h", mono)))
        loud = loudness(struct.unpack(f"<{len(mono) // 2}h", mono))
        for data in (pathlib.Path(spoken).read_bytes(), two.read_bytes()):
            made = self.api.upload(data, keep=None)[1]
            self.assertEqual((made["format"], made["quality"]), ("ogg / opus", "good"))
            self.assertAlmostEqual(loudness(heard(self.api("GET", made["url"])[2])) / loud, 1, delta=0.1)

    def test_a_form_may_come_in_any_order_and_name_its_session(self):
        session = self.session()
        self.assertEqual(self.kept(*form(self.wav, sessionId=session, note="x" * 5000))["sessionId"], session)
        self.assertEqual(self.kept(query="?sessionId=" + session)["sessionId"], session)
        for other in ("nobody", "0" * 26, session + "0"):
            for data, kind, query in ((*form(self.wav, sessionId=other), ""), (self.wav, "audio/wav", "?sessionId=" + other)):
                answer = self.refused(422, "invalid_fields", data, kind, query)
                self.assertEqual(answer["errors"][0]["field"], "/sessionId")

    def test_silence_and_overload_are_told(self):
        for level, quality in ((0.0, "silent"), (0.01, "good"), (3.0, "clipped")):
            self.assertEqual(self.kept(tone(pathlib.Path(self.folder) / "level.wav", level=level))["quality"], quality)

    def test_what_is_no_recording_is_refused_and_leaves_nothing(self):
        before = self.blobs()
        self.refused(415, "unsupported_media", b"%PDF-1.7 and so on" * 100)
        self.assertIn("PDF", self.refused(415, "unsupported_media", *form(b"%PDF-1.7 and so on" * 100))["detail"])
        self.refused(415, "unsupported_media", b"\x89PNG" + bytes(300000), "application/octet-stream")
        self.refused(415, "unsupported_media", b"{}", "application/json")
        self.refused(422, "invalid_fields", b"")
        self.refused(422, "invalid_fields", *form(b""))
        self.refused(422, "invalid_fields", *form(self.wav, name="other"))
        body, kind = form(self.wav)
        self.refused(400, "bad_request", body[:-30], kind)
        self.refused(400, "bad_request", body[:-9] + body, kind)
        self.refused(400, "bad_request", body, "multipart/form-data")
        self.assertEqual(self.blobs(), before)

    def test_too_long_and_of_no_length_are_refused_before_they_are_sent(self):
        for length, status in ((UPLOAD_MAX + (1 << 20), 413), (None, 411)):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
            connection.putrequest("POST", UPLOAD)
            for k, v in (("Authorization", "Bearer " + self.server.token), ("Content-Type", "audio/wav"), ("Content-Length", length)):
                if v:
                    connection.putheader(k, v)
            connection.endheaders()
            response = connection.getresponse()
            data = response.read()
            self.api.contract.check("POST", UPLOAD, response.status, {k.lower(): v for k, v in response.getheaders()}, data)
            self.assertEqual(response.status, status)
            connection.close()

    def test_it_is_its_owners_alone(self):
        url = self.kept()["url"]
        for token in ("x.y.z", ""):
            for method in ("GET", "DELETE"):
                self.assertEqual(self.api(method, url, Authorization="Bearer " + token)[0], 401)
            self.assertEqual(self.api("POST", UPLOAD, self.wav, "audio/wav", Authorization="Bearer " + token)[0], 401)
        for path in ("/api/v1/audio/nothing", "/api/v1/audio/" + "0" * 26):
            self.assertEqual(self.api("GET", path)[0], 404)
            self.assertEqual(self.api("DELETE", path)[0], 404)

    def test_erasing_it_erases_its_sound(self):
        before = self.blobs()
        made = self.kept()
        self.assertEqual(self.blobs(), sorted([*before, made["id"]]))
        self.assertEqual(self.api("DELETE", made["url"])[0], 204)
        self.assertEqual(self.api("GET", made["url"])[0], 404)
        self.assertEqual(self.api("DELETE", made["url"])[0], 404)
        self.assertEqual(self.blobs(), before)
        actions = [(e["action"], e["kind"], e["status"]) for e in self.server.get("/api/v1/audit?limit=100")["items"] if e["recordId"] == made["id"]]
        self.assertIn(("create", "audio", 201), actions)
        self.assertIn(("erase", "audio", 204), actions)

    def test_with_its_session_it_goes_too(self):
        session, before = self.session(), self.blobs()
        made = self.kept(query="?sessionId=" + session)
        self.server.request("DELETE", f"/api/v1/sessions/{session}")
        self.assertEqual(self.api("GET", made["url"])[0], 404)
        self.assertEqual(self.blobs(), before)

    def test_nothing_of_it_is_readable_on_the_disk(self):
        made = self.kept()
        self.assertEqual(self.api("GET", made["url"])[2].count(PLANTED), 1)
        for path in self.server.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(PLANTED[4:20], path.read_bytes(), path)
        blob = self.server.data / "audio" / made["id"]
        self.assertEqual((blob.stat().st_mode & 0o777, blob.parent.stat().st_mode & 0o777), (0o600, 0o700))

    def test_damage_is_told_and_is_never_sent_as_sound(self):
        made = self.kept()
        blob = self.server.data / "audio" / made["id"]
        data = bytearray(blob.read_bytes())
        data[100] ^= 1
        blob.write_bytes(data)
        self.assertEqual(self.api("GET", made["url"])[0], 500)
        blob.unlink()
        status, _, answer = self.api("GET", made["url"])
        self.assertEqual((status, json.loads(answer)["code"]), (500, "damaged"))
        self.assertEqual(self.api("DELETE", made["url"])[0], 204)


class Accounts(Base):
    args = ("--asr-preload=off", "--accounts=on", "--sign-ins-per-minute=0", "--audio-quota-mb=1")
    sign_in = False

    def sign_up(self, name):
        body = {"email": name + "@example.com", "password": "correct horse battery", "displayName": name}
        return Api(self.server, self.server.post("/api/v1/auth/signup", body)["accessToken"])

    def setUp(self):
        self.server.token = None
        super().setUp()

    def test_a_user_has_a_bound(self):
        ada, bob = self.sign_up("ada"), self.sign_up("bob")
        big = tone(pathlib.Path(self.folder) / "big.wav", seconds=20)  # 640 KB
        status, made = ada.upload(big)
        self.assertEqual(status, 201)
        before = self.blobs()
        status, answer = ada.upload(big)
        self.assertEqual((status, answer["code"]), (507, "quota_exceeded"))
        self.assertIn("1 MB", answer["detail"])
        with concurrent.futures.ThreadPoolExecutor(4) as pool:  # of those that come at once, one has room
            results = sorted(s for s, _ in pool.map(lambda _: bob.upload(big), range(4)))
        self.assertEqual(results, [201, 507, 507, 507])
        self.assertEqual(len(self.blobs()), len(before) + 1)
        self.assertEqual(ada("DELETE", made["url"])[0], 204)
        self.assertEqual(ada.upload(big)[0], 201)

    def test_what_is_somebody_elses_is_not_there(self):
        eve, zoe = self.sign_up("eve"), self.sign_up("zoe")
        made = zoe.upload(self.wav)[1]
        self.assertEqual(eve("GET", made["url"])[0], 404)
        self.assertEqual(eve("DELETE", made["url"])[0], 404)
        self.assertEqual(zoe("GET", made["url"])[0], 200)

    def test_erasing_an_account_erases_its_recordings(self):
        ann, ben = self.sign_up("ann"), self.sign_up("ben")
        kept = ben.upload(self.wav)[1]
        before = self.blobs()
        made = [ann.upload(self.wav)[1] for _ in range(3)]
        self.assertEqual(len(self.blobs()), len(before) + 3)
        self.assertEqual(ann("DELETE", "/api/v1/auth/me")[0], 204)
        self.assertEqual(self.blobs(), before)
        self.assertEqual(ben("GET", kept["url"])[0], 200)
        names = {m["id"] for m in made}
        with sqlite3.connect(f"file:{self.server.data / 'interview.db'}?mode=ro", uri=True) as db:
            for table in ("recordings", "erased_recordings"):
                self.assertFalse(names & {row[0] for row in db.execute(f"SELECT id FROM {table}")})


class Restarts(unittest.TestCase):
    """What a crash leaves, and what time does, is put right by the next start."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="interviewd-audio-"))
        self.data = self.folder / "data"
        self.data.mkdir()
        self.wav = tone(self.folder / "tone.wav")
        self.server = self.serve()

    def tearDown(self):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def serve(self):
        return harness.Server(data=self.data, args=["--asr-preload=off"], INTERVIEWD_LOG_LEVEL="info")

    def again(self, number=signal.SIGTERM):
        self.server.stop(number)
        self.server = self.serve()
        return Api(self.server)

    def names(self):
        return sorted(p.name for p in (self.data / "audio").iterdir())

    def wait_until(self, true):
        deadline = time.monotonic() + harness.PATIENCE_S
        while not true():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_recordings_go_when_their_time_is_over_and_that_is_told(self):
        api = Api(self.server)
        old, new = (api.upload(self.wav)[1] for _ in range(2))
        self.server.stop()
        with sqlite3.connect(self.data / "interview.db") as db:
            db.execute("UPDATE recordings SET expires_at=1 WHERE id=?", [old["id"]])
        self.server = self.serve()
        self.wait_until(lambda: self.names() == [new["id"]])
        api = Api(self.server)
        self.assertEqual(api("GET", old["url"])[0], 404)
        self.assertEqual(api("GET", new["url"])[2], self.wav)
        told = [e for e in self.server.get("/api/v1/audit?limit=100")["items"] if e["action"] == "expire"]
        self.assertEqual([(e["kind"], e["recordId"]) for e in told], [("audio", old["id"])])
        self.assertIn("1 recordings were kept for as long as they may be", self.server.output())

    def half_an_upload(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
        connection.putrequest("POST", UPLOAD)
        for k, v in (("Authorization", "Bearer " + self.server.token), ("Content-Type", "audio/wav"), ("Content-Length", "1000000")):
            connection.putheader(k, v)
        connection.endheaders()
        connection.send(b"x" * 500000)
        return connection

    def test_an_upload_that_was_cut_off_by_a_kill_is_gone_at_the_next_start(self):
        api = Api(self.server)
        made = api.upload(self.wav)[1]
        connection = self.half_an_upload()
        self.wait_until(lambda: len(self.names()) == 2)
        api = self.again(signal.SIGKILL)
        self.assertEqual(self.names(), [made["id"]])
        self.assertEqual(api("GET", made["url"])[2], self.wav)

    def test_a_sound_that_was_never_claimed_is_gone_at_the_next_start(self):
        made = Api(self.server).upload(self.wav)[1]
        folder = self.data / "audio"
        shutil.copy(folder / made["id"], folder / ("0" * 25 + "1.unclaimed"))
        shutil.copy(folder / made["id"], folder / ("0" * 25 + "2.new"))
        (folder / "README").write_text("not ours")
        self.server.stop(signal.SIGKILL)
        (folder / made["id"]).rename(folder / (made["id"] + ".unclaimed"))  # killed between the record and the claim
        self.server = self.serve()
        self.assertEqual(self.names(), sorted([made["id"], "README"]))
        self.assertEqual(Api(self.server)("GET", made["url"])[2], self.wav)

    def test_what_an_older_database_does_not_know_is_kept_and_told(self):
        api = Api(self.server)
        old = api.upload(self.wav)[1]
        self.server.stop()
        older = (self.data / "interview.db").read_bytes()
        self.server = self.serve()
        newer = [Api(self.server).upload(self.wav)[1]["id"] for _ in range(2)]
        self.server.stop()
        for left in self.data.glob("interview.db-*"):
            left.unlink()
        (self.data / "interview.db").write_bytes(older)
        self.server = self.serve()
        self.assertEqual(self.names(), sorted([old["id"], *newer]))
        problem = next(p for p in self.server.get("/readyz")["problems"] if p["part"] == "recordings")
        self.assertEqual(problem["code"], "recordings_unknown")
        self.assertIn("2 recordings", problem["detail"])
        doctor = subprocess.run([harness.PROGRAM, "doctor", "--data", self.data], env=harness.environment(), text=True, capture_output=True)
        self.assertIn("2 are not known to the database", doctor.stdout)
        self.server.stop()
        subprocess.run([harness.PROGRAM, "migrate", "--data", self.data, "--erase-unknown-recordings"], env=harness.environment(), check=True, capture_output=True)
        self.server = self.serve()
        self.assertEqual(self.names(), [old["id"]])
        self.assertEqual([p for p in self.server.get("/readyz")["problems"] if p["part"] == "recordings"], [])

    def test_an_erasing_that_was_cut_off_is_finished_by_the_next_start(self):
        made = Api(self.server).upload(self.wav)[1]
        self.server.stop()
        with sqlite3.connect(self.data / "interview.db") as db:  # as a crash between the record and its sound leaves it
            db.execute("DELETE FROM recordings WHERE id=?", [made["id"]])
            self.assertEqual(db.execute("SELECT id FROM erased_recordings").fetchall(), [(made["id"],)])
        self.server = self.serve()
        self.wait_until(lambda: self.names() == [])

    def test_a_client_that_leaves_leaves_nothing(self):
        connection = self.half_an_upload()
        self.wait_until(lambda: len(self.names()) == 1)
        connection.close()
        self.wait_until(lambda: self.names() == [])


WORDING = "I have told everybody in this call that it is recorded, and they agreed."


def heard(data):
    """Samples of a recording at 16 kHz, by an independent decoder that complains of what is damaged."""
    out = subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", "-", "-f", "s16le", "-ac", "1", "-ar", "16000", "-"], input=data, capture_output=True)
    assert not out.returncode and not out.stderr, out.stderr
    return struct.unpack(f"<{len(out.stdout) // 2}h", out.stdout)


def loudness(samples):
    return (sum(s * s for s in samples) / max(1, len(samples))) ** 0.5


@unittest.skipUnless(shutil.which("pulseaudio") and shutil.which("paplay"), "PulseAudio is not installed: what this machine plays cannot be heard")
class Capture(unittest.TestCase):
    """The server hears its own machine: a sound server with a silent output, on which a call is played."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="interviewd-audio-"))
        socket = cls.folder / "call.socket"
        cls.env = {"PULSE_SERVER": f"unix:{socket}", "HOME": str(cls.folder), "XDG_RUNTIME_DIR": str(cls.folder)}
        cls.pulse = subprocess.Popen(["pulseaudio", "-n", "--exit-idle-time=-1", "--use-pid-file=no", "--log-target=stderr",
                                      "-L", "module-null-sink sink_name=meeting", "-L", "module-null-sink sink_name=other",
                                      "-L", f"module-native-protocol-unix socket={socket} auth-anonymous=1"],
                                     env={**os.environ, **cls.env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + harness.PATIENCE_S
        while not socket.exists():
            assert time.monotonic() < deadline and cls.pulse.poll() is None, "PulseAudio does not start"
            time.sleep(0.05)
        cls.spoken = harness.speak("Tell me about a time you led a project under pressure.", cls.folder)
        cls.server = harness.Server(data=cls.folder, args=["--capture=meeting.monitor"], **cls.env)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.pulse.terminate()
        cls.pulse.wait()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def setUp(self):
        self.id = self.server.post("/api/v1/sessions", {})["id"]

    def run_pulse(self, *command):
        return subprocess.run(command, env={**os.environ, **self.env}, check=True, capture_output=True, text=True).stdout

    def captured(self):
        return self.run_pulse("pactl", "list", "short", "source-outputs").count("\n")

    def test_what_can_be_heard_is_listed(self):
        api = Api(self.server)
        status, _, answer = api("GET", "/api/v1/audio/devices")
        devices = json.loads(answer)
        self.assertEqual((status, devices["system"], devices["chosen"], api.contract.wrong), (200, "PulseAudio", "meeting.monitor", []))
        self.assertEqual({d["name"]: d["kind"] for d in devices["items"]}, {"meeting.monitor": "monitor", "other.monitor": "monitor"})
        self.assertEqual(sum(d["usual"] for d in devices["items"]), 1)

    def test_a_call_is_heard_without_a_tab_and_only_as_long_as_it_is_wanted(self):
        self.assertEqual(self.captured(), 0)
        with self.server.socket("/ws/llm-stream", self.id) as llm, self.server.socket("/ws/transcribe", self.id) as ear:
            ear.send({"type": "start", "source": "host"})  # as --capture says
            ear.wait_for(lambda m: m["type"] == "ready")
            llm.send({"type": "record", "on": True, "wording": WORDING})
            llm.wait_for(lambda m: m["type"] == "recording")
            with self.server.socket("/ws/transcribe", self.id) as second:
                second.send({"type": "start", "source": "host", "device": "other.monitor"})
                self.assertIn("another interview", second.wait_for(lambda m: m["type"] == "error")["message"])
            self.run_pulse("paplay", "--device=meeting", self.spoken)
            final = ear.wait_for(lambda m: m["type"] == "final" and m["text"])
            self.assertIn("project", final["text"].lower())
            llm.wait_for(lambda m: m.get("finishReason") not in (None, "superseded"))
            self.assertEqual(self.captured(), 1)
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000)
        deadline = time.monotonic() + harness.PATIENCE_S
        while self.captured():
            self.assertLess(time.monotonic(), deadline)
        item = self.server.wait_for_transcripts(self.id, lambda items: items and items[0]["answer"])[0]
        self.assertRegex(item["audioUrl"], r"#t=[0-9.]+,[0-9.]+$")

    def test_a_socket_that_goes_ends_it_and_what_cannot_be_heard_is_told(self):
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.send({"type": "start", "source": "host", "device": "other.monitor"})
            ear.wait_for(lambda m: m["type"] == "ready")
            deadline = time.monotonic() + harness.PATIENCE_S
            while not self.captured():
                self.assertLess(time.monotonic(), deadline)
            ear.send_audio(bytes(1280))
            self.assertEqual(ear.wait_for(lambda m: m["type"] == "error")["code"], "bad_state")
        while self.captured():
            self.assertLess(time.monotonic(), deadline)
        for start, code in (({"device": "nothing.monitor"}, "unavailable"), ({"device": ""}, "bad_message"), ({"device": "x" * 256}, "bad_message")):
            with self.server.socket("/ws/transcribe", self.id) as ear:
                ear.send({"type": "start", "source": "host", **start})
                self.assertEqual(ear.wait_for(lambda m: m["type"] == "error")["code"], code)

    def test_accounts_may_not_unless_the_operator_lets_them(self):
        data = self.folder / "accounts"
        data.mkdir()
        for let in ("off", "on"):
            server = harness.Server(data=data, sign_in=False, args=["--accounts=on", "--asr-preload=off", f"--capture-accounts={let}"], **self.env)
            try:
                body = {"email": f"{let}@example.com", "password": "correct horse battery", "displayName": "x"}
                server.token = server.post("/api/v1/auth/signup", body)["accessToken"]
                devices = server.get("/api/v1/audio/devices")
                self.assertEqual((len(devices["items"]), devices["why"] is None), (2, True) if let == "on" else (0, False))
                session = server.post("/api/v1/sessions", {})["id"]
                with server.socket("/ws/transcribe", session) as ear:
                    ear.send({"type": "start", "source": "host", "device": "other.monitor"})
                    told = ear.wait_for(lambda m: m["type"] in ("ready", "error"))
                    self.assertEqual(told.get("code"), None if let == "on" else "unsupported")
            finally:
                server.stop()


class Live(Base):
    """A live interview that is recorded: with consent, piece by piece, through a kill, and erased."""

    args = ()

    def setUp(self):
        super().setUp()
        self.id = self.session()
        self.spoken = harness.speak("Tell me about a time you led a project under pressure.", self.folder)

    def record(self, llm):
        llm.send({"type": "record", "on": True, "wording": WORDING})
        return llm.wait_for(lambda m: m["type"] == "recording")

    def say(self, *speakers, stop=True):
        ears = [self.server.socket("/ws/transcribe", self.id) for _ in speakers]
        for ear, speaker in zip(ears, speakers):
            ear.stream(self.spoken, start={"speaker": speaker})
        for ear in ears if stop else ():
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000)
        return ears

    def recordings(self):
        return self.server.get(f"/api/v1/sessions/{self.id}/recordings")["items"]

    def wait_whole(self):
        deadline = time.monotonic() + harness.PATIENCE_S
        while not (made := self.recordings()) or made[0]["growing"]:
            self.assertLess(time.monotonic(), deadline, made)
            time.sleep(0.05)
        return made[0]

    def test_it_is_off_until_somebody_agrees_and_each_piece_is_found(self):
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            for wrong in ({}, {"on": "yes"}, {"on": True}, {"on": True, "wording": " "}, {"on": True, "wording": "x" * 2001}):
                llm.send({"type": "record", **wrong})
                self.assertEqual(llm.receive()["code"], "bad_message")
            self.assertEqual(self.recordings(), [])
            told = self.record(llm)
            self.assertEqual((told["on"], told["why"]), (True, None))
            with self.server.socket("/ws/llm-stream", self.id) as other:
                self.assertEqual(other.wait_for(lambda m: m["type"] == "recording")["audioId"], told["audioId"])
            begun = time.monotonic()
            self.say("candidate")
            with wave.open(str(self.spoken)) as w:  # it came faster than it is spoken; who answers waits for its end
                time.sleep(max(0, w.getnframes() / w.getframerate() - (time.monotonic() - begun)))
            self.say("interviewer")
            items = self.server.wait_for_transcripts(self.id, lambda items: len(items) == 2 and items[0]["answer"])
            growing = self.recordings()[0]
            self.assertEqual((growing["growing"], growing["consent"]["wording"]), (True, WORDING))
            llm.send({"type": "record", "on": False})
            off = llm.wait_for(lambda m: m["type"] == "recording" and not m["on"])
            self.assertEqual((off["audioId"], off["why"]), (told["audioId"], None))
        made = self.wait_whole()
        self.assertEqual((made["id"], made["format"], made["quality"], made["sessionId"]), (told["audioId"], "ogg / opus", "good", self.id))
        status, fields, data = self.api("GET", made["url"])
        self.assertEqual((status, fields["content-type"], len(data)), (200, "audio/ogg", made["bytes"]))
        samples, seconds = heard(data), len(harness.samples(self.spoken)[2]) / 32000
        self.assertAlmostEqual(len(samples) / 16, made["durationMs"], delta=2)
        self.assertAlmostEqual(made["durationMs"] / 1000, 2 * seconds, delta=0.2)
        for at, item in zip((seconds, 0), items):  # the newest first; each where it was said, and loud
            url, begin, end = re.fullmatch(r"(.*)#t=([0-9.]+),([0-9.]+)", item["audioUrl"]).groups()
            begin, end = float(begin), float(end)
            self.assertEqual(url, made["url"])
            self.assertTrue(at <= begin < end <= at + seconds + 0.1, (at, begin, end))
            self.assertGreater(loudness(samples[int(begin * 16000):int(end * 16000)]), 300)
        audit = [e["action"] for e in self.server.get("/api/v1/audit?limit=100")["items"] if e["recordId"] == made["id"]]
        self.assertIn("record", audit)
        self.assertEqual(self.api("DELETE", made["url"])[0], 204)
        self.assertEqual([i["audioUrl"] for i in self.server.transcripts(self.id)], [None, None])
        self.assertFalse([n for n in self.blobs() if made["id"] in n])

    def test_two_lines_are_one_recording(self):
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            self.record(llm)
            self.say("candidate", "interviewer")
        made = self.wait_whole()
        seconds = len(harness.samples(self.spoken)[2]) / 32000
        self.assertTrue(seconds - 0.1 < made["durationMs"] / 1000 < 2 * seconds + 0.2, made)

    def test_erased_while_it_grows_it_ends_and_nothing_is_left(self):
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            told = self.record(llm)
            ear, = self.say("interviewer", stop=False)
            self.assertEqual(self.api("DELETE", "/api/v1/audio/" + told["audioId"])[0], 204)
            ear.stream(self.spoken)
            off = llm.wait_for(lambda m: m["type"] == "recording" and not m["on"])
            self.assertIn("erased", off["why"])
            ear.send({"type": "stop"})
            ear.wait_for_close()
        self.assertEqual(self.recordings(), [])
        self.assertFalse([n for n in self.blobs() if told["audioId"] in n])

    def test_a_kill_costs_its_last_moment_and_what_is_there_plays(self):
        data = pathlib.Path(self.folder) / "killed"
        data.mkdir()
        server = harness.Server(data=data)
        try:
            session, spoken = server.post("/api/v1/sessions", {})["id"], harness.speak("What is a mutex good for?", data)
            with server.socket("/ws/llm-stream", session) as llm, server.socket("/ws/transcribe", session) as ear:
                llm.send({"type": "record", "on": True, "wording": WORDING})
                told = llm.wait_for(lambda m: m["type"] == "recording")
                ear.stream(spoken, pace=1.0)
                url, api = "/api/v1/audio/" + told["audioId"], Api(server)
                status, fields, so_far = api("GET", url)
                self.assertEqual((status, fields["content-type"]), (200, "audio/ogg"))
                self.assertGreater(len(heard(so_far)), 8000)
                status, _, part = api("GET", url, Range="bytes=10-99", If_Range=fields["etag"])  # of what is there now, if it has grown
                self.assertTrue(part == so_far[10:100] if status == 206 else part.startswith(so_far))
                server.stop(signal.SIGKILL)
            self.assertEqual([p.name for p in (data / "audio").iterdir()], [told["audioId"] + ".log"])
            server = harness.Server(data=data)
            made = server.get(f"/api/v1/sessions/{session}/recordings")["items"][0]
            self.assertFalse(made["growing"])
            status, _, whole = Api(server)("GET", url)
            self.assertEqual(whole[:len(so_far)], so_far, "nothing that was there is lost")
            self.assertEqual(len(whole), made["bytes"])
            seconds = len(harness.samples(spoken)[2]) / 32000
            self.assertGreater(len(heard(whole)) / 16000, seconds - 1.2)
            self.assertAlmostEqual(len(heard(whole)) / 16, made["durationMs"], delta=2)
            self.assertEqual([p.name for p in (data / "audio").iterdir()], [told["audioId"]])
            for path in data.rglob("*"):
                if path.is_file():
                    self.assertNotIn(b"OpusHead", path.read_bytes(), "sealed")
        finally:
            server.stop()


@unittest.skipIf(harness.SANITIZED, "a sanitizer's memory says nothing")
class Memory(unittest.TestCase):
    """Uploads are never held: what the server grows by has a bound that their size has no part in."""

    def setUp(self):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="interviewd-audio-"))
        self.server = harness.Server(data=self.data, args=["--asr-preload=off"])
        self.api = Api(self.server)
        for _ in range(3):  # every worker has had its first
            self.api.upload(tone(self.data / "tone.wav"))
        pathlib.Path(f"/proc/{self.server.process.pid}/clear_refs").write_text("5")  # the peak begins anew
        self.before = self.memory("VmRSS")

    def tearDown(self):
        self.server.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def memory(self, what):
        return int(re.search(what + r":\s+(\d+)", pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text())[1]) << 10

    def recording(self, size):
        """A WAV file of so many bytes, as one that is read while it is sent."""
        path = self.data / f"{size}.wav"
        tone(path, seconds=1)
        with open(path, "r+b") as out:
            out.seek(44)
            piece = path.read_bytes()[44:44 + 16000]
            while out.tell() < size:
                out.write(piece[:size - out.tell()])
            out.seek(4)
            out.write(struct.pack("<I", size - 8))
            out.seek(40)
            out.write(struct.pack("<I", size - 44))
        return path

    def send(self, path):
        size = path.stat().st_size
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=600)
        with open(path, "rb") as data:
            connection.request("POST", UPLOAD + "?keep=original", data, {"Authorization": "Bearer " + self.server.token, "Content-Type": "audio/wav", "Content-Length": str(size)})
            response = connection.getresponse()
            answer = json.loads(response.read())
        self.assertEqual(response.status, 201, answer)
        self.assertEqual(answer["bytes"], size)
        return answer

    def grown(self, what, begun):
        took, grew = time.monotonic() - begun, self.memory("VmHWM") - self.before
        print(f"# {what}: {took:.1f} s, the server grew by {grew / 1e6:.1f} MB at most", flush=True)
        self.assertLess(grew, MEMORY_MAX)

    def test_200_mb_at_once(self):
        path, begun = self.recording(UPLOAD_MAX), time.monotonic()
        made = self.send(path)
        self.grown("200 MB sent", begun)
        begun = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=600)
        connection.request("GET", made["url"], headers={"Authorization": "Bearer " + self.server.token})
        response, got = connection.getresponse(), 0
        with open(path, "rb") as data:
            while piece := response.read(1 << 20):
                self.assertEqual(piece, data.read(len(piece)))
                got += len(piece)
        self.assertEqual(got, UPLOAD_MAX)
        self.grown("200 MB read back", begun)

    def test_20_of_10_mb_at_once(self):
        path, begun = self.recording(10 << 20), time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda _: self.send(path), range(20)))
        self.grown("20 of 10 MB sent at once", begun)


if __name__ == "__main__":
    harness.main()
