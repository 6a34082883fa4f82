"""What can be seen of a server from outside: numbers, dashboards and alerts over them, log lines, reports, traces."""

import http.client
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
from llm import StandIn  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from collector import Collector  # noqa: E402

INFRASTRUCTURE = harness.SOURCE / "infrastructure"
PROMTOOL = shutil.which("promtool")
QUESTION = "Tell me about a time you led a project under pressure."
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
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
        cls.provider, cls.collector = StandIn(), Collector()
        cls.settings = {"OPENAI_API_KEY": "sk-stand-in", "INTERVIEWD_OPENAI_URL": f"http://127.0.0.1:{cls.provider.port}/v1",
                        "INTERVIEWD_OPENAI_MODEL": "ok", "INTERVIEWD_PROVIDERS": "openai", "INTERVIEWD_LOCAL_FIRST_TOKEN_MAX_MS": 700,
                        "INTERVIEWD_ASR_ENGINE": "pocketsphinx", "INTERVIEWD_LOG_REQUESTS": "1", "INTERVIEWD_LOG_LEVEL": "debug",
                        "SENTRY_DSN": cls.collector.dsn, "SENTRY_ENVIRONMENT": "trial",
                        "OTEL_EXPORTER_OTLP_ENDPOINT": cls.collector.endpoint, "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=a%20b"}
        super().setUpClass()
        cls.interview()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.provider.stop()
        cls.collector.close()
        assert not cls.collector.wrong, cls.collector.wrong

    @classmethod
    def interview(cls):
        cls.id = cls.server.post("/api/v1/sessions", {})["id"]
        with cls.server.socket("/ws/llm-stream", cls.id) as llm, cls.server.socket("/ws/transcribe", cls.id) as ear:
            ear.stream(harness.speak(QUESTION, cls.folder))
            ear.send({"type": "stop"})
            assert ear.wait_for_close() == 1000, ear.seen
            cls.heard = llm.wait_for(lambda m: m.get("finishReason") not in (None, "superseded"))
        typed = {"question": TYPED, "provider": "openai", "sessionId": cls.id}
        cls.failed = cls.server.post("/api/v1/llm/generate", {**typed, "model": "status-500"})
        cls.typed = cls.server.post("/api/v1/llm/generate", {**typed, "model": "ok"}, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})

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

    def lines(self):
        return [json.loads(line) for line in self.server.output().splitlines()]

    def test_lines_name_what_they_belong_to(self):
        left = until("the provider is left", lambda: [line for line in self.lines() if "was left" in line["message"]])[0]
        self.assertEqual((left["level"], left["area"], left["sessionId"], left["generationId"]),
                         ("warn", "answer", self.id, self.failed["generationId"]))
        _, headers, _ = self.server.request("GET", f"/api/v1/sessions/{self.id}/transcripts?limit=7")
        asked = until("the request is logged", lambda: [line for line in self.lines() if line.get("requestId") == headers["X-Request-Id"]])[0]
        self.assertEqual({name: asked[name] for name in ("area", "level", "method", "route", "status")},
                         {"area": "http", "level": "info", "method": "GET", "route": "/api/v1/sessions/{id}/transcripts", "status": 200})
        self.assertEqual(asked["bytes"], int(headers["Content-Length"]))
        self.assertGreater(asked["ms"], 0)
        self.assertRegex(asked["traceId"], "^[0-9a-f]{32}$")

    def test_lines_hold_nothing_of_an_interview(self):
        self.server.request("GET", f"/api/v1/sessions/{self.id}/transcripts?limit=9", headers={"X-Note": "hidden-in-a-field"})
        with self.assertRaises(harness.HttpError):
            self.server.get("/api/v1/sessions?limit=hidden-in-a-query")
        with self.assertRaises(harness.HttpError):
            self.server.get("/hidden/in/a/path")
        text = until("all is logged", lambda: (lambda t: t if "a file of the page" in t or '"status":404' in t else None)(self.server.output()))
        said = self.server.transcripts(self.id)
        secrets = {"sk-stand-in", self.server.token, self.collector.dsn, "Norwind", "hidden", "x-tenant", "measured first"}
        secrets |= {word for item in said for word in item["question"].split() if len(word) > 6}
        self.assertGreater(len(secrets), 8)
        for secret in secrets:
            self.assertNotIn(secret.lower(), text.lower())

    def spans(self, name):
        return [span for span in self.collector.spans if span["name"] == name]

    def facts(self, span):
        return {fact["key"]: next(iter(fact["value"].values())) for fact in span["attributes"]}

    def test_a_question_is_traced_through_its_stages(self):
        spoken = until("the question's span", lambda: [s for s in self.spans("question") if self.facts(s)["interviewd.question_number"] == "1"])[0]
        self.assertNotIn("parentSpanId", spoken)
        self.assertEqual(self.facts(spoken)["interviewd.session_id"], self.id)
        inside = until("its stages", lambda: (lambda all: all if {"hear", "answer", "store"} <= {s["name"] for s in all} else None)(
            [s for s in self.collector.spans if s.get("parentSpanId") == spoken["spanId"]]))
        for span in inside:
            self.assertEqual(span["traceId"], spoken["traceId"])
            self.assertLessEqual(int(spoken["startTimeUnixNano"]), int(span["startTimeUnixNano"]), span["name"])
        answer = next(s for s in inside if s["name"] == "answer" and self.facts(s)["interviewd.generation_id"] == self.heard["generationId"])
        below = until("its steps", lambda: (lambda all: all if {"outline", "ask openai"} <= {s["name"] for s in all} else None)(
            [s for s in self.collector.spans if s.get("parentSpanId") == answer["spanId"]]))
        ask = next(s for s in below if s["name"] == "ask openai")
        self.assertEqual((ask["kind"], self.facts(ask)["interviewd.provider"]), (3, "openai"))
        self.assertTrue([s for s in self.collector.spans if s.get("parentSpanId") == ask["spanId"] and s["name"] == "until its first word"])

    def test_a_trace_goes_on_through_the_server_to_the_provider(self):
        server = until("the request's span", lambda: [s for s in self.spans("POST /api/v1/llm/generate") if s["traceId"] == TRACE])[0]
        self.assertEqual((server["kind"], server["parentSpanId"]), (2, PARENT))
        self.assertEqual(self.facts(server)["http.response.status_code"], "200")
        question = until("the question's span", lambda: [s for s in self.spans("question") if s["traceId"] == TRACE])[0]
        self.assertEqual(question["parentSpanId"], server["spanId"])
        ask = until("the provider's span", lambda: [s for s in self.spans("ask openai") if s["traceId"] == TRACE])[0]
        self.assertIn(f"00-{TRACE}-{ask['spanId']}-01", [entry["traceparent"] for entry in self.provider.asked("ok")])
        failed = until("the failed one's span", lambda: [s for s in self.spans("ask openai") if s.get("status")])[0]
        self.assertEqual((failed["status"], self.facts(failed)["error.type"]), ({"code": 2}, "overloaded"))
        self.assertEqual(self.collector.resources[0]["service.name"], "interviewd")
        self.assertEqual(self.collector.headers[0]["x-tenant"], "a b")
        self.assertNotIn("Norwind", json.dumps(self.collector.spans))

    def test_spans_wait_for_a_collector_that_is_busy_and_no_more_than_may_wait(self):
        waiting_max, batch = 2048, 256  # TRACE_WAITING_MAX, OTLP_BATCH_MAX
        traces = [f"{n:032x}" for n in range(1, waiting_max + 2 * batch)]
        before = self.value("interviewd_reports_total", kind="spans", outcome="dropped")
        asked, self.collector.refuses, self.collector.busy = self.collector.asked, 503, 3
        client = http.client.HTTPConnection("127.0.0.1", self.server.port)
        try:
            for trace in traces:
                client.request("GET", "/api/v1/sessions", headers={"Authorization": "Bearer " + self.server.token, "traceparent": f"00-{trace}-{PARENT}-01"})
                client.getresponse().read()
            until("it was refused", lambda: self.collector.asked > asked)
        finally:
            self.collector.busy, self.collector.refuses = 0, 429
            client.close()

        def arrived():
            return [s["traceId"] for s in self.collector.spans if int(s["traceId"], 16) <= len(traces)]

        def dropped():
            return self.value("interviewd_reports_total", kind="spans", outcome="dropped") - before
        until("each arrived or is counted", lambda: len(arrived()) + dropped() >= len(traces))
        found = arrived()
        self.assertGreater(len(found), waiting_max - batch)  # a few others waited before
        # a machine that is slow sends some while others still come: what found no room is missing then, not what is the newest
        self.assertEqual(found, sorted(set(found)), "each once, in their order")
        self.assertEqual(found[0], traces[0], "the oldest wait, the newest find no room")

    def test_errors_are_told_without_what_is_private(self):
        wav = harness.speak(QUESTION, self.folder).read_bytes()
        audio = self.server.post("/api/v1/audio/upload", wav, headers={"Content-Type": "audio/wav"})["id"]
        (blob,) = [path for path in (self.server.data / "audio").rglob("*") if path.is_file() and audio in path.name]
        blob.write_bytes(bytes(blob.stat().st_size))
        with self.assertRaises(harness.HttpError) as caught:
            self.server.request("GET", f"/api/v1/audio/{audio}")
        event = until("the error is told", lambda: [e for e in self.collector.events if e["logger"] == "audio"])[0]
        self.assertEqual(event["tags"]["request_id"], caught.exception.problem["requestId"])
        self.assertEqual((event["level"], event["environment"]), ("error", "trial"))
        self.assertRegex(event["release"], r"^interviewd@\d+\.\d+\.\d+$")
        self.assertEqual(event["dist"], self.samples(self.metrics())["interviewd_build_info"][0][0]["build_id"])
        self.assertTrue(event["message"]["formatted"])
        self.assertRegex(event["contexts"]["trace"]["trace_id"], "^[0-9a-f]{32}$")
        self.assertNotIn("server_name", event)
        self.assertNotIn("user", event)
        told = json.dumps(self.collector.events)
        for secret in ("Norwind", "127.0.0.1", str(self.server.data)):
            self.assertNotIn(secret, told)
        until("it is counted", lambda: self.value("interviewd_reports_total", kind="error", outcome="sent") >= 1)
        # the same line once a minute
        asked, dropped = len(self.collector.events), self.value("interviewd_reports_total", kind="error", outcome="dropped")
        with self.assertRaises(harness.HttpError):
            self.server.request("GET", f"/api/v1/audio/{audio}")
        until("it is dropped", lambda: self.value("interviewd_reports_total", kind="error", outcome="dropped") > dropped)
        self.assertEqual(len(self.collector.events), asked)

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


