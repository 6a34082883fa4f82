"""A Sentry server and an OpenTelemetry collector in one, as far as a client can tell them from real ones.

    with Collector() as collector:
        ... SENTRY_DSN=collector.dsn OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint ...
        collector.events, collector.spans      # what came, read as the protocols say
        collector.wrong                        # what was not as they say: must stay empty
        collector.busy = 60                    # from now on 429, or collector.refuses, with Retry-After

Envelopes: develop.sentry.dev/sdk/data-model/envelopes (serialization format, authentication). OTLP/HTTP in JSON: a POST of an
ExportTraceServiceRequest in protobuf's JSON mapping to /v1/traces, ids in hexadecimal, 64 bits as strings.
"""
import http.server
import json
import re
import threading

PROJECT, KEY = "42", "0123456789abcdef0123456789abcdef"


def read_envelope(data):
    """(header, [(item header, payload)]) of an envelope; ValueError for what is none."""
    line, _, rest = data.partition(b"\n")
    header, items = json.loads(line), []
    while rest:
        line, _, rest = rest.partition(b"\n")
        item = json.loads(line)
        payload, rest = rest[:item["length"]], rest[item["length"]:]
        if len(payload) != item["length"] or rest[:1] not in (b"\n", b""):
            raise ValueError("an item is not as long as it says")
        items.append((item, payload))
        rest = rest[1:]
    return header, items


def check_event(header, event):
    if not re.fullmatch("[0-9a-f]{32}", event["event_id"]) or header["event_id"] != event["event_id"]:
        raise ValueError("event_id")
    if event["level"] not in ("fatal", "error") or event["platform"] != "native" or not isinstance(event["timestamp"], float):
        raise ValueError("level, platform or timestamp")
    for value in event.get("exception", {}).get("values", []):
        for frame in value["stacktrace"]["frames"]:
            int(frame["instruction_addr"], 16)


def check_span(span):
    for name, digits in (("traceId", 32), ("spanId", 16), ("parentSpanId", 16)):
        if name in span and not re.fullmatch("[0-9a-f]{%d}" % digits, span[name]):
            raise ValueError(name)
    if not 1 <= span["kind"] <= 5 or not span["name"] or not isinstance(span["startTimeUnixNano"], str):
        raise ValueError("kind, name or time")
    if int(span["endTimeUnixNano"]) < int(span["startTimeUnixNano"]):
        raise ValueError("it ends before it begins")
    for fact in span["attributes"]:
        ((kind, value),) = fact["value"].items()
        if kind not in ("stringValue", "intValue") or not isinstance(value, str):
            raise ValueError(fact)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        home = self.server.collector
        data = self.rfile.read(int(self.headers["Content-Length"]))
        status = 404
        try:
            if home.busy:
                status = home.refuses
            elif self.path == f"/api/{PROJECT}/envelope/":
                status = self.take_envelope(home, data)
            elif self.path == "/v1/traces":
                status = self.take_spans(home, data)
        except (ValueError, KeyError, TypeError) as error:
            home.wrong.append(f"{self.path}: {error!r}")
            status = 400
        if self.headers["traceparent"]:
            home.wrong.append("reports are part of no trace")
        home.asked += 1
        self.send_response(status)
        if home.busy:
            self.send_header("Retry-After", str(home.busy))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def take_envelope(self, home, data):
        auth = dict(part.split("=", 1) for part in re.split(r",\s*", self.headers["X-Sentry-Auth"].removeprefix("Sentry ")))
        if auth.get("sentry_key") != KEY or auth.get("sentry_version") != "7" or not auth.get("sentry_client"):
            return 403
        if self.headers["Content-Type"] != "application/x-sentry-envelope":
            raise ValueError("content type")
        header, items = read_envelope(data)
        for item, payload in items:
            if item["type"] == "event":
                event = json.loads(payload)
                check_event(header, event)
                home.events.append(event)
        return 200

    def take_spans(self, home, data):
        if self.headers["Content-Type"] != "application/json":
            raise ValueError("content type")
        for resource in json.loads(data)["resourceSpans"]:
            home.resources.append({fact["key"]: fact["value"]["stringValue"] for fact in resource["resource"]["attributes"]})
            for scope in resource["scopeSpans"]:
                for span in scope["spans"]:
                    check_span(span)
                    home.spans.append(span)
        home.headers.append(dict(self.headers.items()))
        return 200


class Collector:
    def __init__(self):
        self.events, self.spans, self.resources, self.headers, self.wrong = [], [], [], [], []
        self.busy = self.asked = 0
        self.refuses = 429
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.collector = self
        port = self.server.server_address[1]
        self.dsn = f"http://{KEY}@127.0.0.1:{port}/{PROJECT}"
        self.endpoint = f"http://127.0.0.1:{port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
