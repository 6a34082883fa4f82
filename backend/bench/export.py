#!/usr/bin/env python3
"""How long a session takes to become a document.

    bench/export.py PROGRAM [--pairs 50] [--times 20]

Starts PROGRAM (interviewd), asks that many questions in one interview about profiles/platform-engineer.json, answered by the built-in
answer, and exports it in each form, that many times. Prints a table; exit status 1 when the 95th percentile of the PDF is over 300 ms.
"""
import argparse
import json
import pathlib
import sys
import time

from served import Client, Server, share

PROFILES = pathlib.Path(__file__).resolve().parents[2] / "profiles"
PDF_MS = 300
SUBJECTS = ["a migration", "an outage", "a conflict in the team", "a deadline that moved", "a decision that was wrong", "a new colleague", "a slow query",
            "a failed deployment", "a difficult customer", "a cut in the budget"]
QUESTIONS = ["Tell me about a time you dealt with {}.", "What would you do about {}?", "How do you prepare for {}?", "What did you learn from {}?",
             "How would you explain {} to somebody who is new?"]


def interview(client, pairs):
    """A session with so many answered questions."""
    profile = json.loads((PROFILES / "platform-engineer.json").read_text())
    made = json.loads(client.ask("POST", "profiles", profile)[1])
    session = json.loads(client.ask("POST", "sessions", {"profileId": made["id"], "jobDescription": "We need someone who ran migrations.", "title": "Second round"})[1])["id"]
    for n in range(pairs):
        question = QUESTIONS[n % len(QUESTIONS)].format(SUBJECTS[n // len(QUESTIONS) % len(SUBJECTS)])
        status, answer = client.ask("POST", "llm/generate", {"question": question, "sessionId": session})
        if status != 200:
            raise SystemExit(f"a question was answered with {status}: {answer[:300]}")
    return session


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("program")
    ask.add_argument("--pairs", type=int, default=50)
    ask.add_argument("--times", type=int, default=20)
    options = ask.parse_args()
    server = Server(options.program, accounts="on", asr_preload="off")
    p95 = {}
    try:
        _, grant = Client(server.port).ask("POST", "auth/signup", {"email": "known@example.org", "password": "correct horse battery", "displayName": "K"})
        client = Client(server.port, json.loads(grant)["accessToken"])
        session = interview(client, options.pairs)
        print(f"{options.pairs} pairs {'kB':>8} {'p50 ms':>8} {'p95 ms':>8}")
        for form in ("pdf", "docx", "json", "md", "srt"):
            took = []
            for _ in range(options.times):
                begun = time.perf_counter()
                status, document = client.ask("POST", f"sessions/{session}/export", {"format": form})
                took.append((time.perf_counter() - begun) * 1e3)
                if status != 200:
                    raise SystemExit(f"{form} was answered with {status}: {document[:300]}")
            p95[form] = share(took, 0.95)
            print(f"{form:8} {len(document) / 1e3:8.0f} {share(took, 0.5):8.1f} {p95[form]:8.1f}", flush=True)
    finally:
        server.stop()
    return 0 if p95["pdf"] <= PDF_MS else 1


if __name__ == "__main__":
    sys.exit(main())
