#!/usr/bin/env python3
"""A day's mix in a minute: many users' requests beside microphones that are heard.

    bench/mix.py PROGRAM [--users 100] [--streams 4] [--seconds 60] [--idle 0] [--live 0] [--minutes 0]
                 [--speech FOLDER] [--model FILE]

Starts PROGRAM (interviewd) with accounts on, signs users up, and lets every user list, read, change, make and delete what is theirs.
Beside it `streams` microphones speak questions in real time, one after the other, each in an interview of its own, which is heard by the
built-in recogniser or by Whisper weights in FILE, and answered; the questions are the WAV files of FOLDER (16-bit, mono, 16 kHz), or
flite's. `idle` WebSockets say nothing and `live` ones ask a typed question every few seconds.

Prints a table of latencies by operation and the share of the processors; --minutes goes on with the same load for that long and prints
the memory each minute. Client and server share the machine, so the client's latencies hold both; the server's own clock (from a request's
last byte in to its answer) stands beside them. Exit status 1 when anything failed, the 95th percentile of any REST operation is over
10 ms, or a microphone was not heard.
"""
import argparse
import asyncio
import collections
import itertools
import json
import random
import re
import sys
import time

from crowd import QUESTIONS, Connection, Socket, Tally, many_descriptors, recordings, send_sound, sign_up, speech, timed
from served import Server, prompt, share

REST_P95_MS = 10


async def user(n, port, tally, until, ready):
    rng = random.Random(n)
    http = Connection(port)
    sign_in = await sign_up(f"u{n}", port)
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


async def microphone(n, port, sign_in, sounds, tally, until):
    """An interview of its own: the sounds one after the other, and what is heard of them."""
    http, name = Connection(port), f"microphone {n}"
    try:
        _, session = await http.ask("POST", "/api/v1/sessions", sign_in.token, {"title": name})
        ear = await Socket().open(port, f"/ws/transcribe?session_id={session['id']}", sign_in.token)
        llm = await Socket().open(port, f"/ws/llm-stream?session_id={session['id']}", sign_in.token)
        ear.send(b'{"type":"start","sampleRate":16000,"channels":1}')

        async def listen(socket):
            while True:
                opcode, data = await socket.receive()
                if opcode == 8:
                    raise OSError("closed")
                message = json.loads(data)
                socket.stay(message, sign_in)
                if message["type"] == "error":
                    tally.errors[f"{name}: {message['code']}"] += 1
                elif message["type"] == "final" and message["text"]:
                    tally.heard[n] += len(message["text"].split())
                    tally.ms["stream: final"].append(message["latencyMs"])
        both = [asyncio.create_task(listen(ear)), asyncio.create_task(listen(llm))]
        for turn in itertools.count(n):
            await send_sound(ear, sounds[turn % len(sounds)])
            if failed := next((task for task in both if task.done()), None):
                failed.result()
    except (OSError, asyncio.IncompleteReadError) as error:
        if not until.is_set():
            tally.errors[f"{name}: {type(error).__name__}"] += 1


