#!/usr/bin/env python3
"""Passkeys over real sockets, with a device made of software: openssl holds its key and signs.

    passkeys.py PROGRAM [ARG...]      as rest.py, whose contract every answer is held against
"""
import base64
import hashlib
import io
import json
import pathlib
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from rest import Client, Server, audit_lines, equal, holds, main, problem  # noqa: E402

PASSWORD = "correct horse battery"
OURS = re.compile(r".*/passkey")
PRESENT, VERIFIED, HAS_KEY = 1, 4, 64
tests = []


def test(fn):
    tests.append(fn)
    return fn


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def cbor(value):
    def head(major, n):
        return bytes([major << 5 | n]) if n < 24 else bytes([major << 5 | 24, n]) if n < 256 else struct.pack(">BH", major << 5 | 25, n)

    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, (bytes, str)):
        data = value.encode() if isinstance(value, str) else value
        return head(3 if isinstance(value, str) else 2, len(data)) + data
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())


class Device:
    """An ES256 authenticator and the browser in front of it."""

    folder = tempfile.TemporaryDirectory(prefix="interviewd-passkeys-")
    made = 0

    def __init__(self, server):
        Device.made += 1
        self.origin = f"http://localhost:{server.port}"
        self.id, self.count, self.flags, self.handle = hashlib.sha256(b"%d" % Device.made).digest(), 0, PRESENT | VERIFIED, None
        self.key = pathlib.Path(self.folder.name) / f"{Device.made}.pem"
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key], check=True, capture_output=True)
        public = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
        self.cose = cbor({1: 2, 3: -7, -1: 1, -2: public[-64:-32], -3: public[-32:]})

    def client_data(self, kind, challenge, origin=None, **more):
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin or self.origin, "crossOrigin": False, **more}).encode()

    def head(self, rp_id, flags):
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def create(self, options, **more):
        self.handle = options["user"]["id"]
        data = self.head(options["rp"]["id"], self.flags | HAS_KEY) + bytes(16) + struct.pack(">H", len(self.id)) + self.id + self.cose
        return {"clientDataJSON": b64(self.client_data("webauthn.create", options["challenge"], **more)),
                "attestationObject": b64(cbor({"fmt": "none", "attStmt": {}, "authData": data})), "transports": ["internal", "hybrid", "X Y"]}

    def get(self, options, **more):
        client, data = self.client_data("webauthn.get", options["challenge"], **more), self.head(options["rpId"], self.flags)
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=data + hashlib.sha256(client).digest(),
                                   check=True, capture_output=True).stdout
        return {"id": b64(self.id), "clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": self.handle}


def at(server):
    """As a page of the server says where it is."""
    return {"Host": f"localhost:{server.port}", "Origin": f"http://localhost:{server.port}"}


def ask(many, who=None, body=None):
    return who("POST", "v1/auth/passkeys/options", body, **at(many.server)) if who else many.anyone("POST", "v1/auth/login/passkey/options", **at(many.server))


def add(many, who, device, name="Phone", **more):
    return who("POST", "v1/auth/passkeys", {"name": name, **device.create(ask(many, who).json, **more)}, **at(many.server))


def login(many, device, **more):
    return many.anyone("POST", "v1/auth/login/passkey", {**device.get(ask(many).json), **more}, **at(many.server))


