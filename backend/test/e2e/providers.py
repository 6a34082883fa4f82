"""Who answers whom: providers, models, order and keys of one user, and that nothing of it reaches another.

The stand-in (test/support/providers.py) notes which key each request brought and on which connection it came.
"""

import contextlib
import json
import pathlib
import sqlite3
import subprocess
import sys
import time
import unittest
import zipfile
import io

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
import rest  # noqa: E402
from llm import ANSWER, QUESTION, StandIn  # noqa: E402

PASSWORD = "correct horse battery"
KEY = "gsk-Xylophagous-0123456789-ab12"
OPERATORS = "sk-of-the-operator"


class Person:
    def __init__(self, server, contract, email=None, path="login"):
        self.server, self.contract, self.email = server, contract, email
        self.token = server.token
        if email:
            body = {"email": email, "password": PASSWORD, **({"displayName": "P"} if path == "signup" else {})}
            grant = server.post(f"/api/v1/auth/{path}", body, token="")
            self.token, self.id = grant["accessToken"], grant["user"]["id"]

    def __call__(self, method, path, body=None):
        """Status and JSON, held to what is documented."""
        try:
            status, headers, data = self.server.request(method, f"/{path}" if path.startswith("v1/") else f"/api/v1/{path}", body, token=self.token)
        except harness.HttpError as error:
            status, headers, data = error.status, error.headers, json.dumps(error.problem).encode()
        self.contract.check(method, f"/api/v1/{path}", status, {k.lower(): v for k, v in headers.items()}, data)
        return status, json.loads(data or b"null")

    def set(self, provider, **fields):
        return self("PATCH", f"auth/me/providers/{provider}", fields)

    def test(self, provider, **fields):
        return self("POST", f"auth/me/providers/{provider}/test", fields)[1]

    def order(self, *names):
        return self("PUT", "auth/me/providers", {"order": list(names) if names != (None,) else None})[1]

    def used(self):
        return [(item["name"], item["whose"]) for item in self("GET", "auth/me/providers")[1]["items"] if item["used"]]

    def provider(self, name):
        return next(item for item in self("GET", "auth/me/providers")[1]["items"] if item["name"] == name)

    def ask(self, **fields):
        return self("POST", "llm/generate", {"question": QUESTION, **fields})[1]


class Case(harness.Case):
    people = 0

    @classmethod
    def setUpClass(cls):
        cls.provider = StandIn()
        cls.contract = rest.Contract()
        at = f"http://127.0.0.1:{cls.provider.port}"
        cls.settings = {"OPENAI_API_KEY": OPERATORS, "INTERVIEWD_OPENAI_URL": f"{at}/v1", "INTERVIEWD_OPENAI_MODEL": "ok",
                        "INTERVIEWD_GROQ_URL": f"{at}/v1", "INTERVIEWD_GROQ_MODEL": "ok", "INTERVIEWD_PROVIDERS": "openai",
                        "INTERVIEWD_FIRST_TOKEN_MAX_MS": 3000, "INTERVIEWD_LOCAL_FIRST_TOKEN_MAX_MS": 3000, "INTERVIEWD_ASR_PRELOAD": "off",
                        "INTERVIEWD_SIGN_INS_PER_MINUTE": 0, "INTERVIEWD_REQUESTS_PER_MINUTE": 0, **cls.more()}
        super().setUpClass()

    @classmethod
    def more(cls):
        return {}

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.provider.stop()

    def tearDown(self):
        self.assertEqual(self.contract.wrong, [])

    def sent(self):
        """The last question as the stand-in got it."""
        return self.provider.log()[-1]


