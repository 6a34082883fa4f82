#!/usr/bin/env python3
"""Brings the small networks that tests compare with recorded numbers: before all others, so that those find them.

Where they cannot be had it says so and the tests that need them are skipped. The Test Anything Protocol on standard output.
"""

import recordings


def main():
    print(f"1..{len(recordings.NETWORKS)}")
    for n, name in enumerate(recordings.NETWORKS, 1):
        path, why = recordings.weights(name)
        print(f"ok {n} - {name} is there" + ("" if path else f" # SKIP {why}"), flush=True)


main()
