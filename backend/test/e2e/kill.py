#!/usr/bin/env python3
"""kill -9 at any moment loses nothing that was acknowledged.

    kill.py PROGRAM [ARG...]      PROGRAM is started with --listen=127.0.0.1:0 --data=DIR

A hundred times: start the server, let clients write over HTTP, kill it in the middle. Whatever was answered with a 2xx
must be there afterwards as it was answered, and the database must be sound. Says TAP.
"""
import http.client
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import threading
import time

from rest import Server

KILLS = int(os.environ.get("INTERVIEWD_KILLS", "100"))
CLIENTS = 4


class Writer(threading.Thread):
    """Writes as fast as it is answered, and remembers the answers, until the server is gone."""

    def __init__(self, port, token, known, seed):
        super().__init__()
        self.port, self.token, self.known = port, token, known
        self.random = random.Random(seed)

    def call(self, method, path, body):
        self.connection.request(method, "/api/v1/" + path, json.dumps(body),
                                {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"})
        response = self.connection.getresponse()
        data = response.read()
        if response.status not in (200, 201):
            raise AssertionError(f"{method} {path}: {response.status} {data[:200]}")
        return json.loads(data)

    def step(self, mine):
        choice = self.random.random()
        if choice < 0.5 or not mine:
            session = self.call("POST", "sessions", {"jobDescription": f"Job {self.random.random()}"})
            self.known["sessions", session["id"]] = session
            mine.append(session["id"])
        elif choice < 0.8:
            session = self.call("PUT", f"sessions/{mine[-1]}", {"status": self.random.choice(["completed", "active"]),
                                                               "model": f"m{self.random.random()}"})
            self.known["sessions", session["id"]] = session
        else:
            profile = self.call("POST", "profiles", {"name": "p", "context": f"Context {self.random.random()}"})
            self.known["profiles", profile["id"]] = profile

    def run(self):
        mine = []
        key = None
        try:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            while True:
                # A request that is killed in the middle may have happened or not: both are right.
                key = ("sessions", mine[-1]) if mine else None
                before = self.known.get(key)
                try:
                    self.step(mine)
                except (OSError, http.client.HTTPException):
                    if key:
                        self.known.pop(key, None)
                        self.known[key + ("unsure",)] = before
                    return
        except AssertionError as error:
            # 200 profiles are the most one user can have
            if "conflict" not in str(error):
                self.known["error", str(error)] = None


def get(port, token, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/api/v1/" + path, headers={"Authorization": f"Bearer {token}"})
    response = connection.getresponse()
    data = json.loads(response.read())
    connection.close()
    return response.status, data


def missing(port, token, known):
    """What was acknowledged and is not there, or not as it was."""
    wrong = []
    for key, value in known.items():
        if key[0] == "error":
            wrong.append(key[1])
        elif len(key) == 2:
            status, data = get(port, token, f"{key[0]}/{key[1]}")
            if status != 200 or data != value:
                wrong.append(f"{key}: {status} {data} is not {value}")
    return wrong


def sign_in(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/api/v1/auth/local", headers={"Origin": f"http://127.0.0.1:{port}"})
    response = connection.getresponse()
    return json.loads(response.read())["accessToken"]


def main():
    program = sys.argv[1:]
    data = tempfile.mkdtemp(prefix="interviewd-kill-")
    everything = {}
    wrong = []
    token = None
    dice = random.Random(7)
    begun = time.monotonic()
    kills = 0
    print("1..4")
    for kills in range(1, KILLS + 1):
        server = Server(program, "--requests-per-minute=0", "--asr-preload=off", data=data)
        token = token or sign_in(server.port)
        if kills > 1:
            wrong += missing(server.port, token, last)
        last = {}
        writers = [Writer(server.port, token, last, kills * CLIENTS + i) for i in range(CLIENTS)]
        for writer in writers:
            writer.start()
        time.sleep(dice.uniform(0.01, 0.25))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        server.process.stdout.close()
        for writer in writers:
            writer.join()
        everything.update(last)

    server = Server(program, "--asr-preload=off", data=data)
    wrong += missing(server.port, token, everything)
    stopped = server.stop()
    acknowledged = sum(len(key) == 2 for key in everything)
    print(f"# {kills} kills in {time.monotonic() - begun:.1f} s, {acknowledged} records acknowledged")
    print(f"{'ok' if acknowledged > KILLS else 'not ok'} 1 - clients wrote while it was killed")
    print(f"{'not ok' if wrong else 'ok'} 2 - everything acknowledged is there as it was answered")
    for line in wrong[:20]:
        print("# " + line)
    db = sqlite3.connect(f"{data}/interview.db")
    sound = db.execute("PRAGMA integrity_check").fetchall() == [("ok",)] and not db.execute("PRAGMA foreign_key_check").fetchall()
    print(f"{'ok' if sound else 'not ok'} 3 - the database is sound")
    print(f"{'ok' if stopped == 0 else 'not ok'} 4 - it still stops when told")
    sys.exit(0 if not wrong and sound and stopped == 0 and acknowledged > KILLS else 1)


if __name__ == "__main__":
    main()
