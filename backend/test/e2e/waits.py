"""Nothing waits for itself: each operation that can block, one more at once than there are workers for it.

The server has two request workers. While a crowd is blocked (by a provider that falls silent, by hashing, by the
recogniser) a short request must be answered at once, and the crowd must come to its end once what it waited for is there.
"""

import http.client
import json
import pathlib
import re
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
from llm import Case, QUESTION  # noqa: E402

WORKERS = 2
CROWD = 5  # more than the workers of any lane on a small machine, and than those of requests here
HASH_LANE_MAX = 64 + 4  # requests that wait for a hash, and the most that are hashed at a time (loop/lanes.c)
SOON_S = 5  # for a request that waits for nobody; the operations below block for longer, or for ever
SPOKEN = "What is your greatest weakness?"


class Crowd:
    """So many calls at once, each on a thread of its own."""

    def __init__(self, n, call):
        self.results = [None] * n
        self.threads = [threading.Thread(target=self.run, args=(call, i), daemon=True) for i in range(n)]
        for thread in self.threads:
            thread.start()

    def run(self, call, i):
        try:
            self.results[i] = call(i)
        except Exception as error:  # told by whoever looks at the results
            self.results[i] = error

    def end(self):
        for thread in self.threads:
            thread.join(harness.PATIENCE_S)
        return self.results


class Waits(Case):
    @classmethod
    def more(cls):
        return {"INTERVIEWD_REQUEST_WORKERS": WORKERS, "INTERVIEWD_FIRST_TOKEN_MAX_MS": 60000,
                "INTERVIEWD_LOCAL_FIRST_TOKEN_MAX_MS": 60000}

    def assertServed(self, what):
        """A short request is answered though a crowd is blocked."""
        begun = time.monotonic()
        self.server.get("/api/v1/sessions")
        took = time.monotonic() - begun
        self.assertLess(took, SOON_S, f"while {what} was blocked")

    def wait_until_asked(self, model, n):
        deadline = time.monotonic() + harness.PATIENCE_S
        while len(self.provider.asked(model)) < n:
            self.assertLess(time.monotonic(), deadline, "the provider was never asked by all")
            time.sleep(0.02)

    def interrupted(self, **fields):
        return self.server.post("/api/v1/llm/interrupt", fields)["interrupted"]


class Answers(Waits):
    def test_generate_without_a_session(self):
        crowd = Crowd(CROWD, lambda i: self.ask("slow-4000"))
        self.wait_until_asked("slow-4000", CROWD)
        self.assertServed("generate")
        for result in crowd.end():
            self.assertEqual(result["finishReason"], "stop")

    def test_generate_with_a_session(self):
        sessions = [self.session() for _ in range(CROWD)]
        crowd = Crowd(CROWD, lambda i: self.ask("slow-4001", sessionId=sessions[i]))
        self.wait_until_asked("slow-4001", CROWD)
        self.assertServed("generate")
        for result in crowd.end():
            self.assertEqual(result["finishReason"], "stop")
        for session in sessions:
            self.assertEqual(len(self.server.transcripts(session)), 1)

    def test_streams(self):
        open_streams = [self.stream("endless") for _ in range(CROWD)]
        self.assertServed("a stream")
        for connection, response in open_streams:
            self.assertEqual(response.status, 200)
            connection.sock.shutdown(socket.SHUT_RDWR)
            connection.close()
        self.provider.closed_ns("endless")

    def test_interrupt_reaches_what_waits(self):
        sessions = [self.session() for _ in range(CROWD)]
        crowd = Crowd(CROWD, lambda i: self.ask("slow-50000", sessionId=sessions[i]))
        self.wait_until_asked("slow-50000", CROWD)
        stops = Crowd(CROWD, lambda i: self.interrupted(sessionId=sessions[i]))
        self.assertEqual(stops.end(), [1] * CROWD)
        self.assertEqual([r["finishReason"] for r in crowd.end()], ["interrupted"] * CROWD)

    def test_a_client_that_leaves_interrupts_its_own(self):
        body = json.dumps({"question": QUESTION, "provider": "openai", "model": "slow-50001"})
        for _ in range(CROWD):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
            connection.request("POST", "/api/v1/llm/generate", body,
                               {"Content-Type": "application/json", "Authorization": "Bearer " + self.server.token})
            self.wait_until_asked("slow-50001", 1)
            connection.close()
        self.provider.closed_ns("slow-50001")
        self.assertServed("nobody")


