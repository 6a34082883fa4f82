#!/usr/bin/env python3
"""A day's mix in a minute: many users' requests beside thousands of quiet sockets and a hundred live ones.

    bench/mix.py PROGRAM [--users 100] [--idle 5000] [--live 100] [--seconds 60] [--minutes 0]

Starts PROGRAM (interviewd) with accounts on, signs users up, opens `idle` WebSockets that say nothing and `live` ones
that ask a question every few seconds, and lets every user list, read, change, make and delete what is theirs. Prints
errors, latencies by operation, and the server's memory at the beginning and the end; --minutes goes on with the same
load for that long and prints the memory each minute. Client and server share the machine, so the latencies hold both.
Exit status 1 when anything failed.
"""
import argparse
import asyncio
import base64
import collections
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

QUESTIONS = ["Tell me about a time you led a migration.", "Why do you want this job?", "How do you handle conflict?", "What is your notice period?"]


class Server:
    def __init__(self, program):
        self.data = tempfile.mkdtemp(prefix="interviewd-mix-")
        env = {k: v for k, v in os.environ.items() if not re.match("INTERVIEWD_|GROQ_|OPENAI_|OLLAMA_", k)}
        env |= {"INTERVIEWD_REQUESTS_PER_MINUTE": "0", "INTERVIEWD_SIGN_INS_PER_MINUTE": "0", "INTERVIEWD_STRANGERS_PER_MINUTE": "0", "INTERVIEWD_SOCKETS_PER_USER": "0",
                "INTERVIEWD_MAX_CONNECTIONS": "12000", "INTERVIEWD_ASR_PRELOAD": "off"}
        self.process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0", "--data", self.data, "--accounts", "on"], env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            found = re.search(r"ready: http://\S+?:(\d+)", line)
            if found:
                self.port = int(found[1])
                return
        raise SystemExit("the server did not start")

    def memory_mb(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) / 1024

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        shutil.rmtree(self.data, ignore_errors=True)
        return status


class Tally:
    def __init__(self):
        self.ms = collections.defaultdict(list)
        self.errors = collections.Counter()

    def all_ms(self):
        return [x for values in self.ms.values() for x in values]


