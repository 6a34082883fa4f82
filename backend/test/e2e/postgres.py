#!/usr/bin/env python3
"""The whole server on a PostgreSQL database: everything works as on a file, and bad days of the database cost nothing that was
said. The PostgreSQL server is the test's own (support/postgres.py); without one installed the cases are skipped.
"""

import json
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import harness
import postgres

QUESTIONS = ["Why do you want this job?", "Tell me about a project that failed.", "How do you handle conflict in a team?"]


def run(command, data, *args, **settings):
    """A command that ends by itself: (exit status, all it said)."""
    done = subprocess.run([harness.PROGRAM, command, "--data", data, *args], capture_output=True, text=True,
                          timeout=harness.PATIENCE_S, env=harness.environment(**settings))
    harness.no_findings(done.stderr)
    return done.returncode, done.stdout + done.stderr


@unittest.skipUnless(postgres.programs(), "no PostgreSQL server is installed")
class Postgres(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.database = postgres.Server()
        cls.database.start()

    @classmethod
    def tearDownClass(cls):
        cls.database.stop()

    def setUp(self):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="interviewd-postgres-"))
        self.url = self.database.url("t" + self.id().rsplit(".", 1)[1][:40])
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def serve(self, *args, url=None, **settings):
        server = harness.Server(data=self.data, args=["--asr-preload=off", *args], INTERVIEWD_STORE=url or self.url, **settings)
        self.servers.append(server)
        return server

    def ready(self, server):
        try:
            return server.get("/readyz")
        except harness.HttpError as error:
            return error.problem

    def wait_until(self, what, holds):
        deadline = time.monotonic() + harness.PATIENCE_S
        while time.monotonic() < deadline:
            if holds():
                return
            time.sleep(0.05)
        self.fail(f"it never came to be: {what}")

    def ask(self, socket, question):
        seen = len(socket.seen)
        socket.send({"type": "generate", "question": question})
        socket.wait_for(lambda m: m.get("finish"))
        return socket.seen[seen:]

    # ------------------------------------------------------------------------------- good days

    def test_everything_is_kept_there_and_found_again(self):
        server = self.serve()
        profile = server.post("/api/v1/profiles", {"name": "Ada", "role": "Engineer", "yearsExperience": 7, "skills": ["C"],
                                                   "industry": "", "context": "I led the move of our billing to PostgreSQL."})
        session = server.post("/api/v1/sessions", {"profileId": profile["id"], "jobDescription": "Databases", "title": "First"})["id"]
        with server.socket("/ws/llm-stream", session) as socket:
            for question in QUESTIONS:
                self.ask(socket, question)
        items = server.wait_for_transcripts(session, lambda items: len(items) == 3 and all(i["answer"] for i in items))
        self.assertEqual([i["question"] for i in reversed(items)], QUESTIONS)
        found = server.get("/api/v1/search?q=conflict")
        self.assertIn(session, json.dumps(found))
        self.assertFalse((self.data / "interview.db").exists())
        before = server.get("/api/v1/sessions")
        self.assertEqual(before["items"][0]["questionCount"], 3)
        trips = [line for line in server.request("GET", "/metrics")[2].decode().split("\n")
                 if line.startswith("interviewd_store_round_trips_total ")]
        self.assertGreater(float(trips[0].split()[1]), 10)
        self.assertEqual(server.stop(), 0)
        self.assertNotIn(b"billing", pathlib.Path(self.database.dir, "log").read_bytes())

        again = self.serve()
        self.assertEqual(again.get("/api/v1/sessions"), before)
        self.assertEqual(again.transcripts(session), items)
        again.request("DELETE", f"/api/v1/sessions/{session}")
        self.assertEqual(again.get("/api/v1/sessions")["items"], [])
        self.assertEqual(run("doctor", self.data, INTERVIEWD_STORE=self.url)[0], 0)

    def test_accounts_sign_in_and_out_and_leave_nothing(self):
        server = self.serve("--accounts=on", sign_in=False)
        server.token = server.post("/api/v1/auth/signup", {"email": "ada@example.com", "password": "a long and odd one 7",
                                                           "displayName": "Ada"})["accessToken"]
        server.post("/api/v1/profiles", {"name": "Ada", "role": "Engineer", "yearsExperience": 7, "skills": [], "industry": "",
                                         "context": ""})
        other = server.post("/api/v1/auth/login", {"email": "ada@example.com", "password": "a long and odd one 7"})
        with self.assertRaises(harness.HttpError) as caught:
            server.post("/api/v1/auth/login", {"email": "ada@example.com", "password": "another"})
        self.assertEqual(caught.exception.status, 401)
        self.assertEqual(len(server.get("/api/v1/auth/sign-ins")["items"]), 2)
        server.request("DELETE", "/api/v1/auth/sign-ins")
        with self.assertRaises(harness.HttpError):
            server.get("/api/v1/auth/me", token=other["accessToken"])
        server.request("DELETE", "/api/v1/auth/me", {"password": "a long and odd one 7"})
        schema = "t" + self.id().rsplit(".", 1)[1][:40]
        self.assertEqual(self.database.sql(f"SELECT (SELECT count(*) FROM {schema}.users)+(SELECT count(*) FROM {schema}.profiles)"
                                           f"+(SELECT count(*) FROM {schema}.refresh_tokens)"), "0")

    def test_commands_know_where_the_store_is(self):
        status, said = run("migrate", self.data, INTERVIEWD_STORE=self.url)
        self.assertEqual(status, 0, said)
        self.assertIn("was brought from schema 0", said)
        self.assertIn("already", run("migrate", self.data, INTERVIEWD_STORE=self.url)[1])
        status, said = run("backup", self.data, self.data / "x.tar", INTERVIEWD_STORE=self.url)
        self.assertEqual(status, 2, said)
        self.assertIn("pg_dump", said)
        self.assertEqual(run("restore", self.data, self.data / "x.tar", INTERVIEWD_STORE=self.url)[0], 2)
        status, said = run("migrate", self.data, "--store", "postgres://ada:geheim@127.0.0.1/x")
        self.assertEqual(status, 2, said)
        self.assertNotIn("geheim", said)
        self.assertEqual(run("migrate", self.data, INTERVIEWD_STORE="mysql://x")[0], 2)
        self.assertEqual(run("migrate", self.data, "--store", self.url)[0], 0)

    # -------------------------------------------------------------------------------- bad days

    def test_an_interview_goes_on_while_the_database_is_away_and_loses_nothing(self):
        server = self.serve()
        session = server.post("/api/v1/sessions", {})["id"]
        with server.socket("/ws/llm-stream", session) as socket:
            self.ask(socket, QUESTIONS[0])
            self.database.kill()
            try:
                for question in QUESTIONS[1:]:
                    self.ask(socket, question)  # answered all the same
                self.wait_until("/readyz says so", lambda: self.ready(server).get("store") == "unavailable")
                problem = [p for p in self.ready(server)["problems"] if p["part"] == "store"][0]
                self.assertEqual(problem["code"], "away")
                with self.assertRaises(harness.HttpError) as caught:
                    server.get("/api/v1/sessions")
                self.assertEqual((caught.exception.status, caught.exception.problem["code"]), (503, "unavailable"))
                self.assertEqual(server.get("/healthz")["status"], "ok")
            finally:
                self.database.start()
            self.wait_until("/readyz is as before", lambda: self.ready(server).get("store") == "ok")
            items = server.wait_for_transcripts(session, lambda items: len(items) == 3 and all(i["answer"] for i in items))
            self.assertEqual([i["question"] for i in reversed(items)], QUESTIONS)
        log = server.output()
        self.assertIn("is kept in memory until it can be stored", log)
        for question in QUESTIONS:
            self.assertNotIn(question, log)

    def test_nobody_is_signed_out_because_the_database_is_away(self):
        server = self.serve("--accounts=on", sign_in=False)
        who = {"email": "ada@example.com", "password": "a long and odd one 7"}
        me = server.post("/api/v1/auth/signup", {**who, "displayName": "Ada"})
        key = server.post("/api/v1/auth/keys", {"label": "mine"}, token=me["accessToken"])["key"]
        calls = {"refresh": lambda: server.post("/api/v1/auth/refresh", {"refreshToken": me["refreshToken"]}),
                 "login": lambda: server.post("/api/v1/auth/login", who),
                 "me": lambda: server.get("/api/v1/auth/me", token=me["accessToken"]),
                 "personal key": lambda: server.get("/api/v1/sessions", token=key),
                 "sessions": lambda: server.get("/api/v1/sessions", token=me["accessToken"])}
        self.database.kill()
        try:
            for name, call in calls.items():
                with self.assertRaises(harness.HttpError) as caught:
                    call()
                self.assertEqual((name, caught.exception.status, caught.exception.problem["code"]), (name, 503, "unavailable"))
        finally:
            self.database.start()
        self.wait_until("/readyz is as before", lambda: self.ready(server).get("store") == "ok")
        me = calls["refresh"]()
        for name in ("login", "me", "personal key", "sessions"):
            calls[name]()

    def test_a_server_whose_database_is_away_ends_when_it_is_told_to(self):
        server = self.serve()
        session = server.post("/api/v1/sessions", {})["id"]
        with server.socket("/ws/llm-stream", session) as socket:
            self.ask(socket, QUESTIONS[0])
            self.database.kill()
            try:
                self.ask(socket, QUESTIONS[1])
                began = time.monotonic()
                server.stop()
                self.assertLess(time.monotonic() - began, 30)
                status, said = run("serve", self.data, "--listen=127.0.0.1:0", INTERVIEWD_STORE=self.url)
                self.assertEqual(status, 1, said)  # one that starts it again is right to do so
                self.assertIn("away", said)
                status, said = run("doctor", self.data, INTERVIEWD_STORE=self.url)
                self.assertEqual(status, 1, said)
                self.assertIn("FAIL  store", said)
            finally:
                self.database.start()

    def test_connections_that_are_cut_fail_no_reader(self):
        server = self.serve()
        server.post("/api/v1/sessions", {"title": "One"})
        failed = []

        def read_on():
            for _ in range(60):
                try:
                    assert len(server.get("/api/v1/sessions")["items"]) == 1
                except Exception as error:  # noqa: BLE001 - told below
                    failed.append(error)

        threads = [threading.Thread(target=read_on) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            self.database.cut()
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])

    def test_tls_is_by_the_parameters_of_the_address(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="interviewd-tls-"))
        for name in ("right", "wrong"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                            "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                            "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.crt"], check=True, capture_output=True)
            shutil.copy(folder / f"{name}.crt", self.data)  # a server that is confined reads its data folder, and /etc
        (folder / "right.key").chmod(0o600)
        database = postgres.Server(tls=(folder / "right.crt", folder / "right.key"))
        try:
            database.start()
            url = database.url("tls", tcp=True, more=f"&sslmode=verify-full&sslrootcert={self.data}/")
            server = self.serve(url=url + "right.crt")
            server.post("/api/v1/sessions", {"title": "x" * 100, "jobDescription": "y" * 15000})
            self.assertEqual(len(server.get("/api/v1/sessions")["items"]), 1)
            self.assertEqual(database.sql("SELECT bool_and(s.ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) "
                                          "WHERE application_name='interviewd'"), "t")
            server.stop()
            status, said = run("migrate", self.data, INTERVIEWD_STORE=url + "wrong.crt")
            self.assertEqual(status, 1, said)
            self.assertIn("certificate", said)
        finally:
            database.stop()
            shutil.rmtree(folder, ignore_errors=True)


harness.main()
