"""A server that a benchmark starts, and what it takes: shared by hashing.py, mix.py, soak.py and uploads.py.

    server = Server(PROGRAM, accounts="on", sockets_per_user=0)    # settings as the flags name them
    ... server.port, server.memory_mb(), server.cpu_s(), server.open_files() ...
    status, body = Client(server.port, token).ask("GET", "sessions")
    status = server.stop()

It has a data folder of its own and no limits but those that are set. No key or setting of whoever runs the benchmark reaches it.
"""
import collections
import ctypes
import http.client
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import time

NO_LIMITS = {"requests_per_minute": 0, "sign_ins_per_minute": 0, "strangers_per_minute": 0, "sockets_per_user": 0, "lines_per_user": 0,
             "sign_ups": "on"}


def prompt():
    """This process measures: it is chosen soon after an answer has come, as it would be on a machine of its own (loop/priority.h does
    the same for the server). Where the kernel cannot do it, the times hold its own waiting too."""
    number = {"x86_64": 314, "aarch64": 274}.get(platform.machine())
    attributes = struct.pack("IIQiIQQQ", 48, 0, 1, os.getpriority(os.PRIO_PROCESS, 0), 0, 100_000, 0, 0)
    if number:
        ctypes.CDLL(None).syscall(number, 0, attributes, 0)


def share(values, part):
    """The value that this part of them stays under."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0.0


def cpu_s(proc):
    fields = (proc / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Server:
    def __init__(self, program, **settings):
        self.data = tempfile.mkdtemp(prefix="interviewd-bench-")
        env = {k: v for k, v in os.environ.items() if not re.match("INTERVIEWD_|GROQ_|OPENAI_|OLLAMA_|SENTRY_|OTEL_", k)}
        env |= {"INTERVIEWD_FIND_LOCAL": "off", "INTERVIEWD_FETCH_MODELS": "off"}
        env |= {f"INTERVIEWD_{name.upper()}": str(value) for name, value in (NO_LIMITS | settings).items()}
        self.process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0", "--data", self.data], env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.proc = pathlib.Path(f"/proc/{self.process.pid}")
        for line in self.process.stdout:
            found = re.search(r"ready: http://\S+?:(\d+)", line)
            if found:
                self.port = int(found[1])
                return
        raise SystemExit("the server did not start")

    def memory_mb(self, what="VmRSS"):
        return int(re.search(what + r":\s+(\d+)", (self.proc / "status").read_text())[1]) / 1024

    def forget_peak(self):
        """VmHWM begins anew."""
        (self.proc / "clear_refs").write_text("5")

    def cpu_s(self):
        return cpu_s(self.proc)

    def children_cpu_s(self):
        """Of those that run now."""
        return sum(cpu_s(pathlib.Path(f"/proc/{pid}")) for pid in self.children())

    def open_files(self):
        """How many of each kind: by file name, or "socket", "pipe" …"""
        found = collections.Counter()
        for fd in (self.proc / "fd").iterdir():
            try:
                found[os.path.basename(os.readlink(fd)).split(":")[0]] += 1
            except OSError:
                pass  # closed meanwhile
        return found

    def children(self):
        """Of it and of these: process ids."""
        found, look = [], [self.proc]
        while look:
            try:
                pids = [pid for task in (look.pop() / "task").iterdir() for pid in (task / "children").read_text().split()]
            except OSError:
                continue  # gone meanwhile
            found += [int(pid) for pid in pids]
            look += [pathlib.Path(f"/proc/{pid}") for pid in pids]
        return found

    def stop(self):
        """Its exit status; the data folder goes."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.process.stdout.close()
        shutil.rmtree(self.data, ignore_errors=True)
        return status


class Client:
    def __init__(self, port, token=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})

    def ask(self, method, path, body=None):
        self.connection.request(method, f"/api/v1/{path}", json.dumps(body) if body is not None else None, self.headers)
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def steadily(client, session, goes_on, pause_s=0.0):
    """[ms] of each request of one who asks for the sessions again and again, and writes to one at every tenth time."""
    taken = []
    while goes_on():
        writes = len(taken) % 10 == 9
        begun = time.perf_counter()
        status, _ = client.ask("PATCH", f"sessions/{session}", {"title": f"Number {len(taken)}"}) if writes else client.ask("GET", "sessions")
        taken.append((time.perf_counter() - begun) * 1e3)
        if status != 200:
            raise SystemExit(f"a request was answered with {status}")
        if pause_s:
            time.sleep(pause_s)
    return taken
