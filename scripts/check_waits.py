#!/usr/bin/env python3
"""Threads wait for each other in one place: backend/src/loop/wait.h, which checks that nothing waits for itself.

Names each call outside loop/wait.c that stops a thread until another has done something: conditions, semaphores,
barriers, joins, futexes. What is left outside is listed below with its reason, and in the header.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent / "backend" / "src"
WAITS = re.compile(
    r"\b(uv_cond_(?:timed)?wait|pthread_cond_(?:timed|clock)?wait|cnd_(?:timed)?wait|uv_thread_join|pthread_\w*join\w*"
    r"|thrd_join|uv_sem_wait|sem_(?:timed|clock)?wait|uv_barrier_wait|pthread_barrier_wait|SYS_futex)\b"
)
ALLOWED = {
    "loop/wait.c": "the place",
    "loop/watchdog.c": "for the loop's signal handler, which writes its call stack; at most a second",
    "nn/pool.c": "microseconds, for helpers who wait for nobody; what is more goes through loop/wait.h",
}
COMMENT = re.compile(r"/\*.*?\*/", re.S)


def waits_in(path):
    text = COMMENT.sub(lambda m: "\n" * m.group().count("\n"), path.read_text())
    for number, line in enumerate(text.split("\n"), 1):
        for call in WAITS.findall(line):
            yield number, call


def main():
    found = 0
    for path in sorted(ROOT.rglob("*.[ch]")):
        name = path.relative_to(ROOT).as_posix()
        if name in ALLOWED:
            continue
        for number, call in waits_in(path):
            print(f"backend/src/{name}:{number}: {call}() outside loop/wait.h: use wait_for(), wait_on(), wait_gone()")
            found += 1
    print(f"{found} waits outside loop/wait.h")
    return found > 0


if __name__ == "__main__":
    sys.exit(main())
