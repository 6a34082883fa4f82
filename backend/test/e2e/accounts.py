"""Accounts from the outside: the terminal beside a server that runs, mails, all of one's data, and that nothing is left of who leaves.

Mails go to a real SMTP server (aiosmtpd); archives are read by Python's zipfile.
"""

import contextlib
import email
import email.policy
import http.client
import io
import json
import os
import pathlib
import queue
import re
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
from signout import PASSWORD, SOON_S, Accounts, Person, status  # noqa: E402

try:
    from aiosmtpd.controller import Controller  # Debian's python3-aiosmtpd
except ImportError:
    Controller = None

ACCOUNTS = {"INTERVIEWD_ACCOUNTS": "on", "INTERVIEWD_SIGN_INS_PER_MINUTE": 0, "INTERVIEWD_REQUESTS_PER_MINUTE": 0, "INTERVIEWD_STRANGERS_PER_MINUTE": 0}


def admin(data, *words):
    done = subprocess.run([harness.PROGRAM, "admin", *words, "--data", data], capture_output=True, text=True, env=harness.environment(), timeout=60)
    harness.no_findings(done.stderr)
    return done.returncode, done.stdout, done.stderr


def every_file(folder):
    return [path for path in pathlib.Path(folder).rglob("*") if path.is_file()]