SANITIZED = b"__asan_init" in harness.PROGRAM.read_bytes() or b"__tsan_init" in harness.PROGRAM.read_bytes()


@unittest.skipIf(SANITIZED, "a sanitizer tells of crashes itself")
class Crashes(unittest.TestCase):
    def test_a_crash_is_recorded_and_told_at_the_next_start(self):
        settings = {"INTERVIEWD_ASR_PRELOAD": "off"}
        server = harness.Server(**settings)
        server.own_data = False
        build = re.search(r'build_id="(\w*)"', server.request("GET", "/metrics")[2].decode())[1]
        server.process.send_signal(signal.SIGSEGV)
        self.assertEqual(server.process.wait(timeout=harness.PATIENCE_S), -signal.SIGSEGV, "it ends as it always did")
        server.stop()
        (record,) = server.data.glob("crash-*.txt")
        self.assertEqual(record.stat().st_mode & 0o777, 0o600)
        text = record.read_text()
        self.assertIn(f"\nbuild {build}\n", text)
        self.assertIn("\nsignal SIGSEGV\n", text)
        frames = re.findall(r"^at 0x([0-9a-f]+) \+0x([0-9a-f]+) (\S*)$", text, re.M)
        self.assertIn("interviewd", [name for _, _, name in frames])
        # away: the crash is kept for the next time
        with Collector() as busy:
            busy.busy = 60
            server = harness.Server(data=server.data, **settings, SENTRY_DSN=busy.dsn)
            until("it was tried", lambda: busy.asked)
            until("it is counted", lambda: 'interviewd_reports_total{kind="crash",outcome="dropped"} 1\n' in server.request("GET", "/metrics")[2].decode())
            self.assertEqual(server.stop(), 0)
            self.assertTrue(record.exists())
        with Collector() as collector:
            server = harness.Server(data=server.data, **settings, SENTRY_DSN=collector.dsn)
            event = until("the crash is told", lambda: collector.events)[0]
            until("the record is marked", lambda: not record.exists() and list(server.data.glob("crash-*.told.txt")))
            self.assertEqual(server.stop(), 0)
            # told already; and spans that nobody takes are dropped and counted
            server = harness.Server(data=server.data, **settings, SENTRY_DSN=collector.dsn, OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint + "/elsewhere")
            until("spans are dropped", lambda: re.search(r'reports_total\{kind="spans",outcome="dropped"\} [1-9]', server.request("GET", "/metrics")[2].decode()))
            until("it is in the log", lambda: "spans do not arrive: the collector answered 404" in server.output())
            self.assertEqual(server.stop(), 0)
            self.assertEqual((len(collector.events), collector.wrong), (1, []), "told once")
        self.assertEqual((event["level"], event["dist"], event["tags"]["build_id"]), ("fatal", build, build))
        (value,) = event["exception"]["values"]
        self.assertEqual((value["type"], value["mechanism"]["meta"]["signal"]["number"]), ("SIGSEGV", 11))
        self.assertEqual([int(f["instruction_addr"], 16) for f in value["stacktrace"]["frames"]],
                         [int(address, 16) for address, _, _ in reversed(frames)])
        self.assertEqual(event["debug_meta"]["images"][0]["code_id"], build)
        self.assertIn("the server crashed before: SIGSEGV", server.output())
        shutil.rmtree(server.data)

    def test_a_dsn_or_a_header_that_is_none_is_refused_at_the_start(self):
        for name, value in (("SENTRY_DSN", "https://sentry.example/1"), ("OTEL_EXPORTER_OTLP_HEADERS", "nothing"),
                            ("OTEL_TRACES_SAMPLER_ARG", "2")):
            with self.assertRaises(RuntimeError) as caught:
                harness.Server(**{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", name: value})
            self.assertIn(name, str(caught.exception))


if __name__ == "__main__":
    harness.main()