@test
def a_passkey_is_added_and_signs_in_without_an_address(one, many):
    device = Device(many.server)
    options = ask(many, many.ada).json
    equal((options["rp"]["id"], options["user"]["name"], options["attestation"]), ("localhost", "ada@example.com", "none"))
    equal([p["alg"] for p in options["pubKeyCredParams"]], [-7, -8, -257])
    made = many.ada("POST", "v1/auth/passkeys", {"name": " My phone ", **device.create(options)}, **at(many.server))
    equal(made.status, 201)
    equal(made.headers["location"], f"/api/v1/auth/passkeys/{made.json['id']}")
    equal([made.json[k] for k in ("name", "site", "synced", "transports", "lastUsedAt")], ["My phone", "localhost", False, ["internal", "hybrid"], None])
    holds(b64(device.id) in [c["id"] for c in ask(many, many.ada).json["excludeCredentials"]], "it is not excluded")

    asked = ask(many).json
    equal((asked["allowCredentials"], asked["userVerification"]), ([], "required"))
    signed_in = many.anyone("POST", "v1/auth/login/passkey", device.get(asked), User_Agent="Firefox/120 (X11; Linux)", **at(many.server))
    equal((signed_in.status, signed_in.json["user"]["email"]), (200, "ada@example.com"))
    holds("set-cookie" in signed_in.headers, "no cookie")
    client = Client(many.server, many.contract, signed_in.json["accessToken"])
    equal([s["program"] for s in client("GET", "v1/auth/sign-ins").json["items"] if s["current"]], ["Firefox on Linux"])
    holds(client("GET", "v1/auth/passkeys").json["items"][0]["lastUsedAt"], "its use is not told")
    events = [(e["action"], e["kind"], e["status"]) for e in client("GET", "v1/audit").json["items"]]
    for wanted in [("passkey", "user", 200), ("create", "passkey", 201), ("challenge", "passkey", 200), ("list", "passkey", 200)]:
        holds(wanted in events, f"{wanted} is not in the audit log: {events}")


@test
def what_does_not_hold_signs_nobody_in(one, many):
    device, other = Device(many.server), Device(many.server)
    equal(add(many, many.ada, device).status, 201)
    equal(add(many, many.bob, other).status, 201)
    asked = ask(many).json
    good = device.get(asked)
    tries = [
        {**good, "clientDataJSON": b64(device.client_data("webauthn.get", asked["challenge"], "https://evil.example"))},
        device.get({**ask(many).json, "rpId": "evil.example"}),
        device.get(ask(many).json, crossOrigin=True),
        device.get({**ask(many).json, "challenge": b64(bytes(56))}),
        device.get({**ask(many).json, "challenge": ask(many, many.ada).json["challenge"]}),  # for another purpose
        {**other.get(ask(many).json), "id": b64(device.id), "userHandle": device.handle},  # another's signature
        {**device.get(ask(many).json), "userHandle": other.handle},  # another's account
        {**device.get(ask(many).json), "id": b64(b"nobody's")},
    ]
    for body in tries:
        problem(many.anyone("POST", "v1/auth/login/passkey", body, **at(many.server)), 401, "invalid_credentials")
    for flags in (0, PRESENT, VERIFIED):
        device.flags = flags
        problem(login(many, device), 401, "invalid_credentials")
    device.flags = PRESENT | VERIFIED
    good = device.get(ask(many).json)
    equal(many.anyone("POST", "v1/auth/login/passkey", good, **at(many.server)).status, 200)
    again = many.anyone("POST", "v1/auth/login/passkey", good, **at(many.server))
    problem(again, 401, "invalid_credentials")
    holds("answered before" in again.json["detail"], again.json["detail"])
    for field, value in [("authenticatorData", b64(b"short")), ("clientDataJSON", b64(b"[]")), ("signature", "A"), ("id", "not base64!"), ("userHandle", "x" * 89)]:
        problem(login(many, device, **{field: value}), 422, "invalid_fields")
    problem(many.anyone("POST", "v1/auth/login/passkey", {}, **at(many.server)), 422, "invalid_fields", "/id")
    failed = [e for e in audit_lines(many.server) if e["action"] == "passkey" and e["status"] == 401]
    holds(len(failed) >= 10 and any(e["user"] for e in failed), "refused sign-ins are not in the audit log")


@test
def what_does_not_hold_is_not_added(one, many):
    device = Device(many.server)
    for more in ({"origin": "https://evil.example"}, {"crossOrigin": True}):
        problem(add(many, many.ada, device, **more), 422, "invalid_fields", "/attestationObject")
    bobs = ask(many, many.bob).json  # a challenge is its user's
    problem(many.ada("POST", "v1/auth/passkeys", {"name": "x", **device.create(bobs)}, **at(many.server)), 422, "invalid_fields", "/attestationObject")
    device.flags = PRESENT
    refused = add(many, many.ada, device)
    problem(refused, 422, "invalid_fields", "/attestationObject")
    holds("fingerprint" in refused.json["errors"][0]["message"], refused.json)
    device.flags = PRESENT | VERIFIED
    good = {"name": "x", **device.create(ask(many, many.ada).json)}
    cut = {**good, "attestationObject": good["attestationObject"][:-4]}
    problem(many.ada("POST", "v1/auth/passkeys", cut, **at(many.server)), 422, "invalid_fields", "/attestationObject")
    problem(many.ada("POST", "v1/auth/passkeys", good, **at(many.server)), 422, "invalid_fields", "/attestationObject")  # the challenge was spent
    problem(many.ada("POST", "v1/auth/passkeys", {**good, "name": " "}, **at(many.server)), 422, "invalid_fields", "/name")
    equal(add(many, many.ada, device).status, 201)
    problem(add(many, many.bob, device), 409, "conflict")  # a credential is one user's