async def own_clock(port):
    """(requests, by upper bound [ms]) of the server's histogram: from a request's last byte in to its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    text = (await reader.read()).decode()
    writer.close()
    found = collections.Counter()
    for labels, bound, count in re.findall(r'interviewd_http_request_duration_seconds_bucket\{(.*)le="([^"]+)"\} (\d+)', text):
        if "/api/v1/" in labels:
            found[float(bound) * 1000] += int(count)
    return found


def bound_of(before, after, part):
    """The smallest bound that this part of the requests between both stayed under."""
    counts = {bound: after[bound] - before[bound] for bound in sorted(after)}
    return next((bound for bound, count in counts.items() if count >= part * counts[max(counts)]), 0.0)


def table(tally):
    """Prints it; the 95th percentiles of all REST operations."""
    p95 = {}
    print(f"  {'':16} {'count':>6} {'p50':>7} {'p95':>7} {'p99':>7}  [ms]")
    rest = [x for name, values in tally.ms.items() if name.split()[0].isupper() for x in values]
    for name, values in [*sorted(tally.ms.items()), ("all requests", rest)]:
        print(f"  {name:16} {len(values):6} {share(values, .5):7.1f} {share(values, .95):7.1f} {share(values, .99):7.1f}")
        if name.split()[0].isupper():
            p95[name] = share(values, .95)
    return p95, len(rest)


async def run(server, options):
    tally, until, ready = Tally(), asyncio.Event(), []
    sounds = recordings(options.speech) if options.speech else speech(*QUESTIONS)
    if options.streams and not sounds:
        raise SystemExit("there is nothing to say: give --speech FOLDER, or install flite and sox")
    users = [asyncio.create_task(user(n, server.port, tally, until, ready)) for n in range(options.users)]
    while len(ready) < options.users:
        await asyncio.sleep(0.05)
    tasks = [asyncio.create_task(microphone(n, server.port, await sign_up(f"m{n}", server.port), sounds, tally, until)) for n in range(options.streams)]
    tasks += [asyncio.create_task(live(n, server.port, *ready[n % len(ready)], tally, until)) for n in range(options.live)]
    quiet_mb = server.memory_mb()
    for n in range(options.idle):
        tasks.append(asyncio.create_task(idle(server.port, *ready[n % len(ready)], tally, until)))
        if n % 50 == 49:
            await asyncio.sleep(0.02)
    await asyncio.sleep(5)  # the recogniser has loaded
    for values in tally.ms.values():
        values.clear()
    tally.heard.clear()
    began_mb, began_cpu, began_children, began_own, began = (server.memory_mb(), server.cpu_s(), server.children_cpu_s(), await own_clock(server.port),
                                                             time.monotonic())
    began_client = time.process_time()
    print(f"{options.users} users, {options.streams} microphones, {options.idle} idle and {options.live} live sockets; "
          f"memory {quiet_mb:.1f} MB before the idle ones, {began_mb:.1f} MB with them")
    await asyncio.sleep(options.seconds)
    took = time.monotonic() - began
    p95, count = table(tally)
    own = await own_clock(server.port)
    print(f"  by the server's own clock p50 <= {bound_of(began_own, own, .5):g} ms, p95 <= {bound_of(began_own, own, .95):g} ms")
    print(f"  {count / took:.0f} requests a second; of a core: server {100 * (server.cpu_s() - began_cpu) / took:.0f} %, "
          f"its recogniser {100 * (server.children_cpu_s() - began_children) / took:.0f} %, this client {100 * (time.process_time() - began_client) / took:.0f} %")
    heard = [tally.heard[n] for n in range(options.streams)]
    print(f"  words heard of each microphone: {heard}")
    for minute in range(options.minutes):
        await asyncio.sleep(60)
        print(f"  minute {minute + 1}: {server.memory_mb():.1f} MB", flush=True)
    print(f"  memory {began_mb:.1f} -> {server.memory_mb():.1f} MB, errors {sum(tally.errors.values())} {dict(tally.errors)}")
    until.set()
    for task in users + tasks:
        task.cancel()
    await asyncio.gather(*users, *tasks, return_exceptions=True)
    slow = {name: round(ms, 1) for name, ms in p95.items() if ms > REST_P95_MS}
    if slow:
        print(f"  over {REST_P95_MS} ms at p95: {slow}")
    return not tally.errors and not slow and all(heard)


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("program")
    for name, otherwise in (("users", 100), ("streams", 4), ("seconds", 60), ("idle", 0), ("live", 0), ("minutes", 0)):
        ask.add_argument(f"--{name}", type=int, default=otherwise)
    ask.add_argument("--speech", help="folder of WAV files")
    ask.add_argument("--model", help="Whisper weights")
    options = ask.parse_args()
    many_descriptors()
    prompt()
    settings = {"asr_model": options.model} if options.model else {"asr_engine": "pocketsphinx"}
    server = Server(options.program, accounts="on", max_connections=12000, **settings)
    good = asyncio.run(run(server, options))
    status = server.stop()
    print(f"  the server stopped with {status}")
    return 0 if good and status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
