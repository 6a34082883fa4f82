"""Runs a test program and repairs what cmocka 1.1 says in the Test Anything Protocol.

    tap.py PROGRAM [ARGUMENT...]

cmocka writes a skipped test as `not ok 3 # SKIP name`, which every reader counts as a failure, and prints what a test
itself says without the `#` of a comment. The exit status is the program's.
"""

import re
import subprocess
import sys

SKIPPED = re.compile(r"not ok (\d+) # SKIP (.*)")
PROTOCOL = re.compile(r"(not )?ok\b|\d+\.\.\d+|#|TAP version|Bail out!")


def repair(line):
    skipped = SKIPPED.match(line)
    if skipped:
        return f"ok {skipped[1]} - {skipped[2]} # SKIP"
    return line if not line or PROTOCOL.match(line) else "# " + line


def main():
    program = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True, errors="replace")
    for line in program.stdout:
        print(repair(line.rstrip("\n")), flush=True)
    status = program.wait()
    if status < 0:
        print(f"Bail out! ended by signal {-status}")
    sys.exit(status if status >= 0 else 128 - status)


main()