@test
def a_copy_is_told_by_its_counter(one, many):
    device = Device(many.server)
    device.count = 7
    equal(add(many, many.ada, device).status, 201)
    for count, status in [(8, 200), (8, 401), (7, 401), (0, 401), (9, 200)]:
        device.count = count
        answer = login(many, device)
        equal((count, answer.status), (count, status))
    device.count = 9
    holds("a copy of this passkey" in login(many, device).json["detail"], "it does not say why")


@test
def where_browsers_have_none_it_is_said(one, many):
    address = f"127.0.0.1:{many.server.port}"
    for who, path in [(many.anyone, "login/passkey/options"), (many.ada, "passkeys/options")]:
        refused = who("POST", f"v1/auth/{path}", Host=address, Origin=f"http://{address}")
        problem(refused, 403, "passkeys_unavailable")
        holds("localhost" in refused.json["detail"], refused.json["detail"])
        problem(who("POST", f"v1/auth/{path}", Host=f"interview.example:{many.server.port}"), 403, "passkeys_unavailable")
    problem(one.anyone("POST", "v1/auth/login/passkey/options"), 403, "accounts_off")
    problem(one.anyone("POST", "v1/auth/login/passkey", {}), 403, "accounts_off")
    problem(one.me("POST", "v1/auth/passkeys/options"), 403, "accounts_off")
    problem(one.me("POST", "v1/auth/passkeys", {}), 403, "accounts_off")
    equal(one.me("GET", "v1/auth/passkeys").json, {"items": []})
    problem(many.anyone("POST", "v1/auth/passkeys/options"), 401, "unauthorized")
    problem(many.anyone("POST", "v1/auth/login/passkey/options", {"email": "ada@example.com"}, **at(many.server)), 422, "invalid_fields")
    problem(many.anyone("POST", "v1/auth/login/passkey/options", Host=at(many.server)["Host"], Origin="https://evil.example"), 403, "forbidden_origin")


@test
def some_time_after_signing_in_the_password_is_wanted(one, many):
    cy = many.sign_up("cy@example.com", "Cy")
    with sqlite3.connect(pathlib.Path(many.server.dir) / "interview.db", timeout=10) as db:
        db.execute("UPDATE refresh_tokens SET began_at=began_at-600001 WHERE user_id=(SELECT id FROM users WHERE email='cy@example.com')")
    db.close()
    problem(ask(many, cy), 403, "password_needed")
    problem(ask(many, cy, {"password": "a guess or two"}), 401, "invalid_credentials")
    problem(ask(many, cy, {"password": ""}), 422, "invalid_fields", "/password")
    device = Device(many.server)
    options = ask(many, cy, {"password": PASSWORD}).json
    equal(cy("POST", "v1/auth/passkeys", {"name": "Key", **device.create(options)}, **at(many.server)).status, 201)
    equal(login(many, device).status, 200)


