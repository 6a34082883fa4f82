"""Clients of a benchmark, many in one process: shared by mix.py and soak.py.

    http = Connection(port)                                             # kept open, as a browser does
    status, body = await http.ask("GET", "/api/v1/sessions", token)
    await timed(tally, "GET sessions", http.ask(...))                   # its time, or its error, into the tally
    socket = await Socket().open(port, "/ws/llm-stream?session_id=…", token)
    sign_in = await sign_up("ada", port)                                # .token; renew() it before it ends
"""
import asyncio
import base64
import collections
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile
import time
import wave

QUESTIONS = ["Tell me about a time you led a migration.", "Why do you want this job?", "How do you handle conflict?", "What is your notice period?"]
FRAME_S = 0.04


class Tally:
    def __init__(self):
        self.ms = collections.defaultdict(list)
        self.errors = collections.Counter()
        self.heard = collections.Counter()  # words, by microphone



class Connection:
    """HTTP/1.1 kept open, as a browser does."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def ask(self, method, path, token=None, body=None):
        if not self.writer or self.reader.at_eof():  # the server ends one that is quiet for a minute
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        data = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Length: {len(data)}\r\n"
        head += "Content-Type: application/json\r\n" if data else ""
        head += f"Authorization: Bearer {token}\r\n" if token else ""
        self.writer.write(head.encode() + b"\r\n" + data)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head)[1]) if b"content-length" in head else 0
        text = await self.reader.readexactly(length)
        return int(head[9:12]), json.loads(text) if text[:1] in (b"{", b"[") else None


class Socket:
    """A WebSocket, as little of it as this needs."""

    async def open(self, port, path, token):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          f"Sec-WebSocket-Key: {key}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        head = await self.reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in head[:20]:
            raise OSError(head[:40])
        return self

    def send(self, data, opcode=1):
        head = bytes([0x80 | opcode]) + (bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big"))
        self.writer.write(head + b"\0\0\0\0" + data)

    def stay(self, message, sign_in):
        """Told that its token ends soon, it shows the one that the user has by now."""
        if message["type"] == "expiring":
            self.send(json.dumps({"type": "authenticate", "accessToken": sign_in.token}).encode())

    async def receive(self):
        """(opcode, payload); pings are answered on the way."""
        while True:
            first, length = await self.reader.readexactly(2)
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2), "big")
            elif length == 127:
                length = int.from_bytes(await self.reader.readexactly(8), "big")
            data = await self.reader.readexactly(length)
            if first & 15 == 9:
                self.send(data, 10)
                continue
            return first & 15, data


class SignIn:
    """What a user signed in with; renewed well before it ends, as the page does."""

    RENEW_S = 600  # an access token lives 900

    def __init__(self, me):
        self.take(me)

    def take(self, me):
        self.token, self.refresh = me["accessToken"], me["refreshToken"]
        self.renew_at = time.monotonic() + self.RENEW_S

    async def renew(self, http, tally):
        me = await timed(tally, "POST refresh", http.ask("POST", "/api/v1/auth/refresh", body={"refreshToken": self.refresh}))
        if me and "accessToken" in me:
            self.take(me)


async def timed(tally, name, coroutine, good=(200, 201, 204)):
    began = time.monotonic()
    try:
        status, body = await coroutine
    except (OSError, asyncio.IncompleteReadError) as error:
        tally.errors[f"{name}: {type(error).__name__}"] += 1
        return None
    tally.ms[name].append(1000 * (time.monotonic() - began))
    if status not in good:
        tally.errors[f"{name}: {status}"] += 1
    return body


async def sign_up(name, port):
    """A new user's sign-in."""
    http, me = Connection(port), {}
    while "accessToken" not in me:  # all at once are more than are hashed at a time: 503, try again
        status, me = await http.ask("POST", "/api/v1/auth/signup",
                                    body={"email": f"{name}@example.org", "password": f"correct horse battery {name}", "displayName": "U"})
        if status == 503:
            await asyncio.sleep(0.3)
    http.writer.close()
    return SignIn(me)


def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))


# --------------------------------------------------------------------------------------- speech

def speech(*sentences):
    """16-bit samples at 16 kHz of each, with a pause behind it; none where there is no flite."""
    if not shutil.which("flite") or not shutil.which("sox"):
        return []
    found = []
    with tempfile.TemporaryDirectory() as folder:
        raw, wav = f"{folder}/raw.wav", f"{folder}/speech.wav"
        for sentence in sentences:
            subprocess.run(["flite", "-voice", "slt", "-t", sentence, "-o", raw], check=True)
            subprocess.run(["sox", raw, "-r", "16000", "-c", "1", "-b", "16", wav, "pad", "0.3", "1.0"], check=True)
            found.append(samples(wav))
    return found


def samples(path):
    """Of a WAV file with 16-bit samples at 16 kHz."""
    with wave.open(str(path)) as file:
        if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (16000, 1, 2):
            raise SystemExit(f"{path} is not 16-bit mono at 16 kHz")
        return file.readframes(file.getnframes())


def recordings(folder):
    return [samples(path) for path in sorted(pathlib.Path(folder).glob("*.wav"))]


async def send_sound(socket, pcm, faster=1):
    """Frame by frame, as a microphone gives it."""
    step, begun = int(32000 * FRAME_S), time.monotonic()
    for frame, at in enumerate(range(0, len(pcm), step), 1):
        socket.send(pcm[at:at + step], 2)
        await asyncio.sleep(max(0.0, begun + frame * FRAME_S / faster - time.monotonic()))
