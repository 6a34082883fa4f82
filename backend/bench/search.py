#!/usr/bin/env python3
"""What searching costs: 300 sessions of 50 rows each, questions of 12 words and answers of 110.

    INTERVIEWD_BUILD_ROOT=backend/build backend/bench/search.py

Prints the first search (which makes the index), the 95th percentile of those after it, of those while rows are written, and how much the
server's memory grew.
"""
import http.client
import json
import pathlib
import random
import re
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "test" / "e2e"))
import harness  # noqa: E402

SESSIONS, ROWS, WORDS, SEARCHES = 300, 50, 20000, 400
QUESTION = "Tell me about a time you led a project under pressure."


def memory(server):
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{server.process.pid}/status").read_text())[1]) * 1024


class Search(harness.Case):
    def search(self, words):
        begun = time.monotonic()
        self.connection.request("GET", "/api/v1/search?q=" + "+".join(words),
                                headers={"Authorization": "Bearer " + self.server.token})
        response = self.connection.getresponse()
        body = response.read()
        took = (time.monotonic() - begun) * 1000
        assert response.status == 200, body
        return took, json.loads(body)

    def many(self, between=lambda: None):
        took, found = [], 0
        for _ in range(SEARCHES):
            words = self.words_of(random.choice((1, 2, 3)))
            words[-1] = words[-1][:random.randint(2, 6)]
            between()
            ms, items = self.search(words)
            took.append(ms)
            found += len(items["items"])
        took.sort()
        return f"p50 {took[len(took) // 2]:.2f} ms, p95 {took[int(len(took) * 0.95)]:.2f} ms, {found / SEARCHES:.1f} sessions found"

    def words_of(self, n):
        """Few words are common and most are rare, as in speech (Zipf)."""
        return [self.words[min(WORDS - 1, int(WORDS ** random.random()) - 1)] for _ in range(n)]

    def test_search(self):
        random.seed(1)
        letters = "etaoinshrdlu"
        self.words = list({"".join(random.choice(letters) for _ in range(random.randint(2, 10))): 0 for _ in range(3 * WORDS)})[:WORDS]
        metrics = {"responseTime": 1, "wordCount": 110, "confidence": 1, "qualityScore": None}
        for number in range(SESSIONS):
            at = f"2026-01-{1 + number % 28:02}T10:00:00.000Z"
            rows = [{"questionNumber": n + 1, "question": " ".join(self.words_of(12)), "answer": " ".join(self.words_of(110)), "timestamp": at,
                     "metrics": metrics, "audioUrl": None} for n in range(ROWS)]
            self.server.post("/api/v1/sessions/import", {"session": {"status": "completed", "createdAt": at, "title": f"Number {number}"},
                                                         "transcripts": rows})
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        before = memory(self.server)
        print(f"# first: {self.search(self.words_of(1))[0]:.0f} ms", flush=True)
        print(f"# memory: +{(memory(self.server) - before) / 1e6:.1f} MB", flush=True)
        print(f"# then: {self.many()}", flush=True)
        session = self.session(title="Live")

        def write():
            with self.server.socket("/ws/llm-stream", session) as llm:
                llm.send({"type": "generate", "question": QUESTION})
                llm.wait_for(lambda m: m.get("finish"))
        print(f"# while an interview is written: {self.many(write)}", flush=True)


harness.main()
