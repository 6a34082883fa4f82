#!/usr/bin/env python3
"""Adds up JUnit reports: prints every failure with its message, then `P F S` (passed failed skipped).

    scripts/count_tests.py REPORT.xml ...

A case of a TAP test has no message in Meson's report; it stands in the suite's output, as the comments
below its `not ok` line (https://testanything.org, "Diagnostics").
"""
import itertools
import re
import sys
import xml.etree.ElementTree as xml


def diagnostics(suite, number):
    lines = iter((suite.findtext("system-out") or "").splitlines())
    for line in lines:
        if re.match(rf"not ok {number}\b", line):
            comments = itertools.takewhile(lambda line: line.startswith("#"), lines)
            return "; ".join(comment.lstrip("# ") for comment in comments)
    return ""


def cases(report):
    for suite in xml.parse(report).iter("testsuite"):
        for case in suite.findall("testcase"):
            yield suite, case


def main():
    passed = failed = skipped = 0
    for suite, case in itertools.chain.from_iterable(map(cases, sys.argv[1:])):
        name = f"{case.get('classname', '')} {case.get('name', '')}".strip()
        problem = case.find("failure") if case.find("failure") is not None else case.find("error")
        if problem is not None:
            failed += 1
            why = (problem.get("message") or problem.text or "").strip()
            why = why or diagnostics(suite, case.get("name", "").split(" ")[0])
            print(f"FAILED {name}: {why}"[:2000], file=sys.stderr)
        elif case.find("skipped") is not None:
            skipped += 1
            why = (case.find("skipped").get("message") or "").strip()
            print(f"skipped {name} {why}".rstrip(), file=sys.stderr)
        else:
            passed += 1
    print(passed, failed, skipped)


main()
