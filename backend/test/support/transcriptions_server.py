#!/usr/bin/env python3
"""A stand-in for services that speak POST /v1/audio/transcriptions, for tests.

    transcriptions_server.py      prints the port it listens on (127.0.0.1), serves until killed

It checks the request as the real services do (form fields, WAV, key) and hears by the length of the
audio: one word of "tell me about yourself" for each 100 ms. The model's name picks the behaviour:
whisper-1 and whisper-large-v3-turbo answer verbose_json; plain-only refuses it; busy-once answers
429 with Retry-After once; busy 429 with Retry-After: 60; broken-once 500 once; broken always 500;
garbage a page instead of JSON; slow not within a minute. /inference is the same, as whisper.cpp's server has it. The key "wrong" is refused. /v1/audio/translations, or a field
`translate`, hears "told in english"; `repeats-prompt` hears the prompt; `one-sentence` hears what asr/trial.h says.
"""
import email.parser
import email.policy
import http.server
import json
import struct
import sys
import threading
import time

WORDS = "tell me about yourself".split()
KNOWN = ["whisper-1", "whisper-large-v3-turbo", "plain-only", "busy-once", "busy", "broken-once",
         "broken", "garbage", "slow", "repeats-prompt", "one-sentence"]
TRIAL = "Please describe a project that you are proud of."
seen = {}
lock = threading.Lock()


def first_time(model):
    with lock:
        seen[model] = seen.get(model, 0) + 1
        return seen[model] == 1


class Problem(Exception):
    def __init__(self, status, message, headers=()):
        self.status, self.message, self.headers = status, message, headers


def form(headers, body):
    """Fields of a multipart body: name -> list of bytes."""
    head = ("Content-Type: %s\r\n\r\n" % headers.get("Content-Type", "")).encode()
    parser = email.parser.BytesParser(policy=email.policy.HTTP)
    message = parser.parsebytes(head + body)
    if not message.is_multipart():
        raise Problem(400, "expected multipart/form-data")
    fields = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        fields.setdefault(name, []).append(part.get_payload(decode=True))
    return fields


def samples(wav):
    if wav[:4] != b"RIFF" or wav[8:16] != b"WAVEfmt ":
        raise Problem(400, "Invalid file format.")
    tag, channels, rate, _, _, bits = struct.unpack("<HHIIHH", wav[20:36])
    if (tag, channels, rate, bits) != (1, 1, 16000, 16) or wav[36:40] != b"data":
        raise Problem(400, "Invalid file format.")
    if struct.unpack("<I", wav[40:44])[0] != len(wav) - 44:
        raise Problem(400, "The audio file is truncated.")
    return (len(wav) - 44) // 2


def transcript(n, verbose, words=WORDS):
    count = n // 1600
    words = [words[i % len(words)] for i in range(count)]
    text = " ".join(words)
    if not verbose:
        return {"text": " " + text}
    return {
        "task": "transcribe", "language": "english", "duration": n / 16000, "text": " " + text,
        "segments": [{"id": 0, "start": 0.0, "end": n / 16000, "text": text, "avg_logprob": -0.1,
                      "compression_ratio": 1.0, "no_speech_prob": 0.01}],
        "words": [{"word": w, "start": i / 10, "end": (i + 1) / 10} for i, w in enumerate(words)],
    }


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path not in ("/v1/audio/transcriptions", "/v1/audio/translations", "/inference"):
            raise Problem(404, "Unknown request URL")
        if self.headers.get("Authorization", "Bearer ok") == "Bearer wrong":
            raise Problem(401, "Incorrect API key provided: wrong")
        fields = form(self.headers, body)
        model = fields.get("model", [b""])[0].decode()
        style = fields.get("response_format", [b"json"])[0].decode()
        if model not in KNOWN:
            raise Problem(404, "The model `%s` does not exist" % model)
        if model == "busy" or (model == "busy-once" and first_time(model)):
            raise Problem(429, "Rate limit reached",
                          [("Retry-After", "60" if model == "busy" else "1")])
        if model == "broken" or (model == "broken-once" and first_time(model)):
            raise Problem(500, "The server had an error")
        if model == "plain-only" and style != "json":
            raise Problem(400, "response_format 'verbose_json' is not compatible with model")
        if model == "slow":
            time.sleep(60)
        if model == "garbage":
            return b"<html>welcome</html>"
        n = samples(fields.get("file", [b""])[0])
        words = WORDS
        if self.path.endswith("translations") or (self.path == "/inference" and fields.get("translate") == [b"true"]):
            words = "told in english".split()
        if model == "repeats-prompt":
            words = fields.get("prompt", [b"nothing"])[0].decode().split()
        if model == "one-sentence":
            return json.dumps({"text": TRIAL}).encode()
        return json.dumps(transcript(n, style == "verbose_json", words)).encode()

    def do_POST(self):
        headers = []
        try:
            status, body = 200, self.answer()
        except Problem as problem:
            status, headers = problem.status, problem.headers
            body = json.dumps({"error": {"message": problem.message, "type": "error"}}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_address[1], flush=True)
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
server.serve_forever()
