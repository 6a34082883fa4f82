#!/usr/bin/env python3
"""Stand-in for answer providers: chat/completions (Groq, OpenAI) and Ollama on one port.

    providers.py [PORT]     prints "PORT <n>" and serves on 127.0.0.1 until its input ends

The shapes follow the services' public documentation: OpenAI API reference "Chat completions,
streaming" (chunks, usage, [DONE]), Groq "API errors" and "Rate limits" (x_groq, retry-after,
x-ratelimit-*), Ollama API "Generate a chat completion" (lines, done_reason) and "List local
models". What it does is chosen by the model's name:

    ok            a short answer                    slow-<ms>    the first word after so long
    endless       a word every 5 ms until closed    stamp-<n>    n words: the sender's clock in [ns]
    length        ends for length                   utf8         characters of several bytes
    break         connection cut in the middle      reset        cut before any byte
    garbage       200, but not the protocol         empty        200, ends without a word
    comments      keep-alive comments in between    crumbs       written a byte at a time
    object-error  200 with an error object          whole        200, one object instead of a stream
    mid-error     an error inside the stream        open         done, but the connection stays
    status-<n>    that HTTP error                   limited      429 with Retry-After 7
    filter        stopped by the content filter     invents-<ms> claims what no profile has, a word every so long

and all that provider_quirks.py knows by name. An address with the path /silent before its own takes a request and never replies;
/moved sends on to the address without it (308), /nowhere to another host; /llamacpp lists its models as llama.cpp's server does.
A key "refused" is refused.

GET /_log lists the requests: path, model, messages, by which header a key came, when the client closed ("closedNs", CLOCK_MONOTONIC),
on which connection it came, counting, and how many bytes of its messages are those of the request before ("same", of "bytes"): what
a server that keeps what it read need not read again. Keys are never kept.
"""
import json
import select
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import provider_quirks

ANSWER = "I led the migration myself. - We measured first. - Latency fell by 40 %. - I would do it again."
INVENTED = "I led it, and Maya helped, for 11 months. At Initech I cut the bill by 37 percent, and Dana said so.\n2. It ran on PostgreSQL."
UTF8 = ["Grüße", " aus", " 東京", " 🎤", " e\u0301"]
LOG = []
LOCK = threading.Lock()

ERRORS = {
    400: ("invalid_request_error", None, "messages: field is required"),
    401: ("invalid_request_error", "invalid_api_key", "Invalid API Key gsk_secret"),
    403: ("permissions_error", "forbidden", "Access denied"),
    404: ("invalid_request_error", "model_not_found", "The model `%s` does not exist or you do not have access to it."),
    413: ("tokens", "rate_limit_exceeded", "Request too large for model"),
    429: ("tokens", "rate_limit_exceeded", "Rate limit reached for model on tokens per minute (TPM)"),
    498: ("server_error", "capacity_exceeded", "Flex tier capacity exceeded"),
    500: ("server_error", None, "Internal Server Error"),
    503: ("server_error", "over_capacity", "The server is over capacity"),
}


def as_read(asked):
    """The messages as one run of bytes, each with its role before it."""
    return b"".join(f"\0{m.get('role')}\0{m.get('content')}".encode() for m in asked.get("messages", ()))


def common(a, b):
    n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), None)
    return min(len(a), len(b)) if n is None else n