class Lists(Waits):
    @classmethod
    def more(cls):
        return {**super().more(), "INTERVIEWD_OPENAI_URL": f"http://127.0.0.1:{cls.provider.port}/silent/v1"}

    def test_models_of_a_silent_provider(self):
        crowd = Crowd(CROWD, lambda i: self.server.get("/api/v1/llm/models")["items"])
        time.sleep(0.5)
        self.assertServed("a list of models")
        for items in crowd.end():
            self.assertIn("did not answer in time", items[0]["note"])


class Store(Waits):
    def test_writes(self):
        crowd = Crowd(4 * CROWD, lambda i: self.server.post("/api/v1/sessions", {"title": f"Number {i}"})["title"])
        self.assertServed("a write")
        self.assertEqual(crowd.end(), [f"Number {i}" for i in range(4 * CROWD)])

    def test_exports(self):
        session = self.session()
        self.ask(sessionId=session)
        crowd = Crowd(CROWD, lambda i: self.server.request("POST", f"/api/v1/sessions/{session}/export", {"format": "pdf"})[2])
        self.assertServed("an export")
        for document in crowd.end():
            self.assertTrue(document.startswith(b"%PDF"), document)

    def test_each_lane_counts_its_work(self):
        text = self.server.request("GET", "/metrics")[2].decode()
        done = {lane: float(n) for lane, n in re.findall(r'interviewd_lane_run_seconds_count{lane="(\w+)"} ([\d.e+]+)', text)}
        self.assertEqual(set(done), {"request", "read", "intake", "decode", "hash", "store", "sound"})
        self.assertGreater(done["store"], 0)
        self.assertIn('interviewd_lane_refused_total{lane="store"} 0', text)


class Recordings(Waits):
    @classmethod
    def more(cls):
        return {**super().more(), "INTERVIEWD_ASR_ENGINE": "pocketsphinx"}

    def test_transcriptions(self):
        """Two at a time are heard; the others are told so at once, and none holds a worker."""
        wav = harness.speak(SPOKEN, self.folder).read_bytes()

        def transcribe(_):
            try:
                return self.server.post("/api/v1/transcribe", wav, headers={"Content-Type": "audio/wav"})["text"]
            except harness.HttpError as error:
                self.assertEqual((error.status, error.problem["code"]), (503, "overloaded"))
                return None

        crowd = Crowd(CROWD, transcribe)
        self.assertServed("a transcription")
        heard = [text for text in crowd.end() if text]
        self.assertGreaterEqual(len(heard), 2, crowd.results)


class Passwords(Waits):
    sign_in = False

    @classmethod
    def more(cls):
        return {**super().more(), "INTERVIEWD_ACCOUNTS": "on", "INTERVIEWD_SIGN_INS_PER_MINUTE": 0,
                "INTERVIEWD_REQUESTS_PER_MINUTE": 0}

    def test_sign_ins(self):
        def sign_up(i):
            return self.server.post("/api/v1/auth/signup", {"email": f"p{i}@example.com", "password": f"a long one {i} indeed",
                                                            "displayName": "P"})["accessToken"]

        self.server.token = sign_up(99)
        crowd = Crowd(3 * CROWD, sign_up)
        self.assertServed("hashing")
        for token in crowd.end():
            self.assertIsInstance(token, str)


    def test_more_than_the_lane_holds(self):
        """Hashing costs memory and time: who finds the lane full is told so at once, and everybody has an answer."""
        self.server.post("/api/v1/auth/signup", {"email": "full@example.com", "password": "a long one indeed", "displayName": "F"})

        def sign_in(_):
            try:
                return self.server.post("/api/v1/auth/login", {"email": "full@example.com", "password": "a long one indeed"})["accessToken"]
            except harness.HttpError as error:
                return error.status, error.problem["code"]

        crowd = Crowd(HASH_LANE_MAX + 60, sign_in)
        results = crowd.end()
        refused = [result for result in results if result == (503, "overloaded")]
        served = [result for result in results if isinstance(result, str)]
        self.assertEqual(len(refused) + len(served), len(results), results)
        self.assertGreater(len(refused), 0)
        self.assertGreaterEqual(len(served), HASH_LANE_MAX - 4)
        self.assertIsInstance(sign_in(0), str)


class Stopping(Waits):
    def test_what_waits_is_told_and_the_server_ends(self):
        server = harness.Server(**self.settings)
        body = {"question": QUESTION, "provider": "openai", "model": "slow-50002"}
        crowd = Crowd(CROWD, lambda i: server.post("/api/v1/llm/generate", body))
        self.wait_until_asked("slow-50002", CROWD)
        begun = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - begun, 10)
        for result in crowd.end():
            self.assertTrue(isinstance(result, Exception) or result["finishReason"] == "interrupted", result)
        server.remove()


if __name__ == "__main__":
    harness.main()
