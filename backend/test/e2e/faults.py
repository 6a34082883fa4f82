#!/usr/bin/env python3
"""What goes wrong with a data folder is told, with the way out, and costs nothing that is not lost already.

Each case is told in three places: at the start (exit status 5 where starting would do harm), in /readyz, and by doctor.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest

import harness

KEY_A, KEY_B = "11" * 32, "22" * 32
EXIT_DATA = 5
BIG = "x" * 60000


def run(command, data, *args, preexec_fn=None, **settings):
    """A command that ends by itself: (exit status, all it said)."""
    done = subprocess.run([harness.PROGRAM, command, "--data", data, *args], capture_output=True, text=True,
                          timeout=harness.PATIENCE_S, env=harness.environment(**settings), preexec_fn=preexec_fn)
    harness.no_findings(done.stderr)
    return done.returncode, done.stdout + done.stderr


class Faults(unittest.TestCase):
    def setUp(self):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="interviewd-faults-"))
        self.servers = []

    def tearDown(self):
        for server in self.servers:
            server.stop()
        shutil.rmtree(self.data, ignore_errors=True)

    def serve(self, **settings):
        server = harness.Server(data=self.data, args=["--asr-preload=off"], **settings)
        self.servers.append(server)
        return server

    def refuses_to_start(self, *words, **settings):
        status, said = run("serve", self.data, "--listen=127.0.0.1:0", **settings)
        self.assertEqual(status, EXIT_DATA, said)
        for word in words:
            self.assertIn(word, said)

    def doctor_says(self, *words, status=1, **settings):
        code, said = run("doctor", self.data, **settings)
        self.assertEqual(code, status, said)
        for word in words:
            self.assertIn(word, said)

    def ready(self, server):
        try:
            return 200, server.get("/readyz")
        except harness.HttpError as error:
            return error.status, error.problem

    def store_is_ok(self, server):
        self.assertEqual(self.ready(server)[1]["store"], "ok")

    def problem(self, server, part):
        """(the store's state, the problem's code); of the store itself the status: whether there is a recogniser is no matter."""
        status, ready = self.ready(server)
        found = [p for p in ready["problems"] if p["part"] == part]
        self.assertEqual(len(found), 1, ready)
        self.assertTrue(found[0]["detail"] and found[0]["help"])
        self.assertNotIn(str(self.data), json.dumps(ready))
        return status if part == "store" else ready["store"], found[0]["code"]

    # ----------------------------------------------------------------------------------- the key

    def test_a_wrong_key_is_refused_and_the_right_one_still_works(self):
        one = self.serve(INTERVIEWD_MASTER_KEY=KEY_A)
        session = one.post("/api/v1/sessions", {"jobDescription": "A job"})["id"]
        one.stop()
        before = (self.data / "interview.db").read_bytes()
        self.refuses_to_start("master key is not the one", INTERVIEWD_MASTER_KEY=KEY_B)
        self.doctor_says("FAIL  key", "master key is not the one", INTERVIEWD_MASTER_KEY=KEY_B)
        self.assertEqual(before, (self.data / "interview.db").read_bytes())
        again = self.serve(INTERVIEWD_MASTER_KEY=KEY_A)
        self.assertEqual(again.get(f"/api/v1/sessions/{session}")["jobDescription"], "A job")
        self.doctor_says("ok    key", status=0, INTERVIEWD_MASTER_KEY=KEY_A)

    def test_a_missing_key_is_never_replaced(self):
        one = self.serve()
        one.post("/api/v1/sessions", {"jobDescription": "A job"})
        key = self.data / "keys/master.key"
        kept = key.read_bytes()
        key.unlink()
        self.assertEqual(self.problem(one, "key"), ("ok", "key_missing"))
        one.stop()
        self.refuses_to_start("master.key is missing", "backup")
        self.assertFalse(key.exists())
        self.doctor_says("FAIL  key", "is missing")
        key.write_bytes(kept)
        key.chmod(0o600)
        again = self.serve()
        self.assertEqual(again.get("/api/v1/sessions")["items"][0]["jobDescription"], "A job")
        self.assertEqual([p for p in self.ready(again)[1]["problems"] if p["part"] != "recogniser"], [])

    def test_a_store_from_before_the_key_was_checked_is_checked_too(self):
        one = self.serve(INTERVIEWD_MASTER_KEY=KEY_A)
        one.post("/api/v1/sessions", {"jobDescription": "A job"})
        one.stop()
        db = sqlite3.connect(self.data / "interview.db")
        db.execute("DELETE FROM facts WHERE name='key.check'")
        db.commit()
        db.close()
        self.refuses_to_start("master key is not the one", INTERVIEWD_MASTER_KEY=KEY_B)
        self.refuses_to_start("master.key is missing")
        self.serve(INTERVIEWD_MASTER_KEY=KEY_A)

    # ------------------------------------------------------------------------------- the database

    def test_a_damaged_page_is_told_and_hides_nothing_else(self):
        one = self.serve()
        titles = [f"Session {i}" for i in range(30)]
        made = [one.post("/api/v1/sessions", {"title": title, "jobDescription": "y" * 2000})["id"] for title in titles]
        one.stop()
        path = self.data / "interview.db"
        # The sealed text of one row: each row has a page of its own.
        db = sqlite3.connect(path)
        sealed = db.execute("SELECT job_description FROM sessions WHERE id=?", [made[10]]).fetchone()[0].encode()
        db.close()
        at = path.read_bytes().find(sealed)
        self.assertGreater(at, 0)
        with open(path, "r+b") as file:
            file.seek(at // 4096 * 4096)
            file.write(b"\xa5" * 256)

        again = self.serve()
        self.assertEqual(self.problem(again, "store"), (503, "damaged"))
        self.assertIn("damaged", again.output())
        items = again.get("/api/v1/sessions?limit=100")["items"]
        self.assertEqual([item["id"] for item in items], made[::-1])
        unreadable = [item["id"] for item in items if item.get("unreadable")]
        self.assertIn(made[10], unreadable)
        self.assertLessEqual(len(unreadable), 2)
        readable = [item for item in items if not item.get("unreadable")]
        self.assertTrue(all(item["title"] in titles for item in readable))
        with self.assertRaises(harness.HttpError) as caught:
            again.get(f"/api/v1/sessions/{made[10]}")
        self.assertEqual(caught.exception.problem["code"], "damaged")
        again.stop()
        self.doctor_says("FAIL  store", "damaged", "backup")

    def test_one_unreadable_field_is_said_and_can_be_replaced(self):
        one = self.serve()
        made = [one.post("/api/v1/sessions", {"title": f"t{i}", "jobDescription": "A job"})["id"] for i in range(3)]
        profile = one.post("/api/v1/profiles", {"name": "p", "context": "c"})["id"]
        db = sqlite3.connect(self.data / "interview.db", timeout=20)
        db.execute("UPDATE sessions SET job_description='v1.AAAA' WHERE id=?", [made[1]])
        db.execute("UPDATE profiles SET context='v1.BBBB'")
        db.commit()
        db.close()
        items = one.get("/api/v1/sessions")["items"]
        self.assertEqual([item.get("unreadable", False) for item in items], [False, True, False])
        self.assertEqual(items[1]["title"], "t1")
        self.assertTrue(one.get("/api/v1/profiles")["items"][0]["unreadable"])
        one.request("PATCH", f"/api/v1/sessions/{made[1]}", {"title": "new"})
        self.assertTrue(one.get(f"/api/v1/sessions/{made[1]}")["unreadable"])
        one.request("PATCH", f"/api/v1/sessions/{made[1]}", {"jobDescription": "Another"})
        self.assertNotIn("unreadable", one.get(f"/api/v1/sessions/{made[1]}"))
        self.assertEqual(one.request("POST", f"/api/v1/sessions/{made[1]}/export", {"format": "json"})[0], 200)
        self.assertEqual(one.request("DELETE", f"/api/v1/profiles/{profile}")[0], 204)

    def test_a_second_server_is_refused_with_the_first_ones_process(self):
        one = self.serve()
        self.refuses_to_start(f"process {one.process.pid}", "--data")
        self.doctor_says(f"process {one.process.pid} serves", status=0)
        self.store_is_ok(one)
        one.process.kill()  # the lock ends with the process
        one.process.wait()
        self.store_is_ok(self.serve())

    def test_a_database_deleted_under_the_server_is_told(self):
        one = self.serve()
        one.post("/api/v1/sessions", {})
        (self.data / "interview.db").rename(self.data / "away")
        self.assertEqual(self.problem(one, "store"), (503, "lost"))
        with self.assertRaises(harness.HttpError) as caught:
            one.post("/api/v1/sessions", {})
        self.assertEqual((caught.exception.status, caught.exception.problem["code"]), (503, "unavailable"))
        self.assertFalse((self.data / "interview.db").exists())
        self.doctor_says("FAIL  store", "is gone", "put it back")
        (self.data / "away").rename(self.data / "interview.db")
        one.post("/api/v1/sessions", {})
        self.store_is_ok(one)

    def test_a_database_that_is_missing_at_the_start_is_told(self):
        one = self.serve()
        one.post("/api/v1/sessions", {"jobDescription": "A job"})
        one.stop()
        self.assertNotIn("missing", one.output())
        (self.data / "interview.db").rename(self.data / "away")
        self.doctor_says("note  store", "missing", "put it back", status=0)
        again = self.serve()
        self.assertIn("interview.db is missing", again.output())
        self.assertEqual(again.get("/api/v1/sessions")["items"], [])
        again.stop()
        for name in ("interview.db-wal", "interview.db-shm"):
            (self.data / name).unlink(missing_ok=True)
        (self.data / "interview.db").write_bytes(b"")  # what a copy that was cut off leaves
        self.doctor_says("note  store", "missing or empty", "put it back", status=0)
        empty = self.serve()
        self.assertIn("interview.db is missing or empty", empty.output())
        empty.stop()
        for name in ("interview.db-wal", "interview.db-shm"):
            (self.data / name).unlink(missing_ok=True)
        (self.data / "away").rename(self.data / "interview.db")
        self.assertEqual(self.serve().get("/api/v1/sessions")["items"][0]["jobDescription"], "A job")

    def test_a_newer_schema_is_refused(self):
        self.serve().stop()
        db = sqlite3.connect(self.data / "interview.db")
        db.execute("PRAGMA user_version=999")
        db.close()
        self.refuses_to_start("newer version", "999")
        self.doctor_says("FAIL  store", "newer version")

    def test_a_folder_that_may_not_be_written_is_refused(self):
        self.serve().stop()
        os.chmod(self.data / "interview.db", 0o444)
        os.chmod(self.data, 0o555)
        nobody = None
        if os.geteuid() == 0:
            for path in [self.data, *self.data.rglob("*")]:
                os.chown(path, 65534, 65534)
            nobody = lambda: (os.setgid(65534), os.setuid(65534))  # noqa: E731
        status, said = run("serve", self.data, "--listen=127.0.0.1:0", preexec_fn=nobody)
        self.assertEqual(status, EXIT_DATA, said)
        self.assertIn("cannot be written", said)
        status, said = run("doctor", self.data, preexec_fn=nobody)
        self.assertEqual(status, 1, said)
        self.assertIn("FAIL  data", said)
        os.chmod(self.data, 0o700)

    # -------------------------------------------------------------------------------- a full disk

    def fill(self, server, most=4000):
        """Store until there is no room; the sessions that were stored."""
        made = []
        for _ in range(most):
            try:
                made.append(server.post("/api/v1/sessions", {"jobDescription": BIG})["id"])
            except harness.HttpError as error:
                self.assertEqual((error.status, error.problem["code"]), (507, "storage_full"))
                self.assertIn("Retry-After", error.headers)
                return made
        self.fail("the disk never filled")

    def recovers(self, server, made):
        self.assertEqual(self.problem(server, "store"), (503, "storage_full"))
        self.assertEqual(server.get(f"/api/v1/sessions/{made[0]}")["jobDescription"], BIG)
        fresh = server.post("/api/v1/auth/local", headers={"Origin": server.base})  # who signs in can delete
        self.assertTrue(fresh["accessToken"])
        for session in made:
            self.assertEqual(server.request("DELETE", f"/api/v1/sessions/{session}")[0], 204)
        server.post("/api/v1/sessions", {"jobDescription": BIG})
        self.store_is_ok(server)

    def test_on_a_full_disk_deleting_works(self):
        """A disk of 40 MiB of its own, in a mount namespace; what else lies on it takes the rest."""
        probe = subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", self.data], capture_output=True)
        if probe.returncode:
            self.skipTest("no mount namespaces here")
        log = open(self.data.with_suffix(".log"), "w+")
        process = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=40m tmpfs "$1" && exec "$0" serve '
             '--listen 127.0.0.1:0 --asr-preload=off --data "$1"', harness.PROGRAM, self.data],
            stdout=subprocess.PIPE, stderr=log, text=True, env=harness.environment())
        try:
            server = Started(process)
            inside = pathlib.Path(f"/proc/{process.pid}/root{self.data}")
            self.assertEqual((inside / "interview.db-reserve").stat().st_size, 16 << 20)
            with self.assertRaises(harness.HttpError) as refused:  # that much room is left to the database
                server.request("POST", "/api/v1/audio/upload", b"RIFF", {"Content-Type": "audio/wav"})
            self.assertEqual((refused.exception.status, refused.exception.problem["code"]), (507, "storage_full"))
            self.assertEqual(list((inside / "audio").iterdir()), [])
            with open(inside / "filler", "wb") as filler:
                filler.write(b"x" * (12 << 20))
            made = self.fill(server)
            self.assertGreater(len(made), 20)
            try:
                with open(inside / "filler2", "wb") as filler:  # the very last block
                    filler.write(b"x" * (40 << 20))
            except OSError:
                pass
            self.assertEqual(self.problem(server, "store"), (503, "storage_full"))
            for session in made[:-1]:
                self.assertEqual(server.request("DELETE", f"/api/v1/sessions/{session}")[0], 204)
            (inside / "filler").unlink()
            (inside / "filler2").unlink(missing_ok=True)
            deadline = time.monotonic() + harness.PATIENCE_S
            while self.ready(server)[1]["store"] != "ok" and time.monotonic() < deadline:
                time.sleep(0.2)  # it finds out by itself
            self.store_is_ok(server)
            server.post("/api/v1/sessions", {"jobDescription": BIG})
            self.assertEqual(server.get(f"/api/v1/sessions/{made[-1]}")["jobDescription"], BIG)
        finally:
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=harness.PATIENCE_S), 0)
            process.stdout.close()
            log.close()
            self.data.with_suffix(".log").unlink()

    def test_a_start_on_a_full_disk_is_told_and_deleting_works(self):
        """A folder with sessions, copied to a disk of its own on which nothing is free then."""
        one = self.serve()
        made = [one.post("/api/v1/sessions", {"jobDescription": BIG})["id"] for _ in range(20)]
        one.stop()
        disk = self.data / "disk"
        disk.mkdir()
        if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", disk], capture_output=True).returncode:
            self.skipTest("no mount namespaces here")
        log = open(self.data / "full.log", "w+")
        process = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", 'mount -t tmpfs -o size=24m tmpfs "$2" && cd "$1" && mkdir -m 700 "$2/data" && '
             'cp -a --sparse=never interview.db* keys audit.jsonl "$2/data/" && '
             '{ dd if=/dev/zero of="$2/filler" bs=4k 2>"$2/../dd"; "$0" doctor --data "$2/data" >&2; '
             'exec "$0" serve --listen 127.0.0.1:0 --asr-preload=off --data "$2/data"; }', harness.PROGRAM, self.data, disk],
            stdout=subprocess.PIPE, stderr=log, text=True, env=harness.environment())
        try:
            server = Started(process)
            said = (self.data / "full.log").read_text()
            self.assertIn("FAIL  data", said)  # doctor
            self.assertIn("no room left on the disk of the data folder", said)  # the start
            self.assertIn("can be started", said)
            self.assertNotIn("begin anew", said)
            full = self.fill(server)
            self.assertEqual(self.problem(server, "store"), (503, "storage_full"))
            self.assertEqual(server.get(f"/api/v1/sessions/{made[0]}")["jobDescription"], BIG)
            for session in made + full:
                self.assertEqual(server.request("DELETE", f"/api/v1/sessions/{session}")[0], 204)
            pathlib.Path(f"/proc/{process.pid}/root{disk}/filler").unlink()
            deadline = time.monotonic() + harness.PATIENCE_S
            while self.ready(server)[1]["store"] != "ok" and time.monotonic() < deadline:
                time.sleep(0.2)
            server.post("/api/v1/sessions", {"jobDescription": BIG})
            self.store_is_ok(server)
        finally:
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=harness.PATIENCE_S), 0)
            process.stdout.close()
            log.close()

    def test_where_files_may_not_grow_deleting_works(self):
        log = open(self.data / "output.txt", "w+")
        process = subprocess.Popen(
            ["sh", "-c", 'ulimit -f 4096 && exec "$0" serve --listen 127.0.0.1:0 --asr-preload=off --data "$1"',
             harness.PROGRAM, self.data], stdout=subprocess.PIPE, stderr=log, text=True, env=harness.environment())
        try:
            server = Started(process)
            self.recovers(server, self.fill(server))
        finally:
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=harness.PATIENCE_S), 0)
            process.stdout.close()
            log.close()

    # ------------------------------------------------------------------------------------ the clock

    def test_a_clock_that_was_set_back_is_told_and_times_go_on(self):
        self.serve().stop()
        later = int((time.time() + 7200) * 1000)
        db = sqlite3.connect(self.data / "interview.db")
        db.execute("UPDATE facts SET value=? WHERE name='clock.newest'", [str(later)])
        db.commit()
        db.close()
        again = self.serve()
        self.assertIn("behind what is stored", again.output())
        self.assertEqual(self.problem(again, "clock"), ("ok", "clock_set_back"))
        made = again.post("/api/v1/sessions", {})["createdAt"]
        self.assertGreaterEqual(made, time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(later / 1000)))
        again.stop()
        self.doctor_says("FAIL  clock", "--accept-clock")
        status, said = run("migrate", self.data, "--accept-clock")
        self.assertEqual(status, 0, said)
        self.doctor_says(status=0)
        self.assertEqual([p for p in self.ready(self.serve())[1]["problems"] if p["part"] != "recogniser"], [])

    # -------------------------------------------------------------------------------------- modes

    def test_a_folder_that_is_open_to_all_is_told(self):
        one = self.serve()
        one.stop()
        self.assertNotIn("everybody on this machine", one.output())
        self.data.chmod(0o777)
        self.assertIn("everybody on this machine", self.serve().output())
        self.doctor_says("note  data", "chmod 700", status=0)

    def test_a_folder_in_place_of_the_key_is_told(self):
        self.serve().stop()
        (self.data / "keys" / "master.key").unlink()
        (self.data / "keys" / "master.key").mkdir(mode=0o700)
        self.refuses_to_start("master.key is not a file", "from a backup")

    def test_files_are_the_owners_alone_whatever_the_umask(self):
        for mask in (0o000, 0o022, 0o077, 0o277):
            folder = self.data / f"{mask:o}"
            process = subprocess.Popen(
                [harness.PROGRAM, "serve", "--listen", "127.0.0.1:0", "--asr-preload=off", "--data", folder],
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=harness.environment(),
                preexec_fn=lambda: os.umask(mask))
            server = Started(process)
            session = server.post("/api/v1/sessions", {"jobDescription": "A job"})["id"]
            server.request("POST", f"/api/v1/sessions/{session}/export", {"format": "pdf"})
            paths = [folder, *folder.rglob("*")]
            names = {path.name for path in paths}
            self.assertLessEqual({"interview.db", "interview.db-wal", "interview.db-shm", "interview.db-reserve",
                                  "master.key", "audit.jsonl", "interviewd.lock"}, names)
            for path in paths:
                self.assertEqual(oct(path.stat().st_mode & 0o777), oct(0o700 if path.is_dir() else 0o600), path)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=harness.PATIENCE_S), 0)
            process.stdout.close()


class Started(harness.Server):
    """A server whose process was begun in a way of the test's own."""

    def __init__(self, process):
        self.process, self.token = process, None
        self.port = self._find_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.token = self.post("/api/v1/auth/local", headers={"Origin": self.base})["accessToken"]

    def output(self):
        return ""


harness.main()