def share(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0.0


class Connection:
    """HTTP/1.1 kept open, as a browser does."""

    def __init__(self, port):
        self.port, self.reader, self.writer = port, None, None

    async def ask(self, method, path, token=None, body=None):
        if not self.writer:
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


async def user(n, port, tally, until, ready):
    rng = random.Random(n)
    http = Connection(port)
    me = None
    while not me or "accessToken" not in me:  # all at once are more than are hashed at a time: 503, try again
        if me:
            await asyncio.sleep(rng.uniform(0.1, 0.5))
        _, me = await http.ask("POST", "/api/v1/auth/signup", body={"email": f"u{n}@example.org", "password": f"correct horse battery {n}", "displayName": "U"})
    sign_in = SignIn(me)
    token = sign_in.token
    _, profile = await http.ask("POST", "/api/v1/profiles", token, {"name": "P", "role": "Engineer", "yearsExperience": 3, "skills": ["C"], "industry": "", "context": "- Led it."})
    _, session = await http.ask("POST", "/api/v1/sessions", token, {"profileId": profile["id"]})
    ready.append((sign_in, session["id"]))
    await asyncio.sleep(0)
    while not until.is_set():
        await asyncio.sleep(rng.uniform(0.2, 0.6))
        if time.monotonic() > sign_in.renew_at:
            await sign_in.renew(http, tally)
        token = sign_in.token
        what = rng.random()
        if what < 0.35:
            await timed(tally, "GET sessions", http.ask("GET", "/api/v1/sessions?limit=20", token))
        elif what < 0.55:
            await timed(tally, "GET session", http.ask("GET", f"/api/v1/sessions/{session['id']}", token))
        elif what < 0.70:
            await timed(tally, "GET transcripts", http.ask("GET", f"/api/v1/sessions/{session['id']}/transcripts", token))
        elif what < 0.80:
            await timed(tally, "PATCH session", http.ask("PATCH", f"/api/v1/sessions/{session['id']}", token, {"title": f"t{rng.random()}"}))
        elif what < 0.88:
            await timed(tally, "PATCH me", http.ask("PATCH", "/api/v1/auth/me", token, {"displayName": f"U{rng.randrange(99)}"}))
        elif what < 0.94:
            made = await timed(tally, "POST session", http.ask("POST", "/api/v1/sessions", token, {}))
            if made:
                await timed(tally, "DELETE session", http.ask("DELETE", f"/api/v1/sessions/{made['id']}", token))
        else:
            await timed(tally, "GET me", http.ask("GET", "/api/v1/auth/me", token))


async def idle(port, sign_in, session, tally, until):
    try:
        socket = await Socket().open(port, f"/ws/llm-stream?session_id={session}", sign_in.token)
        while not until.is_set():
            opcode, data = await socket.receive()
            if opcode == 8:
                raise OSError("closed")
            socket.stay(json.loads(data), sign_in)
    except (OSError, asyncio.IncompleteReadError) as error:
        if not until.is_set():
            tally.errors[f"idle socket: {type(error).__name__}"] += 1


async def live(n, port, sign_in, session, tally, until):
    rng = random.Random(n)
    try:
        socket = await Socket().open(port, f"/ws/llm-stream?session_id={session}", sign_in.token)
        while not until.is_set():
            await asyncio.sleep(rng.uniform(2, 6))
            began = time.monotonic()
            socket.send(json.dumps({"type": "generate", "question": rng.choice(QUESTIONS)}).encode())
            outlined = False
            while True:
                opcode, data = await asyncio.wait_for(socket.receive(), 30)
                if opcode == 8:
                    raise OSError("closed")
                message = json.loads(data)
                socket.stay(message, sign_in)
                if message["type"] == "outline" and not outlined:
                    outlined = True
                    tally.ms["live: outline"].append(1000 * (time.monotonic() - began))
                if message["type"] == "delta" and message["finish"]:
                    break
    except (OSError, asyncio.IncompleteReadError, TimeoutError) as error:
        if not until.is_set():
            tally.errors[f"live socket: {type(error).__name__}"] += 1


async def run(server, options):
    tally, until, ready = Tally(), asyncio.Event(), []
    users = [asyncio.create_task(user(n, server.port, tally, until, ready)) for n in range(options.users)]
    while len(ready) < options.users:
        await asyncio.sleep(0.05)
    tasks = [asyncio.create_task(live(n, server.port, *ready[n % len(ready)], tally, until)) for n in range(options.live)]
    quiet_mb = server.memory_mb()
    for n in range(options.idle):
        tasks.append(asyncio.create_task(idle(server.port, *ready[n % len(ready)], tally, until)))
        if n % 50 == 49:
            await asyncio.sleep(0.02)
    await asyncio.sleep(2)
    for values in tally.ms.values():
        values.clear()
    began_mb, began_cpu, began = server.memory_mb(), server.cpu_s(), time.monotonic()
    print(f"{options.users} users, {options.idle} idle and {options.live} live sockets; memory {quiet_mb:.1f} MB before the idle ones, {began_mb:.1f} MB with them")
    await asyncio.sleep(options.seconds)
    took = time.monotonic() - began
    for name, values in sorted(tally.ms.items()):
        print(f"  {name:16} {len(values):6} p50 {share(values, .5):6.1f} p95 {share(values, .95):6.1f} p99 {share(values, .99):6.1f} ms")
    rest = [x for name, values in tally.ms.items() if not name.startswith("live") for x in values]
    print(f"  all requests     {len(rest):6} p50 {share(rest, .5):6.1f} p95 {share(rest, .95):6.1f} p99 {share(rest, .99):6.1f} ms, "
          f"{len(rest) / took:.0f}/s, server {100 * (server.cpu_s() - began_cpu) / took:.0f} % of a core")
    for minute in range(options.minutes):
        await asyncio.sleep(60)
        print(f"  minute {minute + 1}: {server.memory_mb():.1f} MB", flush=True)
    print(f"  memory {began_mb:.1f} -> {server.memory_mb():.1f} MB, errors {sum(tally.errors.values())} {dict(tally.errors)}")
    until.set()
    for task in users + tasks:
        task.cancel()
    await asyncio.gather(*users, *tasks, return_exceptions=True)
    return not tally.errors


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("program")
    for name, otherwise in (("users", 100), ("idle", 5000), ("live", 100), ("seconds", 60), ("minutes", 0)):
        ask.add_argument(f"--{name}", type=int, default=otherwise)
    options = ask.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))
    server = Server(options.program)
    good = asyncio.run(run(server, options))
    status = server.stop()
    print(f"  the server stopped with {status}")
    return 0 if good and status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
