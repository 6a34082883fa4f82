#!/usr/bin/env python3
"""GET /api/v1/sessions on a store of 10,000 sessions: CPU per request of interviewd and of FastAPI, in one run.

    bench/rest.py [SERVER...]      SERVER: backend/build/interviewd serve, or backend/build/test/e2e/api-server

Both read the same 10,000 sessions (job descriptions of 600 characters, encrypted in interviewd's store and in clear in
the other's) from SQLite, check a signed token and answer a page of 20 as JSON. CPU is each server process's own user
and system time, divided by the requests that wrk counted. Rounds alternate, so that both meet the same neighbours.
Exits 1 when interviewd needs more than a tenth. Needs wrk and Debian's python3-fastapi, -uvicorn, -sqlalchemy,
-httptools, -uvloop, -jwt and -cryptography; run with Debian's /usr/bin/python3.
"""
import base64
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BENCH = pathlib.Path(__file__).resolve().parent
SESSIONS = 10000
ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = int(os.environ.get("SECONDS_EACH", "4"))
JOB = ("We run payments for 40,000 shops. You will own the ledger and its services, plan and carry out zero-downtime "
       "migrations, and help four teams to write software that stays up. ") * 4


def seal(key, nonce, session_id, text):
    """As auth/seal.c: the field's key is derived from the master key, id and field name are authenticated."""
    field = HKDF(hashes.SHA256(), 32, b"", b"interviewd fields v1").derive(key)
    raw = nonce + AESGCM(field).encrypt(nonce, text.encode(), f"session.jobDescription:{session_id}".encode())
    return "v1." + base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def fill(path, user, template, text_of):
    """10,000 sessions like template, newest ids last."""
    db = sqlite3.connect(path)
    digits = "0123456789abcdefghjkmnpqrstvwxyz"
    rows = []
    for n in range(SESSIONS):
        tail = "".join(digits[n >> shift & 31] for shift in (15, 10, 5, 0))
        session_id = template["id"][:-4] + tail
        rows.append((session_id, user, None, text_of(session_id), n % 3, 1778750813589 + n * 60000,
                     1778750813589 + n * 60000 + 2523000 if n % 3 else 0, 2523 if n % 3 else 0, n % 17,
                     '{"llmProvider":null,"model":null,"language":"en"}'))
    db.execute("DELETE FROM sessions")
    db.executemany("INSERT OR REPLACE INTO sessions (id,user_id,profile_id,job_description,status,created_at,completed_at,"
                   "duration,question_count,metadata) VALUES (?,?,?,?,?,?,?,?,?,?)", rows)
    db.commit()
    db.execute("ANALYZE")
    db.commit()
    db.close()


def environment():
    return {k: v for k, v in os.environ.items() if not re.match("INTERVIEWD_|GROQ_|OPENAI_|OLLAMA_", k)}


class Ours:
    name = "interviewd"

    def __init__(self, program, folder):
        master = os.urandom(32)
        env = environment()
        env["INTERVIEWD_MASTER_KEY"] = master.hex()
        self.process = subprocess.Popen([*program, "--listen=127.0.0.1:0", f"--data={folder}", "--asr-preload=off"],
                                        stdout=subprocess.PIPE, text=True, env=env)
        for line in self.process.stdout:
            found = re.search(r"(?:listening on |://[^ ]+:)(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("POST", "/api/v1/auth/local", headers={"Origin": f"http://127.0.0.1:{self.port}"})
        grant = json.loads(connection.getresponse().read())
        self.token, self.user = grant["accessToken"], grant["user"]["id"]
        connection.request("POST", "/api/v1/sessions", "{}", {"Authorization": f"Bearer {self.token}"})
        template = json.loads(connection.getresponse().read())
        fill(f"{folder}/interview.db", self.user, template,
             lambda session_id: seal(master, os.urandom(12), session_id, JOB))
        self.template = template


class Theirs:
    def __init__(self, ours, folder, lean):
        self.name = "FastAPI, lean" if lean else "FastAPI"
        path = f"{folder}/theirs{lean}.db"
        db = sqlite3.connect(path)
        db.execute("CREATE TABLE sessions (id TEXT PRIMARY KEY, user_id TEXT, profile_id TEXT, job_description TEXT, status INTEGER,"
                   "created_at INTEGER, completed_at INTEGER, duration INTEGER, question_count INTEGER, title TEXT, metadata TEXT)")
        db.execute("CREATE INDEX sessions_user ON sessions (user_id, id)")
        db.execute("PRAGMA journal_mode=WAL")
        db.close()
        fill(path, ours.user, ours.template, lambda session_id: JOB)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        secret = "0123456789abcdef0123456789abcdef"
        now = int(time.time())
        self.token = jwt.encode({"iss": "interviewd", "aud": "interviewd", "sub": ours.user, "iat": now, "exp": now + 3600}, secret,
                                algorithm="HS256")
        env = {**environment(), "BENCH_SECRET": secret, "BENCH_DB": path, "LEAN": "1" if lean else "0"}
        self.process = subprocess.Popen([sys.executable, "-m", "uvicorn", "rest_fastapi:app", "--port", str(self.port), "--loop", "uvloop",
                                         "--http", "httptools", "--no-access-log", "--log-level", "warning"], env=env, cwd=BENCH)


def get(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/api/v1/sessions", headers={"Authorization": f"Bearer {server.token}"})
    response = connection.getresponse()
    return response.status, response.read()


def wait_for(server):
    for _ in range(200):
        try:
            status, body = get(server)
            assert status == 200, (status, body[:200])
            return json.loads(body)
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{server.name} did not start")


def cpu_s(process):
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def load(server):
    before = cpu_s(server.process)
    said = subprocess.run(["wrk", "-t1", "-c16", f"-d{SECONDS}s", "--latency", "-H", f"Authorization: Bearer {server.token}",
                           f"http://127.0.0.1:{server.port}/api/v1/sessions"], capture_output=True, text=True, check=True).stdout
    used = cpu_s(server.process) - before
    assert "Non-2xx" not in said, said
    requests = int(re.search(r"(\d+) requests in", said)[1])
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])
    p99 = re.search(r"99%\s+(\S+)", said)[1]
    return used / requests * 1e6, rate, p99


def main():
    program = sys.argv[1:] or [str(BENCH.parent / "build/interviewd"), "serve"]
    servers = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            servers.append(Ours(program, folder))
            servers += [Theirs(servers[0], folder, 0), Theirs(servers[0], folder, 1)]
            pages = [wait_for(server) for server in servers]
            assert pages[0]["items"] == pages[1]["items"] == pages[2]["items"], "they do not answer the same"
            results = {server.name: [] for server in servers}
            for server in servers:
                get(server)
            for _ in range(ROUNDS):
                for server in servers:
                    results[server.name].append(load(server))
        finally:
            for server in servers:
                server.process.send_signal(signal.SIGTERM)
            for server in servers:
                server.process.wait(20)
    best = {}
    print("| server | CPU us/request (each round) | best | requests/s | p99 |")
    print("|---|---|---|---|---|")
    for name, rounds in results.items():
        best[name] = min(r[0] for r in rounds)
        print(f"| {name} | {', '.join(f'{r[0]:.0f}' for r in rounds)} | {best[name]:.0f} | {max(r[1] for r in rounds):.0f} | {rounds[-1][2]} |")
    ratio = best["FastAPI"] / best["interviewd"]
    lean = best["FastAPI, lean"] / best["interviewd"]
    print(f"\ninterviewd needs {ratio:.1f} times less CPU than FastAPI, and {lean:.1f} times less than its lean form")
    sys.exit(0 if ratio >= 10 else 1)


main()
