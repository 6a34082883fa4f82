#!/usr/bin/env python3
"""kill -9 at any moment loses nothing that was acknowledged.

    kill.py PROGRAM [ARG...]      PROGRAM is started with --listen=127.0.0.1:0 --data=DIR
    INTERVIEWD_KILLS=100          rounds; without it a few, which is what every run of the tests does

Again and again: start the server, let clients work on it, kill it in the middle. The load is mixed: sessions and
profiles are made, changed and deleted; two clients change different fields of one session at once, two others different
settings of one user; questions are asked in live interviews and corrected; recordings are sent whole and by halves, and erased; an
interview is recorded while it is heard; transcriptions wait in the background; exports run beside it, and children of the server are
killed too. Whatever was answered with a 2xx, and every question whose end was told, must be there afterwards as it was answered, a
recording byte for byte; what was on its way may have happened or not. The database must be sound, and no sound be there that it does
not know. Says TAP.
"""
import collections
import contextlib
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import sqlite3
import struct
import sys
import tempfile
import threading
import time

import websocket  # Debian's python3-websocket

import streamed
from rest import Server

KILLS = int(os.environ.get("INTERVIEWD_KILLS", "20"))
LONG_ROUND = 4  # every fourth round lasts long enough for sound to be heard and recorded
GONE, ANYTHING = object(), object()
OFTEN_CHECKED = 400  # records of earlier rounds that are looked at again at the end


class Ledger:
    """What must be there: by path and field, each value that is right. GONE as a value: 404 is right."""

    def __init__(self):
        self.fields = collections.defaultdict(dict)
        self.asked = []  # (session, question) whose end was told
        self.sounds = {}  # by id of the recording: what was sent, GONE, or what a live one began with (a bytearray)
        self.live = set()  # recordings of an interview that a listener was given sound of
        self.jobs = {}  # by id of the transcription: its recording, or GONE

    def begin(self, path, values):
        """A change is on its way: from now on the old values are right, and the new ones."""
        for field, value in values.items():
            self.fields[path].setdefault(field, [ANYTHING]).append(value)  # what it was before is not known here

    def settle(self, path, values):
        """It was acknowledged: only the new values are right."""
        for field, value in values.items():
            self.fields[path][field] = [value]

    def merge(self, other):
        for path, fields in other.fields.items():
            self.fields[path].update(fields)
        self.asked += other.asked
        self.sounds.update(other.sounds)
        self.jobs.update(other.jobs)
        self.live |= other.live


class Killed(Exception):
    pass


class DecoderKilled(Exception):
    """By Child: the upload is refused as one that ends its decoder."""


class Client(threading.Thread):
    """Does step() as fast as it is answered until the server is gone."""

    def __init__(self, server, token, shared, seed):
        super().__init__(daemon=True)
        self.port, self.token, self.shared = server.port, token, shared
        self.pid = server.process.pid
        self.random = random.Random(seed)
        self.ledger = Ledger()
        self.wrong = []
        self.steps = 0
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def call(self, method, path, body=None, kind="application/json"):
        try:
            self.connection.request(method, "/api/v1/" + path, body if isinstance(body, (bytes, type(None))) else json.dumps(body),
                                    {"Authorization": f"Bearer {self.token}", "Content-Type": kind})
            response = self.connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            raise Killed from None
        if response.status == 415 and b"ended i" in data:
            raise DecoderKilled
        if response.status not in (200, 201, 202, 204):
            raise AssertionError(f"{method} {path}: {response.status} {data[:200]}")
        return json.loads(data) if data else None

    def websocket(self, path, session):
        live = websocket.create_connection(f"ws://127.0.0.1:{self.port}{path}?session_id={session}", timeout=20, origin=f"http://127.0.0.1:{self.port}")
        live.send(json.dumps({"type": "authenticate", "accessToken": self.token}))
        return live

    def change(self, method, path, body, values):
        self.ledger.begin(path, values)
        self.call(method, path, body)
        self.ledger.settle(path, values)

    def run(self):
        try:
            while True:
                with contextlib.suppress(DecoderKilled):
                    self.step()
                self.steps += 1
        except Killed:
            pass
        except AssertionError as error:
            self.wrong.append(str(error))

    def word(self):
        return f"w{self.random.randrange(10 ** 9)}"


