#!/usr/bin/env python3
"""The same requests on an SQLite file and on a PostgreSQL server, in one run: how long they take, and how often the server is asked.

    backend/bench/stores.py [CLIENTS [SECONDS]]      default 100 20; INTERVIEWD_BUILD for another build

CLIENTS keep a connection each and ask with a pause of a quarter of a second on average, so that times are those of the server
and not of a queue. The two servers take turns, three times each, so that both meet the same machine. The PostgreSQL server is one of
the run's own, with fsync on (test/support/postgres.py); the file is synced too.
"""
import asyncio
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

BACKEND = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(BACKEND / "test/support"))
import crowd  # noqa: E402
import postgres  # noqa: E402

BUILD = pathlib.Path(os.environ.get("INTERVIEWD_BUILD", BACKEND / "build"))
KINDS = (("GET sessions", 0.7), ("GET session", 0.9), ("PATCH session", 1.0))
ROUNDS = 3


class Server:
    def __init__(self, name, **settings):
        self.name, self.tally = name, crowd.Tally()
        self.data = tempfile.mkdtemp(prefix="interviewd-bench-")
        env = {k: v for k, v in os.environ.items() if not k.startswith("INTERVIEWD_")} | settings
        self.process = subprocess.Popen([BUILD / "interviewd", "serve", "--listen", "127.0.0.1:0", "--data", self.data, "--asr-preload=off"],
                                        env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if found := re.search(r"ready: http://\S+:(\d+)", line):
                self.port = int(found[1])
                return
        raise SystemExit(f"the server on {name} did not start")

    async def prepare(self):
        base = f"http://127.0.0.1:{self.port}"
        request = urllib.request.Request(base + "/api/v1/auth/local", method="POST", headers={"Origin": base})
        self.token = json.load(urllib.request.urlopen(request))["accessToken"]
        http = crowd.Connection(self.port)
        self.sessions = [(await http.ask("POST", "/api/v1/sessions", self.token, {"jobDescription": "x" * 600}))[1]["id"] for _ in range(40)]

    async def round_trips(self):
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        text = (await reader.read()).decode()
        return float(re.search(r"interviewd_store_round_trips_total (\d+)", text)[1])

    async def client(self, n, until):
        http, rng = crowd.Connection(self.port), random.Random(n)
        while time.monotonic() < until:
            await asyncio.sleep(rng.uniform(0, 0.5))
            dice, one = rng.random(), rng.choice(self.sessions)
            name = next(name for name, share in KINDS if dice < share)
            if name == "GET sessions":
                await crowd.timed(self.tally, name, http.ask("GET", "/api/v1/sessions?limit=20", self.token))
            elif name == "GET session":
                await crowd.timed(self.tally, name, http.ask("GET", f"/api/v1/sessions/{one}", self.token))
            else:
                await crowd.timed(self.tally, name, http.ask("PATCH", f"/api/v1/sessions/{one}", self.token, {"title": f"t{dice}"}))

    async def one_alone(self):
        """Round trips of each kind, asked by nobody else."""
        http = crowd.Connection(self.port)
        for name, method, path, body in (("GET sessions", "GET", "sessions?limit=20", None), ("GET session", "GET", f"sessions/{self.sessions[0]}", None),
                                         ("PATCH session", "PATCH", f"sessions/{self.sessions[0]}", {"title": "t"}),
                                         ("POST session", "POST", "sessions", {"title": "t"})):
            before = await self.round_trips()
            for _ in range(10):
                await http.ask(method, f"/api/v1/{path}", self.token, body)
            print(f"  {name:14} {(await self.round_trips() - before) / 10:.1f} round trips")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.data)


def share(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


async def measure(servers, clients, seconds):
    for server in servers:
        await server.prepare()
    for _ in range(ROUNDS):
        for server in servers:
            until = time.monotonic() + seconds / ROUNDS
            await asyncio.gather(*(server.client(n, until) for n in range(clients)))
    for server in servers:
        print(server.name)
        for name, _ in KINDS:
            ms = server.tally.ms[name]
            print(f"  {name:14} {len(ms):6}  p50 {share(ms, 0.5):6.2f}  p95 {share(ms, 0.95):6.2f}  p99 {share(ms, 0.99):6.2f} ms")
        print(f"  errors         {dict(server.tally.errors) or 0}")
    await servers[-1].one_alone()


def main():
    clients, seconds = (int(a) for a in (sys.argv[1:] + ["100", "20"][len(sys.argv) - 1:]))
    if not postgres.programs():
        raise SystemExit("no PostgreSQL server is installed")
    database = postgres.Server()
    servers = []
    try:
        database.start("fsync=on")
        servers = [Server("SQLite"), Server("PostgreSQL", INTERVIEWD_STORE=database.url("bench"))]
        asyncio.run(measure(servers, clients, seconds))
    finally:
        for server in servers:
            server.stop()
        database.stop()


main()