class Mailbox:
    def __init__(self):
        self.mails = queue.Queue()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.mails.put((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


class Terminal(Accounts):
    """`interviewd admin` beside a server that runs on the same folder."""

    def order(self, *words):
        return admin(self.server.data, *words)

    def test_a_disabled_account_is_out_within_a_second_and_in_again_when_enabled(self):
        person = self.sign_up()
        session = person.post("sessions", {})["id"]
        ear = person.socket(session)
        code, out, err = self.order("disable", self.email)
        self.assertEqual((code, err), (0, ""))
        self.assertIn("disabled", out)
        self.closes([ear], within=SOON_S)
        self.assertEqual(person.status()[0], 401)
        self.assertEqual(status(self.server, "POST", "auth/refresh", {"refreshToken": person.refresh})[0], 401)
        self.assertEqual(status(self.server, "POST", "auth/login", {"email": self.email, "password": PASSWORD})[:2], (403, "account_disabled"))
        self.assertEqual(self.order("users", "enable", self.email.upper())[0], 0)
        Person(self.server, self.email)

    def test_who_is_added_sets_the_password_by_the_link_that_is_printed(self):
        code, out, err = self.order("add", "zoe@example.com", "Zoë \x1b[2J", "--admin")
        self.assertEqual((code, err), (0, ""))
        self.assertNotIn("\x1b", out)
        link = re.search(r"http://127\.0\.0\.1:(\d+)/reset/#(rp_\S+)", out)
        self.assertEqual(int(link[1]), self.server.port)
        self.assertEqual(status(self.server, "POST", "auth/reset", {"token": link[2], "password": PASSWORD})[0], 204)
        self.assertEqual(Person(self.server, "zoe@example.com").status(path="admin/users")[0], 200)
        stored = b"".join(path.read_bytes() for path in every_file(self.server.data))
        self.assertNotIn(link[2].encode(), stored)
        self.assertEqual(self.order("add", "zoe@example.com")[0], 1)

    def test_roles_links_and_signing_out(self):
        person = self.sign_up()
        self.assertEqual(self.order("role", self.email, "admin")[0], 0)
        self.assertEqual(person.status(path="admin/users")[0], 200)
        self.assertEqual(self.order("role", self.email, "user")[0], 0)
        self.assertEqual(person.status(path="admin/users")[:2], (403, "not_operator"))
        self.assertRegex(self.order("sign-out", person.id)[1], "1 sign-ins were ended")
        self.assertEqual(person.status()[0], 401)
        token = re.search(r"#(\S+)", self.order("reset-password", self.email)[1])[1]
        self.assertEqual(status(self.server, "POST", "auth/reset", {"token": token, "password": "battery horse correct"})[0], 204)
        again = Person.__new__(Person)
        again.server, again.token = self.server, self.server.post(
            "/api/v1/auth/login", {"email": self.email, "password": "battery horse correct"}, token="")["accessToken"]
        seen = self.server.get("/api/v1/audit?limit=100", token=again.token)["items"]
        told = {(item["action"], item["address"]) for item in seen}
        self.assertLessEqual({("made_admin", None), ("made_user", None), ("sign_out", None), ("reset_link", None), ("reset", "127.0.0.1")}, told)

    def test_accounts_are_shown_and_mistakes_are_told_with_the_way_out(self):
        person = self.sign_up()
        self.assertIn(self.email, self.order("list")[1])
        shown = self.order("show", self.email)[1]
        self.assertIn(person.id, shown)
        self.assertIn("signed in  1 times", shown)
        for words, code, says in [(["show", "nobody@example.com"], 1, "interviewd admin list"), (["erase", self.email], 2, "--yes"),
                                  (["role", self.email, "king"], 2, "user or admin"), (["dance"], 2, "reset-password EMAIL"),
                                  ([], 2, "list"), (["disable"], 2, "disable EMAIL"), (["add", "nonsense"], 2, "e-mail"),
                                  (["add", "x" * 5000 + "@example.com"], 1, "")]:
            with self.subTest(words=words[:1]):
                done = self.order(*words)
                self.assertEqual(done[0], code, done)
                self.assertIn(says, done[2])
        self.assertEqual(person.status()[0], 200)

    def test_the_socket_is_its_owners_alone(self):
        self.assertEqual(os.stat(self.server.data / "admin.sock").st_mode & 0o777, 0o600)
        for line in [b"", b"nonsense\n", b"{}\n", b'{"words":[1]}\n', b'{"words":["' + b"x" * 5000, b'{"words":' + b"[" * 3000 + b"\n"]:
            guest = socket.socket(socket.AF_UNIX)
            guest.connect(str(self.server.data / "admin.sock"))
            guest.sendall(line)
            guest.shutdown(socket.SHUT_WR)
            guest.settimeout(30)
            with contextlib.suppress(ConnectionResetError):  # it does not read what is too long
                while guest.recv(4096):
                    pass
            guest.close()
        self.assertEqual(self.order("list")[0], 0)


class Alone(harness.unittest.TestCase):
    def test_without_a_server_the_command_does_it_itself(self):
        data = pathlib.Path(tempfile.mkdtemp(prefix="interviewd-admin-")) / ("long" * 25)  # longer than a socket's address
        try:
            self.assertIn("interviewd admin add", admin(data, "list")[1])
            code, out, _ = admin(data, "add", "ada@example.com", "Ada")
            self.assertEqual(code, 0)
            token = re.search(r"#(\S+)", out)[1]
            server = harness.Server(data=data, sign_in=False, **ACCOUNTS)
            self.assertNotIn("none yet", server.welcome)
            self.assertEqual(status(server, "POST", "auth/reset", {"token": token, "password": PASSWORD})[0], 204)
            ada = Person(server, "ada@example.com")
            self.assertEqual(admin(data, "list")[0], 0)
            server.stop(9)
            self.assertTrue((data / "admin.sock").exists())
            self.assertEqual(admin(data, "disable", "ada@example.com")[0], 0)
            server = harness.Server(data=data, sign_in=False, **ACCOUNTS)
            self.assertEqual(ada.status.__func__(type("P", (), {"server": server, "token": ada.token})())[0], 401)
            self.assertEqual(admin(data, "enable", "ada@example.com")[0], 0)
            server.stop()
            self.assertFalse((data / "admin.sock").exists())
            self.assertEqual(admin(data, "erase", "ada@example.com", "--yes")[0], 0)
            self.assertNotIn("ada@", admin(data, "list")[1])
            self.assertNotIn(ada.id.encode(), b"".join(path.read_bytes() for path in every_file(data)))
        finally:
            harness.shutil.rmtree(data.parent)


@harness.unittest.skipUnless(Controller, "python3-aiosmtpd is not installed")
class Mails(harness.unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.box = Mailbox()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        cls.smtp = Controller(cls.box, hostname="127.0.0.1", port=port)
        cls.smtp.start()
        cls.server = harness.Server(sign_in=False, INTERVIEWD_SMTP_URL=f"smtp://127.0.0.1:{port}", INTERVIEWD_SMTP_FROM="interview@example.com",
                                    INTERVIEWD_PUBLIC_URL="https://interview.example.com/", INTERVIEWD_SIGN_UPS="mail", **ACCOUNTS)
        cls.ada = cls.make("ada@example.com", "Ada Ä")

    @classmethod
    def tearDownClass(cls):
        status = cls.server.stop()
        cls.smtp.stop()
        output = cls.server.output()
        cls.server.remove()
        assert status == 0, output[-2000:]
        assert "rp_" not in output and "ada@example.com" not in output, output[-2000:]

    @classmethod
    def mail(cls):
        """Who the next mail is for, and what it says."""
        _, (to,), content = cls.box.mails.get(timeout=harness.PATIENCE_S)
        return to, email.message_from_bytes(content, policy=email.policy.default).get_content()

    @classmethod
    def link(cls, address):
        assert status(cls.server, "POST", "auth/signup/mail", {"email": address})[0] == 202
        to, text = cls.mail()
        assert to == address, (to, text)
        return re.search(r"https://interview\.example\.com/signup/#(su_\S+)", text)[1]

    @classmethod
    def make(cls, address, name):
        token = cls.link(address)
        code, _, _ = status(cls.server, "POST", "auth/signup", {"token": token, "password": PASSWORD, "displayName": name})
        assert code == 201, code
        return Person(cls.server, address)

    def same_for(self, path, known, unknown):
        """Both get the same answer, after the same time."""
        first, second = (status(self.server, "POST", path, {"email": address}) for address in (known, unknown))
        self.assertEqual(first[0], 202)
        drop = {"date", "x-request-id"}
        self.assertEqual({k: v for k, v in first[2].items() if k not in drop}, {k: v for k, v in second[2].items() if k not in drop})
        took = {known: [], unknown: []}
        for _ in range(15):
            for address in took:
                begun = time.perf_counter()
                status(self.server, "POST", path, {"email": address})
                took[address].append(time.perf_counter() - begun)
        a, b = (statistics.median(times) for times in took.values())
        self.assertLess(max(a, b), 3 * min(a, b) + 0.005, (a, b))

    def test_a_link_makes_an_account_once_and_for_its_address(self):
        token = self.link("new@example.com")
        whole = {"token": token, "password": PASSWORD, "displayName": "New"}
        for change, code, says in [({"password": "password123"}, 422, "invalid_fields"), ({"password": "new@example.com"}, 422, "invalid_fields"),
                                   ({"token": token[:-3] + ("A" if token[-3] != "A" else "B") + token[-2:]}, 401, "link_expired"), ({"token": "su_"}, 401, "link_expired"),
                                   ({"token": "rp_" + "A" * 43}, 401, "link_expired"), ({"email": "other@example.com"}, 422, "invalid_fields")]:
            self.assertEqual(status(self.server, "POST", "auth/signup", {**whole, **change})[:2], (code, says), change)
        self.assertEqual(status(self.server, "POST", "auth/signup", {"email": "x@example.com", "password": PASSWORD, "displayName": "X"})[:2],
                         (422, "invalid_fields"))
        self.assertEqual(status(self.server, "POST", "auth/signup", whole)[0], 201)
        self.assertEqual(status(self.server, "POST", "auth/signup", whole)[:2], (401, "link_expired"))
        self.assertEqual(json.loads(self.server.request("GET", "/api/v1/auth/me", token=Person(self.server, "new@example.com").token)[2])["email"],
                         "new@example.com")
        stored = b"".join(path.read_bytes() for path in every_file(self.server.data))
        self.assertNotIn(token.encode(), stored)

    def test_signing_up_tells_nobody_but_who_reads_the_mail_that_there_is_an_account(self):
        eve = self.make("eve@example.com", "Eve")
        self.same_for("auth/signup/mail", "Eve@Example.com", "nobody@example.com")
        told = {}
        for _ in range(32):
            to, text = self.mail()
            told.setdefault(to, set()).add("su_" in text)
            self.assertEqual("/login/" in text, to == "eve@example.com")
        self.assertEqual(told, {"eve@example.com": {False}, "nobody@example.com": {True}})
        self.assertIn(("signup", 202), {(item["action"], item["status"]) for item in
                                        self.server.get("/api/v1/audit?limit=100", token=eve.token)["items"]})

    def test_the_health_says_how_accounts_are_made(self):
        self.assertEqual(status(self.server, "GET", "health")[0], 200)
        self.assertEqual(json.loads(self.server.request("GET", "/api/v1/health", token=None)[2])["signUps"], "mail")

    def forgot(self, email):
        return status(self.server, "POST", "auth/forgot", {"email": email})

    def test_a_forgotten_password_is_set_by_the_link_of_a_mail(self):
        self.assertEqual(self.forgot("ADA@example.com")[0], 202)
        sender, to, content = self.box.mails.get(timeout=harness.PATIENCE_S)
        self.assertEqual((sender, to), ("interview@example.com", ["ada@example.com"]))
        mail = email.message_from_bytes(content, policy=email.policy.default)
        self.assertEqual(mail["To"].addresses[0].addr_spec, "ada@example.com")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertFalse(mail.defects)
        text = mail.get_content()
        self.assertIn("Hello Ada Ä", text)
        token = re.search(r"https://interview\.example\.com/reset/#(rp_\S+)", text)[1]
        self.assertEqual(status(self.server, "POST", "auth/reset", {"token": token, "password": "battery horse correct"})[0], 204)
        self.assertEqual(self.ada.status()[0], 401)
        self.assertEqual(status(self.server, "POST", "auth/login", {"email": "ada@example.com", "password": "battery horse correct"})[0], 200)
        self.assertEqual(status(self.server, "POST", "auth/reset", {"token": token, "password": PASSWORD})[:2], (401, "link_expired"))

    def test_whether_there_is_an_account_shows_neither_in_the_answer_nor_in_its_time(self):
        self.same_for("auth/forgot", "ada@example.com", "nobody@example.com")
        for _ in range(16):
            self.assertEqual(self.box.mails.get(timeout=harness.PATIENCE_S)[1], ["ada@example.com"])
        took = {"ada@example.com": [], "nobody@example.com": []}
        for _ in range(7):
            for address in took:
                begun = time.perf_counter()
                status(self.server, "POST", "auth/login", {"email": address, "password": "wrong"})
                took[address].append(time.perf_counter() - begun)
        a, b = (statistics.median(times) for times in took.values())
        self.assertLess(max(a, b), 2 * min(a, b) + 0.01, (a, b))


class Closed(harness.unittest.TestCase):
    def test_unless_it_is_set_a_mail_server_decides_how_people_sign_up(self):
        for mail, means in (({}, "on"), ({"INTERVIEWD_SMTP_URL": "smtp://127.0.0.1:9", "INTERVIEWD_SMTP_FROM": "interview@example.com"}, "mail")):
            server = harness.Server(sign_in=False, INTERVIEWD_SIGN_UPS="", **mail, **ACCOUNTS)
            self.assertEqual(server.get("/api/v1/health", token="")["signUps"], means)
            body = {"email": "a@example.com", "password": PASSWORD, "displayName": "A"}
            self.assertEqual(status(server, "POST", "auth/signup", body)[0] == 201, means == "on")
            self.assertEqual(server.stop(), 0)
            server.remove()

    def test_where_operators_make_accounts_or_no_mail_can_be_sent_nobody_signs_up(self):
        for setting in ("off", "mail"):
            server = harness.Server(sign_in=False, INTERVIEWD_SIGN_UPS=setting, **ACCOUNTS)
            for path, body in [("auth/signup", {"email": "a@example.com", "password": PASSWORD, "displayName": "A"}),
                               ("auth/signup/mail", {"email": "a@example.com"})]:
                self.assertEqual(status(server, "POST", path, body)[:2], (403, "sign_ups_off"))
            self.assertEqual(server.get("/api/v1/health", token="")["signUps"], "off")
            self.assertIn("none yet: interviewd admin add", server.welcome)
            self.assertEqual(server.stop(), 0)
            server.remove()


MARK = "Xylophagous-5e1d"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + MARK.encode() * 3


class Everything(Accounts):
    """Somebody with something in every place."""

    def fill(self):
        person = self.sign_up()
        self.server.token = person.token
        person.mark = f"{MARK}-{person.id[-6:]}"
        self.server.request("PATCH", "/api/v1/auth/me", {"displayName": person.mark, "settings": {
            "preferredLLM": person.mark[:60], "audioDevice": person.mark, "voiceId": person.mark, "retentionDays": 3}})
        self.server.request("PUT", "/api/v1/auth/me/photo", PNG, headers={"Content-Type": "image/png"})
        person.profile = self.profile(name=person.mark, role=person.mark, skills=[person.mark], industry=person.mark,
                                      context=f"{person.mark} moved the database. " * 300)
        person.key = self.server.post("/api/v1/auth/keys", {"label": person.mark})["key"]
        person.session = self.session(profileId=person.profile, jobDescription=f"Wanted: {person.mark}", title=person.mark)
        with person.socket(person.session) as llm:
            llm.send({"type": "generate", "question": f"Why do you like {person.mark}?"})
            llm.wait_for(lambda m: m.get("finish") or m["type"] == "done" or "finishReason" in m)
        self.server.wait_for_transcripts(person.session, lambda items: items and items[0]["answer"])
        sound = harness.speak("Why should we hire you?", self.folder)
        person.recording = json.loads(self.server.request(
            "POST", f"/api/v1/audio/upload?sessionId={person.session}", sound.read_bytes(), headers={"Content-Type": "audio/wav"})[2])
        return person

    def test_all_of_ones_data_comes_in_one_archive(self):
        person = self.fill()
        other = self.sign_up()
        status_, headers, data = self.server.request("GET", "/api/v1/auth/me/export", token=person.token)
        self.assertEqual((status_, headers["Content-Type"]), (200, "application/zip"))
        self.assertIsNone(headers["Content-Length"])
        self.assertRegex(headers["Content-Disposition"], r'attachment; filename="interview-assistant-\d{4}-\d\d-\d\d\.zip"')
        archive = zipfile.ZipFile(io.BytesIO(data))
        self.assertIsNone(archive.testzip())
        names = set(archive.namelist())
        session, recording = person.session, person.recording["id"]
        self.assertEqual(names, {"README.txt", "account.json", "photo.png", "sign-ins.json", "passkeys.json", f"profiles/{person.profile}.json",
                                 f"sessions/{session}.json", f"sessions/{session}.md", "recordings/index.json",
                                 f"recordings/{recording}.ogg", "audit.json", "keys.json", "progress.json"})
        for name in names:
            self.assertTrue(name == "README.txt" or name.split("/")[0].split(".")[0] in archive.read("README.txt").decode(), name)
        self.assertEqual(archive.read("photo.png"), PNG)
        self.assertEqual(archive.read(f"recordings/{recording}.ogg"), self.server.request("GET", f"/api/v1/audio/{recording}", token=person.token)[2])
        account = json.loads(archive.read("account.json"))
        self.assertEqual((account["email"], account["settings"]["retentionDays"]), (person.server and account["email"], 3))
        self.assertIn(person.mark, json.loads(archive.read(f"profiles/{person.profile}.json"))["context"])
        audit = json.loads(archive.read("audit.json"))
        self.assertIn("signup", [line["action"] for line in audit])
        self.assertEqual(len(json.loads(archive.read("sign-ins.json"))), 1)
        key, = json.loads(archive.read("keys.json"))
        listed, = self.server.get("/api/v1/auth/keys", token=person.token)["items"]
        self.assertEqual(key, listed)
        self.assertEqual(key["label"], person.mark)
        self.assertNotIn(person.key, "".join(archive.read(name).decode("latin-1") for name in names))
        self.assertEqual(json.loads(archive.read("progress.json")), self.server.get("/api/v1/analytics/progress", token=person.token)["items"])
        self.assertNotIn(other.id, data.decode("latin-1"))
        again = self.server.request("POST", "/api/v1/sessions/import", archive.read(f"sessions/{session}.json"), token=other.token)
        self.assertEqual(again[0], 201)
        empty = zipfile.ZipFile(io.BytesIO(self.server.request("GET", "/api/v1/auth/me/export", token=self.sign_up().token)[2]))
        self.assertEqual(set(empty.namelist()), {"README.txt", "account.json", "sign-ins.json", "passkeys.json", "audit.json"})
        kept = [line["expiresAt"] for line in json.loads(archive.read("recordings/index.json"))][0]
        self.assertLess(kept, time.strftime("%Y-%m-%dT", time.gmtime(time.time() + 4 * 86400)))

    def test_an_archive_of_much_sound_takes_no_memory_and_its_reader_may_leave(self):
        person = self.sign_up()
        header = self.wav_header(40 << 20)
        for _ in range(2):
            self.server.request("POST", "/api/v1/audio/upload?keep=original", header + os.urandom(1 << 20) * 40, token=person.token, headers={"Content-Type": "audio/wav"})

        def memory():
            text = pathlib.Path(f"/proc/{self.server.process.pid}/status").read_text()
            return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024

        before, most, size = memory(), 0.0, 0
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        connection.request("GET", "/api/v1/auth/me/export", headers={"Authorization": f"Bearer {person.token}"})
        answer = connection.getresponse()
        while piece := answer.read(1 << 20):
            size += len(piece)
            most = max(most, memory())
        self.assertGreater(size, 80 << 20)
        if not harness.SANITIZED:
            self.assertLess(most - before, 24, (before, most))
        for _ in range(3):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
            connection.request("GET", "/api/v1/auth/me/export", headers={"Authorization": f"Bearer {person.token}"})
            connection.getresponse().read(70000)
            connection.sock.close() if connection.sock else None
        self.assertEqual(person.status()[0], 200)

    @staticmethod
    def wav_header(size):
        return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16) + b"data" + struct.pack("<I", size)

    def test_of_who_leaves_nothing_is_left_in_the_data_folder(self):
        person = self.fill()
        email = self.email
        token = person.token
        needles = [person.mark, person.id, person.session, person.profile, person.recording["id"], email]
        there = b"".join(path.read_bytes() for path in every_file(self.server.data))
        for needle in [person.id, person.recording["id"], email]:
            self.assertIn(needle.encode(), there)  # the search finds what is there
        self.assertEqual(status(self.server, "DELETE", "auth/me", headers={"Authorization": f"Bearer {token}"})[0], 204)
        left = [(str(path.relative_to(self.server.data)), needles.index(needle)) for path in every_file(self.server.data)
                for needle in needles if needle.encode() in path.read_bytes() or needle in str(path)]
        self.assertEqual(left, [])


del Accounts  # its tests run in signout.py

if __name__ == "__main__":
    harness.main()
