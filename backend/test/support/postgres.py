#!/usr/bin/env python3
"""A PostgreSQL server for a test: its own cluster in a temporary folder, gone when the test is over.

    server = Server()                     # None of the machine's own clusters is touched
    server.start()
    server.url("interview")               # postgres://… of a schema that is made
    server.kill(); server.start()         # kill -9 of all of it, as a power cut does without the disk
    server.stop()

As a program, for tests in C (support/postgres.h): prints where it listens and then obeys the lines
`schema NAME`, `sql TEXT`, `cut`, `kill`, `start`, `stop`, `freeze`, `thaw`, each answered by `ok`; the end of its input is `stop`.

initdb and postgres refuse to be run by root, so they run as another user then.
"""
import ctypes
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time


def programs():
    """The folder of the newest PostgreSQL's programs; None where it is not installed."""
    found = glob.glob("/usr/lib/postgresql/*/bin/postgres")
    if found:
        return os.path.dirname(max(found, key=lambda path: int(path.split("/")[4])))
    initdb = shutil.which("initdb")
    return initdb and os.path.dirname(os.path.realpath(initdb))


def another_user():
    if os.getuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            pass
    return None


class Server:
    def __init__(self, tls=None):
        self.bin = programs()
        self.who = another_user()
        self.dir = tempfile.mkdtemp(prefix="interviewd-pg-")
        self.data = os.path.join(self.dir, "data")
        self.process = None
        self.schemas = set()
        self.tls = tls  # (certificate, key): it speaks TLS on its TCP port
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        if self.who:
            os.chown(self.dir, self.who.pw_uid, self.who.pw_gid)
            for file in tls or ():
                os.chown(file, self.who.pw_uid, self.who.pw_gid)
                os.chmod(os.path.dirname(file), 0o755)
        self.run("initdb", "-D", self.data, "-U", "interview", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
                 "--no-instructions")

    def become(self):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: it ends with the test, however that ends
        os.setsid()
        if self.who:
            os.setgroups([])
            os.setgid(self.who.pw_gid)
            os.setuid(self.who.pw_uid)
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # changing the user took it back

    def run(self, program, *args):
        subprocess.run([os.path.join(self.bin, program), *args], check=True, preexec_fn=self.become, stdout=subprocess.DEVNULL,
                       cwd="/")

    def start(self, *settings):
        log = open(os.path.join(self.dir, "log"), "ab")
        options = ["fsync=off", "listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={self.dir}",
                   "max_connections=40", "shared_buffers=16MB", "autovacuum=off", "max_wal_size=64MB", "deadlock_timeout=100ms",
                   *settings]
        if self.tls:
            options += ["ssl=on", f"ssl_cert_file={self.tls[0]}", f"ssl_key_file={self.tls[1]}"]
        self.process = subprocess.Popen(
            [os.path.join(self.bin, "postgres"), "-D", self.data, *[part for o in options for part in ("-c", o)]],
            preexec_fn=self.become, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")
        until = time.monotonic() + 60
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the PostgreSQL server did not start:\n" + open(os.path.join(self.dir, "log")).read()[-2000:])
            time.sleep(0.02)

    def is_ready(self):
        try:
            with open(os.path.join(self.data, "postmaster.pid")) as f:
                lines = f.read().split("\n")
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"

    def signal_all(self, number):
        os.killpg(self.process.pid, number)

    def kill(self):
        """All of its processes at once: the next start has to recover from the log."""
        for pid in self.children() + [self.process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        # a child that just began may still hold the memory they share; the next start waits for its end
        pid_file = os.path.join(self.data, "postmaster.pid")
        if os.path.exists(pid_file):
            os.unlink(pid_file)

    def children(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as f:
            return [int(pid) for pid in f.read().split()]

    def freeze(self, number=signal.SIGSTOP):
        """It is there and does not answer: a machine that hangs."""
        for pid in [self.process.pid] + self.children():
            os.kill(pid, number)

    def thaw(self):
        self.freeze(signal.SIGCONT)

    def sql(self, text):
        return subprocess.run([os.path.join(self.bin, "psql"), "-XAtq", "-h", self.dir, "-p", str(self.port), "-U", "interview",
                               "-d", "postgres", "-c", text], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def cut(self):
        """Every connection but the one that says so."""
        self.sql("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                 "WHERE pid<>pg_backend_pid() AND backend_type='client backend'")

    def url(self, schema, tcp=False, more=""):
        if schema not in self.schemas:
            self.sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
            self.schemas.add(schema)
        host = f"127.0.0.1:{self.port}/postgres?" if tcp else f"/postgres?host={self.dir}&port={self.port}&"
        return f"postgres://interview@{host}options=-csearch_path%3D{schema}{more}"

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


def main():
    if not programs():
        print("none", flush=True)
        return 0
    server = Server()
    try:
        server.start()
        print(f"{server.port} {server.dir}", flush=True)
        for line in sys.stdin:
            what, *args = line.split()
            if what == "schema":
                server.url(*args)
            elif what == "sql":
                server.sql(line[4:])
            elif what == "stop":
                break
            else:
                getattr(server, what)()
            print("ok", flush=True)
    finally:
        server.stop()
    print("ok", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
