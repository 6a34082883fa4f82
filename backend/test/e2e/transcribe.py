"""POST /api/v1/transcribe over real sockets: recordings of many kinds, and what is no recording.

Every answer is held against docs/api/openapi.yaml.
"""

import http.client
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
import rest  # noqa: E402

QUESTION = "Tell me about a time you led a project under pressure."
PATH = "/api/v1/transcribe"
UPLOAD_MAX = 64 << 20


def form(data, name="file", boundary="x7b", **fields):
    body = b"".join(f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'.encode()
                    for k, v in fields.items())
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="a"\r\n\r\n'.encode()
    return body + data + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


class Transcribe(harness.Case):
    def setUp(self):
        self.contract = rest.Contract()
        self.wav = harness.speak(QUESTION, self.folder)

    def tearDown(self):
        self.assertEqual(self.contract.wrong, [])

    def post(self, body, kind=None, token=True):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
        headers = {"Authorization": "Bearer " + self.server.token} if token else {}
        connection.request("POST", PATH, body, {**headers, **({"Content-Type": kind} if kind else {})})
        return self.answer(connection.getresponse())

    def answer(self, response):
        data = response.read()
        self.contract.check("POST", PATH, response.status, {k.lower(): v for k, v in response.getheaders()}, data)
        return response.status, json.loads(data)

    def heard(self, body, kind=None):
        status, answer = self.post(body, kind)
        self.assertEqual(status, 200, answer)
        self.assertIn("project", answer["text"].lower())
        self.assertEqual(answer["language"], "en")
        starts = [s["startMs"] for s in answer["segments"]]
        self.assertEqual(starts, sorted(starts))
        self.assertTrue(all(s["startMs"] < s["endMs"] <= answer["durationMs"] + 100 for s in answer["segments"]))
        return answer

    def refused(self, status, code, body, kind=None):
        got, answer = self.post(body, kind)
        self.assertEqual((got, answer["code"]), (status, code), answer)
        self.assertGreater(len(answer["detail"]), 10)
        return answer

    def recoded(self, name, *how):
        out = pathlib.Path(self.folder) / name
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", self.wav, *how, out], check=True)
        return out.read_bytes()

    def test_a_wav_as_the_raw_body(self):
        self.heard(self.wav.read_bytes(), "audio/wav")

    def test_a_form_with_a_file_and_a_language(self):
        self.heard(*form(self.wav.read_bytes(), language="en"))

    def test_webm_with_opus_as_browsers_record_it(self):
        self.heard(self.recoded("a.webm", "-c:a", "libopus", "-ar", "48000"), "audio/webm")

    def test_mp3_flac_m4a_and_ogg(self):
        for name, codec in (("a.mp3", "libmp3lame"), ("a.flac", "flac"), ("a.m4a", "aac"), ("a.ogg", "libopus")):
            self.heard(*form(self.recoded(name, "-c:a", codec)))

    def test_44_khz_stereo(self):
        self.heard(self.recoded("b.wav", "-ar", "44100", "-ac", "2"))

    def test_silence_is_no_words(self):
        status, answer = self.post(self.wav.read_bytes()[:44] + bytes(64000))
        self.assertEqual((status, answer["text"], answer["segments"]), (200, "", []))

    def test_a_cut_off_recording_gives_what_is_there(self):
        whole = self.recoded("c.webm", "-c:a", "libopus")
        answer = self.post(whole[:len(whole) * 2 // 3])[1]
        self.assertTrue(answer["text"])
        self.assertLess(answer["durationMs"], self.heard(whole)["durationMs"])

    def test_a_header_without_sound(self):
        for head in (self.wav.read_bytes()[:44], self.wav.read_bytes()[:20], self.recoded("d.webm", "-c:a", "libopus")[:200]):
            self.refused(415, "unsupported_media", head)

    def test_nothing_at_all(self):
        self.assertIn("empty", self.refused(415, "unsupported_media", b"")["detail"])
        self.refused(415, "unsupported_media", *form(b""))

    def test_what_is_no_recording_is_called_by_its_name(self):
        for data, what in ((b"%PDF-1.7 ...", "PDF"), (b"PK\x03\x04" + bytes(50), "ZIP"), (b"Dear reader,\n" * 9, "text")):
            self.assertIn(what, self.refused(415, "unsupported_media", data)["detail"])
        self.refused(415, "unsupported_media", bytes(range(256)) * 40, "audio/wav")
        self.refused(415, "unsupported_media", json.dumps({"audioId": "x"}), "text/plain")

    def test_a_form_without_a_file(self):
        answer = self.refused(422, "invalid_fields", *form(b"x", name="other"))
        self.assertEqual(answer["errors"][0]["field"], "/file")

    def test_a_form_that_is_cut_off(self):
        body, kind = form(self.wav.read_bytes())
        self.refused(400, "bad_request", body[:len(body) // 2], kind)

    def test_a_language_that_is_none_or_not_known_here(self):
        for language in ("klingon", "e", "en;drop", "fr"):
            answer = self.refused(422, "invalid_fields", *form(self.wav.read_bytes(), language=language))
            self.assertEqual(answer["errors"][0]["field"], "/language", language)

    def test_too_large_is_said_before_it_is_sent(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
        connection.putrequest("POST", PATH)
        connection.putheader("Authorization", "Bearer " + self.server.token)
        connection.putheader("Content-Length", str(UPLOAD_MAX + 1))
        connection.endheaders()
        status, answer = self.answer(connection.getresponse())
        self.assertEqual((status, answer["code"]), (413, "too_large"))

    def test_without_a_token(self):
        self.assertEqual(self.post(self.wav.read_bytes(), token=False)[0], 401)

    def test_a_client_that_leaves_in_the_middle_disturbs_nobody(self):
        with socket.create_connection(("127.0.0.1", self.server.port)) as client:
            client.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.server.token}\r\n"
                           "Content-Length: 100000\r\n\r\n".encode() + bytes(5000))
        self.heard(self.wav.read_bytes())


class Compatible(harness.Case):
    """POST /v1/audio/transcriptions and /v1/audio/translations, for programs made for OpenAI's API."""

    PATH = "/v1/audio/transcriptions"

    def setUp(self):
        self.contract = rest.Contract()
        self.wav = harness.speak(QUESTION, self.folder).read_bytes()

    def tearDown(self):
        self.assertEqual(self.contract.wrong, [])

    def send(self, path=PATH, data=None, token=None, **fields):
        body, kind = form(self.wav if data is None else data, **{"model": "whisper-1", **fields})
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
        connection.request("POST", path, body, {"Authorization": f"Bearer {token or self.server.token}", "Content-Type": kind})
        response = connection.getresponse()
        text = response.read()
        headers = {k.lower(): v for k, v in response.getheaders()}
        self.contract.check("POST", path, response.status, headers, text)
        return response.status, headers, text.decode()

    def json(self, **fields):
        status, _, text = self.send(**fields)
        self.assertEqual(status, 200, text)
        return json.loads(text)

    def refused(self, status, param, code, **fields):
        got, _, text = self.send(**fields)
        error = json.loads(text)["error"]
        self.assertEqual((got, error["param"], error["code"]), (status, param, code), error)
        self.assertGreater(len(error["message"]), 10)

    def test_json_and_what_it_would_be_charged_by(self):
        answer = self.json()
        self.assertIn("project", answer["text"])
        self.assertEqual(answer["usage"], {"type": "duration", "seconds": 5})

    def test_verbose_json_has_segments_words_or_both(self):
        for fields, has in (({}, {"segments"}), ({"timestamp_granularities[]": "word"}, {"words"})):
            answer = self.json(response_format="verbose_json", **fields)
            self.assertEqual(set(answer) & {"segments", "words"}, has)
            self.assertEqual((answer["task"], answer["language"]), ("transcribe", "english"))
            pieces = answer.get("segments") or answer["words"]
            self.assertTrue(all(0 <= p["start"] < p["end"] <= answer["duration"] + 0.1 for p in pieces))
            self.assertEqual(" ".join(p.get("word", p.get("text")) for p in pieces).lower().rstrip("."), answer["text"].lower().rstrip("."))
            self.assertNotIn("avg_logprob", pieces[0])  # this recogniser does not know it

    def test_subtitles_and_text(self):
        self.assertIn(" --> ", self.send(response_format="srt")[2])
        status, headers, text = self.send(response_format="vtt")
        self.assertEqual((status, headers["content-type"], text[:6]), (200, "text/vtt; charset=utf-8", "WEBVTT"))
        self.assertIn("project", self.send(response_format="text")[2])

    def test_a_stream_tells_each_segment_and_then_the_whole(self):
        status, headers, text = self.send(stream="true")
        self.assertEqual((status, headers["x-accel-buffering"]), (200, "no"))
        data = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
        self.assertEqual(data.pop(), "[DONE]")
        told = [json.loads(one) for one in data]
        for one in told:
            self.contract.check_value("OpenAITranscriptData", one)
        self.assertEqual("".join(t["delta"] for t in told[:-1]), told[-1]["text"])
        self.assertEqual(told[-1]["type"], "transcript.text.done")
        self.refused(400, "language", None, stream="true", language="fr")  # before the first word it is an error of its own

    def test_a_translation_is_english(self):
        answer = self.json(path="/v1/audio/translations", response_format="verbose_json")
        self.assertEqual((answer["task"], answer["language"]), ("translate", "english"))
        self.assertIn("project", answer["text"])

    def test_what_is_not_right_is_named(self):
        for param, fields in (("response_format", {"response_format": "xml"}), ("language", {"language": "klingon"}), ("temperature", {"temperature": "2"}),
                              ("timestamp_granularities", {"timestamp_granularities[]": "word"}), ("stream", {"stream": "perhaps"}),
                              ("timestamp_granularities", {"timestamp_granularities[]": "letter", "response_format": "verbose_json"}),
                              ("stream", {"stream": "true", "response_format": "srt"}), ("file", {"name": "other"}), ("prompt", {"prompt": "x" * 5000})):
            self.refused(400, param, None, **fields)
        self.refused(400, "model", None, model="")
        self.refused(404, None, "model_not_found", model="whisper-9")
        self.refused(415, None, "unsupported_media", data=b"Dear reader,\n" * 9)
        self.refused(401, None, "invalid_api_key", token="sk-nobody")


class Kept(harness.Case):
    """Recordings that are kept already, heard at once or in the background."""

    def setUp(self):
        self.contract = rest.Contract()
        self.wav = harness.speak(QUESTION, self.folder)

    def tearDown(self):
        self.assertEqual(self.contract.wrong, [])

    def call(self, method, path, body=None, kind="application/json", server=None):
        server = server or self.server
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=harness.PATIENCE_S)
        connection.request(method, path, body if isinstance(body, (bytes, type(None))) else json.dumps(body),
                           {"Authorization": "Bearer " + server.token, "Content-Type": kind})
        response = connection.getresponse()
        data = response.read()
        self.contract.check(method, path, response.status, {k.lower(): v for k, v in response.getheaders()}, data)
        connection.close()
        return response.status, json.loads(data) if data else None

    def keep(self, path, server=None):
        status, made = self.call("POST", "/api/v1/audio/upload", pathlib.Path(path).read_bytes(), "audio/wav", server)
        self.assertEqual(status, 201, made)
        return made["id"]

    def long(self, times):
        out = pathlib.Path(self.folder) / f"long-{times}.wav"
        subprocess.run(["sox", self.wav, out, "repeat", str(times - 1)], check=True)
        return out

    def begin(self, audio, server=None, **more):
        status, made = self.call("POST", PATH, {"audioId": audio, **more}, server=server)
        self.assertEqual(status, 202, made)
        self.assertIn(made["state"], ("waiting", "running"))
        return "/api/v1/transcriptions/" + made["id"]

    def until(self, path, *states, server=None):
        deadline = time.monotonic() + 3 * harness.PATIENCE_S
        while True:
            status, found = self.call("GET", path, server=server)
            self.assertEqual(status, 200, found)
            if found["state"] in states:
                return found
            self.assertLess(time.monotonic(), deadline, found)
            time.sleep(0.05)

    def test_a_short_one_is_answered_at_once(self):
        status, answer = self.call("POST", PATH, {"audioId": self.keep(self.wav)})
        self.assertEqual(status, 200, answer)
        self.assertIn("project", answer["text"].lower())

    def test_in_the_background_it_says_how_far_it_is_and_then_what_was_heard(self):
        path = self.begin(self.keep(self.wav), background=True, language="en")
        found = self.until(path, "done")
        self.assertIn("project", found["result"]["text"].lower())
        self.assertEqual((found["progress"], found["error"], found["language"]), (1, None, "en"))
        self.assertGreater(found["finishedAt"], found["createdAt"])
        self.assertEqual(self.call("DELETE", path)[0], 204)
        self.assertEqual(self.call("GET", path)[0], 404)

    def test_a_long_one_is_heard_in_the_background_without_being_asked(self):
        long = pathlib.Path(self.folder) / "pause.wav"
        subprocess.run(["sox", self.wav, long, "pad", "0", "610"], check=True)
        found = self.until(self.begin(self.keep(long)), "done")
        self.assertIn("project", found["result"]["text"].lower())
        self.assertGreater(found["result"]["durationMs"], 610000)

    def test_one_that_is_cancelled_makes_room_for_the_next(self):
        first = self.begin(self.keep(self.long(60)), background=True)
        second = self.begin(self.keep(self.wav), background=True)
        self.until(first, "running")
        self.assertEqual(self.until(second, "waiting", "running")["state"], "waiting")
        self.assertEqual(self.call("DELETE", first)[0], 204)
        self.until(second, "done")

    def test_it_goes_with_its_recording(self):
        audio = self.keep(self.wav)
        path = self.begin(audio, background=True)
        self.until(path, "done")
        self.assertEqual(self.call("DELETE", f"/api/v1/audio/{audio}")[0], 204)
        self.assertEqual(self.call("GET", path)[0], 404)
        self.assertEqual(self.call("DELETE", path)[0], 404)

    def test_what_cannot_be_is_refused(self):
        for body, field in (({}, "/audioId"), ({"audioId": "nobody"}, "/audioId"), ({"audioId": "0" * 26}, "/audioId"),
                            ({"audioId": self.keep(self.wav), "language": "?"}, "/language"), ({"audioId": 7}, "/audioId")):
            status, answer = self.call("POST", PATH, body)
            self.assertEqual((status, answer["errors"][0]["field"]), (422, field), answer)
        self.assertEqual(self.call("POST", PATH, b"{")[0], 400)
        self.assertEqual(self.call("GET", "/api/v1/transcriptions/nobody")[0], 404)

    def test_it_survives_a_kill(self):
        data = tempfile.mkdtemp(prefix="interviewd-test-")
        server = harness.Server(data=data)
        try:
            first = self.begin(self.keep(self.long(60), server), server, background=True)
            second = self.begin(self.keep(self.wav, server), server, background=True)
            self.until(first, "running", server=server)
            server.stop(signal.SIGKILL)
            server = harness.Server(data=data)
            self.until(first, "running", server=server)
            self.assertEqual(self.call("DELETE", first, server=server)[0], 204)
            found = self.until(second, "done", server=server)
            self.assertIn("project", found["result"]["text"].lower())
            self.assertNotIn(b"project under", b"".join(p.read_bytes() for p in pathlib.Path(data).glob("interview.db*")))
            self.assertEqual(server.stop(), 0)
        finally:
            server.stop(signal.SIGKILL)
            shutil.rmtree(data, ignore_errors=True)


class Overloaded(harness.Case):
    def test_no_more_than_some_at_the_same_time_and_the_others_are_told_when(self):
        import threading
        wav = harness.speak(QUESTION, self.folder)
        long = pathlib.Path(self.folder) / "long.wav"
        subprocess.run(["sox", wav, long, "repeat", "40"], check=True)
        contract, answers = rest.Contract(), []

        def post():
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
            connection.request("POST", PATH, long.read_bytes(), {"Authorization": "Bearer " + self.server.token})
            response = connection.getresponse()
            data = response.read()
            contract.check("POST", PATH, response.status, {k.lower(): v for k, v in response.getheaders()}, data)
            answers.append((response.status, response.getheader("Retry-After"), json.loads(data).get("code")))

        threads = [threading.Thread(target=post) for _ in range(4)]
        for thread in threads:
            thread.start()
        while not answers:  # the refusals come first: what is taken takes long
            threads[0].join(0.05)
        self.assertEqual(answers[0], (503, "10", "overloaded"))
        self.assertEqual(self.server.get("/healthz")["status"], "ok")
        self.assertEqual(self.server.stop(), 0)  # those that run do not keep it from leaving
        for thread in threads:
            thread.join()
        self.assertEqual(contract.wrong, [])


if __name__ == "__main__":
    harness.main()
