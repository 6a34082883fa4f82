"""Master keys: a new one, everything sealed anew by it, the end of the old one, and no moment at which something is unreadable;
and backups, made while others write, and put back."""

import contextlib
import json
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
from audio import tone  # noqa: E402

PAIRS = 500
MIGRATIONS = pathlib.Path(__file__).parents[2] / "src/store/migrations/sqlite"
PROFILE = {"name": "the planted name", "role": "the planted role", "skills": ["C", "planted skills"], "industry": "the planted industry",
           "context": "the planted context"}
SEALED = (("profiles", "context"), ("profiles", "name"), ("profiles", "role"), ("profiles", "skills"), ("profiles", "industry"), ("sessions", "job_description"), ("sessions", "title"), ("transcripts", "question"),
          ("transcripts", "answer"), ("transcripts", "detail"), ("voices", "voice"), ("transcriptions", "result"), ("facts", "value"),
          ("choices", "choice"))


def run(*args, data, env=None, **more):
    return subprocess.run([harness.PROGRAM, *args, "--data", data], env=env or harness.environment(), capture_output=True, text=True, **more)


def texts_in_clear(data):
    """Which planted texts lie anywhere in the folder, by file."""
    found = {}
    for path in data.rglob("*"):
        texts = set(re.findall(rb"(?i)the planted (?:name|role|industry|context|job|title|answer|label)|planted skills", path.read_bytes())) if path.is_file() else None
        if texts:
            found[path.name] = texts
    return found


def told(server, session):
    """A session as a file, without the time that it was made at."""
    file = server.post(f"/api/v1/sessions/{session}/export", {"format": "json"})
    del file["exportedAt"]
    return file


def everything(server, paths):
    """What a person can read under those paths, as the server tells it."""
    return {path: told(server, path.rsplit("/", 1)[1]) if "sessions" in path else server.request("GET", path)[2] for path in paths}


def paths_of(server):
    items = [f"/api/v1/{kind}/{item['id']}" for kind in ("profiles", "sessions") for item in server.get(f"/api/v1/{kind}")["items"]]
    return items + [f"/api/v1/audio/{path.name}" for path in (server.data / "audio").iterdir()]


def key_names(data):
    """By table and column, the names of the keys that what is stored was sealed by."""
    names = set()
    with contextlib.closing(sqlite3.connect(f"file:{data / 'interview.db'}?mode=ro", uri=True)) as db:
        for table, column in SEALED:
            for (text,) in db.execute(f"SELECT {column} FROM {table} WHERE {column} LIKE 'v_.%'"):
                names.add(text.split(".")[1] if text.startswith("v2.") else "v1")
    for path in (data / "audio").iterdir():
        try:
            head = path.read_bytes()[:16]
        except FileNotFoundError:  # a new file that has taken the place of the old one
            continue
        names.add(head[8:].decode() if head.startswith(b"IVDBLOB2") else "v1")
    return names


def keys_of(data):
    status = run("keys", "status", data=data)
    assert status.returncode == 0, status.stderr
    return re.findall(r"^([0-9a-f]{8})  ", status.stdout, re.M), status.stdout


def ready(server):
    return json.loads(server.request("GET", "/readyz", token=None)[2])


