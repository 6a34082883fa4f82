#!/usr/bin/env python3
"""How much a flood of sign-ins slows down who is signed in: one client's requests with and without it, in one run.

    bench/hashing.py PROGRAM [--crowd 32] [--seconds 5] [--rounds 4]

Starts PROGRAM (interviewd) with accounts on and without limits for signing in, as if the flood came from many
addresses. One client asks for its sessions again and again on a connection that stays open, and writes to one every
tenth time; beside it `crowd` others sign in with a wrong password as fast as they are answered, or nobody does. Rounds
alternate, so that both meet the same neighbours; what is compared are the medians over the rounds. Exit status 1 when
the flood makes a request take more than twice as long, at the median or for the slowest twentieth.
"""
import argparse
import json
import multiprocessing
import statistics
import sys
import time

from served import Client, Server, share, steadily

LIMIT = 2  # times as long


def guess(port, go, end, tries):
    """One of the crowd."""
    client = Client(port)
    while not end.is_set():
        if not go.wait(0.1):
            continue
        status, _ = client.ask("POST", "auth/login", {"email": "known@example.org", "password": "not the right one"})
        if status not in (401, 503):
            sys.exit(f"a sign-in with a wrong password was answered with {status}")
        with tries.get_lock():
            tries.value += status == 401


def main():
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("program")
    ask.add_argument("--crowd", type=int, default=32)
    ask.add_argument("--seconds", type=float, default=5)
    ask.add_argument("--rounds", type=int, default=4)
    options = ask.parse_args()
    server = Server(options.program, accounts="on", asr_preload="off")
    go, end, tries = multiprocessing.Event(), multiprocessing.Event(), multiprocessing.Value("i", 0)
    crowd = [multiprocessing.Process(target=guess, args=(server.port, go, end, tries)) for _ in range(options.crowd)]
    try:
        _, grant = Client(server.port).ask("POST", "auth/signup", {"email": "known@example.org", "password": "correct horse battery", "displayName": "K"})
        client = Client(server.port, json.loads(grant)["accessToken"])
        session = json.loads(client.ask("POST", "sessions", {})[1])["id"]

        def in_that_time():
            until = time.monotonic() + options.seconds
            return steadily(client, session, lambda: time.monotonic() < until)
        for one in crowd:
            one.start()
        quiet, flooded = [], []
        for _ in range(options.rounds):
            quiet.append(in_that_time())
            go.set()
            time.sleep(0.5)
            flooded.append(in_that_time())
            go.clear()
            time.sleep(1.0)  # what is in the lane still
    finally:
        end.set()
        for one in crowd:
            if one.pid:
                one.join()
        server.stop()
    print(f"{tries.value} sign-ins were checked")
    slower = 0.0
    for name, part in (("median", 0.5), ("p95", 0.95), ("p99", 0.99)):
        before, beside = (statistics.median(share(taken, part) for taken in rounds) for rounds in (quiet, flooded))
        print(f"{name:6} {before:8.2f} ms alone, {beside:8.2f} ms beside the flood: {beside / before:.2f}")
        slower = max(slower, beside / before if part < 0.99 else 0)
    rates = [sum(map(len, rounds)) / options.rounds / options.seconds for rounds in (quiet, flooded)]
    print(f"rate   {rates[0]:8.0f} /s alone, {rates[1]:8.0f} /s beside the flood: {rates[0] / rates[1]:.2f}")
    return 1 if slower > LIMIT or not tries.value else 0


if __name__ == "__main__":
    sys.exit(main())
