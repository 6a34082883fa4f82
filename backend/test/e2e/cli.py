"""The program in a terminal: every command, as a person or a script would call it."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402

QUESTION = "Tell me about a time you led a project under pressure."
COMMANDS = ("serve", "ask", "transcribe", "doctor", "models", "migrate")


class Terminal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="interviewd-cli-")
        cls.speech = str(harness.speak(QUESTION, cls.folder))
        cls.text = pathlib.Path(cls.folder) / "not-audio.txt"
        cls.text.write_text("hello")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def interviewd(self, *args, data=None, status=0):
        run = subprocess.run([harness.PROGRAM, *map(str, args), "--data", str(data or self.folder)],
                             capture_output=True, text=True, timeout=120, env=harness.environment())
        self.assertEqual(run.returncode, status, run.stderr + run.stdout)
        return run


class Help(Terminal):
    def test_each_command_says_what_it_takes(self):
        whole = self.interviewd("--help").stdout
        for command in COMMANDS:
            self.assertIn(command, whole)
            self.assertIn(f"interviewd {command}", self.interviewd(command, "--help").stdout)
        self.assertIn("--profile", self.interviewd("ask", "--help").stdout)

    def test_a_mistake_stays_in_sight(self):
        """A short list of the commands follows, and not every setting there is."""
        for args, said in ((["frobnicate"], "there is no command 'frobnicate'"), (["--listen", "x"], "a command comes first")):
            run = self.interviewd(*args, status=2)
            self.assertIn(said, run.stderr.splitlines()[0])
            self.assertIn("doctor", run.stderr)
            self.assertLess(len(run.stderr.splitlines()), 24)  # all of it is on a terminal

    def test_what_is_not_known_is_named(self):
        for args, name in ((["listen"], "'listen'"), (["serve", "--lisen", "x"], "--lisen"), (["doctor", "now"], "now"),
                           (["migrate", "up"], "up"), (["ask", "--loud"], "--loud"), (["transcribe", "--loud"], "--loud")):
            self.assertIn(name, self.interviewd(*args, status=2).stderr)


class Ask(Terminal):
    def test_words_come_before_the_final_and_the_answer_after_it(self):
        run = self.interviewd("ask", self.speech, "--json")
        kinds = [json.loads(line)["message"]["type"] for line in run.stdout.splitlines()]
        self.assertLess(kinds.index("partial"), kinds.index("final"))
        self.assertLess(kinds.index("started"), kinds.index("delta"))

    def test_it_is_plain_text_when_piped(self):
        run = self.interviewd("ask", self.speech, "--no-save")
        self.assertNotIn("\033", run.stdout)
        self.assertIn("outline", run.stdout)

    def test_a_file_that_is_no_recording_is_an_error_that_names_it_once(self):
        self.assertEqual(self.interviewd("ask", self.text, status=1).stderr.count("not-audio.txt"), 1)

    def test_a_recording_without_a_question_is_said_to_be_and_leaves_nothing_behind(self):
        silence = pathlib.Path(self.folder) / "silence.wav"
        subprocess.run(["sox", "-n", "-r", "16000", "-c", "1", "-b", "16", silence, "trim", "0", "1"], check=True)
        with tempfile.TemporaryDirectory() as data:
            run = self.interviewd("ask", silence, data=data, status=3)
            self.assertIn("no question was heard", run.stderr)
            self.assertNotIn("Kept", run.stdout)
            with contextlib.closing(sqlite3.connect(pathlib.Path(data) / "interview.db")) as db:
                self.assertEqual(db.execute("SELECT count(*) FROM sessions").fetchone(), (0,))

    def test_what_is_missing_is_said_exactly(self):
        for args, status, said in ((["--profile"], 2, "--profile: a file must follow"), (["--job"], 2, "--job: a file must follow"),
                                   (["--profile", "/nope.json"], 1, "/nope.json: No such file"), (["--job", "/tmp"], 1, "/tmp: Is a directory"),
                                   (["--profil", "x"], 2, "there is no --profil"), (["b.wav"], 2, "b.wav: one recording at a time")):
            self.assertIn(said, self.interviewd("ask", self.speech, *args, status=status).stderr)

    def test_a_profile_that_is_none_is_an_error_with_its_name(self):
        self.assertIn("not-audio.txt", self.interviewd("ask", self.speech, "--profile", self.text, status=1).stderr)


class Transcribe(Terminal):
    def test_words_have_times_and_confidence(self):
        text = self.interviewd("transcribe", self.speech, "--json").stdout
        found = json.loads(text)
        self.assertIn("project", found["text"].lower())
        words = found["segments"][0]["words"]
        self.assertTrue(all(w["startMs"] < w["endMs"] <= found["durationMs"] for w in words))
        self.assertTrue(all(0 <= w["confidence"] <= 1 for w in words))
        self.assertNotRegex(text, r"\.\d{4,}", "three decimals are what a confidence is worth")

    def test_subtitles_and_several_files(self):
        out = self.interviewd("transcribe", "--srt", self.speech, self.speech).stdout
        self.assertEqual(out.count(self.speech), 2)
        self.assertRegex(out, r"1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n")

    def test_nothing_heard_is_said(self):
        silence = pathlib.Path(self.folder) / "nothing.wav"
        subprocess.run(["sox", "-n", "-r", "16000", "-c", "1", "-b", "16", silence, "trim", "0", "1"], check=True)
        self.assertIn("nothing.wav: no speech was heard", self.interviewd("transcribe", silence).stderr)

    def test_another_recogniser_than_the_best_is_told(self):
        """A model that is damaged is replaced by the recogniser that comes with the system: on standard error, and by name in JSON."""
        models = pathlib.Path(self.folder) / "damaged" / "models"
        models.mkdir(parents=True)
        (models / "ggml-base.en-q8_0.bin").write_bytes(b"ggml" * 1000)
        run = self.interviewd("transcribe", self.speech, "--json", data=models.parent)
        self.assertEqual(json.loads(run.stdout)["engine"], "pocketsphinx")
        self.assertEqual(run.stderr.count("hearing with pocketsphinx instead"), 1, run.stderr)
        self.assertIn("whisper: ", run.stderr)

    def test_one_form_at_a_time(self):
        self.assertIn("one of --txt, --json, --srt and --vtt", self.interviewd("transcribe", "--json", "--srt", self.speech, status=2).stderr)
        self.assertIn("--language: it needs a value", self.interviewd("transcribe", self.speech, "--language", status=2).stderr)

    def test_web_subtitles_and_standard_input(self):
        with open(self.speech, "rb") as recording:
            run = subprocess.run([harness.PROGRAM, "transcribe", "-", "--vtt", "--data", self.folder], stdin=recording,
                                 capture_output=True, text=True, timeout=harness.PATIENCE_S, env=harness.environment())
        self.assertRegex(run.stdout, r"^WEBVTT\n\n00:00:0\d\.\d{3} --> 00:00:0\d\.\d{3}\n", run.stderr)

    def test_ctrl_c_keeps_what_was_heard(self):
        long = pathlib.Path(self.folder) / "long.wav"
        subprocess.run(["sox", *[self.speech] * 40, long], check=True)
        run = subprocess.Popen([harness.PROGRAM, "transcribe", long, "--json", "--data", self.folder],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=harness.environment())
        time.sleep(6)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=harness.PATIENCE_S)
        self.assertEqual(run.returncode, 130, err)
        self.assertIn("interrupted", err)
        self.assertTrue(json.loads(out)["interrupted"])

    def test_the_others_are_heard_when_one_cannot_be_read(self):
        run = self.interviewd("transcribe", self.text, "/nonexistent.wav", self.speech, status=1)
        self.assertIn("project", run.stdout.lower())
        self.assertEqual(run.stderr.count("not-audio.txt"), 1)
        self.assertEqual(run.stderr.count("/nonexistent.wav"), 1)


class Doctor(Terminal):
    def test_it_says_what_works_and_how_to_hear_better(self):
        out = self.interviewd("doctor", "--listen", "127.0.0.1:0").stdout
        self.assertIn("Everything that is needed works.", out)
        self.assertIn("interviewd models get", out)
        self.assertIn("vad (Silero 6.2: is somebody speaking?) is absent", out)

    def test_it_hears_a_sentence_with_the_recogniser_that_sessions_have(self):
        out = self.interviewd("doctor", "--listen", "127.0.0.1:0").stdout
        found = re.search(r"test clip +(\d) of 9 words right in \d+\.\d\d s: \"(.+)\"", out)
        self.assertTrue(found, out)
        self.assertGreaterEqual(int(found[1]), 5, out)
        self.assertIn("pocketsphinx hears", out)

    def test_a_folder_that_cannot_be_written_is_a_failure_with_the_way_out(self):
        out = self.interviewd("doctor", data=self.text / "below", status=1).stdout
        self.assertIn("FAIL  data", out)
        self.assertIn("--data DIR", out)

    def test_an_address_that_is_taken_is_noted(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            out = self.interviewd("doctor", "--listen", f"127.0.0.1:{other.getsockname()[1]}").stdout
        self.assertIn("is taken", out)

    def test_a_remote_recogniser_is_never_a_silent_choice(self):
        run = subprocess.run([harness.PROGRAM, "doctor", "--data", self.folder, "--listen", "127.0.0.1:0"],
                             capture_output=True, text=True, timeout=60,
                             env=harness.environment(GROQ_API_KEY="k", INTERVIEWD_GROQ_URL="http://127.0.0.1:9/v1"))
        self.assertIn("audio would leave this machine", run.stdout)


class Store(Terminal):
    def test_migrating_twice_changes_nothing_the_second_time(self):
        with tempfile.TemporaryDirectory() as data:
            self.assertIn("was brought from schema 0", self.interviewd("migrate", data=data).stdout)
            self.assertIn("already", self.interviewd("migrate", data=data).stdout)


class Manual(Terminal):
    """What a package installs is written from the same tables as --help."""

    def help(self, form, status=0):
        run = subprocess.run([harness.PROGRAM, "help", form], capture_output=True, text=True, timeout=20)
        self.assertEqual(run.returncode, status, run.stderr)
        return run

    def test_the_manual_has_every_command_and_setting(self):
        page = self.help("man").stdout
        settings = subprocess.run([harness.PROGRAM, "--help"], capture_output=True, text=True, timeout=20).stdout
        flags = re.findall(r"^  --([a-z0-9-]+)", settings, re.M)
        self.assertGreater(len(flags), 60)
        for flag in flags:
            self.assertIn("\\-\\-" + flag.replace("-", "\\-"), page)
        for command in COMMANDS:
            self.assertIn(f".B {command}\n", page)
        self.assertIn("INTERVIEWD_MASTER_KEY", page)  # a secret has no flag, but a variable
        self.assertNotIn("\\-\\-master\\-key", page)

    def test_bash_completes_commands_kinds_and_values(self):
        script = self.help("bash").stdout + """
            try() { COMP_WORDS=(interviewd "$@"); COMP_CWORD=$#; _interviewd; echo "${COMPREPLY[@]}"; }
            try tra; try models qu; try serve --confine o; try transcribe --sr; try doctor --config /tm"""
        said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=20)
        self.assertEqual(said.stdout.splitlines(), ["transcribe", "quantize", "on off", "--srt", ""], said.stderr)

    def test_a_form_nobody_knows_is_named(self):
        self.assertIn("man, bash, zsh or fish", self.help("powershell", status=2).stderr)


class HandedOver(Terminal):
    """A service manager that holds the socket, so that nobody is refused between two programs."""

    def start(self, listener, *args):
        # The variables name the process that they are for, and the socket is number 3 there.
        keep = os.dup(listener.fileno())
        os.set_inheritable(keep, True)
        command = f'exec 3<&{keep}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"'
        run = subprocess.Popen(["bash", "-c", command, "bash", harness.PROGRAM, "serve", "--data", self.folder, *args],
                               pass_fds=[keep], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=harness.environment())
        os.close(keep)
        self.addCleanup(lambda: (run.kill(), run.communicate()))
        return run

    @staticmethod
    def listener(host="127.0.0.1"):
        listener = socket.socket()
        listener.bind((host, 0))
        listener.listen(16)
        return listener

    def test_a_client_that_comes_between_two_servers_is_answered_by_the_second(self):
        with self.listener() as listener:
            address = listener.getsockname()
            first = self.start(listener)
            self.assertEqual(self.health(address), 200)
            first.terminate()
            self.assertEqual(first.wait(20), 0)
            with socket.create_connection(address) as waiting:
                waiting.sendall(b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                self.start(listener)
                waiting.settimeout(30)
                self.assertIn(b" 200 ", waiting.recv(100))

    def test_a_socket_that_more_people_reach_than_was_configured_is_not_taken(self):
        with self.listener("0.0.0.0") as listener:
            run = self.start(listener)
            said = run.communicate(timeout=20)[1]
        self.assertEqual(run.returncode, 1, said)
        self.assertIn("INTERVIEWD_LISTEN is 127.0.0.1", said)

    def test_what_does_not_listen_is_no_socket_to_serve_on(self):
        with socket.socket() as listener:
            run = self.start(listener)
            said = run.communicate(timeout=20)[1]
        self.assertEqual(run.returncode, 1, said)
        self.assertIn("ListenStream=", said)

    @staticmethod
    def health(address):
        request = http.client.HTTPConnection(*address, timeout=30)
        request.request("GET", "/api/v1/health", headers={"Host": "localhost"})
        return request.getresponse().status


class Models(Terminal):
    def test_the_list_says_what_is_here(self):
        self.assertIn("0 of them", self.interviewd("models", "list").stdout)

    def test_a_model_nobody_knows_is_refused_by_name(self):
        self.assertIn("base.xx", self.interviewd("models", "get", "base.xx", status=1).stderr)


harness.main()