class Filled(unittest.TestCase):
    """One folder is filled once; each test works on a copy of it."""

    all = None

    @classmethod
    def setUpClass(cls):
        if not Filled.all:
            Filled.fill()

    @classmethod
    def fill(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="interviewd-keys-"))
        cls.full = cls.folder / "full"
        cls.full.mkdir()
        server = harness.Server(data=cls.full, args=("--asr-preload=off",))
        server.post("/api/v1/profiles", PROFILE)
        session = server.post("/api/v1/sessions", {"jobDescription": "the planted job", "title": "the planted title"})["id"]
        file = told(server, session)
        file["transcripts"] = [{"id": f"t{i}", "sessionId": "s", "questionNumber": i + 1, "question": f"Question {i}?", "isQuestion": True,
                                "answer": f"The planted answer {i}.", "timestamp": "2026-01-01T10:00:00.000Z", "audioUrl": None,
                                "speaker": "interviewer", "kind": "technical", "provider": "p", "model": "m", "finishReason": "stop",
                                "metrics": {"responseTime": 1.5, "wordCount": 5, "confidence": 0.9, "qualityScore": 80}} for i in range(PAIRS)]
        server.post("/api/v1/sessions/import", file)
        server.request("PATCH", "/api/v1/auth/me/providers/groq", {"key": "gsk-the-planted-key"})
        for i in range(4):
            server.request("POST", "/api/v1/audio/upload?keep=original", tone(cls.folder / "tone.wav", seconds=3 + i), {"Content-Type": "audio/wav"})
        cls.all = everything(server, paths_of(server))
        server.stop()
        (cls.old,), _ = keys_of(cls.full)

    def setUp(self):
        self.data = pathlib.Path(tempfile.mkdtemp(dir=self.folder)) / "data"
        shutil.copytree(self.full, self.data)

    def serve(self, **settings):
        server = harness.Server(data=self.data, args=("--asr-preload=off",), **settings)
        self.addCleanup(lambda: server.process.poll() is None and server.stop())
        return server

    def wait(self, ready, what):
        deadline = time.monotonic() + harness.PATIENCE_S
        while not ready():
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.01)

    def assert_key_there(self, server):
        """A provider's key, which nobody is told, by how it ends."""
        item = next(item for item in server.get("/api/v1/auth/me/providers")["items"] if item["name"] == "groq")
        self.assertEqual(item["key"], {"lastFour": "-key"})

    def assert_all_there(self, server):
        self.assertTrue(everything(server, self.all) == self.all, "something is not as it was")


