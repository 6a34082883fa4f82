"""Which recogniser hears, chosen while the server runs: a service that was tried, a model, and back to what the settings say."""

import contextlib
import json
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
import rest  # noqa: E402

QUESTION = "Tell me about yourself."
KEY = "sk-Xylophagous-0123456789-zz99"
STAND_IN = pathlib.Path(__file__).parents[1] / "support" / "transcriptions_server.py"


def call(server, contract, method, path, body=None, token=None):
    """Status and JSON, held to what is documented."""
    try:
        status, headers, data = server.request(method, f"/api/v1/{path}", body, token=server.token if token is None else token)
    except harness.HttpError as error:
        status, headers, data = error.status, error.headers, json.dumps(error.problem).encode()
    contract.check(method, f"/api/v1/{path}", status, {k.lower(): v for k, v in headers.items()}, data)
    return status, json.loads(data or b"null")


def end(server):
    status = server.stop()
    shutil.rmtree(server.data, ignore_errors=True)
    assert status == 0, f"the server ended with {status}"


@contextlib.contextmanager
def service():
    """What speaks POST /v1/audio/transcriptions; its address."""
    with subprocess.Popen([sys.executable, STAND_IN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        process.stdin.close()


class Chosen(unittest.TestCase):
    def setUp(self):
        self.contract = rest.Contract()
        self.addCleanup(lambda: self.assertEqual(self.contract.wrong, []))
        self.server = harness.Server(INTERVIEWD_ASR_PRELOAD="off", INTERVIEWD_ASR_ENGINE="pocketsphinx")
        self.addCleanup(lambda: end(self.server))

    def call(self, method, path="", body=None):
        return call(self.server, self.contract, method, f"admin/hearing{path}", body)

    def active(self):
        return self.call("GET")[1]["active"]["engine"]

    def hear(self):
        """What a question is heard as, and by whom."""
        session = self.server.post("/api/v1/sessions", {})["id"]
        with self.server.socket("/ws/transcribe", session) as ear:
            ready = ear.wait_for(lambda m: m["type"] == "ready")
            ear.stream(harness.speak(QUESTION, self.server.data))
            return ready["engine"], ear.wait_for(lambda m: m["type"] == "final")["text"]

    def test_a_service_is_tried_chosen_and_given_up(self):
        with service() as url:
            status, was = self.call("GET")
            self.assertEqual((status, was["chosen"], was["engine"], was["key"]), (200, False, "pocketsphinx", None))
            refused = self.call("POST", "/test", {"engine": "openai", "url": url, "key": "wrong"})[1]
            self.assertEqual((refused["works"], refused["why"], refused["tookMs"]), (False, "The transcription service refused the key", None))
            unknown = self.call("POST", "/test", {"engine": "openai", "url": url, "key": KEY, "name": "nonesuch"})[1]
            self.assertIn("does not know the address or the model nonesuch", unknown["why"])
            works = self.call("POST", "/test", {"engine": "openai", "url": url, "key": KEY, "name": "one-sentence"})[1]
            self.assertEqual((works["works"], works["engine"], works["model"], works["words"]), (True, "openai", "one-sentence", 9))
            self.assertEqual((works["heard"], works["right"]), (works["said"], 9))
            self.assertEqual(self.active(), "pocketsphinx", "to try is not to choose")

            status, told = self.call("PATCH", "", {"engine": "openai", "url": url, "key": KEY, "name": "one-sentence"})
            self.assertEqual((status, told["chosen"], told["key"], told["active"]["engine"], told["waits"]), (200, True, {"lastFour": "zz99"}, "openai", False))
            self.assertNotIn(KEY, str(told))
            engine, text = self.hear()
            self.assertEqual(engine, "openai")
            self.assertEqual(text, works["said"])
            self.assertTrue(next(r for r in self.server.get("/api/v1/engines")["recognisers"] if r["name"] == "openai")["active"])

            self.assertEqual(self.server.stop(), 0)
            for path in self.server.data.rglob("*"):
                if path.is_file():
                    self.assertNotIn(KEY.encode(), path.read_bytes(), path.name)
            data = self.server.data
            keys = subprocess.run([harness.PROGRAM, "keys", "rotate", "--data", data], env=harness.environment(), capture_output=True, text=True, timeout=60)
            self.assertEqual(keys.returncode, 0, keys.stderr)
            retired = subprocess.run([harness.PROGRAM, "keys", "retire", "--data", data], env=harness.environment(), capture_output=True, text=True, timeout=60)
            self.assertEqual(retired.returncode, 0, retired.stdout + retired.stderr)
            self.server = harness.Server(data=data, INTERVIEWD_ASR_PRELOAD="off", INTERVIEWD_ASR_ENGINE="pocketsphinx")
            again = self.call("GET")[1]
            self.assertEqual((again["chosen"], again["name"], again["active"]["engine"]), (True, "one-sentence", "openai"))
            self.assertTrue(self.call("POST", "/test", {})[1]["works"], "with the key that was kept")

            moved = self.call("PATCH", "", {"url": url + "/"})[1]
            self.assertIsNone(moved["key"], "a key goes to no other address")
            back = self.call("DELETE")[1]
            self.assertEqual((back["chosen"], back["engine"], back["url"], back["active"]["engine"]), (False, "pocketsphinx", None, "pocketsphinx"))
            self.assertEqual(self.hear()[0], "pocketsphinx")

    def test_who_is_being_heard_keeps_the_recogniser(self):
        with service() as url:
            session = self.server.post("/api/v1/sessions", {})["id"]
            with self.server.socket("/ws/transcribe", session) as ear:
                self.assertEqual(ear.wait_for(lambda m: m["type"] == "ready")["engine"], "pocketsphinx")
                told = self.call("PATCH", "", {"engine": "openai", "url": url})[1]
                self.assertEqual((told["waits"], told["active"]["engine"]), (True, "pocketsphinx"))
                ear.stream(harness.speak(QUESTION, self.server.data))
                self.assertTrue(ear.wait_for(lambda m: m["type"] == "final")["text"])
            deadline = time.monotonic() + harness.PATIENCE_S
            while self.call("GET")[1]["waits"]:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)
            self.assertEqual(self.active(), "openai")
            self.assertEqual(self.hear()[0], "openai")

    def test_what_could_not_hear_is_refused(self):
        for body, field in (({"engine": "openai"}, "/url"), ({"engine": "whisper", "model": "base.en-q8_0"}, "/model"), ({"model": "../../etc/passwd"}, "/model"),
                            ({"url": "ftp://x/v1"}, "/url"), ({"url": "http://u:p@x/v1"}, "/url"), ({"key": "k k", "url": "http://x/v1"}, "/key"),
                            ({"key": "sk-0"}, "/key"), ({"engine": "siri"}, "/engine")):
            status, problem = self.call("PATCH", "", body)
            self.assertEqual((status, [error["field"] for error in problem["errors"]]), (422, [field]), body)
        self.assertFalse(self.call("GET")[1]["chosen"])
        self.assertEqual(self.call("PATCH", "", {})[0], 422)
        absent = self.call("POST", "/test", {"engine": "whisper"})[1]
        self.assertEqual((absent["works"], bool(absent["why"]), absent["heard"]), (False, True, ""))


class Accounts(unittest.TestCase):
    def test_only_operators_choose_and_no_personal_key(self):
        contract = rest.Contract()
        server = harness.Server(sign_in=False, INTERVIEWD_ACCOUNTS="on", INTERVIEWD_SIGN_UPS="on", INTERVIEWD_ASR_PRELOAD="off")
        self.addCleanup(end, server)
        grant = server.post("/api/v1/auth/signup", {"email": "ada@example.com", "password": "correct horse battery", "displayName": "Ada"}, token="")
        server.token = grant["accessToken"]
        for method, path, body in (("GET", "", None), ("PATCH", "", {"engine": "auto"}), ("DELETE", "", None), ("POST", "/test", {})):
            status, problem = call(server, contract, method, f"admin/hearing{path}", body)
            self.assertEqual((status, problem["code"]), (403, "not_operator"), method)
        subprocess.run([harness.PROGRAM, "admin", "role", "ada@example.com", "admin", "--data", server.data], env=harness.environment(), check=True,
                       capture_output=True, timeout=30)
        self.assertEqual(call(server, contract, "GET", "admin/hearing")[0], 200)
        key = call(server, contract, "POST", "auth/keys", {"label": "a program"})[1]["key"]
        self.assertEqual(call(server, contract, "PATCH", "admin/hearing", {"engine": "auto"}, token=key)[1]["code"], "sign_in_needed")
        self.assertEqual(contract.wrong, [])


if __name__ == "__main__":
    harness.main()
