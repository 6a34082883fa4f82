#!/usr/bin/env python3
"""model_server.py FOLDER: serves FOLDER over HTTP as a hub or a mirror of models would.

Prints the port it took, then one line per request: METHOD PATH RANGE. The first part of the path
says how it behaves:
  /hub/       X-Linked-Etag with the SHA-256, by way of a redirect, ranges
  /mirror/    no such header; FILE.sha256 and SHA256SUMS are served when they are in the folder
  /wrong/     X-Linked-Etag of something else
  /broken/    the connection ends after a third of what was asked for
  /whole/     as /hub/, but ranges are not understood: every answer is the whole file; the
              first one breaks off half-way
  /busy/      503
  /simple/    a Python package index (PEP 503): FOLDER/simple/NAME/ holds the files of a package
"""
import hashlib
import http.server
import os
import sys

folder = sys.argv[1]
broken_once = set()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_HEAD(self):
        self.answer(False)

    def do_GET(self):
        self.answer(True)

    def plain(self, status, headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, body):
        print(self.command, self.path, self.headers.get("Range", "-"), flush=True)
        _, mode, *rest = self.path.split("/")
        if mode == "simple":
            return self.index(rest, body)
        path = os.path.join(folder, os.path.basename(rest[-1]) if rest else "")
        if mode == "busy":
            return self.plain(503)
        if not os.path.isfile(path):
            return self.plain(404)
        with open(path, "rb") as f:
            data = f.read()
        digest = hashlib.sha256(data).hexdigest()
        if mode == "wrong":
            digest = hashlib.sha256(data + b"x").hexdigest()
        linked = [] if mode == "mirror" else [("X-Linked-Etag", '"%s"' % digest)]
        if mode == "hub":
            return self.plain(302, linked + [("Location", "/cdn/" + rest[-1])])
        self.send_file(data, mode, linked, body)

    def index(self, rest, body):
        package = os.path.join(folder, "simple", os.path.basename(rest[0]))
        name = os.path.basename(rest[1]) if len(rest) > 1 else ""
        if not os.path.isdir(package) or name and not os.path.isfile(os.path.join(package, name)):
            return self.plain(404)
        if name:
            with open(os.path.join(package, name), "rb") as f:
                return self.send_file(f.read(), "cdn", [], body)
        links = "".join('<a href="%s">%s</a>\n' % (f, f) for f in sorted(os.listdir(package)))
        self.send_file(("<!DOCTYPE html><html><body>%s</body></html>" % links).encode(), "cdn",
                       [("Content-Type", "text/html")], body)

    def send_file(self, data, mode, linked, body):
        start = 0
        wanted = self.headers.get("Range")
        if wanted and mode != "whole":
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                return self.plain(416)
            self.send_response(206)
            self.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(data) - 1, len(data)))
        else:
            self.send_response(200)
        for name, value in linked:
            self.send_header(name, value)
        data = data[start:]
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if not body:
            return
        if mode == "broken" and len(data) > 100000:
            self.wfile.write(data[: len(data) // 3])
            self.close_connection = True
        elif mode == "whole" and self.path not in broken_once:
            broken_once.add(self.path)
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True
        else:
            self.wfile.write(data)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
