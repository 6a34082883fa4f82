"""Who is signed out is out: access tokens and open sockets of a sign-in that ended, and what one user may hold.

Every socket is a real one to a real server; what must happen within a second is held to that.
"""

import http.client
import json
import pathlib
import ssl
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402

SOON_S = 1.0  # a socket of a sign-in that ended is closed by then
PASSWORD = "correct horse battery"


class Person:
    """One sign-in of an account."""

    def __init__(self, server, email, path="login", **more):
        self.server = server
        grant = server.post(f"/api/v1/auth/{path}", {"email": email, "password": PASSWORD, **more}, token="")
        self.token, self.refresh, self.id = grant["accessToken"], grant["refreshToken"], grant["user"]["id"]

    def post(self, path, body=None):
        return self.server.post(f"/api/v1/{path}", body, token=self.token)

    def status(self, method="GET", path="auth/me", body=None):
        return status(self.server, method, path, body, {"Authorization": f"Bearer {self.token}"})

    def socket(self, session, path="/ws/llm-stream"):
        """A socket that is known to have joined: it answers a message."""
        socket = harness.Socket(self.server, path, session, self.token)
        joined(socket)
        return socket


def joined(socket):
    socket.send({"type": "generate"})  # answered with bad_message once it has joined, and stays open
    socket.wait_for(lambda m: m["type"] == "error")