class Sealed(Filled):
    """Whoever has a copy of the folder, without the key, reads nothing that is private."""

    def make_older(self, more=0):
        """The database as schema 13 had it, before profiles were sealed, with more of them beside the one."""
        path = self.data / "interview.db"
        newer = path.rename(self.data / "newer.db")
        with contextlib.closing(sqlite3.connect(path)) as db, db:
            for file in sorted(MIGRATIONS.glob("*.sql"))[:13]:
                db.executescript(file.read_text())
            db.execute("ATTACH ? AS newer", (str(newer),))
            tables = [name for (name,) in db.execute("SELECT name FROM main.sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite%' ORDER BY rowid")]
            for table in tables:  # the analytics last: inserting sessions counts them, too
                columns = ",".join(row[1] for row in db.execute(f"PRAGMA main.table_info({table})"))
                db.execute(f"INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}")
            db.execute("DELETE FROM main.facts WHERE name='profiles.sealed'")
            db.execute("UPDATE main.profiles SET name=?, role=?, skills=?, industry=?",
                       (PROFILE["name"], PROFILE["role"], json.dumps(PROFILE["skills"], separators=(",", ":")), PROFILE["industry"]))
            for i in range(more):
                db.execute("INSERT INTO main.profiles (id,user_id,name,role,years_experience,skills,industry,created_at,updated_at) "
                           "SELECT printf('%026d', ?1),user_id,?1 || ' ' || name,role,3,skills,industry,1,1 FROM main.profiles "
                           "WHERE context IS NOT NULL", (i,))
            db.execute("PRAGMA main.user_version=13")
        newer.unlink()

    def test_no_private_text_lies_in_clear(self):
        server = self.serve()
        server.post("/api/v1/auth/keys", {"label": "the planted label"})
        self.assertEqual(texts_in_clear(self.data), {})
        server.stop()
        self.assertEqual(texts_in_clear(self.data), {})

    def test_what_an_older_version_left_in_clear_is_sealed_at_the_next_start(self):
        self.make_older()
        self.assertEqual(texts_in_clear(self.data)["interview.db"], {b"the planted name", b"the planted role", b"planted skills",
                                                                     b"the planted industry"})
        server = self.serve()
        self.assertEqual(texts_in_clear(self.data), {}, "the database or its log")
        self.assert_all_there(server)
        self.assertEqual([item["role"] for item in server.get("/api/v1/profiles")["items"]], [PROFILE["role"]])

    def test_sealing_what_was_in_clear_may_be_killed_anywhere(self):
        more, deaths = 150, 0
        self.make_older(more)
        for delay in range(100):
            process = subprocess.Popen([harness.PROGRAM, "keys", "status", "--data", self.data], env=harness.environment(),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(0.02 + 0.01 * delay)
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                deaths += 1
        self.assertGreater(deaths, 1)
        server = self.serve()
        self.assertEqual(texts_in_clear(self.data), {})
        self.assert_all_there(server)
        page, names = {"nextCursor": ""}, set()
        while page["nextCursor"] is not None:
            page = server.get("/api/v1/profiles?limit=100" + (f"&cursor={page['nextCursor']}" if page["nextCursor"] else ""))
            names |= {item["name"] for item in page["items"]}
        self.assertEqual(names, {PROFILE["name"], *(f"{i} {PROFILE['name']}" for i in range(more))})


class Keys(Filled):
    def test_a_rotation_that_is_killed_anywhere_loses_nothing_and_goes_on(self):
        self.assertEqual(run("keys", "retire", data=self.data).returncode, 0)  # there is one: it stays
        for rewritten in (0, 1, 200, 900, 1500):
            process = subprocess.Popen([harness.PROGRAM, "keys", "reseal" if rewritten else "rotate", "--data", self.data],
                                       env=harness.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            with contextlib.closing(sqlite3.connect(self.data / "interview.db")) as db:
                like = "v2." + self.old + ".%"
                count = "SELECT sum(question NOT LIKE ?1)+sum(answer NOT LIKE ?1)+sum(detail NOT LIKE ?1) FROM transcripts"
                self.wait(lambda: process.poll() is not None or (db.execute(count, [like]).fetchone()[0] or 0) >= max(rewritten, 1),
                          "nothing is sealed anew")
            process.kill()
            process.wait()
            names, text = keys_of(self.data)
            self.assertEqual(names[1:], [self.old])
            self.assertNotIn("cannot be opened", text)
        if key_names(self.data) == {names[0], self.old}:
            refused = run("keys", "retire", data=self.data)
            self.assertEqual(refused.returncode, 1, refused.stdout)
            self.assertIn("still need", refused.stderr)
        done = run("keys", "reseal", data=self.data)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(key_names(self.data), {names[0]})
        self.assertEqual(run("keys", "retire", data=self.data).returncode, 0)
        self.assertEqual((self.data / "keys/master.key").stat().st_size, 65)
        self.assertEqual((self.data / "keys/master.key").stat().st_mode & 0o777, 0o600)
        server = self.serve()
        self.assert_all_there(server)
        self.assert_key_there(server)

    def test_a_server_takes_the_new_key_up_while_others_write(self):
        server = self.serve(INTERVIEWD_LOG_LEVEL="info")
        made, stop, wrong = {}, threading.Event(), []

        def write(number):
            i = 0
            while not stop.is_set():
                i += 1
                try:
                    body = {"title": f"title {number} {i}", "jobDescription": f"job {number} {i}"}
                    made[server.post("/api/v1/sessions", body)["id"]] = body
                except harness.HttpError as error:
                    wrong.append(str(error))
        writers = [threading.Thread(target=write, args=[n]) for n in range(2)]
        for writer in writers:
            writer.start()
        rotated = run("keys", "rotate", data=self.data)
        stop.set()
        for writer in writers:
            writer.join()
        self.assertEqual((rotated.returncode, rotated.stderr, wrong), (0, "", []))
        names, _ = keys_of(self.data)
        self.assertEqual(names[1:], [self.old])
        self.assertEqual(ready(server)["keys"], "ok")
        numbers = server.request("GET", "/metrics", token=None)[2].decode()
        self.assertGreater(int(re.search(r"^interviewd_resealed_total (\d+)$", numbers, re.M)[1]), 3 * PAIRS)
        self.assertIn('interviewd_resealing{state="done"} 1', numbers)
        self.assertIn('interviewd_resealing{state="running"} 0', numbers)
        if self.old in key_names(self.data):  # written between two looks
            self.assertEqual(run("keys", "reseal", data=self.data).returncode, 0)
        retired = run("keys", "retire", data=self.data)
        self.assertEqual((retired.returncode, retired.stderr), (0, ""))
        self.wait(lambda: not [p for p in ready(server)["problems"] if p["part"] == "key"], "the server knows of the end")
        self.assertEqual(key_names(self.data), {names[0]})
        self.assert_all_there(server)
        for session, body in made.items():
            self.assertEqual({k: server.get(f"/api/v1/sessions/{session}")[k] for k in body}, body)
        self.assertIn(f"the key {names[0]} seals from now on", server.output())
        self.assertNotIn((self.data / "keys/master.key").read_text()[:64], server.output())

    def test_a_server_that_is_killed_goes_on_after_its_next_start(self):
        server = self.serve()
        process = subprocess.Popen([harness.PROGRAM, "keys", "rotate", "--data", self.data], env=harness.environment(),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait(lambda: len(key_names(self.data)) > 1, "nothing is sealed anew")
        server.stop(signal.SIGKILL)
        process.kill()
        process.wait()
        server = self.serve()
        names, _ = keys_of(self.data)
        self.wait(lambda: key_names(self.data) == {names[0]}, "the next start does not go on")
        self.wait(lambda: ready(server)["keys"] == "ok", "no end is told")
        self.assert_all_there(server)

    def test_a_key_from_the_environment_is_changed_there(self):
        old, new = (self.data / "keys/master.key").read_text().strip(), "ab" * 32
        shutil.rmtree(self.data / "keys")
        refused = run("keys", "rotate", data=self.data, env=harness.environment(INTERVIEWD_MASTER_KEY=old))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("NEW,OLD", refused.stderr)
        self.assertFalse((self.data / "keys").exists())
        server = self.serve(INTERVIEWD_MASTER_KEY=f"{new},{old}", INTERVIEWD_CONFINE="off")
        self.assertEqual(ready(server)["confined"], "none")
        self.assertIn("not confined", server.output())
        self.wait(lambda: len(key_names(self.data)) == 1 and self.old not in key_names(self.data), "nothing is sealed anew")
        self.wait(lambda: ready(server)["keys"] == "ok", "no end is told")
        server.stop()
        self.assert_all_there(self.serve(INTERVIEWD_MASTER_KEY=new))

    def test_no_key_goes_that_something_unknown_needs(self):
        self.assertEqual(run("keys", "rotate", data=self.data).returncode, 0)
        with contextlib.closing(sqlite3.connect(self.data / "interview.db", isolation_level=None)) as db:
            db.execute("INSERT INTO facts VALUES ('of a later version', ?)", [f'{{"key":"v2.{self.old}.AAAAAAAAAAAAAAAAAAAA"}}'])
        refused = run("keys", "retire", data=self.data)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("the keys stay", refused.stderr)
        self.assertEqual(len(keys_of(self.data)[0]), 2)


class Backups(Filled):
    def setUp(self):
        super().setUp()
        self.file = self.data.parent / "saved.tar"
        self.new = self.data.parent / "new"
        self.secret = self.data.parent / "passphrase"
        self.secret.write_text("a long enough passphrase\n")

    def save(self, *args):
        saved = run("backup", self.file, *args, data=self.data)
        self.assertEqual((saved.returncode, saved.stderr), (0, ""))
        self.assertEqual(sorted(p.name for p in self.data.parent.iterdir() if "saved" in p.name), ["saved.tar"])
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)

    def put_back(self, *args, file=None):
        return run("restore", file or self.file, *args, data=self.new)

    def refused(self, words, *args, file=None):
        refused = self.put_back(*args, file=file)
        self.assertEqual(refused.returncode, 1, refused.stdout)
        self.assertIn(words, refused.stderr)
        if self.new.exists():
            self.assertEqual(set(p.name for p in self.new.iterdir()) - {"interviewd.lock", "keys"}, set())

    def serve_new(self):
        self.data = self.new
        return self.serve()

    def test_what_was_acknowledged_before_a_backup_began_is_in_it(self):
        server = self.serve()
        stop, made, wrong = threading.Event(), [], []

        def write():
            i = 0
            while not stop.is_set():
                i += 1
                try:
                    session = server.post("/api/v1/sessions", {"title": f"title {i}"})["id"]
                    if i % 3:
                        made.append(session)
                    else:
                        server.request("DELETE", f"/api/v1/sessions/{session}")
                except harness.HttpError as error:
                    wrong.append(str(error))
        writers = [threading.Thread(target=write) for _ in range(2)]
        for writer in writers:
            writer.start()
        self.wait(lambda: len(made) >= 20, "nothing is written")
        before = list(made)
        self.save()
        stop.set()
        for writer in writers:
            writer.join()
        self.assertEqual(wrong, [])
        server.stop()

        (self.new / "keys").mkdir(parents=True, mode=0o700)
        shutil.copy(self.data / "keys/master.key", self.new / "keys")
        back = self.put_back()
        self.assertEqual((back.returncode, back.stderr), (0, ""))
        server = self.serve_new()
        self.assert_all_there(server)
        for session in before:
            self.assertTrue(server.get(f"/api/v1/sessions/{session}")["title"].startswith("title "))

    def test_a_backup_that_is_killed_leaves_no_file_of_its_name(self):
        for part in (0, 1000, 100000):
            process = subprocess.Popen([harness.PROGRAM, "backup", self.file, "--data", self.data], env=harness.environment(),
                                       stdout=subprocess.DEVNULL)
            begun = self.data.parent / "saved.tar.part"
            self.wait(lambda: process.poll() is not None or (begun.exists() and begun.stat().st_size >= part), "nothing is written")
            process.kill()
            process.wait()
            if self.file.exists():  # it was quicker
                self.file.unlink()
        self.save()
        again = run("backup", self.file, data=self.data)
        self.assertEqual(again.returncode, 1)
        self.assertIn("there already", again.stderr)

    def test_the_keys_go_with_it_under_a_passphrase_alone(self):
        self.save("--with-key", "--passphrase-file", self.secret)
        key = (self.data / "keys/master.key").read_bytes()
        self.assertNotIn(key.strip(), self.file.read_bytes())
        self.assertNotIn(bytes.fromhex(key.decode()), self.file.read_bytes())
        self.assertNotIn(b"planted", self.file.read_bytes())
        wrong = self.data.parent / "wrong"
        wrong.write_text("another passphrase\n")
        self.refused("passphrase", "--passphrase-file", wrong)
        back = self.put_back("--passphrase-file", self.secret)
        self.assertEqual((back.returncode, back.stderr), (0, ""))
        self.assertEqual((self.new / "keys/master.key").read_bytes(), key)
        self.assert_all_there(self.serve_new())

    def test_what_is_not_whole_is_refused_and_leaves_nothing(self):
        self.save()
        whole = self.file.read_bytes()
        bad = self.data.parent / "bad"
        for cut in (0, 100, len(whole) // 2, len(whole) - 3000):
            bad.write_bytes(whole[:cut])
            self.refused("whole", file=bad)
        for at in (513, len(whole) // 2, len(whole) - 60000):
            bad.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
            self.assertEqual(self.put_back(file=bad).returncode, 1)
        with tarfile.open(self.file) as old, tarfile.open(bad, "w") as new:  # without one recording
            for n, entry in enumerate(old.getmembers()):
                if n != 2:
                    new.addfile(entry, old.extractfile(entry))
        self.refused("sums differ", file=bad)
        (self.new / "keys").mkdir(parents=True, mode=0o700, exist_ok=True)
        (self.new / "keys/master.key").write_text("ab" * 32 + "\n")
        (self.new / "keys/master.key").chmod(0o600)
        self.refused("not the one")
        (self.new / "keys/master.key").unlink()
        back = self.put_back()
        self.assertEqual(back.returncode, 0)
        self.assertIn("Put the master key back", back.stdout)
        self.assertIn("not empty", self.put_back().stderr)

    def test_a_restore_that_is_killed_lets_nothing_start_until_it_is_done(self):
        self.save("--with-key", "--passphrase-file", self.secret)
        args = [harness.PROGRAM, "restore", self.file, "--data", self.new, "--passphrase-file", self.secret]
        process = subprocess.Popen(args, env=harness.environment(), stdout=subprocess.DEVNULL)
        self.wait(lambda: process.poll() is not None or (self.new / "restoring/interview.db").exists(), "nothing is written")
        process.kill()
        process.wait()
        self.assertTrue((self.new / "restoring").exists(), "it was quicker than a passphrase takes")
        for command in (["serve", "--listen", "127.0.0.1:0"], ["migrate"], ["backup", self.file]):
            stopped = run(*command, data=self.new)
            self.assertEqual(stopped.returncode, 5, stopped.stdout)
        self.assertIn("was cut off", run("serve", data=self.new).stderr)
        self.assertEqual(subprocess.run(args, env=harness.environment(), stdout=subprocess.DEVNULL).returncode, 0)
        self.assert_all_there(self.serve_new())


def tearDownModule():
    shutil.rmtree(Filled.folder)


if __name__ == "__main__":
    harness.main()
