#!/usr/bin/env python3
"""A day in twenty minutes: does memory stay flat, and is every descriptor given back?

    bench/soak.py PROGRAM [--minutes 20] [--talkers 2] [--visitors 8] [--within 2.0]

Starts PROGRAM (interviewd) with accounts on. Talkers hold one short interview after the other: a session, both sockets, a question
spoken (by flite, eight times as fast as a person; left out where there is none), questions typed, a socket that vanishes, an export, and the
session is erased. Visitors come on connections of their own, sign in anew, look around, upload a recording and erase it, fetch the page
and /metrics, and leave. So nothing that the server keeps grows, and whatever of it does is a leak. A minute of the same goes ahead, and a
crowd that asks for lists, exports and uploads at the same moment: then what is opened at its first use is open, a connection to the store for
each worker too, which a quiet day opens one by one as requests happen to meet.

Memory (resident, of the server itself) is read each second. After a quarter of the time, in which caches fill, its median over a
tenth of the time is compared with that of the last tenth. Descriptors and child processes are counted at rest, before and after.
Exit status 1 when memory moved by more than --within percent, a descriptor or a child is left, or anything failed.
"""
import argparse
import asyncio
import json
import random
import statistics
import sys
import time

from crowd import QUESTIONS, Connection, Socket, Tally, many_descriptors, send_sound, sign_up, speech, timed
from served import Server, share

SPOKEN = "Tell me about a time you led a project under pressure."
FASTER = 8
QUESTIONS_AN_HOUR = 20  # of a long interview


class Watched:
    """The server's own memory, descriptors and children."""

    def __init__(self, server):
        self.server = server
        self.memory = []  # (seconds, MB)

    def descriptors(self):
        return sum(self.server.open_files().values())

    def children(self):
        return len(self.server.children())

    async def watch(self, began):
        while True:
            self.memory.append((time.monotonic() - began, self.server.memory_mb()))
            await asyncio.sleep(1)

    def median(self, begin, end):
        return statistics.median(mb for at, mb in self.memory if begin <= at <= end)

    async def at_rest(self, ready):
        """(descriptors, children) once ready() holds of them, or as they are after a while."""
        for _ in range(100):
            now = self.descriptors(), self.children()
            if ready(*now):
                break
            await asyncio.sleep(0.2)
        return now


async def finish(socket, sign_in, last):
    """Until a message for which last() holds; the close code when the server closes."""
    while True:
        opcode, data = await asyncio.wait_for(socket.receive(), 60)
        if opcode == 8:
            return int.from_bytes(data[:2], "big")
        message = json.loads(data)
        socket.stay(message, sign_in)
        if last(message):
            return message


async def speak(port, sign_in, session, pcm):
    ear = await Socket().open(port, f"/ws/transcribe?session_id={session}", sign_in.token)
    ear.send(b'{"type":"start","sampleRate":16000,"channels":1}')
    await send_sound(ear, pcm, FASTER)
    ear.send(b'{"type":"stop"}')
    code = await finish(ear, sign_in, lambda message: False)
    ear.writer.close()
    return code


async def interview(rng, port, http, sign_in, tally, pcm):
    made = await timed(tally, "POST session", http.ask("POST", "/api/v1/sessions", sign_in.token, {}))
    session = made["id"]
    llm = await Socket().open(port, f"/ws/llm-stream?session_id={session}", sign_in.token)
    if pcm and rng.random() < 0.5:
        began = time.monotonic()
        if await speak(port, sign_in, session, pcm) != 1000:
            tally.errors["spoken: not closed well"] += 1
        tally.ms["spoken"].append(1000 * (time.monotonic() - began))
    for question in rng.sample(QUESTIONS, 3):
        began = time.monotonic()
        llm.send(json.dumps({"type": "generate", "question": question}).encode())
        await finish(llm, sign_in, lambda message: message["type"] == "delta" and message["finish"])
        tally.ms["question"].append(1000 * (time.monotonic() - began))
    llm.writer.transport.abort() if rng.random() < 0.3 else llm.writer.close()
    await timed(tally, "export", http.ask("POST", f"/api/v1/sessions/{session}/export", sign_in.token, {"format": "json"}))
    await timed(tally, "DELETE session", http.ask("DELETE", f"/api/v1/sessions/{session}", sign_in.token))


async def talker(n, port, sign_in, tally, until, pcm):
    rng, http = random.Random(n), Connection(port)
    while not until.is_set():
        try:
            await interview(rng, port, http, sign_in, tally, pcm)
            if time.monotonic() > sign_in.renew_at:
                await sign_in.renew(http, tally)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, TypeError) as error:
            tally.errors[f"interview: {type(error).__name__}"] += 1
            await asyncio.sleep(1)
        await asyncio.sleep(rng.uniform(0.1, 0.3))
    if http.writer:
        http.writer.close()


async def raw(port, method, path, token, body, kind):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\nContent-Type: {kind}\r\n"
                 f"Authorization: Bearer {token}\r\nConnection: close\r\n\r\n".encode() + body)
    answer = await reader.read()
    writer.close()
    head, _, text = answer.partition(b"\r\n\r\n")
    return int(head[9:12]), json.loads(text) if text[:1] == b"{" else None


def wav(pcm):
    head = b"RIFF" + (36 + len(pcm)).to_bytes(4, "little") + b"WAVEfmt " + bytes([16, 0, 0, 0, 1, 0, 1, 0]) + (16000).to_bytes(4, "little")
    return head + (32000).to_bytes(4, "little") + bytes([2, 0, 16, 0]) + b"data" + len(pcm).to_bytes(4, "little") + pcm


