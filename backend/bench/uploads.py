#!/usr/bin/env python3
"""What uploads cost the server and everybody else: 200 MB in one, then 20 of 10 MB at once, while another client asks for something short.

    INTERVIEWD_BUILD_ROOT=backend/build backend/bench/uploads.py

Prints for each: seconds, how much the server's memory grew at most, and the 95th percentile of GET sessions beside it and alone.
"""
import concurrent.futures
import http.client
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "test" / "e2e"))
import audio  # noqa: E402

ALONE_S = 3


class Asker(threading.Thread):
    """Asks one after the other until it is told to end."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.over, self.took = server, threading.Event(), []
        self.start()

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        while not self.over.is_set():
            begun = time.monotonic()
            connection.request("GET", "/api/v1/sessions", headers={"Authorization": "Bearer " + self.server.token})
            response = connection.getresponse()
            response.read()
            self.took.append((time.monotonic() - begun) * 1000)
            time.sleep(0.002)

    def p95(self):
        self.over.set()
        self.join()
        return sorted(self.took)[int(len(self.took) * 0.95)]


class Uploads(audio.Memory):
    def beside(self, what, work):
        alone = Asker(self.server)
        time.sleep(ALONE_S)
        alone = alone.p95()
        beside, begun = Asker(self.server), time.monotonic()
        work()
        took = time.monotonic() - begun
        print(f"{what}: {took:.1f} s, memory +{(self.memory('VmHWM') - self.before) / 1e6:.1f} MB, "
              f"p95 beside it {beside.p95():.2f} ms, alone {alone:.2f} ms", flush=True)

    def test_200_mb_at_once(self):
        path = self.recording(audio.UPLOAD_MAX)
        self.beside("200 MB", lambda: self.send(path))

    def test_20_of_10_mb_at_once(self):
        path = self.recording(10 << 20)

        def work():
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                list(pool.map(lambda _: self.send(path), range(20)))
        self.beside("20 of 10 MB", work)


for name in ("test_200_mb_at_once", "test_20_of_10_mb_at_once"):
    case = Uploads(name)
    case.debug()
