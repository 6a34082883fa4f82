"""A running interviewd and what a client needs to talk to it, for the end-to-end tests.

    class Live(harness.Case):
        def test_an_answer_arrives(self):
            session = self.server.post("/api/v1/sessions", {})["id"]
            with self.server.socket("/ws/llm-stream", session) as llm:
                llm.send({"type": "generate", "question": "Why do you want this job?"})
                llm.wait_for(lambda m: m.get("finish"))

    harness.main()

A test class starts one server of its own on a free port, with a data folder of its own, speaks to it over real
sockets and ends it. Speech is made by flite when the tests run. Results are printed as TAP.
"""

import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import wave

import websocket  # Debian's python3-websocket

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import scratch  # noqa: E402,F401

BUILD = pathlib.Path(os.environ.get("INTERVIEWD_BUILD_ROOT", "backend/build")).resolve()
SOURCE = pathlib.Path(os.environ.get("INTERVIEWD_SOURCE_ROOT", ".")).resolve()
PROGRAM = BUILD / "interviewd"
SANITIZED = "asan" in str(BUILD) or "tsan" in str(BUILD)  # its memory says nothing of the product's
# 1013 (try again later) is registered with IANA, and older clients do not know it.
websocket._abnf.VALID_CLOSE_STATUS = (*websocket._abnf.VALID_CLOSE_STATUS, 1013)
PATIENCE_S = 60  # for anything that must happen: generous, since nothing here measures speed


def shared():
    """The folder with test speech, or None."""
    found = pathlib.Path(os.environ.get("INTERVIEWD_TEST_SHARED", SOURCE.parent / "shared"))
    return found if found.is_dir() else None


def environment(**settings):
    """A clean environment: no key or setting of whoever runs the tests reaches the server."""
    env = {k: v for k, v in os.environ.items()
           if not re.match(r"INTERVIEWD_|GROQ_|OPENAI_|OLLAMA_|OPENROUTER_|TOGETHER_|AZURE_|SENTRY_|OTEL_", k) or k == "INTERVIEWD_TEST_SHARED"}
    env["INTERVIEWD_FIND_LOCAL"] = "off"  # nor a model that is served on the machine
    env["INTERVIEWD_SIGN_UPS"] = "on"  # at once, without a mail server
    env["INTERVIEWD_FETCH_MODELS"] = "off"  # a session in German downloads nothing
    env.update({k: str(v) for k, v in settings.items()})
    return env


# ------------------------------------------------------------------------------------ speech

def speak(text, folder, rate=16000, channels=1):
    """A WAV file of flite's voice slt saying text, with a second of silence after it."""
    raw = pathlib.Path(folder) / "raw.wav"
    out = pathlib.Path(folder) / f"speech-{rate}-{channels}-{abs(hash(text))}.wav"
    if not out.exists():
        subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", raw], check=True)
        subprocess.run(["sox", raw, "-r", str(rate), "-c", str(channels), "-b", "16", out, "pad", "0.3", "1.0"],
                       check=True)
    return out


def samples(path):
    """(rate, channels, bytes) of a 16-bit WAV."""
    with wave.open(str(path)) as wav:
        return wav.getframerate(), wav.getnchannels(), wav.readframes(wav.getnframes())


def opus_packets(wav):
    """The packets of a WAV as Opus, by ffmpeg: those of an Ogg stream (RFC 3533) after its two headers (RFC 7845)."""
    data = subprocess.run(["ffmpeg", "-v", "error", "-i", wav, "-c:a", "libopus", "-f", "ogg", "-"], check=True,
                          capture_output=True).stdout
    at, packet, packets = 0, b"", []
    while at < len(data):
        lacing = data[at + 27:at + 27 + data[at + 26]]
        at += 27 + len(lacing)
        for n in lacing:
            packet += data[at:at + n]
            at += n
            if n < 255:
                packets.append(packet)
                packet = b""
    return packets[2:]