def words(text):
    parts = text.split(" ")
    return [parts[0]] + [" " + p for p in parts[1:]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    connections = 0

    def setup(self):
        super().setup()
        with LOCK:
            Handler.connections += 1
            self.number = Handler.connections

    def log_message(self, *args):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    # ------------------------------------------------------------------ replies

    def reply(self, status, obj, headers=()):
        body = obj if isinstance(obj, bytes) else json.dumps(obj).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def begin_stream(self, kind, status=200):
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        for name, value in self.limits(14000):
            self.send_header(name, value)
        self.end_headers()

    def limits(self, left):
        return (("x-ratelimit-limit-requests", "14400"), ("x-ratelimit-remaining-requests", str(left)),
                ("x-ratelimit-reset-requests", "2m59.56s"), ("x-ratelimit-remaining-tokens", "17997"),
                ("x-ratelimit-reset-tokens", "7.66s"))

    def piece(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        if self.crumbs:
            for i in range(len(data)):
                self.wfile.write(b"1\r\n" + data[i:i + 1] + b"\r\n")
                self.wfile.flush()
        else:
            self.wfile.write(b"%x\r\n" % len(data) + data + b"\r\n")
            self.wfile.flush()

    def play(self, steps, kind, status, entry):
        """Bytes, and pauses in seconds; the headers come before the first of the bytes."""
        begun = False
        for step in steps:
            if isinstance(step, (int, float)):
                if self.closed(step):
                    self.gone(entry)
                    return
                continue
            if not begun:
                self.begin_stream(kind, status)
            begun = True
            if step:
                self.piece(step)
        self.end_stream()

    def remember(self, asked):
        """Bytes in common with the request before for this model."""
        with LOCK:
            before = [e for e in LOG if e["model"] == asked["model"]][-2:-1]
        return common(as_read(before[0]["body"]), as_read(asked)) if before else 0

    def end_stream(self):
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def cut(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def closed(self, seconds):
        """Wait so long; has the client gone meanwhile?"""
        ready, _, _ = select.select([self.connection], [], [], seconds)
        try:
            return bool(ready) and self.connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    # ----------------------------------------------------------------- requests

    def do_GET(self):
        if self.path == "/_log":
            with LOCK:
                self.reply(200, LOG)
        elif self.path.startswith("/silent/"):
            while not self.closed(1):
                pass
            self.close_connection = True
        elif (self.headers.get("Authorization") or "").startswith("Bearer refused"):
            self.reply(401, {"error": {"message": ERRORS[401][2], "type": ERRORS[401][0], "code": ERRORS[401][1]}})
        elif self.path == "/llamacpp/v1/models":
            self.reply(200, {"object": "list", "data": [{"id": "ok", "object": "model", "owned_by": "llamacpp", "meta": {"n_params": 134515008}}]})
        elif self.path == "/llamacpp/props":
            self.reply(200, provider_quirks.PROPS)
        elif self.path in ("/v1/models", "/openai/v1/models"):
            self.reply(200, {"object": "list", "data": [{"id": n, "object": "model", "owned_by": "stand-in"} for n in ("ok", "endless")]})
        elif self.path == "/api/tags":
            self.reply(200, {"models": [{"name": n, "model": n, "size": 2019393189, "details": {"family": "llama"}} for n in ("ok:latest", "small:latest")]})
        elif self.path == "/api/version":
            self.reply(200, {"version": "0.5.7"})
        else:
            self.reply(404, {"error": {"message": "Unknown request URL", "type": "invalid_request_error", "code": "unknown_url"}})

    def do_POST(self):
        self.crumbs = False
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            asked = json.loads(body)
        except ValueError:
            self.reply(400, {"error": {"message": "invalid JSON", "type": "invalid_request_error"}})
            return
        entry = {"path": self.path, "model": asked.get("model"), "body": asked, "key": "Authorization" in self.headers, "sent": self.headers["Authorization"], "traceparent": self.headers["traceparent"],
                 "keyHeader": next((name for name in ("Authorization", "api-key") if name in self.headers), None),
                 "receivedNs": time.monotonic_ns(), "closedNs": 0, "connection": self.number, "bytes": len(as_read(asked))}
        with LOCK:
            before = [e for e in LOG if "messages" in e["body"]][-1:]
            entry["same"] = common(as_read(before[0]["body"]), as_read(asked)) if before else 0
            LOG.append(entry)
        try:
            if (entry["sent"] or "").startswith("Bearer refused"):
                self.reply(401, {"error": {"message": ERRORS[401][2], "type": ERRORS[401][0], "code": ERRORS[401][1]}})
            elif self.path.startswith("/moved/"):
                self.reply(308, {}, (("Location", self.path.removeprefix("/moved")),))
            elif self.path.startswith("/nowhere/"):
                self.reply(308, {}, (("Location", "http://localhost:9" + self.path),))
            elif self.path == "/api/show":
                known = provider_quirks.SHOW.get(asked.get("model", "").removesuffix(":latest"))
                self.reply(200 if known else 404, known or {"error": "model not found"})
            elif self.path.partition("?")[0].endswith("/chat/completions") and "/bare" not in self.path:
                self.completion(asked, entry)
            elif self.path == "/api/chat":
                self.chat(asked, entry)
            else:
                self.reply(404, {"error": {"message": "Unknown request URL", "type": "invalid_request_error"}})
        except (BrokenPipeError, ConnectionResetError):
            self.gone(entry)

    def gone(self, entry):
        with LOCK:
            entry["closedNs"] = entry["closedNs"] or time.monotonic_ns()
        self.close_connection = True

    # --------------------------------------------------------- chat/completions

    def completion(self, asked, entry):
        model = asked.get("model", "")
        base = {"id": "chatcmpl-3f1c", "object": "chat.completion.chunk", "created": 1767225600, "model": model, "system_fingerprint": "fp_1"}

        def chunk(delta, finish=None, **more):
            return dict(base, choices=[{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}], **more)

        def event(obj):
            self.piece("data: %s\n\n" % (obj if isinstance(obj, str) else json.dumps(obj)))

        if asked.get("messages") and provider_quirks.completion(self, model, asked, entry):
            return
        if not asked.get("messages") or not asked.get("stream"):
            self.refuse(400, model)
        elif model.startswith("status-"):
            self.refuse(int(model[7:]), model)
        elif model == "limited":
            self.reply(429, {"error": {"message": ERRORS[429][2], "type": "tokens", "code": "rate_limit_exceeded"}},
                       (("retry-after", "7"),) + self.limits(0))
        elif model == "reset":
            self.cut()
        elif model == "object-error":
            self.reply(200, {"error": {"message": "model is overloaded", "type": "server_error"}})
        elif model == "whole":
            self.reply(200, {"id": "chatcmpl-1", "object": "chat.completion",
                             "choices": [{"index": 0, "message": {"role": "assistant", "content": ANSWER}, "finish_reason": "stop"}]})
        elif model == "garbage":
            self.begin_stream("text/event-stream")
            event("<html>502 Bad Gateway</html>")
            self.end_stream()
        else:
            self.crumbs = model == "crumbs"
            if model.startswith("slow-") and self.closed(int(model[5:]) / 1000):
                self.gone(entry)
                return
            self.begin_stream("text/event-stream")
            event(chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_01"}))
            self.stream(model, entry, lambda text: event(chunk({"content": text})), lambda: event({"error": {"message": "over capacity", "type": "server_error"}}),
                        lambda: self.piece(": keep-alive\n\n"))
            if self.close_connection:
                return
            event(chunk({}, {"length": "length", "filter": "content_filter"}.get(model, "stop"), x_groq={"id": "req_01", "usage": {"total_tokens": 57}}))
            event(dict(base, choices=[], usage={"prompt_tokens": provider_quirks.bytes_of(asked) // 4, "completion_tokens": 37}))
            event("[DONE]")
            if model == "open":
                self.closed(10)
                self.gone(entry)
                return
            self.end_stream()

    def refuse(self, status, model):
        kind, code, text = ERRORS.get(status, ERRORS[500])
        if "%s" in text:
            text = text % model
        error = {"message": text, "type": kind}
        if code:
            error["code"] = code
        self.reply(status, {"error": error}, (("retry-after", "2"),) if status in (429, 503) else ())

    def stream(self, model, entry, say, fail, comment):
        """The words, and what goes wrong among them; close_connection tells that it ended there."""
        if model == "empty":
            return
        if model == "endless":
            n = 0
            while not self.closed(0.005):
                n += 1
                say("word%d " % n)  # a model that repeats itself is cut
            self.gone(entry)
            return
        if model.startswith("stamp-"):
            for _ in range(int(model[6:])):
                if self.closed(0.002):
                    self.gone(entry)
                    return
                say("%d " % time.monotonic_ns())
            return
        if model.startswith("invents-"):
            for word in words(INVENTED):
                if self.closed(int(model[8:]) / 1000):
                    self.gone(entry)
                    return
                say(word)
            return
        for i, word in enumerate(UTF8 if model == "utf8" else words(ANSWER)):
            if i == 4 and model == "break":
                self.cut()
                return
            if i == 4 and model == "mid-error":
                fail()
                self.end_stream()
                self.close_connection = True
                return
            if model == "comments":
                comment()
            say(word)

    # ------------------------------------------------------------------- Ollama

    def chat(self, asked, entry):
        model = asked.get("model", "")
        base = {"model": model, "created_at": "2026-01-01T00:00:00.000000Z"}

        def line(text, **more):
            self.piece(json.dumps(dict(base, message={"role": "assistant", "content": text}, done=False, **more)) + "\n")

        if provider_quirks.chat(self, model, asked, entry):
            return
        if model.startswith("status-404") or model == "missing":
            self.reply(404, {"error": "model \"%s\" not found, try pulling it first" % model})
        elif model.startswith("status-"):
            self.reply(int(model[7:]), {"error": "llama runner process has terminated"})
        elif model == "garbage":
            self.begin_stream("application/x-ndjson")
            self.piece("<html>\n")
            self.end_stream()
        elif model == "reset":
            self.cut()
        else:
            self.crumbs = model == "crumbs"
            if model.startswith("slow-") and self.closed(int(model[5:]) / 1000):
                self.gone(entry)
                return
            self.begin_stream("application/x-ndjson")
            self.stream(model, entry, line, lambda: self.piece('{"error":"an error was encountered while running the model"}\n'), lambda: None)
            if self.close_connection:
                return
            self.piece(json.dumps(dict(base, message={"role": "assistant", "content": ""}, done=True,
                                       done_reason="length" if model == "length" else "stop", total_duration=4883583458,
                                       load_duration=1334875, prompt_eval_count=provider_quirks.bytes_of(asked) // 4, eval_count=37, eval_duration=4535599000)) + "\n")
            self.end_stream()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def main():
    server = Server(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("PORT %d" % server.server_address[1], flush=True)
    sys.stdin.read()  # the test holds the other end: it ends, we end
    server.shutdown()


main()