class Maker(Client):
    """Makes, changes whole and deletes what nobody else touches."""

    def __init__(self, *args):
        super().__init__(*args)
        self.mine = []

    def step(self):
        dice = self.random.random()
        if (dice < 0.4 and len(self.mine) < 100) or not self.mine:  # a user may have 200 profiles
            kind, body = self.random.choice([("sessions", {"jobDescription": self.word(), "title": self.word()}),
                                             ("profiles", {"name": self.word(), "context": self.word(), "skills": [self.word()]})])
            made = self.call("POST", kind, body)
            path = f"{kind}/{made['id']}"
            self.ledger.settle(path, {field: made[field] for field in (*body, "createdAt")})
            self.mine.append(path)
        elif dice < 0.75:
            path = self.random.choice(self.mine)
            body = ({"title": self.word(), "jobDescription": self.word()} if path.startswith("sessions")
                    else {"name": self.word(), "context": self.word(), "skills": [self.word()]})
            self.change("PUT", path, body, body)
        else:
            path = self.mine.pop(self.random.randrange(len(self.mine)))
            self.ledger.begin(path, dict.fromkeys(self.ledger.fields[path], GONE))
            self.call("DELETE", path)
            self.ledger.fields[path] = {"id": [GONE]}


class Title(Client):
    def step(self):
        title = self.word()
        self.change("PATCH", f"sessions/{self.shared}", {"title": title}, {"title": title})


class Status(Client):
    def step(self):
        status, model = self.random.choice(["active", "completed"]), self.word()
        self.change("PUT", f"sessions/{self.shared}", {"status": status, "model": model},
                    {"status": status, "metadata.model": model})


class Device(Client):
    field = "audioDevice"

    def step(self):
        value = self.word()
        self.change("PATCH", "auth/me", {"settings": {self.field: value}}, {f"settings.{self.field}": value})


class Voice(Device):
    field = "voiceId"


class Exporter(Client):
    def step(self):
        time.sleep(0.01)  # beside the others, not instead of them
        made = self.call("POST", f"sessions/{self.shared}/export", {"format": "json"})
        assert made["session"]["id"] == self.shared, made


class Interviewer(Client):
    """Asks in a live interview; the end of an answer is told once the pair is stored."""

    def __init__(self, *args):
        super().__init__(*args)
        self.session = None

    def step(self):
        if not self.session:
            self.session = self.call("POST", "sessions", {})["id"]
            self.ledger.settle(f"sessions/{self.session}", {"id": self.session})
        try:
            live = self.websocket("/ws/llm-stream", self.session)
            for _ in range(self.random.randrange(1, 6)):
                self.ask(live)
            live.close()
        except (OSError, websocket.WebSocketException):
            raise Killed from None

    def ask(self, live):
        question = f"Why did you choose {self.word()}?"
        live.send(json.dumps({"type": "generate", "question": question}))
        while True:
            message = json.loads(live.recv())
            if message.get("type") == "error":
                raise AssertionError(f"asking: {message}")
            if message.get("finish"):
                break
        if self.random.random() < 0.3:
            path, words = f"transcripts/{message['transcriptId']}", question.replace("choose", "drop")
            self.change("PATCH", path, {"question": words}, {"question": words, "heard": question})
        else:
            self.ledger.asked.append((self.session, question))


def a_wav(dice):
    sound = dice.randbytes(2 * dice.randrange(1000, 150000))
    head = b"RIFF" + struct.pack("<I", 36 + len(sound)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 16000, 32000, 2, 16)
    return head + b"data" + struct.pack("<I", len(sound)) + sound