# ------------------------------------------------------------------------------------ server

def no_findings(output):
    """Nothing that a sanitizer said, of the server or of a child of it, goes unnoticed."""
    for finding in ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer", "runtime error:"):
        assert finding not in output, output[-8000:]


class HttpError(Exception):
    def __init__(self, status, problem, headers):
        super().__init__(f"{status} {problem.get('code')}: {problem.get('detail')}")
        self.status, self.problem, self.headers = status, problem, headers


class Server:
    def __init__(self, data=None, sign_in=True, args=(), **settings):
        self.own_data = data is None
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="interviewd-test-"))
        self.log = open(self.data / "output.txt", "ab")
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--data", self.data, *args],
            stdout=subprocess.PIPE, stderr=self.log, env=environment(**settings), text=True)
        self.port = self._find_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.token = None
        if sign_in:
            self.token = self.post("/api/v1/auth/local", headers={"Origin": self.base})["accessToken"]

    def _find_port(self):
        self.welcome = ""
        for line in self.process.stdout:
            self.welcome += line
            found = re.search(r"ready: https?://\S+:(\d+)", line)
            if found:
                threading.Thread(target=self._drain, daemon=True).start()
                return int(found.group(1))
        raise RuntimeError(f"the server did not start (exit {self.process.wait()}): {self.output()}")

    def _drain(self):
        for line in self.process.stdout:
            self.welcome += line

    def output(self):
        return (self.data / "output.txt").read_text(errors="replace")

    def stop(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(timeout=PATIENCE_S)
        self.process.stdout.close()
        self.log.close()
        no_findings(self.output())
        return status

    def remove(self):
        if self.own_data:
            shutil.rmtree(self.data, ignore_errors=True)

    def request(self, method, path, body=None, headers=None, token=True):
        data = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method, headers=headers or {})
        if data is not None and not request.has_header("Content-type"):
            request.add_header("Content-Type", "application/json")
        bearer = self.token if token is True else token
        if bearer:
            request.add_header("Authorization", "Bearer " + bearer)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                return response.status, response.headers, response.read()
        except urllib.error.HTTPError as error:
            text = error.read()
            try:
                problem = json.loads(text)
            except ValueError:
                problem = {"detail": text.decode(errors="replace")}
            raise HttpError(error.code, problem, error.headers) from None

    def _json(self, method, path, body=None, **more):
        text = self.request(method, path, body, **more)[2]
        return json.loads(text) if text else None

    def get(self, path, **more):
        return self._json("GET", path, **more)

    def post(self, path, body=None, **more):
        return self._json("POST", path, body, **more)

    def socket(self, path, session, token=None, first=True):
        return Socket(self, path, session, token or self.token, first)

    def transcripts(self, session):
        return self.get(f"/api/v1/sessions/{session}/transcripts")["items"]

    def wait_for_transcripts(self, session, ready):
        """Poll until ready(items) holds: what is stored is not announced on every socket."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            items = self.transcripts(session)
            if ready(items):
                return items
            time.sleep(0.05)
        raise AssertionError(f"never stored as wanted; there is {items}")


class Socket:
    """A WebSocket whose text messages are JSON. Keeps everything it received in .seen."""

    def __init__(self, server, path, session, token, authenticate=True):
        self.seen = []
        self.close_code = None
        self.ws = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}{path}?session_id={session}", timeout=PATIENCE_S,
            origin=server.base)
        if authenticate:
            self.send({"type": "authenticate", "accessToken": token})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.vanish()

    def send(self, message):
        self.ws.send(message if isinstance(message, str) else json.dumps(message))

    def send_audio(self, data):
        self.ws.send_binary(data)

    def stream(self, path, frame_ms=40, start=None, pace=0.0, until=None):
        """Send a WAV in frames. pace 1.0 is real time, 0 as fast as it goes; until in [s]."""
        rate, channels, data = samples(path)
        self.send({"type": "start", "sampleRate": rate, "channels": channels, **(start or {})})
        step = rate * frame_ms // 1000 * 2 * channels
        end = len(data) if until is None else int(until * rate) * 2 * channels
        begun = time.monotonic()
        for at in range(0, end, step):
            self.send_audio(data[at:at + step])
            ahead = at / (2 * channels * rate) * pace - (time.monotonic() - begun)
            if ahead > 0:
                time.sleep(ahead)

    def receive(self, timeout=PATIENCE_S):
        """The next message, or None once the server has closed (then .close_code is set)."""
        deadline = time.monotonic() + timeout
        while True:
            self.ws.settimeout(max(0.001, deadline - time.monotonic()))  # the server's pings do not make it longer
            opcode, data = self.ws.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                self.close_code = struct.unpack("!H", data[:2])[0] if len(data) >= 2 else 1005
                return None
            if opcode == websocket.ABNF.OPCODE_TEXT:
                self.seen.append(json.loads(data))
                return self.seen[-1]

    def wait_for(self, wanted, timeout=PATIENCE_S):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            message = self.receive(max(0.1, deadline - time.monotonic()))
            if message is None:
                raise AssertionError(f"closed with {self.close_code} while waiting; seen {self.seen}")
            if wanted(message):
                return message
        raise AssertionError(f"did not come; seen {self.seen}")

    def wait_for_close(self):
        with contextlib.suppress(websocket.WebSocketConnectionClosedException, ConnectionError):
            while self.receive() is not None:
                pass
        return self.close_code

    def vanish(self):
        """Gone without a word, as a laptop that is shut."""
        with contextlib.suppress(OSError):
            self.ws.sock.close() if self.ws.sock else None

    def of_type(self, kind):
        return [m for m in self.seen if m.get("type") == kind]


# ------------------------------------------------------------------------------------- cases

class Case(unittest.TestCase):
    settings = {}
    args = ()
    sign_in = True  # as the local owner, which a server with accounts has not

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="interviewd-speech-")
        cls.server = Server(args=cls.args, sign_in=cls.sign_in, **cls.settings)

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        output = cls.server.output()
        cls.server.remove()
        shutil.rmtree(cls.folder, ignore_errors=True)
        assert status == 0, f"the server ended with {status}: {output[-4000:]}"

    def session(self, **fields):
        return self.server.post("/api/v1/sessions", fields)["id"]

    def profile(self, **fields):
        body = {"name": "Ada", "role": "Engineer", "yearsExperience": 7, "skills": ["Python"], "industry": "Software",
                "context": "", **fields}
        return self.server.post("/api/v1/profiles", body)["id"]

    def assertHttp(self, status, call, *args, **more):
        with self.assertRaises(HttpError) as caught:
            call(*args, **more)
        self.assertEqual(caught.exception.status, status, caught.exception)
        return caught.exception.problem


class Tap(unittest.TestResult):
    """Test Anything Protocol, which the build system counts."""

    def __init__(self):
        super().__init__()
        self.number = 0

    def line(self, ok, test, note=""):
        self.number += 1
        name = getattr(test, "_testMethodName", str(test)).removeprefix("test_").replace("_", " ")
        print(f"{'ok' if ok else 'not ok'} {self.number} - {name}{note}", flush=True)

    def problem(self, test, err):
        self.line(False, test)
        for line in self._exc_info_to_string(err, test).splitlines():
            print("# " + line, flush=True)

    def addSuccess(self, test):
        self.line(True, test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.problem(test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self.problem(test, err)

    def addSkip(self, test, reason):
        self.line(True, test, f" # SKIP {reason}")


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    if len(sys.argv) > 1:
        suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:], sys.modules["__main__"])
    result = Tap()
    suite.run(result)
    print(f"1..{result.number}", flush=True)
    sys.exit(0 if result.wasSuccessful() else 1)