def status(server, method, path, body=None, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    sent = {"Content-Type": "application/json"} if body is not None else {}
    connection.request(method, f"/api/v1/{path}", json.dumps(body) if body is not None else None, {**sent, **(headers or {})})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    return answer.status, json.loads(data or b"{}").get("code"), {k.lower(): v for k, v in answer.getheaders()}


class Accounts(harness.Case):
    accounts = {"INTERVIEWD_ACCOUNTS": "on", "INTERVIEWD_SIGN_INS_PER_MINUTE": 0, "INTERVIEWD_REQUESTS_PER_MINUTE": 0}
    count = 0

    @classmethod
    def setUpClass(cls):
        cls.folder = harness.tempfile.mkdtemp(prefix="interviewd-speech-")
        cls.server = harness.Server(sign_in=False, **{**cls.accounts, **cls.settings})

    def sign_up(self):
        Accounts.count += 1
        self.email = f"person{Accounts.count}@example.com"
        return Person(self.server, self.email, "signup", displayName="P")

    def closes(self, sockets, code=4401, within=SOON_S):
        begun = time.monotonic()
        for socket in sockets:
            self.assertEqual(socket.wait_for_close(), code, socket.seen)
        self.assertLess(time.monotonic() - begun, within)
        return [socket.of_type("error")[-1]["code"] for socket in sockets]

    def stays(self, socket):
        joined(socket)


class SignedOut(Accounts):
    def test_logging_out_ends_the_token_and_closes_the_sockets_of_this_sign_in(self):
        phone = self.sign_up()
        laptop = Person(self.server, self.email)
        session = phone.post("sessions", {})["id"]
        mine = [phone.socket(session), phone.socket(session)]
        ear = harness.Socket(self.server, "/ws/transcribe", session, phone.token)
        ear.wait_for(lambda m: m["type"] == "ready")
        theirs = laptop.socket(session)
        self.assertEqual(phone.status()[0], 200)
        self.server.request("POST", "/api/v1/auth/logout", {"refreshToken": phone.refresh}, token="")
        self.assertEqual(self.closes([*mine, ear]), ["signed_out"] * 3)
        self.assertEqual(phone.status()[:2], (401, "unauthorized"))
        self.assertEqual(phone.status("POST", "sessions", {})[:2], (401, "unauthorized"))
        late = harness.Socket(self.server, "/ws/llm-stream", session, phone.token)
        self.closes([late])
        self.assertEqual(laptop.status()[0], 200)
        self.stays(theirs)

    def test_the_access_token_alone_logs_out_too(self):
        phone = self.sign_up()
        self.assertEqual(phone.status("POST", "auth/logout")[0], 204)
        self.assertEqual(phone.status()[0], 401)
        self.assertEqual(status(self.server, "POST", "auth/refresh", {"refreshToken": phone.refresh})[0], 401)

    def test_a_refresh_token_used_twice_ends_the_thief_and_the_robbed(self):
        person = self.sign_up()
        session = person.post("sessions", {})["id"]
        fresh = self.server.post("/api/v1/auth/refresh", {"refreshToken": person.refresh}, token="")
        sockets = [person.socket(session)]
        person.token = fresh["accessToken"]
        sockets.append(person.socket(session))
        answer = status(self.server, "POST", "auth/refresh", {"refreshToken": person.refresh})
        self.assertEqual(answer[:2], (401, "refresh_reused"))
        self.closes(sockets)
        self.assertEqual(person.status()[0], 401)

    def test_another_password_ends_every_other_sign_in(self):
        phone = self.sign_up()
        laptop = Person(self.server, self.email)
        session = phone.post("sessions", {})["id"]
        mine, theirs = phone.socket(session), laptop.socket(session)
        change = {"current": PASSWORD, "new": "battery horse correct"}
        self.assertEqual(phone.status("POST", "auth/password", {**change, "current": "no"})[:2],
                         (401, "invalid_credentials"))
        self.assertEqual(phone.status("POST", "auth/password", {**change, "new": "password123"})[:2],
                         (422, "invalid_fields"))
        self.assertEqual(phone.status("POST", "auth/password", change)[0], 204)
        self.closes([theirs])
        self.assertEqual(laptop.status()[0], 401)
        self.assertEqual(phone.status()[0], 200)
        self.stays(mine)
        self.assertEqual(status(self.server, "POST", "auth/login", {"email": self.email, "password": PASSWORD})[0], 401)

    def test_erasing_oneself_closes_everything(self):
        phone = self.sign_up()
        laptop = Person(self.server, self.email)
        session = phone.post("sessions", {})["id"]
        sockets = [phone.socket(session), laptop.socket(session)]
        self.assertEqual(phone.status("DELETE")[0], 204)
        self.closes(sockets)
        self.assertEqual(laptop.status()[0], 401)

    def test_who_was_signed_out_stays_out_after_a_restart(self):
        settings = {**self.accounts, "INTERVIEWD_MASTER_KEY": "07" * 32}
        data = harness.tempfile.mkdtemp(prefix="interviewd-test-")
        server = harness.Server(data=data, sign_in=False, **settings)
        ada = Person(server, "ada@example.com", "signup", displayName="A")
        bob = Person(server, "bob@example.com", "signup", displayName="B")
        self.assertEqual(ada.status("POST", "auth/logout")[0], 204)
        self.assertEqual(server.stop(9), -9)
        server = harness.Server(data=data, sign_in=False, **settings)
        ada.server = bob.server = server
        self.assertEqual((ada.status()[0], bob.status()[0]), (401, 200))
        self.assertEqual(server.stop(), 0)
        harness.shutil.rmtree(data, ignore_errors=True)

    def test_many_sign_outs_at_once_close_what_is_theirs(self):
        people = [self.sign_up() for _ in range(4)]
        sockets = []
        for person in people:
            session = person.post("sessions", {})["id"]
            sockets += [person.socket(session) for _ in range(3)]
        threads = [threading.Thread(target=person.status, args=("POST", "auth/logout")) for person in people[1:]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.closes(sockets[3:])
        self.stays(sockets[0])


class OverTls(Accounts):
    @classmethod
    def setUpClass(cls):
        cls.folder = harness.tempfile.mkdtemp(prefix="interviewd-tls-")
        cert, key = f"{cls.folder}/cert.pem", f"{cls.folder}/key.pem"
        harness.subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                                "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert],
                               check=True, capture_output=True)
        cls.server = harness.Server(sign_in=False, args=["--tls-cert", cert, "--tls-key", key], **cls.accounts)

    def post(self, path, body, **headers):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection("127.0.0.1", self.server.port, timeout=30, context=context)
        connection.request("POST", f"/api/v1/auth/{path}", json.dumps(body), {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        answer.read()
        connection.close()
        return answer.status, answer.headers.get("Set-Cookie", "")

    def test_the_cookie_is_this_hosts_alone(self):
        ours = f"https://127.0.0.1:{self.server.port}"
        status_, cookie = self.post("signup", {"email": "tls@example.com", "password": PASSWORD, "displayName": "T"},
                                    Origin=ours)
        self.assertEqual(status_, 201)
        value, *attributes = cookie.split("; ")
        self.assertTrue(value.startswith("__Host-interviewd_refresh=rt_"), value[:30])
        self.assertEqual(sorted(attributes), ["HttpOnly", "Max-Age=2592000", "Path=/", "SameSite=Strict", "Secure"])
        planted = value.removeprefix("__Host-")
        self.assertEqual(self.post("refresh", {}, Cookie=planted, Origin=ours)[0], 401, "a plain page could have set that")
        self.assertEqual(self.post("refresh", {}, Cookie=value, Origin=ours.replace("https", "http"))[0], 403)
        self.assertEqual(self.post("refresh", {}, Cookie=value, Origin=ours)[0], 200)
        self.assertIn("__Host-interviewd_refresh=; ", self.post("logout", {}, Origin=ours)[1])


class Expiry(Accounts):
    settings = {"INTERVIEWD_ACCESS_TOKEN_S": 5}

    def test_a_socket_ends_with_its_token_and_goes_on_with_a_fresh_one(self):
        person = self.sign_up()
        session = person.post("sessions", {})["id"]
        left, kept = person.socket(session), person.socket(session)
        self.assertLessEqual(kept.wait_for(lambda m: m["type"] == "expiring")["inMs"], 2600)
        fresh = self.server.post("/api/v1/auth/refresh", {"refreshToken": person.refresh}, token="")
        kept.send({"type": "authenticate", "accessToken": fresh["accessToken"]})
        self.assertEqual(self.closes([left], within=4), ["token_expired"])
        self.stays(kept)
        self.assertEqual(self.closes([kept], within=6), ["token_expired"])

    def test_a_socket_does_not_change_hands(self):
        for token_of in (lambda ada, bob: bob.token, lambda ada, bob: ada.token + "x", lambda *_: "", lambda *_: None):
            ada, bob = self.sign_up(), self.sign_up()
            token = token_of(ada, bob)
            socket = ada.socket(ada.post("sessions", {})["id"])
            socket.send({"type": "authenticate", "accessToken": token})
            self.assertEqual(self.closes([socket]), ["unauthorized"])


class Limits(Accounts):
    settings = {"INTERVIEWD_SOCKETS_PER_USER": 3, "INTERVIEWD_LINES_PER_USER": 2, "INTERVIEWD_ASR_LINES": 8}

    def hears(self, socket):
        socket.send_audio(b"\0" * 1280)
        return socket.wait_for(lambda m: m["type"] == "ready")

    def test_a_user_has_so_many_sockets(self):
        person, other = self.sign_up(), self.sign_up()
        session = person.post("sessions", {})["id"]
        sockets = [person.socket(session) for _ in range(3)]
        more = harness.Socket(self.server, "/ws/llm-stream", session, person.token)
        self.assertEqual(self.closes([more], 1013), ["rate_limited"])
        other.socket(other.post("sessions", {})["id"])
        sockets.pop().vanish()
        for _ in range(50):
            more = harness.Socket(self.server, "/ws/llm-stream", session, person.token)
            more.send({"type": "generate"})
            if more.receive()["code"] == "bad_message":
                return
            time.sleep(0.02)
        self.fail("the place of a socket that went was not given back")

    def test_a_user_is_heard_on_so_many_streams(self):
        person = self.sign_up()
        session = person.post("sessions", {})["id"]
        ears = [harness.Socket(self.server, "/ws/transcribe", session, person.token) for _ in range(2)]
        for ear in ears:
            self.hears(ear)
        more = harness.Socket(self.server, "/ws/transcribe", session, person.token)
        more.send_audio(b"\0" * 1280)
        self.assertEqual(self.closes([more], 1013), ["rate_limited"])
        ears[0].send({"type": "stop"})
        self.assertEqual(ears[0].wait_for_close(), 1000)
        self.hears(harness.Socket(self.server, "/ws/transcribe", session, person.token))


class Strangers(Accounts):
    accounts = {**Accounts.accounts, "INTERVIEWD_STRANGERS_PER_MINUTE": 30}

    def test_requests_of_nobody_are_bounded_and_cost_who_is_signed_in_nothing(self):
        person = Person(self.server, "known@example.org", "signup", displayName="K")
        seen = [status(self.server, "GET", "auth/me", headers={"Authorization": f"Bearer guess{n}"}) for n in range(40)]
        self.assertEqual({401, 429}, {code for code, _, _ in seen})
        last = seen[-1]
        self.assertEqual((429, "rate_limited"), last[:2])
        self.assertGreater(int(last[2]["retry-after"]), 0)
        self.assertEqual(429, status(self.server, "POST", "auth/login", {"email": "x@example.org", "password": PASSWORD})[0])
        self.assertEqual(200, person.status()[0])
        self.assertEqual(200, status(self.server, "GET", "health")[0])


class SigningIn(Accounts):
    accounts = {"INTERVIEWD_ACCOUNTS": "on", "INTERVIEWD_SIGN_INS_PER_MINUTE": 3, "INTERVIEWD_REQUESTS_PER_MINUTE": 0}

    def log_in(self, email, address="127.0.0.1"):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30, source_address=(address, 0))
        connection.request("POST", "/api/v1/auth/login", json.dumps({"email": email, "password": "wrong password"}),
                           {"Content-Type": "application/json"})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        connection.close()
        return answer.status, answer, body

    def refusal(self, log_in):
        """The answer that ends a row of guesses: after 18, and what was earned again while they were made."""
        begun, n = time.monotonic(), 0
        while (answer := log_in(n))[0] == 401:
            n += 1
        self.assertEqual(answer[0], 429)
        self.assertTrue(18 <= n <= 19 + (time.monotonic() - begun) * 18 / 60, n)
        return answer

    def test_guesses_are_bounded_for_an_account_and_for_an_address(self):
        address = "127.1.0.1"
        tries = [self.log_in("a@example.com", address)[0] for _ in range(4)]
        self.assertEqual(tries, [401, 401, 401, 429])
        self.assertEqual(self.log_in(" A@Example.com ", address)[0], 429, "another spelling of it is the same account")
        self.assertEqual(self.log_in("a@example.com", "127.1.0.2")[0], 401, "its owner comes in from elsewhere")
        self.refusal(lambda i: self.log_in("b@example.com", f"127.2.0.{i}"))
        _, answer, body = self.refusal(lambda i: self.log_in(f"c{i}@example.com", "127.3.0.1"))
        self.assertEqual(body["code"], "rate_limited")
        self.assertTrue(1 <= int(answer.headers["Retry-After"]) <= 60)
        self.assertRegex(answer.headers["RateLimit"], r'^"default";r=0;t=\d+$')
        self.assertEqual(answer.headers["RateLimit-Policy"], '"default";q=18;w=60')


class OtherSites(Accounts):
    def test_what_a_form_of_another_site_could_send_is_refused(self):
        person = self.sign_up()
        ours = self.server.base
        body = {"email": self.email, "password": PASSWORD}
        for headers, code in [({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403),
                              ({"Origin": ours.replace("http:", "https:")}, 403),
                              ({"Sec-Fetch-Site": "cross-site"}, 403), ({"Sec-Fetch-Site": "same-site"}, 403),
                              ({"Sec-Fetch-Site": "cross-site", "Origin": ours}, 403),
                              ({"Origin": ours, "Sec-Fetch-Site": "same-origin"}, 200), ({"Origin": ours}, 200), ({}, 200)]:
            answer = status(self.server, "POST", "auth/login", body, headers)
            self.assertEqual(answer[0], code, headers)
            if code == 403:
                self.assertEqual(answer[1], "forbidden_origin")
        for headers, code in [({"Origin": "https://evil.example"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403), ({}, 200),
                              ({"Content-Type": "text/plain"}, 415), ({"Content-Type": ""}, 415)]:
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
            connection.request("POST", "/api/v1/auth/login", json.dumps(body), headers)  # what a page's Blob does: no type at all
            self.assertEqual(connection.getresponse().status, code, headers)
            connection.close()
        bearer = {"Authorization": f"Bearer {person.token}"}
        for method, path in [("POST", "sessions"), ("DELETE", "auth/me"), ("POST", "auth/logout"), ("POST", "auth/refresh")]:
            self.assertEqual(status(self.server, method, path, {}, {**bearer, "Origin": "https://evil.example"})[:2],
                             (403, "forbidden_origin"))
        self.assertEqual(person.status()[0], 200, "nothing of it was done")
        self.assertEqual(status(self.server, "GET", "auth/me", None, {**bearer, "Sec-Fetch-Site": "cross-site"})[0], 200)


if __name__ == "__main__":
    harness.main()
