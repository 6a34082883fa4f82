#!/usr/bin/env python3
"""What uploads cost the server and everybody else: 200 MB in one, and 20 of 10 MB at once, while another client works on.

    bench/uploads.py PROGRAM [--rounds 4] [--seconds 3]

Starts PROGRAM (interviewd). One client, a process of its own, asks for its sessions again and again on a connection that stays open, and
writes to one at every tenth time; beside it another process uploads as fast as it is taken, or nobody does. Rounds alternate, so that
both meet the same neighbours; what is compared are the medians over the rounds. Sender, client and server share the machine.

Prints a table; exit status 1 when the server's memory grew by more than 20 MB, or the 95th percentile of the client's requests is more
than twice what it is alone.
"""
import argparse
import concurrent.futures
import json
import math
import multiprocessing
import pathlib
import socket
import statistics
import struct
import sys
import tempfile
import time

from served import Client, Server, prompt, share, steadily

MEMORY_MB, LIMIT = 20, 2
PAUSE_S = 0.002  # between two requests of the one who works on


def recording(path, size):
    """A WAV file of so many bytes: tones."""
    piece = b"".join(struct.pack("<h", int(8000 * math.sin(n / 7) * math.sin(n / 900))) for n in range(160000))
    with open(path, "wb") as out:
        out.write(b"RIFF" + struct.pack("<I", size - 8) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16))
        out.write(b"data" + struct.pack("<I", size - 44))
        while out.tell() < size:
            out.write(piece[:size - out.tell()])
    return path


def upload(port, token, path):
    """The id of what is kept of it."""
    with socket.create_connection(("127.0.0.1", port), timeout=600) as to, open(path, "rb") as data:
        to.sendall(f"POST /api/v1/audio/upload?keep=original HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
                   f"Content-Type: audio/wav\r\nContent-Length: {path.stat().st_size}\r\nConnection: close\r\n\r\n".encode())
        to.sendfile(data)
        answer = b"".join(iter(lambda: to.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 201"):
        raise SystemExit(f"an upload was answered with {answer[:300]}")
    return json.loads(body)["id"]


def send(port, token, path, times, took):
    """All at once, and how long it took."""
    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(times) as pool:
        kept = list(pool.map(lambda _: upload(port, token, path), range(times)))
    took.value = time.monotonic() - begun
    client = Client(port, token)
    for id in kept:
        client.ask("DELETE", f"audio/{id}")


def measure(server, token, session, path, times, options):
    """One row of the table, and whether it is good."""
    alone, beside, seconds = [], [], []
    for _ in range(3):  # every worker has had its first
        upload(server.port, token, path.parent / "small.wav")
    server.forget_peak()
    before = server.memory_mb()
    for _ in range(options.rounds):
        until = time.monotonic() + options.seconds
        alone.append(steadily(Client(server.port, token), session, lambda: time.monotonic() < until, PAUSE_S))
        took = multiprocessing.Value("d", 0)
        sender = multiprocessing.Process(target=send, args=(server.port, token, path, times, took))
        sender.start()
        beside.append(steadily(Client(server.port, token), session, lambda: not took.value, PAUSE_S))
        sender.join()
        if sender.exitcode:
            raise SystemExit(1)
        seconds.append(took.value)
    grew = server.memory_mb("VmHWM") - before
    p50, p95 = ([statistics.median(share(taken, part) for taken in rounds) for rounds in (alone, beside)] for part in (0.5, 0.95))
    print(f"{times:3} x {path.stat().st_size / 1e6:4.0f} MB {statistics.median(seconds):7.1f} {grew:10.1f} {p50[0]:7.2f} {p50[1]:7.2f} "
          f"{p95[0]:8.2f} {p95[1]:7.2f} {p95[1] / p95[0]:6.2f}", flush=True)
    return grew <= MEMORY_MB and p95[1] <= LIMIT * p95[0]


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("program")
    ask.add_argument("--rounds", type=int, default=4)
    ask.add_argument("--seconds", type=float, default=3)
    options = ask.parse_args()
    server = Server(options.program, accounts="on", asr_preload="off")
    try:
        _, grant = Client(server.port).ask("POST", "auth/signup", {"email": "known@example.org", "password": "correct horse battery", "displayName": "K"})
        token = json.loads(grant)["accessToken"]
        session = json.loads(Client(server.port, token).ask("POST", "sessions", {})[1])["id"]
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            recording(folder / "small.wav", 1 << 20)
            prompt()
            print(f"{'uploads':13} {'took s':>7} {'memory +MB':>10} {'p50 ms':>7} {'beside':>7} {'p95 ms':>8} {'beside':>7} {'times':>6}")
            good = [measure(server, token, session, recording(folder / "one.wav", 200 << 20), 1, options),
                    measure(server, token, session, recording(folder / "many.wav", 10 << 20), 20, options)]
    finally:
        server.stop()
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