class Accounts(Case):
    sign_in = False

    @classmethod
    def more(cls):
        return {"INTERVIEWD_ACCOUNTS": "on"}

    def person(self):
        Case.people += 1
        return Person(self.server, self.contract, f"p{Case.people}@example.com", "signup")

    def test_a_key_of_ones_own_asks_for_its_user_alone(self):
        ada, bob = self.person(), self.person()
        self.assertEqual(ada.used(), [("openai", "operator")])
        status, told = ada.set("groq", key=KEY)
        self.assertEqual((status, told["items"][0]["name"], told["items"][0]["key"]), (200, "groq", {"lastFour": "ab12"}))
        self.assertNotIn(KEY, json.dumps(told))
        self.assertEqual(ada.used(), [("groq", "own"), ("openai", "operator")])
        self.assertEqual((ada.ask()["provider"], self.sent()["sent"]), ("groq", f"Bearer {KEY}"))
        first = self.sent()["connection"]
        self.assertEqual((bob.ask()["provider"], self.sent()["sent"]), ("openai", f"Bearer {OPERATORS}"))
        self.assertEqual(bob.set("groq", key=KEY[::-1])[0], 200)
        self.assertEqual((bob.ask()["provider"], self.sent()["sent"]), ("groq", f"Bearer {KEY[::-1]}"))
        ada.ask()
        mine = {entry["connection"] for entry in self.provider.log() if entry["sent"] == f"Bearer {KEY}"}
        others = {entry["connection"] for entry in self.provider.log() if entry["sent"] != f"Bearer {KEY}"}
        self.assertEqual((mine & others, first in mine), (set(), True))

    def test_every_way_to_ask_is_answered_by_the_users_choice(self):
        ada = self.person()
        ada.set("groq", key=KEY, model="ok")
        models = ada("GET", "llm/models")[1]
        self.assertEqual([(p["provider"], p["health"], p["ownKey"]) for p in models["providers"]],
                         [("groq", "answers", True), ("openai", "answers", False), ("outline", "answers", False)])
        self.assertIn(("groq", "endless"), [(m["provider"], m["model"]) for m in models["items"]])
        self.assertIn("groq/ok", [m["id"] for m in ada("GET", "v1/models")[1]["data"]])
        chat = ada("POST", "v1/chat/completions", {"model": "auto", "messages": [{"role": "user", "content": "Hi"}]})[1]
        self.assertEqual((chat["model"], self.sent()["sent"]), ("groq/ok", f"Bearer {KEY}"))
        self.assertEqual(ada("POST", "v1/chat/completions", {"model": "together/x", "messages": [{"role": "user", "content": "Hi"}]})[0], 404)
        engines = {p["name"]: p for p in ada("GET", "engines")[1]["providers"]}
        self.assertTrue(engines["groq"]["active"])
        self.server.token = ada.token
        session = self.session()
        with self.server.socket("/ws/llm-stream", session, ada.token) as socket:
            socket.send({"type": "generate", "question": QUESTION})
            self.assertEqual(socket.wait_for(lambda m: m["type"] == "started")["provider"], "groq")
            socket.wait_for(lambda m: "finishReason" in m)
            self.assertEqual(self.sent()["sent"], f"Bearer {KEY}")
            ada.order("openai")  # in the middle of an interview
            socket.send({"type": "generate", "question": QUESTION})
            self.assertEqual(socket.wait_for(lambda m: m["type"] == "started")["provider"], "openai")
            socket.wait_for(lambda m: "finishReason" in m)
        models = ada("GET", "llm/models")[1]
        self.assertEqual([p["provider"] for p in models["providers"]], ["openai", "outline"])
        measured = models["providers"][0]
        self.assertGreaterEqual(measured["measured"], 1)

    def test_the_order_is_ones_own_and_so_is_nobody(self):
        ada = self.person()
        ada.set("groq", key=KEY)
        self.assertEqual([name for name, _ in ada.used()], ["groq", "openai"])
        self.assertEqual([item["name"] for item in ada.order("openai", "groq")["items"][:2]], ["openai", "groq"])
        self.assertEqual(ada.ask()["provider"], "openai")
        ada.order()
        self.assertEqual((ada.used(), ada.ask()["provider"]), ([], "outline"))
        self.assertEqual(ada("POST", "llm/generate", {"question": QUESTION, "provider": "openai"})[0], 422)
        ada.set("together", key=KEY)
        self.assertEqual(ada.used(), [("together", "own")])  # who gets a key is asked
        ada.order(None)
        self.assertEqual([name for name, _ in ada.used()], ["groq", "together", "openai"])
        ada("PATCH", "auth/me", {"settings": {"preferredLLM": "openai"}})
        self.assertEqual([name for name, _ in ada.used()], ["openai", "groq", "together"])
        for wrong in ({"order": ["groq", "groq"]}, {"order": ["outline"]}, {"order": ["nobody"]}, {}, {"order": "groq"}):
            self.assertEqual(ada("PUT", "auth/me/providers", wrong)[0], 422)

    def test_a_model_may_be_chosen_at_the_operators_provider_too(self):
        ada = self.person()
        ada.set("openai", model="endless")
        item = ada.provider("openai")
        self.assertEqual((item["model"], item["ownModel"], item["whose"], item["key"]), ("endless", True, "operator", None))
        self.assertEqual(ada.test("openai")["model"], "endless")
        self.assertEqual((self.sent()["model"], self.sent()["sent"]), ("endless", f"Bearer {OPERATORS}"))
        ada.set("openai", model=None)
        self.assertEqual((ada.provider("openai")["model"], ada.ask()["model"]), ("ok", "ok"))

    def test_a_key_is_tried_before_it_is_kept(self):
        ada = self.person()
        works = ada.test("groq", key=KEY)
        self.assertEqual((works["works"], works["why"], works["models"], works["model"]), (True, "", ["ok", "endless"], "ok"))
        self.assertLess(works["firstTokenMs"], 3000)
        self.assertIsNone(ada.provider("groq")["key"])
        wrong = ada.test("groq", key="refused-0123456789")
        self.assertEqual((wrong["works"], wrong["why"]), (False, "Groq refuses the key. Copy it again, whole, or make a new one."))
        self.assertFalse(ada.test("groq")["works"])  # it has none
        self.assertEqual(ada.test("groq", key=KEY, model="status-404")["works"], False)
        self.assertEqual(ada("POST", "auth/me/providers/outline/test", {})[0], 404)

    def test_a_wrong_key_is_told_and_the_next_provider_answers(self):
        ada = self.person()
        ada.set("groq", key="refused-0123456789")
        answer = ada.ask()
        self.assertEqual((answer["provider"], answer["answer"]), ("openai", ANSWER))
        self.assertEqual(answer["replaced"][0]["provider"], "groq")
        item = next(m for m in ada("GET", "llm/models")[1]["items"] if m["provider"] == "groq")
        self.assertEqual((item["available"], item["note"]), (False, "the key was refused"))

    def test_who_has_an_account_names_no_address(self):
        ada = self.person()
        inside = f"http://127.0.0.1:{self.provider.port}/v1"
        for provider in ("compatible", "groq", "ollama"):
            self.assertEqual(ada.set(provider, url=inside)[0], 403)
            self.assertEqual(ada("POST", f"auth/me/providers/{provider}/test", {"url": inside})[0], 403)
        self.assertFalse(ada("GET", "auth/me/providers")[1]["addresses"])
        self.assertEqual((ada.provider("compatible")["offered"], ada.provider("compatible")["note"]),
                         (False, "Its address is for whoever runs the server to give."))
        ada.order("ollama", "lmstudio", "compatible")  # of the server's machine: not theirs
        self.assertEqual(ada.used(), [])

    def test_an_address_counts_only_while_its_user_may_name_one(self):
        ada = self.person()
        admin = lambda role: subprocess.run([harness.PROGRAM, "admin", "users", "role", ada.email, role, "--data", self.server.data],
                                            env=harness.environment(), capture_output=True, text=True, check=True)
        admin("admin")
        self.assertEqual(ada.set("compatible", url=f"http://127.0.0.1:{self.provider.port}/v1", key=KEY, model="ok")[0], 200)
        self.assertEqual((ada.ask()["provider"], self.sent()["sent"]), ("compatible", f"Bearer {KEY}"))
        ada.set("openai", url=f"http://127.0.0.1:{self.provider.port}/v1")
        ada.ask(provider="openai")
        self.assertIsNone(self.sent()["sent"])  # the operator's key goes to the operator's address
        ada.set("compatible", url=f"http://localhost:{self.provider.port}/v1")
        self.assertIsNone(ada.provider("compatible")["key"])  # and a key to no other than it was given for
        admin("user")
        self.assertEqual(ada.used(), [("openai", "operator")])

    def test_a_key_is_sealed_left_out_of_the_archive_and_erased_with_its_user(self):
        ada = self.person()
        ada.set("groq", key=KEY)
        ada.test("groq", key=KEY)
        ada.ask()
        archive = zipfile.ZipFile(io.BytesIO(self.server.request("GET", "/api/v1/auth/me/export", token=ada.token)[2]))
        told = json.loads(archive.read("providers.json"))
        self.assertEqual(told["own"], [{"name": "groq", "keyIsSet": True, "model": None, "url": None}])
        self.assertNotIn(KEY, "".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist()))
        with contextlib.closing(sqlite3.connect(f"file:{self.server.data / 'interview.db'}?mode=ro", uri=True)) as db:
            rows = lambda: [text for (text,) in db.execute("SELECT choice FROM choices WHERE user_id=?", (ada.id,))]
            self.assertRegex(rows()[0], r"^v\d\.")
            self.assertEqual(ada("DELETE", "auth/me")[0], 204)
            self.assertEqual(rows(), [])
        for path in self.server.data.rglob("*"):
            if path.is_file():
                self.assertNotIn(KEY.encode(), path.read_bytes(), path)
        self.assertNotIn(KEY, self.server.output())

    def test_a_personal_key_changes_nothing_of_it(self):
        ada = self.person()
        made = ada("POST", "auth/keys", {"label": "Editor"})[1]["key"]
        ada.set("groq", key=KEY)
        ada.token = made
        self.assertEqual(ada("GET", "auth/me/providers")[0], 403)
        self.assertEqual(ada.set("groq", key=KEY)[0], 403)
        chat = ada("POST", "v1/chat/completions", {"model": "auto", "messages": [{"role": "user", "content": "Hi"}]})[1]
        self.assertEqual((chat["model"], self.sent()["sent"]), ("groq/ok", f"Bearer {KEY}"))  # but it asks as its user does

    def test_what_is_no_key_model_or_address_is_refused(self):
        ada = self.person()
        for fields in ({"key": "with a space 123"}, {"key": "short"}, {"key": "ключ-ключ-ключ"}, {"key": "k" * 513}, {"model": ""}, {"model": "m" * 129},
                       {"key": 7}, {"secret": KEY}, {}):
            self.assertEqual(ada.set("groq", **fields)[0], 422, fields)
        self.assertEqual(ada.set("nobody", key=KEY)[0], 404)
        self.assertEqual(ada.set("outline", model="x")[0], 404)

    def test_many_who_choose_at_once_all_get_their_way(self):
        ada = self.person()
        names = ("groq", "openai", "openrouter", "together")
        calls = [harness.threading.Thread(target=ada.set, args=(name,), kwargs={"key": f"{KEY}-{name}"}) for name in names]
        for call in calls:
            call.start()
        for call in calls:
            call.join()
        self.assertEqual({name for name, whose in ada.used() if whose == "own"}, set(names))


