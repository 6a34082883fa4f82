"""answer-probe: the form of what its commands print, line by line, and what it says to lines that are none."""

import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402


PROBE = str(harness.BUILD / "answer-probe")
PROFILE = str(harness.SOURCE / "profiles" / "platform-engineer.json")
QUESTION = "Tell me about a mistake you made."
ANSWER = "In 2019 I caused an outage by a migration that locked the orders table for 9 minutes. I rolled it back."
NO_TEXT = b"What is \xff?"  # not UTF-8


def probe(command, lines, *files):
    data = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    run = subprocess.run([PROBE, command, *files], input=data, capture_output=True, timeout=60, env=harness.environment())
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()]


class Probe(unittest.TestCase):
    def test_questions_are_told_by_their_characters(self):
        said = "Schön. What would you do if a pump fails?"
        status, out = probe("classify", [said, "We are twelve people here.", "", NO_TEXT])
        self.assertEqual(status, 0)
        self.assertEqual([set(o) for o in out], [{"spans"}, {"spans"}, {"spans"}, {"error"}])
        (span,) = out[0]["spans"]
        self.assertEqual(set(span), {"start", "end", "kind", "p"})
        self.assertEqual(said[span["start"] : span["end"]], "What would you do if a pump fails?")
        self.assertEqual(span["kind"], "situational")
        self.assertTrue(0.5 <= span["p"] <= 1)
        self.assertEqual([o["spans"] for o in out[1:3]], [[], []])

    def test_an_outline_has_what_is_shown(self):
        status, out = probe("outline", [QUESTION, "  ", NO_TEXT], PROFILE)
        self.assertEqual(status, 0)
        self.assertLessEqual({"kind", "lead", "keys", "points", "fits"}, set(out[0]))
        self.assertTrue(out[0]["fits"])
        self.assertLessEqual(len(out[0]["lead"].split()), 12)
        self.assertLessEqual(len(out[0]["keys"]), 3)
        context = json.loads(pathlib.Path(PROFILE).read_text())["context"]
        quotes = [p["quote"] for p in out[0]["points"] if p.get("field") == "context"]
        self.assertTrue(quotes and all(quote in context for quote in quotes))
        self.assertEqual([set(o) for o in out[1:]], [{"error"}, {"error"}])

    def test_the_built_in_answer_is_a_text(self):
        status, out = probe("speak", [QUESTION, ""], PROFILE)
        self.assertEqual(status, 0)
        self.assertEqual(set(out[0]), {"text"})
        self.assertIn("replication lag grew to 40 minutes", out[0]["text"])
        self.assertEqual(set(out[1]), {"error"})

    def test_a_score_has_its_parts(self):
        status, (out,) = probe("score", [json.dumps({"question": QUESTION, "answer": ANSWER})], PROFILE)
        self.assertEqual(status, 0)
        self.assertEqual(set(out), {"total", "parts", "unsupported"})
        self.assertEqual(out["total"], sum(part["score"] for part in out["parts"].values()))
        self.assertEqual(sum(part["most"] for part in out["parts"].values()), 100)
        self.assertTrue(all(part["why"] for part in out["parts"].values()))

    def test_what_is_wrong_with_a_line_is_said_and_the_next_is_scored(self):
        wrong = ["{", "[]", "7", "", NO_TEXT, '{"question": "Why?"}', '{"answer": "No."}', '{"question": 1, "answer": "No."}',
                 '{"question": "Why?", "answer": null}', '{"question": "Why?", "answer": "No.", "kind": "odd"}',
                 '{"question": "Why?", "answer": "No.", "dialogue": []}']
        status, out = probe("score", [*wrong, json.dumps({"question": QUESTION, "answer": ANSWER})], PROFILE)
        self.assertEqual(status, 0)
        self.assertEqual(len(out), len(wrong) + 1)
        for line, o in zip(wrong, out):
            self.assertEqual(set(o), {"error"}, line)
        self.assertIn("total", out[-1])

    def test_what_cannot_be_run_ends_with_2(self):
        for command, *files in (["classify", "x"], ["outline"], ["outline", "/nowhere.json"], ["score"], ["odd"]):
            self.assertEqual(probe(command, [], *files)[0], 2, command)


harness.main()
