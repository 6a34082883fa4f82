#!/usr/bin/env python3
"""Every documented REST operation of the running server, each answer held against docs/api/openapi.yaml.

    rest.py PROGRAM [ARG...]      PROGRAM is started with --listen=127.0.0.1:0 --data=DIR

Says TAP. A check named "contract" fails when an answer has a status or a form that the document does not give it,
and the last one fails when an operation of the resources below was never called.
"""
import base64
import functools
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import traceback

import jsonschema
import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import scratch  # noqa: E402,F401

ROOT = pathlib.Path(__file__).resolve().parents[3]
# What "4XX" stands for: refusals before an operation is asked. Every other 4xx is documented where it occurs.
REFUSED = {405, 408, 411, 413, 414, 415, 417, 421, 426, 429, 431}
OURS = re.compile(r"^(?!.*/passkey|.*/admin/hearing)/(healthz|readyz|api/v1/(health|audit|auth|admin|analytics|profiles|sessions|search|transcripts|voice|models)(/|$))")  # passkeys: passkeys.py; admin/hearing: recogniser.py


# ------------------------------------------------------------------------------------- the document

@functools.cache
def description():
    """Read once, and by libyaml where it is there: in Python alone it takes seven times as long."""
    return yaml.load((ROOT / "docs/api/openapi.yaml").read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class Contract:
    def __init__(self):
        self.doc = description()
        self.seen = set()
        self.wrong = []
        self.resolver = jsonschema.RefResolver("", self.doc)
        self.formats = jsonschema.FormatChecker()

    def deref(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def operation(self, method, path):
        best = None
        for pattern, item in self.doc["paths"].items():
            regex = re.sub(r"\{[^}]+\}", "[^/]+", pattern)
            if re.fullmatch(regex, path) and method.lower() in item:
                if best is None or "{" not in pattern:
                    best = (pattern, item[method.lower()])
        return best

    def guards(self, where, headers, policy="default-src 'none'"):
        """What every answer says to a browser, errors included."""
        wanted = {"x-content-type-options": "nosniff", "x-frame-options": "DENY", "referrer-policy": "", "content-security-policy": policy,
                  "cross-origin-resource-policy": "same-origin", "cache-control": ""}
        self.wrong += [f"{where}: {name} is {headers.get(name)}" for name, value in wanted.items()
                       if not headers.get(name, "-").startswith(value)]
        if "frame-ancestors 'none'" not in headers.get("content-security-policy", "") and "sandbox" not in headers.get("content-security-policy", ""):
            self.wrong.append(f"{where}: may be framed")

    def check(self, method, path, status, headers, body):
        path = path.split("?")[0]
        if status != 304:
            self.guards(f"{method} {path} -> {status}", headers)
        found = self.operation(method, path)
        where = f"{method} {path} -> {status}"
        if not found:
            return
        pattern, operation = found
        self.seen.add((method, pattern))
        responses = operation["responses"]
        any_of = f"{status // 100}XX" if status // 100 != 4 or status in REFUSED else None
        response = self.deref(responses.get(str(status)) or responses.get(any_of))
        if response is None:
            self.wrong.append(f"{where}: this status is not documented")
            return
        for name in response.get("headers", {}):
            if name == "Set-Cookie" and status == 200:
                pass
            if name.lower() not in headers and not (status in (503,) and name == "Retry-After"):
                self.wrong.append(f"{where}: the header {name} is missing")
        content = response.get("content")
        if not content:
            if body:
                self.wrong.append(f"{where}: a body where none is documented")
            return
        kind = headers.get("content-type", "").split(";")[0]
        if kind not in content:
            self.wrong.append(f"{where}: {kind} is not documented")
            return
        if kind.endswith("json"):
            validator = jsonschema.Draft202012Validator(content[kind]["schema"], resolver=self.resolver,
                                                        format_checker=self.formats)
            for error in validator.iter_errors(json.loads(body)):
                self.wrong.append(f"{where}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
            if "problem" in kind:
                problem = json.loads(body)
                if problem["status"] != status or problem["requestId"] != headers["x-request-id"]:
                    self.wrong.append(f"{where}: status or requestId does not agree with the header")

    def check_value(self, schema, value):
        """Something else than a body, such as the data of an event, against one of components/schemas."""
        validator = jsonschema.Draft202012Validator(self.doc["components"]["schemas"][schema], resolver=self.resolver, format_checker=self.formats)
        self.wrong += [f"{schema}: {'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(value)]


# --------------------------------------------------------------------------------------- the server

class Server:
    def __init__(self, program, *settings, env=None, data=None):
        self.dir = data or tempfile.mkdtemp(prefix="interviewd-")
        clean = {k: v for k, v in os.environ.items() if not re.match("INTERVIEWD_|GROQ_|OPENAI_|OLLAMA_", k)}
        clean["INTERVIEWD_SIGN_UPS"] = "on"  # at once, without a mail server
        clean["INTERVIEWD_FETCH_MODELS"] = "off"  # a session in German downloads nothing
        clean.update(env or {})
        self.process = subprocess.Popen([*program, "--listen=127.0.0.1:0", f"--data={self.dir}", *settings],
                                        stdout=subprocess.PIPE, text=True, env=clean)
        for line in self.process.stdout:
            found = re.search(r"(?:listening on |://[^ ]+:)(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        else:
            raise RuntimeError("the server did not start")
        threading.Thread(target=lambda: [None for _ in self.process.stdout], daemon=True).start()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


class Client:
    def __init__(self, server, contract, token=None):
        self.server, self.contract, self.token = server, contract, token
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.cookie = None

    def __call__(self, method, path, body=None, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        if self.token and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.token}"
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        if path.startswith("v1/"):
            path = "/api/" + path
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        data = response.read()
        fields = {k.lower(): v for k, v in response.getheaders()}
        self.contract.check(method, path, response.status, fields, data)
        if "set-cookie" in fields:
            self.cookie = fields["set-cookie"].split(";")[0]
        return Answer(response.status, fields, data)


# ---------------------------------------------------------------------------------------- the tests

tests = []


def test(fn):
    tests.append(fn)
    return fn


def equal(a, b):
    if a != b:
        raise AssertionError(f"{a!r} is not {b!r}")


def holds(condition, what="it does not hold"):
    if not condition:
        raise AssertionError(what)


def problem(answer, status, code, field=None):
    equal((answer.status, answer.json["code"]), (status, code))
    if field is not None:
        holds(field in [e["field"] for e in answer.json["errors"]], f"{answer.json['errors']} does not name {field}")


class Single:
    """Accounts off: one local owner."""

    def __init__(self, program, contract):
        self.server = Server(program)
        self.anyone = Client(self.server, contract)
        self.me = Client(self.server, contract)
        signed_in = self.me("POST", "v1/auth/local", Origin=f"http://127.0.0.1:{self.server.port}")
        equal(signed_in.status, 200)
        self.user = signed_in.json["user"]
        self.me.token = signed_in.json["accessToken"]


class Many:
    """Accounts on."""

    def __init__(self, program, contract):
        self.contract = contract
        self.server = Server(program, "--accounts=on", "--sign-ins-per-minute=0", "--requests-per-minute=0")
        self.anyone = Client(self.server, contract)
        self.ada = self.sign_up("ada@example.com", "Ada")
        self.bob = self.sign_up("bob@example.com", "Bob")

    def sign_up(self, email, name):
        client = Client(self.server, self.contract)
        answer = client("POST", "v1/auth/signup",
                        {"email": email, "password": "correct horse battery", "displayName": name})
        equal(answer.status, 201)
        client.token, client.refresh = answer.json["accessToken"], answer.json["refreshToken"]
        return client


@test
def it_says_that_it_is_alive(one, many):
    equal(one.anyone("GET", "/healthz").json, {"status": "ok"})
    equal(one.anyone("GET", "v1/health").json["accounts"], "off")
    equal(many.anyone("GET", "v1/health").json["accounts"], "on")
    holds(one.anyone("GET", "/readyz").status in (200, 503))


@test
def it_has_given_up_what_it_does_not_need(one, many):
    """Linux without Landlock or seccomp says so; the threads that came later are held, too."""
    confined = many.anyone("GET", "/readyz").json["confined"]
    holds(confined in ("full", "partial", "none"))
    for task in os.listdir(f"/proc/{many.server.process.pid}/task"):
        status = pathlib.Path(f"/proc/{many.server.process.pid}/task/{task}/status").read_text()
        equal("Seccomp:\t2" in status and "NoNewPrivs:\t1" in status, confined != "none")


@test
def the_local_owner_signs_in_from_our_own_page_only(one, many):
    port = one.server.port
    for origin, host, status in [(f"http://127.0.0.1:{port}", None, 200), (None, None, 403),
                                 ("https://evil.example", None, 403), ("null", None, 403),
                                 (f"http://evil.example:{port}", f"evil.example:{port}", 403),
                                 (f"http://localhost:{port}", f"localhost:{port}", 200),
                                 (None, "evil.example", 403)]:
        headers = {k: v for k, v in [("Origin", origin), ("Host", host)] if v}
        answer = one.anyone("POST", "v1/auth/local", **headers)
        equal((origin, host, answer.status), (origin, host, status))
    problem(one.anyone("POST", "v1/auth/local", Origin="https://evil.example"), 403, "forbidden_origin")
    problem(many.anyone("POST", "v1/auth/local"), 403, "accounts_on")
    problem(one.anyone("POST", "v1/auth/signup", {}), 403, "accounts_off")
    problem(one.anyone("POST", "v1/auth/signup/mail", {}), 403, "accounts_off")
    problem(one.anyone("POST", "v1/auth/login", {}), 403, "accounts_off")
    equal(one.user["local"], True)
    equal(one.user["email"], None)


@test
def a_personal_key_does_what_its_user_may_but_for_the_account(one, many):
    made = many.ada("POST", "v1/auth/keys", {"label": " My editor "})
    equal((made.status, made.headers["cache-control"], made.json["label"], made.json["lastUsedAt"]), (201, "no-store", "My editor", None))
    holds(made.json["key"].startswith(made.json["prefix"]) and len(made.json["prefix"]) == 9)
    equal(made.headers["location"], f"/api/v1/auth/keys/{made.json['id']}")
    program = Client(many.server, many.contract, made.json["key"])
    equal(program("GET", "v1/auth/me").json["displayName"], "Ada")
    equal(program("POST", "v1/profiles", {"name": "P", "role": "R", "yearsExperience": 1, "skills": [], "industry": "", "context": ""}).status, 201)
    equal(program("GET", "/v1/models").status, 200)
    equal(program("GET", "/api/v1/engines").status, 200)
    for method, path, body in [("PATCH", "v1/auth/me", {"displayName": "Eve"}), ("DELETE", "v1/auth/me", None), ("GET", "v1/auth/keys", None),
                               ("POST", "v1/auth/keys", {"label": "more"}), ("DELETE", f"v1/auth/keys/{made.json['id']}", None),
                               ("GET", "v1/auth/sign-ins", None), ("GET", "v1/admin/users", None),
                               ("POST", "v1/auth/password", {"current": "correct horse battery", "new": "another battery horse"})]:
        problem(program(method, path, body), 403, "sign_in_needed")
    listed = many.ada("GET", "v1/auth/keys").json["items"]
    equal([(k["id"], k["label"]) for k in listed], [(made.json["id"], "My editor")])
    holds(listed[0]["lastUsedAt"])
    holds("key" not in listed[0])
    equal(many.bob("GET", "v1/auth/keys").json["items"], [])
    problem(many.bob("DELETE", f"v1/auth/keys/{made.json['id']}"), 404, "not_found")
    equal([e["kind"] for e in many.ada("GET", "v1/audit").json["items"] if e["recordId"] == made.json["id"] and e["action"] == "create"], ["key"])
    stored = b"".join(p.read_bytes() for p in pathlib.Path(many.server.dir).rglob("*") if p.is_file())
    holds(made.json["key"].encode() not in stored and b"My editor" not in stored, "a key or its label is stored in clear")
    equal(many.ada("DELETE", f"v1/auth/keys/{made.json['id']}").status, 204)
    problem(program("GET", "v1/profiles"), 401, "unauthorized")
    equal(program("GET", "/v1/models").json["error"]["code"], "invalid_api_key")
    problem(many.ada("DELETE", f"v1/auth/keys/{made.json['id']}"), 404, "not_found")


@test
def a_user_has_twenty_keys_at_most_and_none_without_a_label(one, many):
    for n in range(20):
        equal(one.me("POST", "v1/auth/keys", {"label": f"number {n}"}).status, 201)
    problem(one.me("POST", "v1/auth/keys", {"label": "one more"}), 409, "conflict")
    problem(one.me("POST", "v1/auth/keys", {"label": "  "}), 422, "invalid_fields", "/label")
    for key in one.me("GET", "v1/auth/keys").json["items"]:
        equal(one.me("DELETE", f"v1/auth/keys/{key['id']}").status, 204)
    for text in ("ik_", "ik_" + "A" * 43, "ik_" + "A" * 44):
        equal(Client(one.server, many.contract, text)("GET", "v1/profiles").status, 401)


@test
def what_is_not_an_account_is_told_field_by_field(one, many):
    answer = many.anyone("POST", "v1/auth/signup", {"email": "no", "password": "short", "admin": True})
    problem(answer, 422, "invalid_fields", "/email")
    equal({e["field"] for e in answer.json["errors"]}, {"/email", "/password", "/displayName", "/admin"})
    problem(many.anyone("POST", "v1/auth/signup/mail", {"email": "no"}), 422, "invalid_fields", "/email")
    problem(many.anyone("POST", "v1/auth/signup/mail", {"email": "mail@example.com"}), 409, "conflict")
    problem(many.anyone("POST", "v1/auth/signup", "{"), 400, "invalid_json")
    problem(many.anyone("POST", "v1/auth/signup", '{"email":"a@b.c","email":"d@e.f"}'), 400, "invalid_json")
    problem(many.anyone("POST", "v1/auth/signup"), 400, "invalid_json")
    problem(many.anyone("POST", "v1/auth/signup", "[]"), 422, "invalid_fields", "")
    problem(many.anyone("POST", "v1/auth/signup", {"email": "ADA@example.com", "password": "battery horse correct",
                                                    "displayName": "A"}), 409, "email_taken")
    zoe = {"password": "correct horse battery", "displayName": "Z"}
    equal(many.anyone("POST", "v1/auth/signup", {"email": "zo\u00eb@example.com", **zoe}).status, 201)
    problem(many.anyone("POST", "v1/auth/signup", {"email": "ZOE\u0308@example.com", **zoe}), 409, "email_taken")


@test
def signing_in_wants_the_right_password(one, many):
    good = {"email": " Ada@Example.com ", "password": "correct horse battery"}
    answer = many.anyone("POST", "v1/auth/login", good)
    equal(answer.status, 200)
    holds("HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age=2592000" in answer.headers["set-cookie"])
    holds("Secure" not in answer.headers["set-cookie"])
    equal(answer.headers["cache-control"], "no-store")
    equal(answer.json["expiresIn"], 900)
    wrong = many.anyone("POST", "v1/auth/login", {**good, "password": "wrong"})
    nobody = many.anyone("POST", "v1/auth/login", {**good, "email": "eve@example.com"})
    problem(wrong, 401, "invalid_credentials")
    equal({**wrong.json, "requestId": ""}, {**nobody.json, "requestId": ""})


@test
def a_request_without_a_good_token_is_refused(one, many):
    for path in ["v1/auth/me", "v1/profiles", "v1/sessions", "v1/transcripts/x"]:
        problem(many.anyone("GET", path), 401, "unauthorized")
    me = many.anyone("GET", "v1/auth/me", Authorization="Bearer x.y.z")
    problem(me, 401, "unauthorized")
    equal(me.headers["www-authenticate"], "Bearer")
    head, payload, signature = many.ada.token.split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    for token in [f"{none}.{payload}.", f"{none}.{payload}.{signature}", f"{head}.{payload}.", f"{head}.{payload}"]:
        problem(many.anyone("GET", "v1/auth/me", Authorization=f"Bearer {token}"), 401, "unauthorized")
    problem(many.anyone("GET", "v1/auth/me", Authorization="Basic YTpi"), 401, "unauthorized")


@test
def the_cookie_alone_changes_nothing(one, many):
    client = many.sign_up("cookie@example.com", "C")
    client.token = None
    problem(client("POST", "v1/profiles", {"name": "x"}, Cookie=client.cookie), 401, "unauthorized")
    problem(client("DELETE", "v1/auth/me", Cookie=client.cookie), 401, "unauthorized")
    for path in ["v1/auth/refresh", "v1/auth/logout"]:
        problem(client("POST", path, Cookie=client.cookie, Origin="https://evil.example"), 403, "forbidden_origin")
    origin = f"http://127.0.0.1:{many.server.port}"
    equal(client("POST", "v1/auth/refresh", Cookie=client.cookie, Origin=origin).status, 200)
    for path in ["v1/auth/refresh", "v1/auth/logout"]:  # a browser that does not say where from, or no browser
        answer = client("POST", path, Cookie=client.cookie)
        problem(answer, 403, "forbidden_origin")
        holds("refreshToken" in answer.json["detail"], "it does not say what to do instead")
    equal(client("POST", "v1/auth/refresh", {"refreshToken": client.cookie.split("=", 1)[1]}).status, 200)
    equal(client("POST", "v1/auth/refresh", Cookie=client.cookie, Authorization="Bearer expired").status, 200)
    equal(client("POST", "v1/auth/refresh", **{"Cookie": client.cookie, "Sec-Fetch-Site": "same-origin"}).status, 200)
    problem(client("POST", "v1/auth/refresh", **{"Cookie": client.cookie, "Sec-Fetch-Site": "same-site"}), 403, "forbidden_origin")
    answer = client("POST", "v1/auth/logout", Cookie=client.cookie, Origin=origin)
    equal(answer.status, 204)
    holds("Max-Age=0" in answer.headers["set-cookie"])


@test
def a_refresh_token_works_once_and_its_second_use_ends_the_family(one, many):
    client = many.sign_up("refresh@example.com", "R")
    first = client.refresh
    second = many.anyone("POST", "v1/auth/refresh", {"refreshToken": first}).json["refreshToken"]
    third = many.anyone("POST", "v1/auth/refresh", {"refreshToken": second}).json["refreshToken"]
    problem(many.anyone("POST", "v1/auth/refresh", {"refreshToken": first}), 401, "refresh_reused")
    problem(many.anyone("POST", "v1/auth/refresh", {"refreshToken": third}), 401, "unauthorized")
    problem(many.anyone("POST", "v1/auth/refresh"), 401, "unauthorized")
    problem(many.anyone("POST", "v1/auth/refresh", {"refreshToken": ""}), 422, "invalid_fields", "/refreshToken")
    equal(many.anyone("POST", "v1/auth/logout", {"refreshToken": third}).status, 204)
    equal(many.anyone("POST", "v1/auth/logout").status, 204)


@test
def what_a_user_changes_of_itself_stays(one, many):
    me = many.ada("PATCH", "v1/auth/me", {"displayName": " Ada L. ", "settings": {"theme": "dark", "preferredLLM": "groq"}})
    equal(me.status, 200)
    equal(me.json["displayName"], "Ada L.")
    me = many.ada("PATCH", "v1/auth/me", {"settings": {"preferredLLM": None}})
    equal((me.json["settings"]["theme"], me.json["settings"]["preferredLLM"]), ("dark", None))
    equal(many.ada("GET", "v1/auth/me").json, me.json)
    problem(many.ada("PATCH", "v1/auth/me", {}), 422, "invalid_fields", "")
    problem(many.ada("PATCH", "v1/auth/me", {"settings": {"theme": "pink", "x": 1}}), 422, "invalid_fields", "/settings/theme")
    problem(many.ada("PATCH", "v1/auth/me", {"displayName": None}), 422, "invalid_fields", "/displayName")
    problem(many.ada("PATCH", "v1/auth/me", "nope"), 400, "invalid_json")


@test
def every_setting_is_kept_and_one_that_is_not_known_is_named(one, many):
    settings = {"preferredLLM": "ollama", "audioDevice": "Built-in", "language": "de", "voiceId": "v1", "theme": "light",
                "retentionDays": 7}
    client = many.sign_up("settings@example.com", "S")
    equal(client("PATCH", "v1/auth/me", {"settings": settings}).json["settings"], settings)
    equal(client("GET", "v1/auth/me").json["settings"], settings)
    for name, value in [("preferredLLM", 7), ("audioDevice", "x" * 257), ("language", "Deutsch"), ("voiceId", []), ("theme", None),
                        ("retentionDays", 0), ("retentionDays", 3651), ("retentionDays", "7"), ("colour", "red")]:
        problem(client("PATCH", "v1/auth/me", {"settings": {name: value}}), 422, "invalid_fields", f"/settings/{name}")
    equal(client("GET", "v1/auth/me").json["settings"], settings)


PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(40)


@test
def who_answers_is_ones_own_to_choose(one, many):
    client = many.sign_up("choice@example.com", "C")
    listed = client("GET", "v1/auth/me/providers").json
    equal((listed["ordered"], listed["addresses"]), (False, False))
    changed = client("PATCH", "v1/auth/me/providers/groq", {"key": "gsk-0123456789-wxyz"}).json["items"][0]
    equal((changed["name"], changed["whose"], changed["key"]), ("groq", "own", {"lastFour": "wxyz"}))
    equal(client("PUT", "v1/auth/me/providers", {"order": []}).json["items"][0]["used"], False)
    problem(client("PUT", "v1/auth/me/providers", {"order": ["groq", "groq"]}), 422, "invalid_fields", "/order")
    problem(client("PATCH", "v1/auth/me/providers/groq", {"url": "http://127.0.0.1/v1"}), 403, "not_operator")
    problem(client("PATCH", "v1/auth/me/providers/groq", {"key": "has a space"}), 422, "invalid_fields", "/key")
    equal(client("POST", "v1/auth/me/providers/azure/test", {}).json["works"], False)
    equal([item["key"] for item in many.ada("GET", "v1/auth/me/providers").json["items"] if item["name"] == "groq"], [None])


@test
def a_photo_is_known_by_its_bytes_and_given_to_its_owner_alone(one, many):
    client = many.sign_up("photo@example.com", "P")
    equal(client("GET", "v1/auth/me").json["photoURL"], None)
    problem(client("GET", "v1/auth/me/photo"), 404, "not_found")
    problem(client("DELETE", "v1/auth/me/photo"), 404, "not_found")
    jpeg, webp = b"\xff\xd8\xff\xe0" + bytes(40), b"RIFF\x24\0\0\0WEBPVP8 " + bytes(30)
    seen = set()
    for data, kind in [(PNG, "image/png"), (jpeg, "image/jpeg"), (webp, "image/webp")]:
        user = client("PUT", "v1/auth/me/photo", data, Content_Type="image/png")  # whatever it is called
        equal(user.status, 200)
        seen.add(user.json["photoURL"])
        holds(user.json["photoURL"].startswith("/api/v1/auth/me/photo?v="), user.json["photoURL"])
        answer = client("GET", user.json["photoURL"][5:])
        equal((answer.status, answer.headers["content-type"], answer.body), (200, kind, data))
        equal(answer.headers["content-security-policy"], "default-src 'none'; sandbox")
        equal(answer.headers["x-content-type-options"], "nosniff")
        equal(answer.headers["cache-control"], "no-store")
    equal(len(seen), 3)
    for data in [b"", b"<svg onload=alert(1)>" + bytes(40), b"GIF89a" + bytes(40), PNG[:20], b"RIFF....WAVEfmt " + bytes(20)]:
        problem(client("PUT", "v1/auth/me/photo", data, Content_Type="image/png"), 415, "unsupported_media")
    problem(client("PUT", "v1/auth/me/photo", PNG, Content_Type="image/svg+xml"), 415, "unsupported_media")
    problem(client("PUT", "v1/auth/me/photo", PNG + bytes(256 << 10), Content_Type="image/png"), 413, "too_large")
    equal(client("GET", "v1/auth/me/photo").body, webp)
    problem(many.ada("GET", "v1/auth/me/photo"), 404, "not_found")
    problem(many.anyone("GET", "v1/auth/me/photo"), 401, "unauthorized")
    equal(client("DELETE", "v1/auth/me/photo").status, 204)
    equal(client("GET", "v1/auth/me").json["photoURL"], None)
    client("PUT", "v1/auth/me/photo", PNG, Content_Type="image/png")
    for url in ["http://example.com/a.png", "javascript:alert(1)", "https://", "https:///a", "https://a b", "//example.com", "https://a/\"><b"]:
        problem(client("PATCH", "v1/auth/me", {"photoURL": url}), 422, "invalid_fields", "/photoURL")
    equal(client("PATCH", "v1/auth/me", {"photoURL": "https://example.com/me.png?s=1#x"}).json["photoURL"], "https://example.com/me.png?s=1#x")
    problem(client("GET", "v1/auth/me/photo"), 404, "not_found")
    equal(client("PATCH", "v1/auth/me", {"photoURL": None}).json["photoURL"], None)


@test
def all_of_ones_data_is_an_archive(one, many):
    answer = one.me("GET", "v1/auth/me/export")
    equal((answer.status, answer.body[:4]), (200, b"PK\3\4"))
    problem(many.anyone("GET", "v1/auth/me/export"), 401, "unauthorized")


@test
def sign_ins_are_listed_and_ended_one_by_one_or_all_others(one, many):
    first = many.sign_up("devices@example.com", "D")
    good = {"email": "devices@example.com", "password": "correct horse battery"}
    agents = ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "curl/8.5.0"]
    others = []
    for agent in agents:
        client = Client(many.server, many.contract)
        answer = client("POST", "v1/auth/login", good, User_Agent=agent)
        client.token, client.refresh = answer.json["accessToken"], answer.json["refreshToken"]
        others.append(client)
    items = first("GET", "v1/auth/sign-ins").json["items"]
    equal([item["program"] for item in items], ["curl", "Firefox on Linux", None])
    equal([item["current"] for item in items], [False, False, True])
    equal({item["address"] for item in items}, {"127.0.0.1"})
    holds(all(item["beganAt"] <= item["lastSeenAt"] < item["expiresAt"] for item in items), items)
    renewed = others[0]("POST", "v1/auth/refresh", {"refreshToken": others[0].refresh}, User_Agent=agents[0]).json
    others[0].token = renewed["accessToken"]
    again = first("GET", "v1/auth/sign-ins").json["items"]
    equal([item["program"] for item in again], ["Firefox on Linux", "curl", None])
    equal((again[0]["id"], again[0]["beganAt"]), (items[1]["id"], items[1]["beganAt"]))
    holds(again[0]["lastSeenAt"] > items[1]["lastSeenAt"], again)
    problem(many.ada("DELETE", f"v1/auth/sign-ins/{items[0]['id']}"), 404, "not_found")
    equal(others[1]("GET", "v1/auth/me").status, 200)
    equal(first("DELETE", f"v1/auth/sign-ins/{items[0]['id']}").status, 204)
    problem(others[1]("GET", "v1/auth/me"), 401, "unauthorized")
    problem(first("DELETE", f"v1/auth/sign-ins/{items[0]['id']}"), 404, "not_found")
    equal(first("DELETE", "v1/auth/sign-ins").status, 204)
    problem(others[0]("GET", "v1/auth/me"), 401, "unauthorized")
    equal([item["current"] for item in first("GET", "v1/auth/sign-ins").json["items"]], [True])
    answer = first("DELETE", f"v1/auth/sign-ins/{items[2]['id']}")
    equal(answer.status, 204)
    holds("Max-Age=0" in answer.headers["set-cookie"], answer.headers)
    problem(first("GET", "v1/auth/me"), 401, "unauthorized")


@test
def an_operator_looks_after_the_accounts_of_others(one, many):
    problem(many.ada("GET", "v1/admin/users"), 403, "not_operator")
    problem(many.anyone("GET", "v1/admin/users"), 401, "unauthorized")
    equal([user["email"] for user in one.me("GET", "v1/admin/users").json["items"]], [None])  # the local owner is one
    problem(one.me("POST", "v1/admin/users", {"email": "a@example.com", "displayName": "A"}), 403, "accounts_off")
    boss = many.sign_up("boss@example.com", "Boss")
    id = boss("GET", "v1/auth/me").json["id"]
    done = subprocess.run([many.program[0], "admin", "role", "boss@example.com", "admin", f"--data={many.server.dir}"],
                          capture_output=True, text=True)
    equal((done.returncode, done.stderr), (0, ""))
    equal(boss("GET", "v1/auth/me").json["role"], "admin")
    equal(many.ada("GET", "v1/auth/me").json["role"], "user")

    made = boss("POST", "v1/admin/users", {"email": "New@example.com", "displayName": "New"})
    equal(made.status, 201)
    new = made.json["user"]
    equal((new["email"], new["role"], new["disabledAt"]), ("new@example.com", "user", None))
    equal(made.headers["location"], f"/api/v1/admin/users/{new['id']}")
    problem(boss("POST", "v1/admin/users", {"email": "new@EXAMPLE.com", "displayName": "N"}), 409, "email_taken")
    problem(boss("POST", "v1/admin/users", {"email": "x", "displayName": "N", "role": "king"}), 422, "invalid_fields", "/role")
    problem(many.anyone("POST", "v1/auth/login", {"email": "new@example.com", "password": "anything at all"}), 401, "invalid_credentials")
    token = made.json["link"].split("#")[1]
    holds(made.json["link"] == f"http://127.0.0.1:{many.server.port}/reset/#{token}", made.json["link"])
    for word in ["short", "password123"]:
        problem(many.anyone("POST", "v1/auth/reset", {"token": token, "password": word}), 422, "invalid_fields", "/password")
    equal(many.anyone("POST", "v1/auth/reset", {"token": token, "password": "correct horse battery"}).status, 204)
    problem(many.anyone("POST", "v1/auth/reset", {"token": token, "password": "correct horse battery"}), 401, "link_expired")
    for wrong in ["x", "rp_" + "A" * 43, token.replace("rp_", "rt_")]:
        problem(many.anyone("POST", "v1/auth/reset", {"token": wrong, "password": "correct horse battery"}), 401, "link_expired")
    problem(one.me("POST", "v1/auth/reset", {"token": token, "password": "correct horse battery"}), 403, "accounts_off")
    client = Client(many.server, many.contract)
    good = {"email": "new@example.com", "password": "correct horse battery"}
    client.token = client("POST", "v1/auth/login", good).json["accessToken"]

    place = f"v1/admin/users/{new['id']}"
    equal(boss("DELETE", place + "/sign-ins").status, 204)
    problem(client("GET", "v1/auth/me"), 401, "unauthorized")
    client.token = client("POST", "v1/auth/login", good).json["accessToken"]
    disabled = boss("PATCH", place, {"disabled": True})
    equal(disabled.status, 200)
    holds(disabled.json["disabledAt"], disabled.json)
    problem(client("GET", "v1/auth/me"), 401, "unauthorized")
    problem(many.anyone("POST", "v1/auth/login", good), 403, "account_disabled")
    problem(many.anyone("POST", "v1/auth/login", {**good, "password": "wrong"}), 401, "invalid_credentials")
    problem(boss("POST", place + "/reset"), 409, "conflict")
    equal(boss("PATCH", place, {"disabled": False, "role": "admin"}).json["role"], "admin")
    client.token = client("POST", "v1/auth/login", good).json["accessToken"]
    equal(client("GET", place).json["email"], "new@example.com")
    link = client("POST", place + "/reset")
    equal(link.status, 201)
    equal(boss("PATCH", place, {"role": "user"}).status, 200)
    problem(client("GET", place), 403, "not_operator")
    for answer in [boss("PATCH", f"v1/admin/users/{id}", {"role": "user"}), boss("DELETE", f"v1/admin/users/{id}")]:
        problem(answer, 409, "conflict")
    problem(boss("PATCH", place, {}), 422, "invalid_fields", "")
    page = boss("GET", "v1/admin/users?limit=2")
    equal([user["id"] for user in page.json["items"]], [new["id"], id])
    equal(boss("GET", f"v1/admin/users?limit=1&cursor={page.json['nextCursor']}").status, 200)
    equal(boss("DELETE", place).status, 204)
    for answer in [boss("GET", place), boss("DELETE", place), boss("PATCH", place, {"role": "user"}), boss("POST", place + "/reset"),
                   boss("DELETE", place + "/sign-ins")]:
        problem(answer, 404, "not_found")
    problem(many.anyone("POST", "v1/auth/login", good), 401, "invalid_credentials")
    holds(new["id"] not in json.dumps(audit_lines(many.server)))


@test
def without_a_mail_server_that_is_said_to_everybody_alike(one, many):
    problem(one.me("POST", "v1/auth/forgot", {"email": "ada@example.com"}), 403, "accounts_off")
    for email in ["ada@example.com", "nobody@example.com"]:
        problem(many.anyone("POST", "v1/auth/forgot", {"email": email}), 503, "unavailable")
    problem(many.anyone("POST", "v1/auth/forgot", {"email": "no"}), 422, "invalid_fields", "/email")


@test
def a_password_is_changed_by_who_knows_it(one, many):
    client = many.sign_up("password@example.com", "P")
    change = {"current": "correct horse battery", "new": "battery horse correct"}
    problem(client("POST", "v1/auth/password", {**change, "current": "wrong"}), 401, "invalid_credentials")
    for new in ["short", "Password123", "zzzzzzzzzzzz", 7]:
        problem(client("POST", "v1/auth/password", {**change, "new": new}), 422, "invalid_fields", "/new")
    problem(client("POST", "v1/auth/password", '{"current":"a\\u0000b","new":"battery horse correct"}'), 400, "invalid_json")
    problem(many.anyone("POST", "v1/auth/password", change), 401, "unauthorized")
    problem(one.me("POST", "v1/auth/password", change), 403, "accounts_off")
    equal(client("POST", "v1/auth/password", change).status, 204)
    equal(client("GET", "v1/auth/me").status, 200)
    good = {"email": "password@example.com", "password": "battery horse correct"}
    equal(many.anyone("POST", "v1/auth/login", good).status, 200)
    problem(many.anyone("POST", "v1/auth/login", {**good, "password": "correct horse battery"}), 401, "invalid_credentials")


@test
def passwords_that_are_tried_first_are_refused_and_length_is_counted_in_characters(one, many):
    def attempt(password):
        return many.anyone("POST", "v1/auth/signup", {"email": "pw@example.com", "password": password, "displayName": "P"})
    for password in ["password123", "QWERTYUIOP", "1111111111", "\u00e4" * 9, "x" * 201]:
        problem(attempt(password), 422, "invalid_fields", "/password")
    problem(attempt("correct horse\0 battery"), 400, "invalid_json")
    equal(attempt("\u00e4\u00f6\u00fc\u00df\u00e9\U0001f40e\u00e8\u00ea\u00eb\u00ef").status, 201)


PROFILE = {"name": " Platform engineer ", "role": "Senior", "yearsExperience": 7.5, "skills": [" C ", "SQL"],
           "industry": "Payments", "context": "I led the move to PostgreSQL.\n\u20ac \U0001f3a4 \"quoted\" \\ \u0007"}


@test
def a_profile_is_kept_changed_and_deleted(one, many):
    made = many.ada("POST", "v1/profiles", PROFILE)
    equal(made.status, 201)
    path = made.headers["location"]
    equal(path, f"/api/v1/profiles/{made.json['id']}")
    equal(made.json["name"], "Platform engineer")
    equal(made.json["skills"], ["C", "SQL"])
    equal(made.json["yearsExperience"], 7.5)
    equal(made.json["context"], PROFILE["context"])
    equal(many.ada("GET", path).json, made.json)
    changed = many.ada("PUT", path, {"name": "Only a name"})
    equal(changed.status, 200)
    equal((changed.json["skills"], changed.json["context"], changed.json["yearsExperience"]), ([], "", 0))
    equal(changed.json["createdAt"], made.json["createdAt"])
    holds(changed.json["updatedAt"] >= made.json["updatedAt"])
    equal(many.ada("GET", "v1/profiles").json["items"][0], changed.json)
    again = many.ada("PATCH", path, {"role": " Lead ", "skills": ["Go"]}).json
    equal({**again, "updatedAt": 0}, {**changed.json, "role": "Lead", "skills": ["Go"], "updatedAt": 0})
    equal(many.ada("PATCH", path, {"yearsExperience": 3, "context": "c"}).json["skills"], ["Go"])
    problem(many.ada("PATCH", path, {"name": " "}), 422, "invalid_fields", "/name")
    problem(many.ada("PATCH", path, {}), 422, "invalid_fields")
    problem(many.ada("PUT", path, {"name": ""}), 422, "invalid_fields", "/name")
    problem(many.ada("PUT", path, "{"), 400, "invalid_json")
    equal(many.ada("DELETE", path).status, 204)
    problem(many.ada("GET", path), 404, "not_found")
    problem(many.ada("DELETE", path), 404, "not_found")
    problem(many.ada("PUT", path, PROFILE), 404, "not_found")
    problem(many.ada("PATCH", path, {"role": "x"}), 404, "not_found")


RESUME = """Zo\u00eb M\u00fcller
Platform engineer

Acme GmbH, platform engineer, 2019 to 2023
- When I came the nightly close took 4 hours. I was asked to halve it. I split the ledger by month. It now takes 35 minutes.
- Cut the cost of the clusters by 38 percent, saving 30,000 euros.

SKILLS
Go, PostgreSQL
"""


@test
def a_resume_is_understood_before_it_is_saved(one, many):
    seen = many.ada("POST", "v1/profiles/preview", {"context": RESUME})
    equal(seen.status, 200)
    equal([seen.json[k] for k in ("name", "role", "yearsExperience", "skills")], ["Zo\u00eb M\u00fcller", "Platform engineer", 4, ["Go", "PostgreSQL"]])
    first, second = seen.json["stories"]
    equal([p["part"] for p in first["parts"]], ["situation", "task", "action", "result"])
    equal(first["missing"], [])
    equal(second["missing"], ["task"])
    equal(second["heading"], "Acme GmbH, platform engineer, 2019 to 2023")
    holds(all(story["text"] in RESUME for story in seen.json["stories"]))
    equal(many.ada("POST", "v1/profiles/preview", {"context": ""}).json,
          {"name": "", "role": "", "yearsExperience": None, "skills": [], "stories": []})
    problem(many.ada("POST", "v1/profiles/preview", {}), 422, "invalid_fields", "/context")
    problem(many.ada("POST", "v1/profiles/preview", {"context": "\u20ac" * 21846}), 422, "invalid_fields", "/context")
    problem(many.ada("GET", "v1/profiles/preview"), 405, "method_not_allowed")


@test
def a_posting_is_held_against_a_profile(one, many):
    path = many.ada("POST", "v1/profiles", {"name": "Z", "context": RESUME, "yearsExperience": 4, "skills": ["PostgreSQL"]}).headers["location"]
    posting = "What you bring\n- cutting the cost of clusters\n- PostgreSQL\n- COBOL\n- 10 years of cutting costs\n\nBenefits\n- 30 days of leave\n"
    match = many.ada("POST", f"{path}/match", {"jobDescription": posting}).json
    equal([(r["text"], r["found"]) for r in match["requirements"]],
          [("cutting the cost of clusters", "story"), ("PostgreSQL", "mention"), ("COBOL", "nothing"), ("10 years of cutting costs", "nothing")])
    equal((match["covered"], match["total"], match["by"]), (2, 4, "words"))
    holds(match["requirements"][0]["source"]["quote"].startswith("Cut the cost of the clusters"))
    equal(match["requirements"][1]["source"], {"field": "context", "heading": "SKILLS", "quote": "Go, PostgreSQL"})
    equal(many.ada("POST", f"{path}/match", {"jobDescription": ""}).json["requirements"], [])
    problem(many.ada("POST", f"{path}/match", {}), 422, "invalid_fields", "/jobDescription")
    problem(many.bob("POST", f"{path}/match", {"jobDescription": posting}), 404, "not_found")
    equal(many.ada("DELETE", path).status, 204)


@test
def members_of_a_profile_that_change_at_once_are_all_kept(one, many):
    path = many.ada("POST", "v1/profiles", {"name": "Two tabs"}).headers["location"]
    for n in range(20):
        changes = [{"role": f"role {n}"}, {"industry": f"industry {n}"}, {"context": f"context {n}"}]
        threads = [threading.Thread(target=Client(many.server, many.contract, many.ada.token), args=("PATCH", path, change)) for change in changes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        now = many.ada("GET", path).json
        equal((now["role"], now["industry"], now["context"]), (f"role {n}", f"industry {n}", f"context {n}"))


@test
def a_bad_profile_is_told_field_by_field(one, many):
    bad = {"name": "  ", "skills": ["ok", "", 3, "x" * 65], "yearsExperience": 81, "context": "x" * 65537, "role": 5,
           "a/b~c": 1}
    answer = many.ada("POST", "v1/profiles", bad)
    problem(answer, 422, "invalid_fields", "/name")
    equal({e["field"] for e in answer.json["errors"]},
          {"/name", "/skills/1", "/skills/2", "/skills/3", "/yearsExperience", "/context", "/role", "/a~1b~0c"})
    problem(many.ada("POST", "v1/profiles", {"name": "x", "context": "\u20ac" * 21846}), 422, "invalid_fields", "/context")
    problem(many.ada("POST", "v1/profiles", b'{"name":"\xff"}'), 400, "invalid_json")
    problem(many.ada("POST", "v1/profiles", {"name": "x", "skills": ["a"] * 101}), 422, "invalid_fields", "/skills")
    answer = many.ada("POST", "v1/profiles", b" " * (2 << 20))
    problem(answer, 413, "too_large")
    many.ada.connection.close()


@test
def lists_come_in_pages_newest_first(one, many):
    client = many.sign_up("pages@example.com", "P")
    made = [client("POST", "v1/sessions", {}).json["id"] for _ in range(7)]
    seen, cursor = [], ""
    while cursor is not None:
        page = client("GET", "v1/sessions?limit=3" + (f"&cursor={cursor}" if cursor else "")).json
        seen += [s["id"] for s in page["items"]]
        cursor = page["nextCursor"]
    equal(seen, made[::-1])
    client("PUT", f"v1/sessions/{made[2]}", {"status": "completed"})
    equal([s["id"] for s in client("GET", "v1/sessions?status=completed").json["items"]], [made[2]])
    equal(len(client("GET", "v1/sessions?status=active").json["items"]), 6)
    for query, field in [("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("cursor=!", "cursor"),
                         ("cursor=", "cursor"), ("status=done", "status")]:
        problem(client("GET", f"v1/sessions?{query}"), 422, "invalid_fields", field)
    for path in ["v1/profiles", f"v1/sessions/{made[0]}/transcripts"]:
        problem(client("GET", f"{path}?limit=0"), 422, "invalid_fields", "limit")
        problem(client("GET", f"{path}?cursor=!"), 422, "invalid_fields", "cursor")
    problem(client("GET", f"v1/sessions/{made[0]}/transcripts?order=up"), 422, "invalid_fields", "order")
    equal(client("GET", f"v1/sessions/{made[0]}/transcripts").json, {"items": [], "nextCursor": None})


@test
def a_session_is_begun_completed_and_deleted(one, many):
    profile = many.ada("POST", "v1/profiles", PROFILE).json["id"]
    made = many.ada("POST", "v1/sessions", {"profileId": profile, "jobDescription": "We look for \u201cyou\u201d.", "language": "de-CH",
                                            "llmProvider": "groq", "model": None})
    equal(made.status, 201)
    path = made.headers["location"]
    session = made.json
    equal(many.ada("GET", "v1/search?q=look").json["items"][0]["session"]["id"], session["id"])
    equal((session["status"], session["completedAt"], session["duration"], session["questionCount"]), ("active", None, 0, 0))
    equal(session["metadata"], {"llmProvider": "groq", "model": None, "language": "de-CH"})
    equal(many.ada("GET", path).json, session)
    done = many.ada("PUT", path, {"status": "completed"}).json
    holds(done["completedAt"] >= done["createdAt"])
    equal({**done, "status": 0, "completedAt": 0, "duration": 0}, {**session, "status": 0, "completedAt": 0, "duration": 0})
    again = many.ada("PUT", path, {"status": "abandoned", "language": "auto"}).json
    equal(again["completedAt"], done["completedAt"])
    back = many.ada("PUT", path, {"status": "active", "profileId": None, "jobDescription": ""}).json
    equal((back["completedAt"], back["duration"], back["profileId"], back["jobDescription"]), (None, 0, None, ""))
    equal(back["metadata"]["language"], "auto")
    problem(many.ada("PUT", path, {}), 422, "invalid_fields", "")
    problem(many.ada("PUT", path, {"status": "done"}), 422, "invalid_fields", "/status")
    problem(many.ada("PUT", path, "{"), 400, "invalid_json")
    problem(many.ada("POST", "v1/sessions", {"language": "english"}), 422, "invalid_fields", "/language")
    problem(many.ada("POST", "v1/sessions", {"profileId": "nope"}), 422, "invalid_fields", "/profileId")
    problem(many.bob("POST", "v1/sessions/create", {"profileId": profile}), 422, "invalid_fields", "/profileId")
    problem(many.bob("POST", "v1/sessions/create", "{"), 400, "invalid_json")
    problem(many.ada("POST", "v1/sessions", "{"), 400, "invalid_json")
    alias = many.ada("POST", "v1/sessions/create", {})
    equal(alias.status, 201)
    equal(many.ada("DELETE", path).status, 204)
    problem(many.ada("GET", path), 404, "not_found")
    problem(many.ada("DELETE", path), 404, "not_found")
    problem(many.ada("PUT", path, {"status": "active"}), 404, "not_found")


@test
def sessions_are_filtered_by_state_time_profile_role_and_provider(one, many):
    user = many.sign_up("filters@example.com", "Filters")
    nurse = user("POST", "v1/profiles", {**PROFILE, "name": "Me", "role": "Infirmière en chef"}).json["id"]
    chef = user("POST", "v1/profiles", {**PROFILE, "name": "Me too", "role": "Chef"}).json["id"]
    made = []
    for day in range(1, 7):
        file = a_file()
        file["session"].update(profileId=nurse if day % 2 else chef, createdAt=f"2026-05-0{day}T09:20:00.000Z",
                               status="completed" if day % 3 else "abandoned")
        if day not in (2, 5):  # in these groq answered
            file["transcripts"] = []
        made.append(user("POST", "v1/sessions/import", file).json["id"])

    def days(query, path="v1/sessions"):
        found, cursor = [], ""
        while True:
            page = user("GET", f"{path}?limit=2&{query}{cursor}").json
            found += [1 + made.index((item.get("session") or item)["id"]) for item in page["items"]]
            if not page["nextCursor"]:
                return found
            cursor = "&cursor=" + page["nextCursor"]

    for path in ("v1/sessions", "v1/search"):
        q = "&q=payments" if path == "v1/search" else ""
        equal(days(q, path), [6, 5, 4, 3, 2, 1])
        equal(days("from=2026-05-03" + q, path), [6, 5, 4, 3])
        equal(days("to=2026-05-03" + q, path), [3, 2, 1])
        equal(days("from=2026-05-03T09:20:00.001Z&to=2026-05-05T11:20:00%2B02:00" + q, path), [5, 4])
        equal(days("status=abandoned" + q, path), [6, 3])
        equal(days(f"profileId={chef}" + q, path), [6, 4, 2])
        equal(days("role=chef" + q, path), [6, 5, 4, 3, 2, 1])
        equal(days("role=infirmiere" + q, path), [5, 3, 1])
        equal(days(f"role=chef&profileId={chef}&from=2026-05-03" + q, path), [6, 4])
        equal(days("role=pilot" + q, path), [])
        equal(days("provider=groq" + q, path), [5, 2])
        equal(days(f"provider=groq&profileId={chef}" + q, path), [2])
        equal(days("provider=gro" + q, path), [])
        equal(days(f"profileId={'0' * 26}" + q, path), [])
        for bad, field in [("from=yesterday", "from"), ("to=2026-13-01", "to"), ("profileId=!", "profileId"), ("role=", "role"), ("role=" + "x" * 121, "role"), ("provider=", "provider"),
                           ("status=done", "status"), ("from=1969-01-01", "from"), ("cursor=!", "cursor"), ("limit=0", "limit")]:
            problem(user("GET", f"{path}?{bad}{q}"), 422, "invalid_fields", field)


@test
def words_are_found_wherever_they_were_said(one, many):
    user = many.sign_up("search@example.com", "Search")
    first = user("POST", "v1/sessions/import", a_file()).json["id"]
    user("POST", "v1/sessions", {"title": "Globex, systems design"})
    found = user("GET", "v1/search?q=ledger+GR%C3%96%C3%9FER+ACME").json
    equal([item["session"]["id"] for item in found["items"]], [first])
    equal(found["complete"], True)
    head, line = found["items"][0]["matches"]
    equal((head["field"], head["transcriptId"], head["excerpt"]), ("title", None, "Acme, second round"))
    equal((line["field"], line["questionNumber"], line["excerpt"]), ("answer", 1, "Because of the ledger — größer."))
    equal([line["excerpt"][m["start"]:m["end"]] for m in line["marks"]], ["ledger", "größer"])
    equal(user("GET", f"v1/transcripts/{line['transcriptId']}").json["answer"], line["excerpt"])
    equal(user("GET", "v1/search?q=why+rus").json["items"][0]["matches"][0]["field"], "question")
    equal(user("GET", "v1/search?q=good").json["items"][0]["matches"][0]["field"], "line")
    equal(user("GET", "v1/search?q=globex").json["items"][0]["session"]["title"], "Globex, systems design")
    equal(many.bob("GET", "v1/search?q=globex").json["items"], [])
    user("PATCH", f"v1/sessions/{first}", {"title": "Initech"})
    equal(user("GET", "v1/search?q=acme").json["items"], [])
    equal(len(user("GET", "v1/search?q=initech").json["items"]), 1)
    user("DELETE", f"v1/sessions/{first}")
    equal(user("GET", "v1/search?q=ledger").json["items"], [])
    for bad in ("", "q=", "q=" + 201 * "x"):
        problem(user("GET", "v1/search?" + bad), 422, "invalid_fields", "q")
    problem(user("GET", "v1/search?q=%ff"), 400, "bad_request")
    equal(user("GET", "v1/search?q=%20...%20").json["items"], [])


@test
def figures_of_days_are_ones_own_or_the_operators(one, many):
    user = many.sign_up("figures@example.com", "Figures")
    file = a_file()
    file["transcripts"][2].update(question="Um so I moved it, like, away.", metrics={**METRICS, "speechMs": 6000})
    session = user("POST", "v1/sessions/import", file).json["id"]
    day = user("GET", "v1/analytics?from=2026-05-14&to=2026-05-14").json
    figures = {"totalSessions": 1, "totalQuestions": 2, "averageSessionDuration": 184, "topRoles": [PROFILE["role"]], "llmProviderUsage": {"groq": 1}}
    equal(day, {"from": "2026-05-14", "to": "2026-05-14", "scope": "own", "total": figures,
                "days": [{"date": "2026-05-14", "totalUsers": 1, **figures}]})
    item, = user("GET", "v1/analytics/progress").json["items"]
    equal((item["sessionId"], item["wordsPerMinute"], round(item["fillersPer100Words"]), item["averageScore"], item["kinds"]),
          (session, 70, 29, 82, {"technical": 1}))
    everybody = one.me("GET", "v1/analytics?scope=all")
    equal((everybody.status, everybody.json["scope"]), (200, "all"))
    problem(user("GET", "v1/analytics?scope=all"), 403, "not_operator")
    for bad, field in [("from=today", "from"), ("to=2026-13-01", "to"), ("from=2026-01-02&to=2026-01-01", "from"), ("scope=mine", "scope"),
                       ("from=2024-01-01&to=2026-01-01", "from")]:
        problem(user("GET", "v1/analytics?" + bad), 422, "invalid_fields", field)
    problem(user("GET", "v1/analytics/progress?limit=0"), 422, "invalid_fields", "limit")
    user("DELETE", f"v1/sessions/{session}")
    equal(user("GET", "v1/analytics?from=2026-05-14&to=2026-05-14").json["days"], [])
    equal(user("GET", "v1/analytics/progress").json, {"items": [], "nextCursor": None})


@test
def an_operator_is_told_roles_that_two_people_have(one, many):
    users = [many.sign_up(f"role{i}@example.com", "R") for i in range(3)]
    subprocess.run([many.program[0], "admin", "role", "role2@example.com", "admin", f"--data={many.server.dir}"],
                   check=True, capture_output=True)
    for user, roles in zip(users, (["Shared role", "Role of one alone"], ["shared ROLE"], ["The operator's own role"])):
        for role in roles:
            profile = user("POST", "v1/profiles", {"name": "p", "role": role}).json["id"]
            session = user("POST", "v1/sessions", {"profileId": profile})
            equal(session.status, 201)
    told = users[2]("GET", "v1/analytics?scope=all").json
    roles = {role.lower() for role in told["total"]["topRoles"]}
    equal(roles & {"shared role", "role of one alone", "the operator's own role"}, {"shared role", "the operator's own role"})
    equal(sorted(users[0]("GET", "v1/analytics").json["total"]["topRoles"]), ["Role of one alone", "Shared role"])
    equal([item["profileId"] is not None for item in users[0]("GET", "v1/sessions?role=ALONE").json["items"]], [True])


@test
def what_was_heard_is_corrected_and_kept(one, many):
    session = many.ada("POST", "v1/sessions/import", a_file()).json["id"]
    lines = many.ada("GET", f"v1/sessions/{session}/transcripts?order=asc").json["items"]
    line, question = (next(f"v1/transcripts/{item['id']}" for item in lines if item["question"].startswith(words)) for words in ("Good", "Why"))
    was = many.ada("GET", question).json
    fixed = many.ada("PATCH", question, {"question": "  Why rust? "})
    equal(fixed.json, {**was, "question": "Why rust?", "heard": "Why Rust?\nReally?", "answerOutdated": True})
    equal(many.ada("GET", question).json, fixed.json)
    equal(many.ada("PATCH", question, {"question": "Why iron?"}).json["heard"], "Why Rust?\nReally?")
    equal(many.ada("GET", "v1/search?q=iron").json["items"][0]["session"]["id"], session)
    told = many.ada("PATCH", line, {"question": "Good evening."}).json
    equal((told["question"], told["heard"], told.get("answerOutdated")), ("Good evening.", "Good morning.", None))
    first = exported(many.ada, session)
    again = many.ada("POST", "v1/sessions/import", many.ada("POST", f"v1/sessions/{session}/export", {"format": "json"}).json).json["id"]
    equal(exported(many.ada, again), first)
    holds("Why iron?" in many.ada("POST", f"v1/sessions/{session}/export", {"format": "md"}).body.decode())
    answered = many.ada("POST", "v1/llm/generate", {"question": "Why steel?", "transcriptId": was["id"]})
    equal(answered.status, 200)
    equal((answered.json["transcriptId"], answered.json["questionNumber"]), (was["id"], 1))
    now = many.ada("GET", question).json
    equal((now["question"], now["heard"], now.get("answerOutdated"), now["speaker"], now["timestamp"]),
          ("Why steel?", "Why Rust?\nReally?", None, "interviewer2", was["timestamp"]))
    holds(now["answer"] != was["answer"])
    equal(len(many.ada("GET", f"v1/sessions/{session}/transcripts").json["items"]), len(lines))
    equal(many.ada("GET", f"v1/sessions/{session}/recordings").json["items"], [])
    equal(many.ada("GET", f"v1/sessions/{session}").json["questionCount"], 2)
    undone = many.ada("PATCH", question, {"question": was["question"]}).json
    equal((undone["question"], "heard" in undone), (was["question"], False))
    problem(many.bob("PATCH", question, {"question": "mine"}), 404, "not_found")
    problem(many.ada("PATCH", question, {"question": " "}), 422, "invalid_fields", "/question")
    problem(many.ada("PATCH", question, {"answer": "x"}), 422, "invalid_fields", "/answer")
    problem(many.ada("PATCH", question, "{"), 400, "invalid_json")
    problem(many.ada("POST", "v1/llm/generate", {"question": "x", "transcriptId": told["id"]}), 422, "invalid_fields", "/transcriptId")
    problem(many.ada("POST", "v1/llm/generate", {"question": "x", "transcriptId": was["id"], "sessionId": again}), 422, "invalid_fields", "/transcriptId")
    problem(many.bob("POST", "v1/llm/generate", {"question": "x", "transcriptId": was["id"]}), 404, "not_found")


@test
def what_was_said_comes_as_subtitles(one, many):
    file = a_file()
    file["transcripts"][1]["question"] = " ".join(["Why would you move a ledger to Rust?"] * 8)
    file["transcripts"][1]["metrics"] = {**METRICS, "speechMs": 20000}
    session = many.ada("POST", "v1/sessions/import", file).json["id"]
    path = next(f"v1/transcripts/{item['id']}" for item in many.ada("GET", f"v1/sessions/{session}/transcripts").json["items"]
                if item["question"].startswith("Why would"))
    srt = many.ada("GET", path + "?format=srt")
    equal(srt.headers["content-type"], "application/x-subrip")
    cues = [cue.split("\n") for cue in srt.body.decode().strip().split("\n\n")]
    holds(len(cues) >= 3 and all(2 < len(cue) <= 4 and all(len(text) <= 42 for text in cue[2:]) for cue in cues))
    holds(cues[0][1].startswith("00:00:00,000 --> 00:00:0") and cues[-1][1].endswith("00:00:20,000"))
    vtt = many.ada("GET", path, Accept="text/vtt")
    equal((vtt.headers["content-type"], vtt.body[:6]), ("text/vtt", b"WEBVTT"))
    equal(many.ada("GET", path + "?format=txt").body.decode().strip(), file["transcripts"][1]["question"])
    equal(many.ada("GET", path, Accept="application/json, */*;q=0.5").headers["content-type"], "application/json")
    problem(many.ada("GET", path + "?format=pdf"), 422, "invalid_fields", "format")


@test
def a_session_has_the_name_its_owner_gives_it(one, many):
    made = many.ada("POST", "v1/sessions", {"jobDescription": "Staff engineer"}).json
    equal(made["title"], "")
    path = f"v1/sessions/{made['id']}"
    named = many.ada("PATCH", path, {"title": "  Acme, second round € "})
    equal(named.status, 200)
    equal({**named.json, "title": ""}, made)
    equal(many.ada("GET", path).json["title"], "Acme, second round €")
    equal(many.ada("GET", "v1/sessions").json["items"][0]["title"], "Acme, second round €")
    holds("# Acme, second round" in many.ada("POST", path + "/export", {"format": "md"}).body.decode(), "the export has its name")
    many.ada("PATCH", path, {"status": "completed"})
    equal(many.ada("GET", path).json["title"], "Acme, second round €")
    equal(many.ada("PUT", path, {"title": ""}).json["title"], "")
    problem(many.ada("PATCH", path, {"title": "x" * 121}), 422, "invalid_fields", "/title")
    problem(many.ada("PATCH", path, {"title": None}), 422, "invalid_fields", "/title")
    problem(many.ada("PATCH", path, {}), 422, "invalid_fields")
    problem(many.bob("PATCH", path, {"title": "mine"}), 404, "not_found")
    equal(many.ada("POST", "v1/sessions", {"title": "Named at once"}).json["title"], "Named at once")


@test
def what_is_somebody_elses_is_as_if_it_were_not_there(one, many):
    profile = many.ada("POST", "v1/profiles", PROFILE).json["id"]
    session = many.ada("POST", "v1/sessions", {"profileId": profile}).json["id"]
    for method, path, body in [("GET", f"v1/profiles/{profile}", None), ("PUT", f"v1/profiles/{profile}", PROFILE),
                               ("PATCH", f"v1/profiles/{profile}", {"role": "x"}),
                               ("DELETE", f"v1/profiles/{profile}", None), ("GET", f"v1/sessions/{session}", None),
                               ("PUT", f"v1/sessions/{session}", {"status": "completed"}),
                               ("DELETE", f"v1/sessions/{session}", None),
                               ("GET", f"v1/sessions/{session}/transcripts", None),
                               ("POST", f"v1/sessions/{session}/export", {"format": "json"})]:
        theirs = many.bob(method, path, body)
        problem(theirs, 404, "not_found")
        nothing = many.bob(method, path.replace(profile, profile[::-1]).replace(session, session[::-1]), body)
        equal({**theirs.json, "requestId": 0}, {**nothing.json, "requestId": 0})
    equal(many.bob("GET", "v1/sessions").json["items"], [])
    equal(many.ada("GET", f"v1/profiles/{profile}").status, 200)
    many.ada("DELETE", f"v1/profiles/{profile}")
    equal(many.ada("GET", f"v1/sessions/{session}").json["profileId"], None)


@test
def a_session_is_exported_in_each_format(one, many):
    profile = many.ada("POST", "v1/profiles", PROFILE).json["id"]
    session = many.ada("POST", "v1/sessions", {"profileId": profile, "jobDescription": "Payments platform."}).json
    path = f"v1/sessions/{session['id']}/export"
    day = session["createdAt"][:10]
    for kind, magic in [("json", b"{"), ("md", b"# Senior"), ("pdf", b"%PDF-"), ("docx", b"PK"), ("srt", b"")]:
        file = many.ada("POST", path, {"format": kind, "utcOffset": "-03:30"})
        equal(file.status, 200)
        equal(file.headers["content-disposition"], f'attachment; filename="interview-{day}.{kind}"')
        holds(file.body.startswith(magic), file.body[:80])
    problem(many.ada("POST", path, {"format": "odt"}), 422, "invalid_fields", "/format")
    for offset in ["Z", "+15:00", "+01:60", "01:000", "+1:000", "++1:00", "+14:01"]:
        problem(many.ada("POST", path, {"format": "md", "utcOffset": offset}), 422, "invalid_fields", "/utcOffset")
    problem(many.ada("POST", path, {}), 422, "invalid_fields", "/format")
    problem(many.ada("POST", path, "x"), 400, "invalid_json")


def exported(user, session):
    """What a session is exported as, without what is new whenever it is imported."""
    file = user("POST", f"v1/sessions/{session}/export", {"format": "json"}).json
    del file["exportedAt"], file["session"]["id"], file["session"]["userId"], file["session"]["profileId"]
    for record in file["transcripts"] + [file["profile"] or {}]:
        record.pop("id", None), record.pop("sessionId", None), record.pop("createdAt", None), record.pop("updatedAt", None)
    return file


@test
def the_recordings_of_a_session_are_its_owners(one, many):
    session = many.ada("POST", "v1/sessions", {}).json["id"]
    equal(many.ada("GET", f"v1/sessions/{session}/recordings").json["items"], [])
    problem(many.bob("GET", f"v1/sessions/{session}/recordings"), 404, "not_found")


@test
def every_route_and_every_error_is_guarded_against_pages_of_others(one, many):
    contract = many.contract
    before = len(contract.wrong)
    for user in (one.anyone, many.anyone, many.ada):
        token = {"Authorization": f"Bearer {user.token}"} if user.token else {}
        for pattern, item in contract.doc["paths"].items():
            for method in sorted(set(item) & {"get", "post", "put", "patch"}):  # what is deleted is needed by other tests
                path = re.sub(r"\{[^}]+\}", "0" * 26, pattern)
                if path in ("/api/v1/auth/me", "/api/v1/auth/logout") or "sign-ins" in path or "models" in path and method != "get":
                    continue
                answer = plain(user.server.port, method.upper(), path, b"{" if method != "get" else None, token)
                contract.guards(f"{method} {path} -> {answer[0]}", answer[1])
    port = one.server.port
    for method, path, headers in [("GET", "/api/v1/nothing", {}), ("TRACE", "/api/v1/health", {}), ("DELETE", "/api/v1/health", {}),
                                  ("OPTIONS", "/api/v1/profiles", {"Origin": "https://evil.example"}), ("GET", "/" + "x" * 20000, {}),
                                  ("GET", "/ws/transcribe", {}), ("GET", "/api/v1/health", {"Host": "a b"}), ("GET", "/nothing.js", {}),
                                  ("POST", "/api/v1/profiles", {"Content-Length": "1e9"}), ("GET", "/api/v1/health", {"X": "y" * 100000})]:
        status, found = plain(port, method, path, None, headers)
        contract.guards(f"{method} {path[:40]} {list(headers)} -> {status}", found)
        holds("access-control-allow-origin" not in found, path)
    holds(len(contract.wrong) == before, contract.wrong[before:])


def plain(port, method, path, body, headers):
    """The status and the header of an answer, whatever was asked."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    connection.close()
    return response.status, {k.lower(): v for k, v in response.getheaders()}


LATENCY = {"finalMs": 184, "outlineMs": 3, "firstTokenMs": 412, "totalMs": 1893}
SAID = [
    {"question": "Good morning.", "answer": "", "isQuestion": False, "speaker": "interviewer", "questionNumber": 1},
    {"question": "Why Rust?\nReally?", "answer": "Because of the ledger — größer.", "isQuestion": True, "speaker": "interviewer2", "voice": 0.81,
     "questionNumber": 1, "kind": "technical", "provider": "groq", "model": "llama", "finishReason": "stop", "latency": LATENCY,
     "outline": [{"text": "The ledger", "label": "Situation", "source": {"field": "context", "quote": "the ledger"}}]},
    {"question": "So I", "answer": "", "isQuestion": False, "speaker": "candidate", "questionNumber": 2, "cutOff": True},
    {"question": "And then?", "answer": "It", "isQuestion": True, "speaker": "unknown", "questionNumber": 2, "cutOff": True,
     "latency": {**LATENCY, "firstTokenMs": None, "totalMs": 893}},
]
METRICS = {"responseTime": 1.893, "wordCount": 5, "confidence": 0.93, "qualityScore": 82, "speechMs": 2100}


def a_file():
    """A session with all that it can hold, as it is exported."""
    said = [{"id": f"t{n}", "sessionId": "s", "timestamp": f"2026-05-14T09:2{n}:53.589Z", "metrics": METRICS, "audioUrl": None, **line}
            for n, line in enumerate(SAID)]
    session = {"id": "s", "userId": "u", "profileId": "0" * 26, "jobDescription": "Payments.", "status": "completed", "createdAt": "2026-05-14T09:20:00.000Z",
               "completedAt": "2026-05-14T09:40:00.000Z", "duration": 1200, "questionCount": 2, "title": "Acme, second round",
               "metadata": {"llmProvider": None, "model": None, "language": "de"}}
    profile = {"id": "p", **PROFILE, "createdAt": "2026-05-01T09:20:00.000Z", "updatedAt": "2026-05-02T09:20:00.000Z"}
    return {"exportedAt": "2026-05-15T13:13:33.589Z", "session": session, "profile": profile, "transcripts": said}


@test
def a_session_that_was_exported_is_imported_with_nothing_lost(one, many):
    newer = many.bob("POST", "v1/sessions", {}).json
    made = many.bob("POST", "v1/sessions/import", a_file())
    equal(made.status, 201)
    equal(made.headers["location"], f"/api/v1/sessions/{made.json['id']}")
    equal((made.json["title"], made.json["questionCount"], made.json["createdAt"]), ("Acme, second round", 2, "2026-05-14T09:20:00.000Z"))
    ids = [item["id"] for item in many.bob("GET", "v1/sessions").json["items"]]
    equal(made.json["duration"], 184)  # from the first word to the end of the last answer, not what the file says
    holds(ids.index(newer["id"]) < ids.index(made.json["id"]), "it stands among the sessions of its day")
    first = exported(many.bob, made.json["id"])
    equal(first["transcripts"], [{**as_exported(line), "timestamp": f"2026-05-14T09:2{n}:53.589Z"} for n, line in enumerate(SAID)])
    again = many.bob("POST", "v1/sessions/import", many.bob("POST", f"v1/sessions/{made.json['id']}/export", {"format": "json"}).json)
    equal(again.status, 201)
    equal(exported(many.bob, again.json["id"]), first)
    equal(again.json["profileId"], made.json["profileId"])  # the profile is there already
    theirs = many.ada("POST", "v1/sessions/import", many.bob("POST", f"v1/sessions/{made.json['id']}/export", {"format": "json"}).json)
    holds(theirs.json["profileId"] not in (None, made.json["profileId"]), "another user gets a profile of their own")
    problem(many.ada("GET", f"v1/sessions/{made.json['id']}"), 404, "not_found")


def as_exported(line):
    return {"metrics": METRICS, "audioUrl": None, **line}


@test
def a_file_that_is_no_session_is_refused_whole(one, many):
    before = [item["id"] for item in many.ada("GET", "v1/sessions").json["items"]]
    for change, field in [({"session": None}, "/session"), ({"transcripts": None}, "/transcripts"), ({"more": 1}, "/more"),
                          ({"session": {**a_file()["session"], "createdAt": "yesterday"}}, "/session/createdAt"),
                          ({"session": {**a_file()["session"], "createdAt": "1969-01-01T00:00:00Z"}}, "/session/createdAt"),
                          ({"transcripts": [{**a_file()["transcripts"][0], "questionNumber": 0}]}, "/transcripts/0/questionNumber"),
                          ({"transcripts": [{**a_file()["transcripts"][1], "outline": [{"text": 1}]}]}, "/transcripts/0/outline/0/text"),
                          ({"transcripts": [a_file()["transcripts"][1], a_file()["transcripts"][1]]}, "/transcripts"),
                          ({"profile": {"name": ""}}, "/profile/name")]:
        problem(many.ada("POST", "v1/sessions/import", {**a_file(), **change}), 422, "invalid_fields", field)
    problem(many.ada("POST", "v1/sessions/import", "x"), 400, "invalid_json")
    for number in ("1" + 30 * "0", "1e999"):
        problem(many.ada("POST", "v1/sessions/import", '{"session": {"duration": %s}}' % number), 422, "invalid_fields", "")
    equal([item["id"] for item in many.ada("GET", "v1/sessions").json["items"]], before)


@test
def a_timeline_says_where_the_time_went(one, many):
    session = many.ada("POST", "v1/sessions/import", a_file()).json["id"]
    line = many.ada("GET", f"v1/sessions/{session}/timeline").json
    equal([(item["questionNumber"], item["sinceStartMs"], item["speechMs"], item["provider"]) for item in line["items"]],
          [(1, 113589, 2100, "groq"), (2, 233589, 2100, "")])
    equal(line["items"][0]["stages"], [{"stage": "final", "atMs": 184}, {"stage": "outline", "atMs": 3}, {"stage": "firstToken", "atMs": 412},
                                       {"stage": "total", "atMs": 1893}])
    equal(line["stages"][3], {"stage": "total", "count": 2, "p50Ms": 893, "p90Ms": 1893, "maxMs": 1893})
    equal(line["stages"][2]["count"], 1)
    equal(many.ada("GET", f"v1/sessions/{many.ada('POST', 'v1/sessions', {}).json['id']}/timeline").json["items"], [])
    problem(many.bob("GET", f"v1/sessions/{session}/timeline"), 404, "not_found")


def form(**fields):
    lines = []
    for name, value in fields.items():
        value = value if isinstance(value, bytes) else value.encode()
        kind = b'; filename="phrase.wav"' if name == "file" else b""
        lines.append(b'--edge\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % (name.encode(), kind, value))
    return b"".join(lines) + b"--edge--\r\n"


def silence(seconds):
    data = bytes(32000 * seconds)
    return (b"RIFF" + (36 + len(data)).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little") +
            bytes.fromhex("01000100803e0000007d000002001000") + b"data" + len(data).to_bytes(4, "little") + data)


@test
def no_voice_is_learned_without_consent_or_speech(one, many):
    ada = many.sign_up("voices@example.com", "Ada")
    session = ada("POST", "v1/sessions", {}).json["id"]
    path = f"v1/sessions/{session}/voice"
    put = lambda **fields: ada("PUT", path, form(**fields), Content_Type="multipart/form-data; boundary=edge")  # noqa: E731
    equal(ada("GET", path).json, {"known": False, "speechMs": 0, "consent": None, "kept": None})
    problem(put(file=silence(4)), 422, "invalid_fields", "/consent")
    problem(put(file=silence(4), consent="  "), 422, "invalid_fields", "/consent")
    problem(put(consent="Yes"), 422, "invalid_fields", "/file")
    problem(put(file=silence(4), consent="Yes", keep="maybe"), 422, "invalid_fields", "/keep")
    problem(put(file=silence(4), consent="Yes"), 422, "invalid_fields", "/file")
    problem(put(file=b"no sound", consent="Yes"), 422, "invalid_fields", "/file")
    holds(ada("GET", path).json["consent"] is None, "nothing was learned, so nothing was agreed to")
    equal(ada("GET", f"v1/sessions/{session}/talk").json, {"speechMs": 0, "speakers": []})
    equal(ada("GET", "v1/voice").status, 204)
    problem(ada("DELETE", "v1/voice"), 404, "not_found")
    equal(ada("DELETE", path).status, 204)
    other = many.sign_up("voices2@example.com", "Bob")
    for method, where in (("GET", path), ("DELETE", path), ("GET", f"v1/sessions/{session}/talk")):
        problem(other(method, where), 404, "not_found")


@test
def models_are_for_the_operator_and_by_their_names_alone(one, many):
    owner = one.me
    items = owner("GET", "v1/models").json["items"]
    vad = next(m for m in items if m["name"] == "vad")
    equal((vad["kind"], vad["state"], vad["done"]), ("vad", "absent", 0))
    for name in ("nothing", "..%2F..%2Fkeys%2Fmaster.key", "http:%2F%2F127.0.0.1%2Fx"):
        for method, verb in (("POST", "/get"), ("POST", "/verify"), ("POST", "/cancel"), ("DELETE", "")):
            status = owner(method, f"v1/models/{name}{verb}").status
            equal((name, status), (name, 404))
    problem(owner("POST", "v1/models/vad/verify"), 404, "not_found")
    problem(owner("POST", "v1/models/vad/cancel"), 404, "not_found")
    problem(owner("DELETE", "v1/models/vad"), 404, "not_found")
    somebody = many.sign_up("models@example.com", "Ada")
    equal(somebody("GET", "v1/models").status, 200)
    for method, path in (("POST", "vad/get"), ("POST", "vad/verify"), ("POST", "vad/cancel"), ("DELETE", "vad")):
        problem(somebody(method, f"v1/models/{path}"), 403, "not_operator")


@test
def a_language_says_what_hears_it_and_what_is_missing(one, many):
    english = one.me("GET", "v1/hearing/en-GB").json
    equal((english["missing"], english["fetched"], english["mayFetch"], english["realTimeFactor"]), (None, False, True, None))
    equal((english["offer"]["name"], english["offer"]["state"]), ("base.en-q8_0", "absent"))
    for method in ("GET", "POST"):  # POST begins nothing where the server is set so
        german = one.me(method, "v1/hearing/de").json
        equal((german["language"], german["engine"], german["model"], german["offer"]), ("de", None, None, None))
        equal((german["missing"]["name"], german["missing"]["state"], german["missing"]["bytes"]), ("base-q8_0", "absent", 81768585))
        for unknown in ("xx", "tlh", "..%2Fde", "DE"):
            problem(one.me(method, f"v1/hearing/{unknown}"), 404, "not_found")
    somebody = many.sign_up("hearing@example.com", "Ada")
    equal(somebody("GET", "v1/hearing/de").json["mayFetch"], False)
    problem(many.anyone("POST", "v1/hearing/de"), 401, "unauthorized")


@test
def a_transcript_that_is_not_there_is_not_found(one, many):
    problem(many.ada("GET", "v1/transcripts/0123456789abcdefghjkmnpqrs"), 404, "not_found")
    problem(many.ada("GET", "v1/transcripts/%2e%2e%2fetc"), 404, "not_found")


@test
def erasing_oneself_erases_everything_at_once(one, many):
    client = many.sign_up("gone@example.com", "G")
    client("POST", "v1/profiles", PROFILE)
    answer = client("DELETE", "v1/auth/me")
    equal(answer.status, 204)
    problem(client("GET", "v1/auth/me"), 401, "unauthorized")
    problem(client("POST", "v1/profiles", PROFILE), 401, "unauthorized")
    problem(many.anyone("POST", "v1/auth/refresh", {"refreshToken": client.refresh}), 401, "unauthorized")
    problem(many.anyone("POST", "v1/auth/login", {"email": "gone@example.com", "password": "correct horse battery"}),
            401, "invalid_credentials")
    equal(many.sign_up("gone@example.com", "again").token is not None, True)


@test
def of_who_is_erased_the_audit_log_keeps_what_happened_but_not_who(one, many):
    client = many.sign_up("forgotten@example.com", "F")
    user = client("GET", "v1/auth/me").json["id"]
    profile = client("POST", "v1/profiles", PROFILE).json["id"]
    before = audit_lines(many.server)
    holds(any(line["user"] == user for line in before), before[-3:])
    equal(client("DELETE", "v1/auth/me").status, 204)
    problem(client("GET", "v1/auth/me"), 401, "unauthorized")
    lines = audit_lines(many.server)
    holds(user not in json.dumps(lines) and profile not in json.dumps(lines), lines[-5:])
    equal([line["number"] for line in lines], list(range(1, len(lines) + 1)))
    equal([(line["action"], line["status"]) for line in lines[: len(before)]], [(line["action"], line["status"]) for line in before])
    equal([line["user"].strip("*") for line in lines if line["action"] == "erase" and line["kind"] == "user"][-1], "")


@test
def what_is_private_is_not_on_the_disk_in_clear(one, many):
    secret = "Zebrafish-7c1d91"
    one.me("POST", "v1/profiles", {"name": "n", "context": f"I am {secret}."})
    one.me("POST", "v1/sessions", {"jobDescription": f"Wanted: {secret}.", "title": f"{secret}, round 2"})
    names = os.listdir(one.server.dir)
    holds("interview.db-wal" in names, names)
    for name in names:
        file = pathlib.Path(one.server.dir, name)
        holds(not file.is_file() or secret.encode() not in file.read_bytes(), f"{name} has it in clear")


@test
def who_comes_too_often_is_told_when_to_come_again(one, many):
    server = Server(many.program, "--accounts=on", "--requests-per-minute=5", "--sign-ins-per-minute=3")
    try:
        client = Client(server, many.contract)
        answer = client("POST", "v1/auth/signup", {"email": "a@example.com", "password": "correct horse battery",
                                                   "displayName": "A"})
        client.token = answer.json["accessToken"]
        for left in range(4, -1, -1):
            answer = client("GET", "v1/auth/me")
            equal(answer.status, 200)
            holds(answer.headers["ratelimit"].startswith(f'"default";r={left};t='), answer.headers["ratelimit"])
        answer = Client(server, Contract(), client.token)("GET", "v1/auth/me")
        problem(answer, 429, "rate_limited")
        equal(answer.headers["ratelimit-policy"], '"default";q=5;w=60')
        holds(1 <= int(answer.headers["retry-after"]) <= 60)
        tries = [client("POST", "v1/auth/login", {"email": "a@example.com", "password": "x"}) for _ in range(4)]
        equal([t.status for t in tries], [401, 401, 401, 429])
        other = client("POST", "v1/auth/login", {"email": "b@example.com", "password": "x"})
        equal(other.status, 401)
        for _ in range(20):  # the owner of the machine is not limited on it
            equal(one.me("GET", "v1/auth/me").status, 200)
    finally:
        equal(server.stop(), 0)


@test
def the_key_lies_where_only_its_owner_can_read_it(one, many):
    mode = os.stat(pathlib.Path(one.server.dir, "keys/master.key")).st_mode
    equal(oct(mode & 0o777), "0o600")


@test
def it_says_its_version(one, many):
    said = subprocess.run([many.program[0], "--version"], capture_output=True, text=True, check=True).stdout
    version = one.anyone("GET", "v1/health").json["version"]
    holds(re.fullmatch(r"\d+\.\d+\.\d+", version), version)
    holds(version in said, f"{said!r} does not say {version}")


def audit_lines(server):
    path = pathlib.Path(server.dir, "audit.jsonl")
    equal(oct(path.stat().st_mode & 0o777), "0o600")
    return [json.loads(line) for line in path.read_text().splitlines()]


@test
def the_audit_log_says_who_touched_what_and_nothing_of_it(one, many):
    many = Many(many.program, many.contract)  # of refusals the log has 60 a minute, and others made them too
    secret = "Zebrafish-7c1d92"
    made = many.bob("POST", "v1/profiles", {"name": secret, "context": secret}, User_Agent=secret).json["id"]
    many.bob("GET", f"v1/profiles/{made}")
    many.bob("GET", "v1/profiles")
    many.ada("GET", f"v1/profiles/{made}")  # not hers
    many.bob("DELETE", f"v1/profiles/{made}")
    ada, bob = (who("GET", "v1/auth/me").json["id"] for who in (many.ada, many.bob))
    lines = audit_lines(many.server)
    holds(secret not in json.dumps(lines), "the audit log tells what a record says")
    about = [(line["user"], line["action"], line["kind"], line["status"]) for line in lines if line["id"] == made]
    equal(about, [(bob, "create", "profile", 201), (bob, "read", "profile", 200), (ada, "read", "profile", 404),
                  (bob, "erase", "profile", 204)])
    holds((bob, "list", "profile", 200) in [(x["user"], x["action"], x["kind"], x["status"]) for x in lines])
    holds((bob, "signup") in [(line["user"], line["action"]) for line in lines])
    numbers = [line["number"] for line in lines]
    equal(numbers, sorted(set(numbers)))
    equal({line["address"] for line in lines if "*" not in line["user"] + line["id"]}, {"127.0.0.1"})
    holds({len(line["agent"]) for line in lines} <= {0, 16})
    equal(many.server.stop(), 0)


@test
def its_owner_reads_of_the_audit_log_what_concerns_it(one, many):
    many = Many(many.program, many.contract)  # of refusals the log has 60 a minute, and others made them too
    client = many.sign_up("audit@example.com", "A")
    good = {"email": "Audit@example.com", "password": "correct horse battery"}
    many.anyone("POST", "v1/auth/login", {**good, "password": "a guess or two"})
    many.anyone("POST", "v1/auth/login", {**good, "email": "nobody@example.com"})
    again = many.anyone("POST", "v1/auth/login", good).json["refreshToken"]
    many.anyone("POST", "v1/auth/refresh", {"refreshToken": again})
    many.anyone("POST", "v1/auth/refresh", {"refreshToken": again})
    client("POST", "v1/auth/password", {"current": "not this one", "new": "battery horse correct"})
    client("POST", "v1/auth/password", {"current": good["password"], "new": "battery horse correct"})
    client("GET", "v1/sessions")
    client("POST", "v1/sessions", {}, Origin="https://evil.example")  # nobody knows that it was she
    client("GET", "v1/sessions/0123456789abcdefghjkmnpqrs")
    many.anyone("GET", "v1/sessions/0123456789abcdefghjkmnpqrs")
    client("GET", "v1/auth/me")
    events, cursor, pages = [], "", 0
    while cursor is not None:
        page = client("GET", f"v1/audit?limit=4{'&cursor=' + cursor if cursor else ''}")
        equal(page.status, 200)
        events += page.json["items"]
        cursor, pages = page.json["nextCursor"], pages + 1
    equal([(e["action"], e["kind"], e["status"]) for e in reversed(events)], [
        ("signup", "user", 201), ("login", "user", 401), ("login", "user", 200), ("refresh", "user", 200),
        ("token_reused", "user", 401), ("password", "user", 401), ("password", "user", 204), ("list", "session", 200),
        ("read", "session", 404)])
    equal(pages, 3)
    client("POST", "v1/auth/logout")
    fresh = many.anyone("POST", "v1/auth/login", {**good, "password": "battery horse correct"}).json["accessToken"]
    newest = many.anyone("GET", "v1/audit?limit=2", Authorization=f"Bearer {fresh}").json["items"]
    equal([(e["action"], e["status"]) for e in newest], [("login", 200), ("logout", 204)])
    lines = audit_lines(many.server)
    for wanted in [("", "login", 401), ("", "create", 403), ("", "read", 401)]:
        holds(wanted in [(x["user"], x["action"], x["status"]) for x in lines], f"{wanted} is not there")
    holds("nobody@example.com" not in json.dumps(lines) and "a guess or two" not in json.dumps(lines))
    problem(many.anyone("GET", "v1/audit"), 401, "unauthorized")
    problem(many.ada("GET", "v1/audit?limit=0"), 422, "invalid_fields", "limit")
    for cursor in ["x", "-1", "0", "99999999999999999999"]:
        problem(many.ada("GET", f"v1/audit?cursor={cursor}"), 422, "invalid_fields", "cursor")
    equal(one.me("GET", "v1/audit").status, 200)
    equal(many.server.stop(), 0)


# -------------------------------------------------------------------------------------------- TAP

def main(tests=tests, ours=OURS):
    program = sys.argv[1:]
    contract = Contract()
    one, many = Single(program, contract), Many(program, contract)
    many.program = program
    failed = 0
    print(f"1..{len(tests) + 3}")
    for number, fn in enumerate(tests, 1):
        name = fn.__name__.replace("_", " ")
        try:
            fn(one, many)
            print(f"ok {number} - {name}")
        except Exception:  # noqa: BLE001
            failed += 1
            print(f"not ok {number} - {name}")
            print("# " + traceback.format_exc().replace("\n", "\n# "))
        sys.stdout.flush()
    number = len(tests) + 1

    stopped = [one.server.stop(), many.server.stop()]
    print(f"{'ok' if stopped == [0, 0] else 'not ok'} {number} - the servers stop when told ({stopped})")
    print(f"{'not ok' if contract.wrong else 'ok'} {number + 1} - contract: every answer is as documented")
    for line in contract.wrong:
        print("# " + line)
    wanted = {(method.upper(), path) for path, item in contract.doc["paths"].items() if ours.match(path)
              for method in item if method in ("get", "put", "post", "patch", "delete")}
    missed = wanted - contract.seen
    print(f"{'not ok' if missed else 'ok'} {number + 2} - contract: every documented operation was called")
    for method, path in sorted(missed):
        print(f"# {method} {path}")
    sys.exit(1 if failed or contract.wrong or missed or stopped != [0, 0] else 0)


if __name__ == "__main__":
    main()