class Owner(Case):
    """Accounts off: who sits here names addresses too, and what was chosen is there after a restart."""

    def test_the_owner_brings_a_server_of_their_own_and_it_stays(self):
        me = Person(self.server, self.contract)
        self.assertTrue(me("GET", "auth/me/providers")[1]["addresses"])
        self.assertEqual(me.provider("compatible")["note"], "It needs its address.")
        at = f"http://127.0.0.1:{self.provider.port}/v1"
        self.assertTrue(me.test("compatible", url=at, model="ok")["works"])
        self.assertIn("nothing listens", me.test("compatible", url="http://127.0.0.1:9/v1")["why"])
        self.assertEqual(me.set("compatible", url=at)[0], 200)
        self.assertEqual((me.ask()["provider"], self.sent()["model"]), ("compatible", "default"))
        for wrong in ("ftp://x", "http://", "http://u:p@x/", "x", "http://a b"):
            self.assertEqual(me.set("compatible", url=wrong)[0], 422, wrong)
        self.assertEqual(self.server.stop(), 0)
        type(self).server = harness.Server(data=self.server.data, **self.settings)
        me = Person(self.server, self.contract)
        self.assertEqual(me.used()[0], ("compatible", "own"))
        self.assertEqual(me.ask()["provider"], "compatible")
        with contextlib.closing(sqlite3.connect(self.server.data / "interview.db")) as db:  # bytes that were damaged
            db.execute("UPDATE choices SET choice='v2.damaged.xx'")
            db.commit()
        self.assertEqual(me.ask()["provider"], "outline")


class Switched(Case):
    @classmethod
    def more(cls):
        return {"INTERVIEWD_OWN_KEYS": "off"}

    def test_where_the_operator_chooses_nobody_else_does(self):
        me = Person(self.server, self.contract)
        self.assertEqual([me("GET", "auth/me/providers")[0], me.set("groq", key=KEY)[0]], [403, 403])
        self.assertEqual((me.ask()["provider"], self.sent()["sent"]), ("openai", f"Bearer {OPERATORS}"))


if __name__ == "__main__":
    harness.main()
