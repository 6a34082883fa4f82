"""What was on the screen a second before kill -9 is there afterwards, and says that it was cut off.

Part of kill.py. Words that are being said, and an answer that streams, are written piecewise: the server is killed in the
middle of each, started again on the same folder, and asked for the transcript.
"""
import itertools
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import harness
from rest import Server

LOSS_S = 1.0  # words shown earlier than this before the kill must be there
STATEMENT = ("Our company makes software for hospitals and we have four hundred people in two offices. "
             "Last year we opened a third one in the north, and most of the team works from home on Fridays.")
SAID_AGAIN = 4  # times the statement may be said, slower each time: a machine that is busy hears late
STAND_IN = pathlib.Path(__file__).resolve().parents[1] / "support/providers.py"


class Interview:
    """A session on a fresh server, with one socket of it; what it is told is noted with the moment it came."""

    def __init__(self, program, path, env=None):
        self.program, self.env = program, env
        self.data = tempfile.mkdtemp(prefix="interviewd-streamed-")
        self.server = self.start()
        self.session = self.call("POST", "sessions", {})["id"]
        self.base = f"http://127.0.0.1:{self.server.port}"
        self.socket = harness.Socket(self, path, self.session, self.token)
        self.seen = []

    @property
    def port(self):
        return self.server.port

    def start(self):
        server = Server(self.program, "--requests-per-minute=0", env=self.env, data=self.data)
        self.token = self.request(server, "POST", "auth/local", origin=True)["accessToken"]
        return server

    def request(self, server, method, path, body=None, origin=False):
        import urllib.request
        base = f"http://127.0.0.1:{server.port}"
        headers = {"Origin": base} if origin else {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{base}/api/v1/{path}", data, headers, method=method), timeout=20) as response:
            return json.loads(response.read())

    def call(self, method, path, body=None):
        return self.request(self.server, method, path, body)

    def note(self, until):
        """Take what comes until that moment."""
        while (left := until - time.monotonic()) > 0:
            try:
                message = self.socket.receive(timeout=left)
            except (TimeoutError, harness.websocket.WebSocketTimeoutException):
                return
            if message is None:
                raise AssertionError(f"closed with {self.socket.close_code}")
            self.seen.append((time.monotonic(), message))

    def said(self, until):
        """Partials until that moment of the utterance that has not ended."""
        ended = {m["utterance"] for _, m in self.seen if m["type"] == "final"}
        return [m["text"] for at, m in self.seen
                if m["type"] == "partial" and m["text"] and m["utterance"] not in ended and at < until]

    def kill(self):
        """The transcript's items, newest first, as a new server gives them, and when the old one was killed."""
        self.server.process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        self.server.process.wait()
        self.socket.vanish()
        self.server = self.start()
        items = self.call("GET", f"sessions/{self.session}/transcripts")["items"]
        self.server.stop()
        return items, killed


def answer_is_cut_off(program, seconds):
    with subprocess.Popen([sys.executable, STAND_IN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        port = int(service.stdout.readline().split()[1])
        talk = Interview(program, "/ws/llm-stream", {
            "OPENAI_API_KEY": "key", "INTERVIEWD_OPENAI_URL": f"http://127.0.0.1:{port}/v1", "INTERVIEWD_OPENAI_MODEL": "endless",
            "INTERVIEWD_PROVIDERS": "openai"})
        talk.socket.send({"type": "generate", "question": "What is a mutex?"})
        while not any(m["type"] == "delta" for _, m in talk.seen):
            talk.note(time.monotonic() + 0.05)
        talk.note(time.monotonic() + seconds)
        items, killed = talk.kill()
        service.stdin.close()
    shown = "".join(m["delta"] for _, m in talk.seen if m["type"] == "delta")
    due = "".join(m["delta"] for at, m in talk.seen if m["type"] == "delta" and at < killed - LOSS_S)
    if len(items) != 1:
        return f"{len(items)} items are kept of one question"
    kept = items[0]
    if not kept.get("cutOff") or kept.get("finishReason"):
        return f"it does not say that it was cut off: {sorted(kept)}"
    if not shown.startswith(kept["answer"]) and not kept["answer"].startswith(shown):
        return "other words are kept than were shown"
    if len(kept["answer"]) < len(due):
        return f"{len(kept['answer'])} bytes are kept; {len(due)} were shown a second before, {len(shown)} in all"
    return None


def words_are_cut_off(program, seconds):
    with tempfile.TemporaryDirectory() as folder:
        wav = harness.speak(STATEMENT, folder)
        rate, _, data = harness.samples(wav)
        talk = Interview(program, "/ws/transcribe")
        talk.socket.wait_for(lambda m: m["type"] == "ready")
        begun, piece = time.monotonic(), rate // 25 * 2
        due_at = begun
        for slower, at in itertools.product(range(1, SAID_AGAIN + 1), range(0, len(data), piece)):
            talk.socket.send_audio(data[at:at + piece])
            due_at += 0.04 * slower
            talk.note(due_at)
            if due_at - begun >= seconds and talk.said(time.monotonic() - LOSS_S - 0.2):
                break
        items, killed = talk.kill()
    due = talk.said(killed - LOSS_S)
    if not due:
        return "nothing was heard a second before the kill"
    finals = sum(m["type"] == "final" and bool(m["text"]) for _, m in talk.seen)
    if len(items) != finals + 1:
        return f"{len(items)} items are kept of {finals} utterances and one begun"
    if not items[0].get("cutOff"):
        return "it does not say that it was cut off"
    right = {due[-1]} | set(talk.said(killed)[len(due):])
    if items[0]["question"] not in right:
        return f"kept is \"{items[0]['question']}\", and shown was {sorted(right)}"
    return None


def check(program, begin, times):
    """Each case so many times: two lines of TAP from number `begin` on; whether both are right."""
    dice = random.Random(11)
    cases = ((words_are_cut_off, "words that were being said are there, and said to be cut off", 4),
             (answer_is_cut_off, "an answer that streamed is there, and said to be cut off", 2))
    right = True
    for number, (case, name, least) in enumerate(cases, begin):
        wrong = [why for _ in range(times) if (why := case(program, dice.uniform(least, least + 2)))]
        right &= not wrong
        print(f"{'not ok' if wrong else 'ok'} {number} - {name}", flush=True)
        for why in wrong:
            print("# " + why)
    return right