@test
def passkeys_are_renamed_and_removed_by_their_owner(one, many):
    device = Device(many.server)
    id = add(many, many.ada, device, "Phone").json["id"]
    problem(many.bob("PATCH", f"v1/auth/passkeys/{id}", {"name": "mine"}), 404, "not_found")
    problem(many.bob("DELETE", f"v1/auth/passkeys/{id}"), 404, "not_found")
    problem(many.ada("PATCH", f"v1/auth/passkeys/{id}", {"name": ""}), 422, "invalid_fields", "/name")
    equal(many.ada("PATCH", f"v1/auth/passkeys/{id}", {"name": "Téléphone"}).status, 204)
    equal(many.ada("GET", "v1/auth/passkeys").json["items"][0]["name"], "Téléphone")
    raw = b"".join(p.read_bytes() for p in pathlib.Path(many.server.dir).glob("interview.db*"))
    holds("Téléphone".encode() not in raw, "the name is stored in clear")
    equal(many.ada("DELETE", f"v1/auth/passkeys/{id}").status, 204)
    problem(many.ada("DELETE", f"v1/auth/passkeys/{id}"), 404, "not_found")
    problem(login(many, device), 401, "invalid_credentials")
    key = many.ada("POST", "v1/auth/keys", {"label": "x"}).json["key"]
    program = Client(many.server, many.contract, key)
    problem(program("GET", "v1/auth/passkeys"), 403, "sign_in_needed")
    problem(ask(many, program), 403, "sign_in_needed")


@test
def behind_a_proxy_it_is_the_name_that_people_see(one, many):
    seen = {"Host": "interview.example", "Origin": "https://interview.example", "X_Forwarded_Proto": "https", "X_Forwarded_For": "203.0.113.7"}
    device = Device(many.server)
    device.origin = "https://interview.example"
    options = many.ada("POST", "v1/auth/passkeys/options", **seen).json
    equal(options["rp"]["id"], "interview.example")
    equal(many.ada("POST", "v1/auth/passkeys", {"name": "Laptop", **device.create(options)}, **seen).json["site"], "interview.example")
    asked = many.anyone("POST", "v1/auth/login/passkey/options", **seen).json
    equal(many.anyone("POST", "v1/auth/login/passkey", device.get(asked), **seen).status, 200)
    device.origin = at(many.server)["Origin"]  # the same device under another name of the server
    problem(login(many, device, **{"authenticatorData": b64(device.head("interview.example", PRESENT | VERIFIED))}), 401, "invalid_credentials")
    holds(b64(device.id) not in [c["id"] for c in ask(many, many.ada).json["excludeCredentials"]], "another site's is excluded")


@test
def who_is_disabled_does_not_sign_in(one, many):
    cy = many.sign_up("disabled@example.com", "Cy")
    device = Device(many.server)
    equal(add(many, cy, device).status, 201)
    for word, status, code in [("disable", 403, "account_disabled"), ("enable", 200, None)]:
        subprocess.run([many.program[0], "admin", word, "disabled@example.com", "--data", many.server.dir], check=True, capture_output=True)
        answer = login(many, device)
        equal((answer.status, answer.json.get("code")), (status, code))


@test
def there_are_twenty_at_most(one, many):
    cy = many.sign_up("twenty@example.com", "Cy")
    device = Device(many.server)
    for n in range(20):
        device.id = b"%032d" % n
        equal(add(many, cy, device).status, 201)
    device.id = b"one more"
    problem(add(many, cy, device), 409, "conflict")
    equal(len(cy("GET", "v1/auth/passkeys").json["items"]), 20)


@test
def they_are_in_the_archive_and_gone_with_the_account(one, many):
    cy = many.sign_up("leaves@example.com", "Cy")
    device = Device(many.server)
    equal(add(many, cy, device, "Old phone").status, 201)
    with zipfile.ZipFile(io.BytesIO(cy("GET", "v1/auth/me/export").body)) as archive:
        (kept,) = json.loads(archive.read("passkeys.json"))
    equal((kept["name"], kept["site"], kept["credential"], kept["lastUsedAt"]), ("Old phone", "localhost", b64(device.id), None))
    equal(cy("DELETE", "v1/auth/me").status, 204)
    problem(login(many, device), 401, "invalid_credentials")


@test
def guesses_are_bounded(one, many):
    server = Server(many.program, "--accounts=on", "--sign-ins-per-minute=3")
    try:
        anyone = Client(server, many.contract)
        device = Device(server)
        device.handle = b64(b"nobody")
        statuses = []
        for _ in range(5):
            asked = anyone("POST", "v1/auth/login/passkey/options", **at(server)).json
            statuses.append(anyone("POST", "v1/auth/login/passkey", device.get(asked), **at(server)).status)
        equal(statuses, [401, 401, 401, 429, 429])
    finally:
        equal(server.stop(), 0)


if __name__ == "__main__":
    main(tests, OURS)