async def visitor(n, port, sign_in, tally, until):
    rng = random.Random(1000 + n)
    sound = wav(bytes(64000))
    while not until.is_set():
        http = Connection(port)
        try:
            await timed(tally, "GET /", http.ask("GET", "/"), good=(200, 404))
            if time.monotonic() > sign_in.renew_at or rng.random() < 0.02:
                await sign_in.renew(http, tally)
            await timed(tally, "GET sessions", http.ask("GET", "/api/v1/sessions?limit=20", sign_in.token))
            await timed(tally, "PATCH me", http.ask("PATCH", "/api/v1/auth/me", sign_in.token, {"displayName": f"U{rng.randrange(99)}"}))
            await timed(tally, "GET metrics", http.ask("GET", "/metrics"))
            if rng.random() < 0.2:
                kept = await timed(tally, "upload", raw(port, "POST", "/api/v1/audio/upload", sign_in.token, sound, "audio/wav"))
                if kept and "id" in kept:
                    await timed(tally, "DELETE audio", http.ask("DELETE", f"/api/v1/audio/{kept['id']}", sign_in.token))
        except (OSError, asyncio.IncompleteReadError) as error:
            tally.errors[f"visitor: {type(error).__name__}"] += 1
        if http.writer:
            http.writer.close()
        await asyncio.sleep(rng.uniform(0.2, 0.5))


async def crowd(port, sign_in):
    """Every worker at once."""
    http, sound = Connection(port), wav(bytes(64000))
    _, session = await http.ask("POST", "/api/v1/sessions", sign_in.token, {})

    async def one(n):
        if n % 3 == 0:
            status, kept = await raw(port, "POST", "/api/v1/audio/upload", sign_in.token, sound, "audio/wav")
            if status == 201:
                await raw(port, "DELETE", f"/api/v1/audio/{kept['id']}", sign_in.token, b"", "text/plain")
            return
        own = Connection(port)
        for _ in range(10):
            await (own.ask("GET", "/api/v1/sessions?limit=100", sign_in.token) if n % 3 == 1
                   else own.ask("POST", f"/api/v1/sessions/{session['id']}/export", sign_in.token, {"format": "json"}))
        own.writer.close()
    for _ in range(3):
        await asyncio.gather(*(one(n) for n in range(60)))
    await http.ask("DELETE", f"/api/v1/sessions/{session['id']}", sign_in.token)
    http.writer.close()


async def run(server, options):
    tally, until, pcm = Tally(), asyncio.Event(), next(iter(speech(SPOKEN)), None)
    seconds, watched = options.minutes * 60, Watched(server)
    users = await asyncio.gather(*(sign_up(f"s{n}", server.port) for n in range(options.talkers + options.visitors)))

    def load():
        until.clear()
        tasks = [asyncio.create_task(talker(n, server.port, users[n], tally, until, pcm)) for n in range(options.talkers)]
        return tasks + [asyncio.create_task(visitor(n, server.port, users[options.talkers + n], tally, until)) for n in range(options.visitors)]

    tasks = load()
    await crowd(server.port, users[0])
    await asyncio.sleep(min(60, seconds / 4))
    until.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(3)
    before, files = (watched.descriptors(), watched.children()), server.open_files()
    for values in tally.ms.values():
        values.clear()
    began = time.monotonic()
    watch = asyncio.create_task(watched.watch(began))
    tasks = load()
    for minute in range(max(1, int(options.minutes))):
        await asyncio.sleep(seconds / max(1, int(options.minutes)))
        print(f"  {(minute + 1):2} min: {server.memory_mb():6.1f} MB, {watched.descriptors()} descriptors, {watched.children()} children, "
              f"{len(tally.ms['question'])} questions, {sum(tally.errors.values())} errors", flush=True)
    until.set()
    watch.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    after = await watched.at_rest(lambda fds, children: fds <= before[0] and children <= before[1])

    if after[0] > before[0]:
        print(f"more of: {dict(server.open_files() - files)}")
    first, last = watched.median(seconds * 0.25, seconds * 0.35), watched.median(seconds * 0.9, seconds)
    moved = 100 * (last - first) / first
    asked = len(tally.ms["question"]) + len(tally.ms["spoken"])
    print(f"{asked} questions ({asked / QUESTIONS_AN_HOUR:.0f} hours of interviews), {len(tally.ms['spoken'])} of them spoken{'' if pcm else ' (no flite here)'}")
    for name, values in sorted(tally.ms.items()):
        print(f"  {name:16} {len(values):6} p50 {share(values, .5):7.1f} p95 {share(values, .95):7.1f} ms")
    print(f"memory {first:.1f} -> {last:.1f} MB ({moved:+.2f} %), descriptors {before[0]} -> {after[0]}, children {before[1]} -> {after[1]}, "
          f"errors {sum(tally.errors.values())} {dict(tally.errors)}")
    return abs(moved) <= options.within and after[0] <= before[0] and after[1] <= before[1] and not tally.errors


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("program")
    for name, otherwise in (("minutes", 20.0), ("within", 2.0)):
        ask.add_argument(f"--{name}", type=float, default=otherwise)
    for name, otherwise in (("talkers", 2), ("visitors", 8)):
        ask.add_argument(f"--{name}", type=int, default=otherwise)
    options = ask.parse_args()
    many_descriptors()
    server = Server(options.program, accounts="on", max_connections=12000, asr_preload="off")
    good = asyncio.run(run(server, options))
    status = server.stop()
    print(f"the server stopped with {status}")
    return 0 if good and status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
