"""What can be seen of a server from outside: numbers, dashboards and alerts over them, log lines, reports, traces."""

import http.client
import json
import pathlib
import re
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
from llm import StandIn  # noqa: E402

INFRASTRUCTURE = harness.SOURCE / "infrastructure"
PROMTOOL = shutil.which("promtool")
QUESTION = "Tell me about a time you led a project under pressure."
TYPED = "Why do you want this job at Norwind?"
SAMPLE = re.compile(r'^([a-z_:]+)(?:\{((?:[a-z_]+="(?:[^"\\]|\\.)*",?)*)\})? (\S+)$')


def promtool(*args, text=None):
    done = subprocess.run([PROMTOOL, *args], input=text, capture_output=True, text=True, timeout=harness.PATIENCE_S)
    return done.returncode, done.stdout + done.stderr


def until(what, ready):
    deadline = time.monotonic() + harness.PATIENCE_S
    while time.monotonic() < deadline:
        found = ready()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"never: {what}")


class Interviewed(harness.Case):
    """A server that has heard one question and was asked another, by a provider that answers and one that fails."""

    @classmethod
    def setUpClass(cls):
        cls.provider = StandIn()
        cls.settings = {"OPENAI_API_KEY": "sk-stand-in", "INTERVIEWD_OPENAI_URL": f"http://127.0.0.1:{cls.provider.port}/v1",
                        "INTERVIEWD_OPENAI_MODEL": "ok", "INTERVIEWD_PROVIDERS": "openai", "INTERVIEWD_LOCAL_FIRST_TOKEN_MAX_MS": 700,
                        "INTERVIEWD_ASR_ENGINE": "pocketsphinx", **cls.more()}
        super().setUpClass()
        cls.interview()

    @classmethod
    def more(cls):
        return {}

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.provider.stop()

    @classmethod
    def interview(cls):
        cls.id = cls.server.post("/api/v1/sessions", {})["id"]
        with cls.server.socket("/ws/llm-stream", cls.id) as llm, cls.server.socket("/ws/transcribe", cls.id) as ear:
            ear.stream(harness.speak(QUESTION, cls.folder))
            ear.send({"type": "stop"})
            assert ear.wait_for_close() == 1000, ear.seen
            cls.heard = llm.wait_for(lambda m: m.get("finishReason") not in (None, "superseded"))
        cls.server.post("/api/v1/llm/generate", {"question": TYPED, "provider": "openai", "model": "status-500"})
        cls.typed = cls.server.post("/api/v1/llm/generate", {"question": TYPED, "provider": "openai", "model": "ok"})

    def metrics(self, **headers):
        return self.server.request("GET", "/metrics", headers=headers, token=False)[2].decode()

    def samples(self, text):
        """{name: [(labels, value)]} of an exposition."""
        found = {}
        for line in text.splitlines():
            if line.startswith("#"):
                continue
            match = SAMPLE.match(line)
            self.assertTrue(match, line)
            labels = dict(re.findall(r'([a-z_]+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
            found.setdefault(match[1], []).append((labels, float(match[3])))
        return found

    def value(self, name, **labels):
        return sum(value for own, value in self.samples(self.metrics()).get(name, []) if labels.items() <= own.items())


class Numbers(Interviewed):
    def test_every_stage_of_a_question_is_timed(self):
        self.assertEqual(self.value("interviewd_speech_to_final_seconds_count", engine="pocketsphinx"), 1)
        self.assertGreaterEqual(self.value("interviewd_question_to_outline_seconds_count"), 1)
        self.assertGreaterEqual(self.value("interviewd_question_to_first_token_seconds_count", provider="openai"), 1)
        self.assertGreaterEqual(self.value("interviewd_question_to_finished_seconds_count", provider="openai"), 1)
        self.assertGreater(self.value("interviewd_store_write_seconds_count"), 2)
        for lane in ("request", "read", "store"):
            self.assertGreater(self.value("interviewd_lane_wait_seconds_count", lane=lane), 0, lane)
            self.assertGreater(self.value("interviewd_lane_run_seconds_sum", lane=lane), 0, lane)

    def test_providers_are_counted_with_what_they_fail_at(self):
        asked = self.value("interviewd_provider_requests_total", provider="openai")
        self.assertGreaterEqual(asked, 3)
        self.assertEqual(self.value("interviewd_provider_errors_total", provider="openai", kind="overloaded"), 1)
        self.assertGreaterEqual(self.value("interviewd_provider_tokens_total", provider="openai", direction="answer"), 37)
        self.assertGreater(self.value("interviewd_provider_tokens_total", provider="openai", direction="prompt"), 100)
        self.assertEqual(self.value("interviewd_provider_breaker_open", provider="openai"), 0)

    def test_requests_are_counted_by_the_pattern_of_their_route(self):
        self.server.get(f"/api/v1/sessions/{self.id}?limit=1")
        with self.assertRaises(harness.HttpError):
            self.server.get("/api/v1/sessions/somebody-else")
        count = dict(method="GET", route="/api/v1/sessions/{id}")
        self.assertEqual(self.value("interviewd_http_requests_total", status="200", **count), 1)
        self.assertEqual(self.value("interviewd_http_requests_total", status="404", **count), 1)
        self.assertEqual(self.value("interviewd_http_request_duration_seconds_count", **count), 2)
        self.assertEqual(self.value("interviewd_websockets_closed_total", path="/ws/transcribe", code="1000"), 1)
        self.assertEqual(self.value("interviewd_http_requests_in_flight"), 1, "the one that asks")

    def test_the_process_and_its_folder_are_measured(self):
        now = self.samples(until("the folder is measured", lambda: (lambda t: t if "interviewd_data_bytes{" in t else None)(self.metrics())))
        proc = pathlib.Path(f"/proc/{self.server.process.pid}")
        self.assertAlmostEqual(now["process_open_fds"][0][1], len(list((proc / "fd").iterdir())), delta=3)
        self.assertGreater(now["process_resident_memory_bytes"][0][1], 5e6)
        self.assertAlmostEqual(now["process_start_time_seconds"][0][1], time.time(), delta=600)
        self.assertGreater(now["process_cpu_seconds_total"][0][1], 0)
        parts = {labels["part"]: value for labels, value in now["interviewd_data_bytes"]}
        self.assertGreater(parts["database"], 100000)
        self.assertGreater(now["interviewd_disk_size_bytes"][0][1], now["interviewd_disk_free_bytes"][0][1])
        notes = subprocess.run(["readelf", "-n", harness.PROGRAM], capture_output=True, text=True).stdout
        found = re.search(r"Build ID: ([0-9a-f]+)", notes)
        self.assertEqual(now["interviewd_build_info"][0][0]["build_id"], found[1] if found else "")

    def test_nothing_of_an_interview_is_in_it(self):
        text = self.metrics()
        for secret in (self.id, self.heard["generationId"], "Norwind", "pressure", "sk-stand-in", self.server.token):
            self.assertNotIn(secret, text)

    @unittest.skipUnless(PROMTOOL, "promtool is not here")
    def test_the_linter_has_nothing_to_say(self):
        self.assertEqual(promtool("check", "metrics", text=self.metrics()), (0, ""))

    def test_openmetrics_is_given_to_who_accepts_it(self):
        _, headers, body = self.server.request("GET", "/metrics", headers={"Accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}, token=False)
        self.assertEqual(headers["Content-Type"], "application/openmetrics-text; version=1.0.0; charset=utf-8")
        text = body.decode()
        self.assertTrue(text.endswith("\n# EOF\n"))
        kinds = dict(re.findall(r"^# TYPE (\S+) (\w+)$", text, re.M))
        suffixes = {"counter": ("_total",), "gauge": ("",), "info": ("_info",), "histogram": ("_bucket", "_sum", "_count")}
        allowed = {name + suffix for name, kind in kinds.items() for suffix in suffixes[kind]}
        seen = self.samples(text.removesuffix("# EOF\n"))
        self.assertLessEqual(set(seen), allowed)
        for name, kind in kinds.items():
            self.assertFalse(name.endswith(("_total", "_info", "_bucket")), name)
        les = {labels["le"] for labels, _ in seen["interviewd_store_write_seconds_bucket"]}
        self.assertLessEqual({"0.0005", "1.0", "60.0", "+Inf"}, les)

    def test_dashboards_and_rules_ask_for_what_is_there(self):
        there = set(self.samples(self.metrics())) | {"up"}
        asked = {}
        rules = (INFRASTRUCTURE / "prometheus/interviewd.rules.yml").read_text()
        texts = {"rules": re.sub(r"(description|summary): .*|#.*", "", rules)}
        for file in (INFRASTRUCTURE / "grafana/dashboards").glob("*.json"):
            board = json.loads(file.read_text())
            self.assertEqual(len({panel["id"] for panel in board["panels"]}), len(board["panels"]))
            texts[file.name] = "\n".join([target["expr"] for panel in board["panels"] for target in panel.get("targets", [])] +
                                         [v["definition"] for v in board["templating"]["list"] if "definition" in v] +
                                         [a["expr"] for a in board["annotations"]["list"]])
        recorded = set(re.findall(r"record: (\S+)", rules))
        for where, text in texts.items():
            for name in re.findall(r"\b(?:interviewd|process)[a-z_]*(?::[a-z0-9_:]+)?\b|\bup\b", re.sub(r'"[^"]*"', "", text)):
                asked.setdefault(name, where)
        asked.pop("interviewd", None)  # a group's name
        self.assertGreater(len(asked), 40)
        self.assertEqual({name: where for name, where in asked.items() if name not in there | recorded}, {})
        # and nothing is measured that no panel shows
        shown = " ".join(texts.values())
        families = re.findall(r"^# TYPE (\S+)", self.metrics(), re.M)
        self.assertEqual([name for name in families if name not in shown], [])


@unittest.skipUnless(PROMTOOL, "promtool is not here")
class Rules(unittest.TestCase):
    def check(self, *args):
        status, said = promtool(*args)
        self.assertEqual(status, 0, said)

    def test_prometheus_takes_the_configuration(self):
        self.check("check", "config", str(INFRASTRUCTURE / "prometheus/prometheus.yml"))

    def test_each_alert_fires_when_it_should(self):
        self.check("check", "rules", str(INFRASTRUCTURE / "prometheus/interviewd.rules.yml"))
        self.check("test", "rules", str(INFRASTRUCTURE / "prometheus/interviewd.rules.test.yml"))
        alerts = set(re.findall(r"alert: (\w+)", (INFRASTRUCTURE / "prometheus/interviewd.rules.yml").read_text()))
        tested = set(re.findall(r"alertname: (\w+)", (INFRASTRUCTURE / "prometheus/interviewd.rules.test.yml").read_text()))
        self.assertEqual(alerts, tested)


class WithAccounts(harness.Case):
    settings = {"INTERVIEWD_METRICS_TOKEN": "correct-horse-battery-staple", "INTERVIEWD_ASR_PRELOAD": "off"}
    args = ("--accounts", "on")
    sign_in = False

    def get(self, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
        connection.request("GET", "/metrics", headers=headers)
        response = connection.getresponse()
        body = response.read()
        connection.close()
        return response.status, body

    def test_who_asks_from_elsewhere_needs_the_token(self):
        self.assertEqual(self.get()[0], 200, "a program of this machine")
        elsewhere = {"X-Forwarded-For": "192.0.2.7"}
        for wrong in ({}, {"Authorization": "Bearer correct-horse-battery-stable"}, {"Authorization": "Bearer "},
                      {"Authorization": "Basic correct-horse-battery-staple"}):
            status, body = self.get(**elsewhere, **wrong)
            self.assertEqual((status, json.loads(body)["code"]), (401, "unauthorized"))
        self.assertEqual(self.get(**elsewhere, Authorization="Bearer correct-horse-battery-staple")[0], 200)
        self.assertNotIn("correct-horse", self.server.output())


if __name__ == "__main__":
    harness.main()
