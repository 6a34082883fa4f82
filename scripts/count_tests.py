#!/usr/bin/env python3
"""Adds up JUnit reports: prints every failure with its message, then `P F S` (passed failed skipped).

    scripts/count_tests.py REPORT.xml ...
"""
import sys
import xml.etree.ElementTree as xml


def main():
    passed = failed = skipped = 0
    for report in sys.argv[1:]:
        for case in xml.parse(report).iter("testcase"):
            name = f"{case.get('classname', '')} {case.get('name', '')}".strip()
            problem = case.find("failure") if case.find("failure") is not None else case.find("error")
            if problem is not None:
                failed += 1
                why = (problem.get("message") or problem.text or "").strip()
                print(f"FAILED {name}: {why}"[:2000], file=sys.stderr)
            elif case.find("skipped") is not None:
                skipped += 1
                why = (case.find("skipped").get("message") or "").strip()
                print(f"skipped {name} {why}".rstrip(), file=sys.stderr)
            else:
                passed += 1
    print(passed, failed, skipped)


main()