class Uploader(Client):
    """Sends recordings, and erases some again."""

    def step(self):
        wav, as_it_is = a_wav(self.random), self.random.random() < 0.5
        made = self.call("POST", f"audio/upload?keep={'original' if as_it_is else 'opus'}", wav, "audio/wav")["id"]
        self.ledger.sounds[made] = wav if as_it_is else bytearray(b"OggS")
        if self.random.random() < 0.8:  # most of them, so that a hundred rounds do not fill the disk
            del self.ledger.sounds[made]
            self.call("DELETE", f"audio/{made}")
            self.ledger.sounds[made] = GONE


class HalfUploader(Client):
    """Sends half of a recording and leaves, or is killed with the server: nothing of it stays."""

    def step(self):
        wav = a_wav(self.random)
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as to:
                to.sendall(f"POST /api/v1/audio/upload HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nContent-Type: audio/wav\r\n"
                           f"Content-Length: {len(wav)}\r\nAuthorization: Bearer {self.token}\r\n\r\n".encode())
                to.sendall(wav[:len(wav) // 2])
                time.sleep(self.random.uniform(0, 0.1))
        except OSError:
            raise Killed from None


class Recorder(Client):
    """Records an interview while it is heard; what a listener was given of it must be there."""

    def step(self):
        session = self.call("POST", "sessions", {})["id"]
        try:
            live, ear = self.websocket("/ws/llm-stream", session), self.websocket("/ws/transcribe", session)
            live.send(json.dumps({"type": "record", "on": True, "wording": "All agreed."}))
            told = json.loads(live.recv())
            assert told["type"] == "recording" and told["on"], told
            made = told["audioId"]
            ear.send(json.dumps({"type": "start", "sampleRate": 16000, "channels": 1, "speaker": "candidate"}))
            for _ in range(30):
                ear.send_binary(self.random.randbytes(1280))
                time.sleep(0.04)
                self.listen(made)
            live.send(json.dumps({"type": "record", "on": False}))
            live.close()
            ear.close()
        except (OSError, websocket.WebSocketException):
            raise Killed from None
        if self.random.random() < 0.7:
            self.ledger.sounds.pop(made, None)
            self.call("DELETE", f"audio/{made}")
            self.ledger.sounds[made] = GONE

    def listen(self, made):
        status, data = Reader(self.port, self.token).read(f"audio/{made}")
        if status == 200 and data.count(b"OggS") > 2:  # behind the two pages of its head there is sound; one without any is not kept
            self.ledger.sounds[made] = bytearray(data)
            self.ledger.live.add(made)
        elif status not in (200, 404):
            raise AssertionError(f"GET audio/{made}: {status} {data[:200]}")


class Dictator(Client):
    """Lets recordings be transcribed in the background, and forgets some."""

    def step(self):
        time.sleep(0.02)
        sound = self.call("POST", "audio/upload?keep=original", a_wav(self.random), "audio/wav")["id"]
        self.ledger.sounds[sound] = bytearray(b"RIFF")
        job = self.call("POST", "transcribe", {"audioId": sound, "background": True})["id"]
        self.ledger.jobs[job] = sound
        if self.random.random() < 0.9:  # twenty may wait
            del self.ledger.jobs[job]
            self.call("DELETE", f"transcriptions/{job}")
            self.ledger.jobs[job] = GONE
            del self.ledger.sounds[sound]
            self.call("DELETE", f"audio/{sound}")
            self.ledger.sounds[sound] = GONE


class Child(Client):
    """Kills a child of the server now and then: that is no reason to lose anything either."""

    def step(self):
        time.sleep(self.random.uniform(0.02, 0.1))
        try:
            children = [int(pid) for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir()
                        for pid in (task / "children").read_text().split()]
        except OSError:
            raise Killed from None
        if children:
            try:
                os.kill(self.random.choice(children), signal.SIGKILL)
            except ProcessLookupError:
                pass


CLIENTS = [Maker, Maker, Title, Status, Device, Voice, Interviewer, Interviewer, Exporter, Uploader, HalfUploader, Recorder, Dictator, Child]
RARE = (Child, Interviewer, Recorder, Dictator)  # these have done little in a short round


# --------------------------------------------------------------------------------------- afterwards

class Reader:
    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        self.token = token

    def read(self, path):
        self.connection.request("GET", "/api/v1/" + path, headers={"Authorization": f"Bearer {self.token}"})
        response = self.connection.getresponse()
        return response.status, response.read()

    def get(self, path):
        status, data = self.read(path)
        return status, json.loads(data) if data else None


def member(record, name):
    for part in name.split("."):
        record = record[part]
    return record


def missing_fields(reader, ledger):
    for path, fields in ledger.fields.items():
        status, record = reader.get(path)
        for field, right in fields.items():
            if status == 404 and GONE in right or ANYTHING in right:
                continue
            if status != 200 or member(record, field) not in right:
                yield f"{path}: {status} {record} has not {field} of {right}"
                break


def missing_answers(reader, ledger):
    by_session = collections.defaultdict(list)
    for session, question in ledger.asked:
        by_session[session].append(question)
    for session, questions in by_session.items():
        kept, cursor = {}, ""
        while cursor is not None:
            status, page = reader.get(f"sessions/{session}/transcripts?limit=100{cursor and '&cursor=' + cursor}")
            if status != 200:
                yield f"{session}: {status} {page}"
                break
            kept.update({pair["question"]: pair["answer"] for pair in page["items"]})
            cursor = page["nextCursor"]
        for question in questions:
            if not kept.get(question):
                yield f"{session}: {question!r} is not there with its answer"


def is_sound(right, status, data):
    """Is it what must be there of a recording?"""
    if right is GONE:
        return status == 404
    return status == 200 and (data.startswith(right) if isinstance(right, bytearray) else data == right)


def missing_sounds(reader, ledger):
    for recording, right in ledger.sounds.items():
        status, data = reader.read(f"audio/{recording}")
        if not is_sound(right, status, data):
            yield f"audio/{recording}: {status}, {len(data)} bytes, {'none' if right is GONE else len(right)} are right"


def missing_jobs(reader, ledger):
    for job, recording in ledger.jobs.items():
        status, record = reader.get(f"transcriptions/{job}")
        if status != (404 if recording is GONE else 200):
            yield f"transcriptions/{job}: {status} {record}"


def missing(port, token, ledger):
    """What was acknowledged and is not there, or not as it was."""
    reader = Reader(port, token)
    return [*missing_fields(reader, ledger), *missing_answers(reader, ledger), *missing_sounds(reader, ledger), *missing_jobs(reader, ledger)]


def unfinished(port, token, ledger, seconds=60):
    """Transcriptions that nobody hears, though none is killed any more."""
    reader, until = Reader(port, token), time.monotonic() + seconds
    waiting = [job for job, recording in ledger.jobs.items() if recording is not GONE]
    while waiting and time.monotonic() < until:
        waiting = [job for job in waiting if reader.get(f"transcriptions/{job}")[1]["state"] in ("waiting", "running")]
        time.sleep(0.05)
    return [f"transcriptions/{job} does not end" for job in waiting]


def unknown_sounds(data):
    """Files of recordings that no record knows, and records without one. Those that are about to be erased may be there."""
    with sqlite3.connect(f"file:{data}/interview.db?mode=ro", uri=True) as db:
        known, erased = ({row[0] for row in db.execute(f"SELECT id FROM {table}")} for table in ("recordings", "erased_recordings"))
    there = set(os.listdir(f"{data}/audio"))
    return [*(f"audio/{name} is nobody's" for name in there - known - erased), *(f"audio/{name} is lost" for name in known - there)]


def sign_in(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("POST", "/api/v1/auth/local", headers={"Origin": f"http://127.0.0.1:{port}"})
    return json.loads(connection.getresponse().read())["accessToken"]


def thin_out(maker, everything):
    """A user has 200 profiles at most: those of earlier rounds make room for new ones before there are so many. A quick
    machine makes some dozens in a round."""
    profiles = maker.call("GET", "profiles?limit=100")["items"]
    if len(profiles) < 50:
        return
    for profile in profiles:
        maker.call("DELETE", f"profiles/{profile['id']}")
        everything.fields[f"profiles/{profile['id']}"] = {"id": [GONE]}


def one_round(program, data, seed, last, everything, wrong):
    """Start, look at what the round before left, work, kill. The round's ledger and steps by kind of client."""
    server = Server(program, "--requests-per-minute=0", "--asr-preload=off", data=data)
    token = sign_in(server.port)
    wrong += missing(server.port, token, last) + unknown_sounds(data)
    maker = Client(server, token, None, 0)
    shared = maker.call("POST", "sessions", {})["id"]
    thin_out(maker, everything)
    clients = [kind(server, token, shared, seed * len(CLIENTS) + i) for i, kind in enumerate(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(random.Random(seed).uniform(0.02, 0.4) if seed % LONG_ROUND else random.Random(seed).uniform(1, 2))
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.process.stdout.close()
    ledger = Ledger()
    for client in clients:
        client.join()
        wrong += client.wrong
        ledger.merge(client.ledger)
    return ledger, collections.Counter({type(client).__name__: client.steps for client in clients})


def sample(ledger, chosen):
    """As many of all rounds as can be looked at once more."""
    some = Ledger()
    paths = list(ledger.fields)
    for path in chosen.sample(paths, min(len(paths), OFTEN_CHECKED)):
        some.fields[path] = ledger.fields[path]
    some.sounds, some.jobs = ledger.sounds, ledger.jobs
    some.asked = chosen.sample(ledger.asked, min(len(ledger.asked), OFTEN_CHECKED))
    return some


def main():
    program = sys.argv[1:]
    data = tempfile.mkdtemp(prefix="interviewd-kill-")
    everything, last = Ledger(), Ledger()
    steps = collections.Counter()
    wrong = []
    begun = time.monotonic()
    print("1..6")
    for kill in range(1, KILLS + 1):
        last, more = one_round(program, data, kill, last, everything, wrong)
        everything.merge(last)
        steps += more

    server = Server(program, "--asr-preload=off", "--requests-per-minute=0", data=data)
    token = sign_in(server.port)
    wrong += missing(server.port, token, last) + missing(server.port, token, sample(everything, random.Random(1))) + unknown_sounds(data)
    wrong += unfinished(server.port, token, everything)
    stopped = server.stop()
    print(f"# {KILLS} kills in {time.monotonic() - begun:.1f} s; acknowledged: {dict(steps)}, {len(everything.asked)} answers, "
          f"{len(everything.sounds)} recordings, {len(everything.live)} of them live, {len(everything.jobs)} transcriptions")
    enough = (all(steps[kind.__name__] > KILLS / 5 for kind in CLIENTS if kind not in RARE) and len(everything.asked) > KILLS / 5
              and everything.jobs and (everything.live or KILLS < 100))  # few rounds on a slow machine hear nothing yet
    print(f"{'ok' if enough else 'not ok'} 1 - clients of every kind worked while it was killed")
    print(f"{'not ok' if wrong else 'ok'} 2 - everything acknowledged is there as it was answered")
    for line in wrong[:20]:
        print("# " + line)
    db = sqlite3.connect(f"{data}/interview.db")
    sound = db.execute("PRAGMA integrity_check").fetchall() == [("ok",)] and not db.execute("PRAGMA foreign_key_check").fetchall()
    print(f"{'ok' if sound else 'not ok'} 3 - the database is sound")
    print(f"{'ok' if stopped == 0 else 'not ok'} 4 - it still stops when told")
    kept = streamed.check(program, 5, 1 if KILLS < 100 else 3)
    sys.exit(0 if not wrong and sound and stopped == 0 and enough and kept else 1)


if __name__ == "__main__":
    main()
