"""The main job, over real sockets: a spoken question becomes words, an outline and a kept answer."""

import json
import os
import pathlib
import random
import re
import sqlite3
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402

CONTEXT = ("At Norwind I led the migration of the billing system to PostgreSQL. We were two weeks from the deadline and "
           "the replication kept failing. I split the work into daily cut-overs and wrote a checker for every table. "
           "We finished three days early and lost no invoice.")
QUESTION = "Tell me about a time you led a project under pressure."
STATEMENT = "Our company makes software for hospitals and we have four hundred people in two offices."


class SpokenQuestion(harness.Case):
    def setUp(self):
        profile = self.profile(context=CONTEXT)
        self.id = self.session(profileId=profile, jobDescription="We need someone who ran database migrations.")
        self.wav = harness.speak(QUESTION, self.folder)

    def hear(self, wav, **start):
        with self.server.socket("/ws/llm-stream", self.id) as llm, \
             self.server.socket("/ws/transcribe", self.id) as ear:
            ear.wait_for(lambda m: m["type"] == "ready") if not start.pop("at_once", False) else None
            ear.stream(wav, start=start, pace=1.0)
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000, ear.seen)
            end = llm.wait_for(lambda m: m.get("finishReason") not in (None, "superseded"))
            return ear, llm, end

    def test_a_spoken_question_is_heard_answered_and_kept(self):
        ear, llm, end = self.hear(self.wav)
        kinds = [m["type"] for m in ear.seen]
        self.assertLess(kinds.index("partial"), kinds.index("final"), "words appear while they are spoken")
        final = ear.of_type("final")[0]
        self.assertIn("project", final["text"].lower())
        for partial in ear.of_type("partial"):
            self.assertLessEqual(partial["stable"], len(partial["text"].encode()))
        outline = llm.of_type("outline")[-1]
        self.assertEqual(outline["kind"], "behavioral")
        quotes = [p["source"]["quote"] for p in outline["points"] if p["source"]["field"] == "context"]
        self.assertTrue(quotes, "the outline stands on the profile")
        for quote in quotes:
            self.assertIn(quote, CONTEXT)
        answer = "".join(m["delta"] for m in llm.of_type("delta") if m["generationId"] == end["generationId"])
        kept = self.server.get(f"/api/v1/transcripts/{end['transcriptId']}")
        self.assertEqual(kept["answer"], answer)
        self.assertEqual(kept["questionNumber"], 1)
        self.assertIsNotNone(kept["latency"]["finalMs"])
        self.assertEqual(self.server.get(f"/api/v1/sessions/{self.id}")["questionCount"], 1)

    def test_audio_at_48_khz_in_stereo_is_heard_as_well(self):
        wav = harness.speak(QUESTION, self.folder, rate=48000, channels=2)
        ear, _, _ = self.hear(wav)
        self.assertIn("project", ear.of_type("final")[0]["text"].lower())

    def test_audio_may_come_at_once_and_as_base64(self):
        import base64
        rate, channels, data = harness.samples(self.wav)
        with self.server.socket("/ws/transcribe", self.id) as ear:
            for at in range(0, len(data), 6400):
                ear.send({"audioData": base64.b64encode(data[at:at + 6400]).decode()})
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000)
            self.assertIn("project", ear.of_type("final")[0]["text"].lower())

    def test_opus_packets_are_heard(self):
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.send({"type": "start", "encoding": "opus", "sampleRate": 48000, "channels": 1})
            for packet in harness.opus_packets(self.wav):
                ear.send_audio(packet)
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000, ear.seen)
            self.assertIn("project", ear.of_type("final")[0]["text"].lower())

    def test_what_the_candidate_says_is_written_down_and_not_answered(self):
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.stream(self.wav, start={"speaker": "candidate"})
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000)
            self.assertTrue(ear.of_type("final")[0]["text"])
        items = self.server.wait_for_transcripts(self.id, lambda items: len(items) == 1)
        self.assertEqual((items[0]["speaker"], items[0]["isQuestion"], items[0]["answer"]), ("candidate", False, ""))
        self.assertIn("project", items[0]["question"].lower())
        self.assertEqual(self.server.get(f"/api/v1/sessions/{self.id}")["questionCount"], 0)

    def test_what_is_no_question_is_kept_as_a_line_before_the_question(self):
        statement = harness.speak(STATEMENT, self.folder)
        with self.server.socket("/ws/transcribe", self.id) as ear:
            for wav in (statement, self.wav):
                ear.stream(wav, pace=1.0) if wav is statement else self.go_on(ear, wav)
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000)
        for final in ear.of_type("final"):
            for word in final["words"]:
                self.assertLessEqual(word["endMs"], final["endMs"] + 1000, "times of words count from the first sample")
        items = self.server.wait_for_transcripts(
            self.id, lambda items: len(items) == 2 and any(i["isQuestion"] and i["answer"] for i in items))
        question, line = items
        self.assertEqual((line["isQuestion"], line["speaker"], line["answer"]), (False, "interviewer", ""))
        said = [m["text"] for m in ear.of_type("final") if m["text"]]
        self.assertEqual((line["question"], question["question"]), (said[0], " ".join(said[1:])))
        self.assertEqual((line["questionNumber"], question["questionNumber"]), (1, 1), "of the question it leads to")
        self.assertEqual(self.server.get(f"/api/v1/sessions/{self.id}")["questionCount"], 1)
        exported = self.server.request("POST", f"/api/v1/sessions/{self.id}/export", {"format": "md"})[2].decode()
        self.assertIn("*Interviewer:*", exported)
        self.assertIn("1 question", exported)

    def go_on(self, ear, wav):
        _, _, data = harness.samples(wav)
        for at in range(0, len(data), 1280):
            ear.send_audio(data[at:at + 1280])
            time.sleep(0.04)

    def test_the_interview_goes_on_with_its_numbers_after_lines(self):
        statement = harness.speak(STATEMENT, self.folder)
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            llm.send({"type": "generate", "question": "What is a mutex?"})
            llm.wait_for(lambda m: m.get("finish"))
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.stream(statement)
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000)
        self.server.wait_for_transcripts(self.id, lambda items: len(items) == 2)
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            llm.send({"type": "generate", "question": "What is a semaphore?"})
            llm.wait_for(lambda m: m.get("finish"))
        items = self.server.transcripts(self.id)
        self.assertEqual([(i["questionNumber"], i["isQuestion"]) for i in items], [(2, True), (2, False), (1, True)])

    def test_push_to_talk_ends_only_with_stop(self):
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.stream(self.wav, start={"mode": "push_to_talk"})
            time.sleep(0.5)
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000)
            self.assertEqual(len(ear.of_type("final")), 1)

    def test_a_socket_that_vanishes_in_mid_word_leaves_the_words_heard(self):
        rate, _, _ = harness.samples(self.wav)
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.wait_for(lambda m: m["type"] == "ready")
            ear.stream(self.wav, pace=1.0, until=2.4)
            ear.wait_for(lambda m: m["type"] == "partial" and len(m["text"].split()) >= 3)
        items = self.server.wait_for_transcripts(self.id, lambda items: len(items) == 1)
        self.assertGreaterEqual(len(items[0]["question"].split()), 3)

    def test_a_line_that_breaks_in_mid_word_goes_on_where_it_was(self):
        rate, _, data = harness.samples(self.wav)
        start = {"type": "start", "sampleRate": rate, "resume": "k" * 32}
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.stream(self.wav, start=start, pace=1.0, until=2.0)
            self.assertEqual(ear.wait_for(lambda m: m["type"] == "ready")["heardSamples"], 0)
            ear.wait_for(lambda m: m["type"] == "partial" and len(m["text"].split()) >= 2)
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.send({**start, "lastFinal": 0})
            heard = ear.wait_for(lambda m: m["type"] == "ready")["heardSamples"]
            self.assertEqual(heard, 2 * rate)
            for at in range(2 * heard, len(data), 3200):
                ear.send_audio(data[at:at + 3200])
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000)
            final = ear.of_type("final")[0]
        self.assertEqual(final["utterance"], 1)
        self.assertIn("tell me", final["text"].lower())
        self.assertIn("project", final["text"].lower())
        items = self.server.wait_for_transcripts(self.id, lambda items: items and items[0]["answer"])
        self.assertEqual([i["question"] for i in items], [final["text"]], "no half of it is kept apart")

    def test_a_final_that_was_lost_on_the_way_comes_again(self):
        rate, _, data = harness.samples(self.wav)
        start = {"type": "start", "sampleRate": rate, "resume": "another key of mine"}
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.stream(self.wav, start=start, pace=1.0)
            first = ear.wait_for(lambda m: m["type"] == "final")
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.send({**start, "lastFinal": 0})
            self.assertEqual(ear.wait_for(lambda m: m["type"] == "ready")["heardSamples"], len(data) // 2)
            self.assertEqual(ear.wait_for(lambda m: m["type"] == "final"), first)
            ear.send({"type": "stop"})
            self.assertEqual(ear.wait_for_close(), 1000)
        with self.server.socket("/ws/transcribe", self.id) as ear:
            ear.send({**start, "lastFinal": 1})
            self.assertEqual(ear.wait_for(lambda m: m["type"] == "ready")["heardSamples"], 0, "stopped: a new line")

    def test_a_line_is_taken_over_from_a_socket_that_seems_alive(self):
        rate, _, data = harness.samples(self.wav)
        start = {"type": "start", "sampleRate": rate, "resume": "the same key twice"}
        with self.server.socket("/ws/transcribe", self.id) as old:
            old.send(start)
            old.wait_for(lambda m: m["type"] == "ready")
            old.send_audio(data[:3200])
            time.sleep(0.3)
            with self.server.socket("/ws/transcribe", self.id) as new:
                new.send(start)
                self.assertEqual(new.wait_for(lambda m: m["type"] == "ready")["heardSamples"], 1600)
                self.assertEqual(old.wait_for_close(), 4409)

    def test_a_second_page_sees_all_and_may_take_over(self):
        rate, _, _ = harness.samples(self.wav)
        with self.server.socket("/ws/llm-stream", self.id) as llm, \
             self.server.socket("/ws/transcribe", self.id) as first:
            first.stream(self.wav, start={"listener": "page-one", "resume": "r" * 32}, pace=1.0, until=2.0)
            one = llm.wait_for(lambda m: m["type"] == "listening")["lines"]
            self.assertEqual([(line["speaker"], line["listener"]) for line in one], [("interviewer", "page-one")])
            self.assertEqual(llm.wait_for(lambda m: m["type"] == "partial" and m["text"])["line"], one[0]["line"])
            with self.server.socket("/ws/llm-stream", self.id) as late:
                self.assertEqual(late.wait_for(lambda m: True), {"type": "listening", "lines": one})
            with self.server.socket("/ws/transcribe", self.id) as second:  # by itself it does not push anybody out
                second.send({"type": "start", "sampleRate": rate, "listener": "page-two"})
                self.assertEqual(second.wait_for(lambda m: m["type"] == "error")["code"], "taken")
                self.assertEqual(second.wait_for_close(), 4409)
            with self.server.socket("/ws/transcribe", self.id) as second:
                start = {"listener": "page-two", "takeOver": True}
                second.stream(self.wav, start=start, pace=1.0)
                self.assertEqual(first.wait_for_close(), 4409)
                with self.server.socket("/ws/transcribe", self.id) as again:  # a link that only comes back
                    again.send({"type": "start", "sampleRate": rate, "listener": "page-one", "resume": "r" * 32})
                    self.assertEqual(again.wait_for_close(), 4409)
                second.send({"type": "stop"})
                self.assertEqual(second.wait_for_close(), 1000)
            heard = llm.wait_for(lambda m: m["type"] == "final" and "project" in m["text"].lower())
            self.assertNotEqual(heard["line"], one[0]["line"])
            if llm.of_type("listening")[-1]["lines"]:
                llm.wait_for(lambda m: m == {"type": "listening", "lines": []})
        items = self.server.wait_for_transcripts(self.id, lambda items: any(i["answer"] for i in items))
        asked = [i["question"] for i in items if "project" in i["question"].lower()]
        self.assertEqual(len(asked), 1, items)

    def test_a_page_that_reloads_in_the_middle_misses_nothing(self):
        with self.server.socket("/ws/llm-stream", self.id) as first:
            first.send({"type": "generate", "question": QUESTION})
            first.wait_for(lambda m: m["type"] == "delta")
            with self.server.socket("/ws/llm-stream", self.id) as second:
                end = first.wait_for(lambda m: m.get("finish"))
                try:
                    second.wait_for(lambda m: m.get("finish"), timeout=2)
                except (AssertionError, OSError):
                    return  # it had ended before the second one joined: then it is in the store
                text = "".join(m["delta"] for m in second.of_type("delta"))
        self.assertEqual(text, self.server.get(f"/api/v1/transcripts/{end['transcriptId']}")["answer"])


class TypedQuestion(harness.Case):
    def setUp(self):
        self.id = self.session(profileId=self.profile(context=CONTEXT))

    def ask(self, llm, question):
        llm.send({"type": "generate", "question": question})
        return llm.wait_for(lambda m: m.get("finish"))

    def test_started_outline_deltas_and_the_end_come_in_order(self):
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            self.ask(llm, QUESTION)
            kinds = [m["type"] for m in llm.seen]
            self.assertEqual(kinds[:2], ["started", "outline"])
            self.assertEqual(set(kinds[2:]), {"delta"})
            self.assertEqual([m["finish"] for m in llm.of_type("delta")][-1], True)

    def test_questions_are_numbered_in_order(self):
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            for question in ("What is a mutex?", "Why do you want this job?", "What would you do if a server died?"):
                self.ask(llm, question)
        items = self.server.transcripts(self.id)
        self.assertEqual([i["questionNumber"] for i in items], [3, 2, 1], "newest first")
        self.assertEqual(items[1]["question"], "Why do you want this job?")

    def test_a_corrected_question_replaces_its_pair(self):
        with self.server.socket("/ws/llm-stream", self.id) as llm, self.server.socket("/ws/llm-stream", self.id) as tab:
            first = self.ask(llm, "What is a mute x?")["transcriptId"]
            second = self.ask(llm, "Why do you want this job?")["transcriptId"]
            was = self.server.get(f"/api/v1/transcripts/{first}")
            again = {"type": "generate", "question": "What is a mutex?", "transcriptId": first}
            llm.send(again)
            llm.send({"type": "generate", "question": "And a semaphore?"})  # in this order, though the first is looked up
            third = llm.wait_for(lambda m: m.get("finishReason") == "stop")
            first_again = next(m for m in llm.of_type("started")[2:] if m["questionNumber"] == 1)["generationId"]
            ends = {m["generationId"]: m["finishReason"] for m in llm.of_type("delta") if m["finish"]}
            self.assertEqual((ends[first_again], ends[third["generationId"]]), ("superseded", "stop"))
            llm.send(again)
            end = llm.wait_for(lambda m: m.get("finish"))
            started = llm.of_type("started")[-1]
            self.assertEqual((end["transcriptId"], started["transcriptId"], started["questionNumber"], started["heard"]),
                             (first, first, 1, "What is a mute x?"))
            self.assertEqual(llm.of_type("started")[0]["transcriptId"], first)
            tab.wait_for(lambda m: m.get("finish") and m["generationId"] == end["generationId"])
            self.assertIn(started, tab.seen)
            items = self.server.transcripts(self.id)
            self.assertEqual([i["id"] for i in items], [third["transcriptId"], second, first])
            now = items[-1]
            self.assertEqual((now["question"], now["heard"], now["timestamp"], now.get("answerOutdated")),
                             ("What is a mutex?", was["question"], was["timestamp"], None))
            self.assertTrue(now["answer"])

    def test_what_is_no_question_of_the_session_is_not_asked_again(self):
        with self.server.socket("/ws/llm-stream", self.session()) as llm:
            other = self.ask(llm, QUESTION)["transcriptId"]
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            for id, code in ((other, "not_found"), ("0" * 26, "not_found"), ("no id", "bad_message"), (7, "bad_message")):
                llm.send({"type": "generate", "question": "What is a mutex?", "transcriptId": id})
                self.assertEqual(llm.wait_for(lambda m: True).get("code"), code, id)
            self.assertEqual(self.ask(llm, QUESTION)["finishReason"], "stop")
        self.assertEqual(len(self.server.transcripts(self.id)), 1)

    def test_open_sockets_are_counted(self):
        def count():
            text = self.server.request("GET", "/metrics")[2].decode()
            found = re.search(r'interviewd_websocket_connections\{path="/ws/llm-stream"\} (\d+)', text)
            return int(found[1]) if found else 0
        before = count()
        with self.server.socket("/ws/llm-stream", self.id) as one, self.server.socket("/ws/llm-stream", self.id) as two:
            self.ask(one, QUESTION)
            two.wait_for(lambda m: m.get("finish"))
            self.assertEqual(count(), before + 2)
        deadline = time.monotonic() + harness.PATIENCE_S
        while count() != before:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def test_everybody_on_the_session_hears_of_it(self):
        with self.server.socket("/ws/llm-stream", self.id) as one, self.server.socket("/ws/llm-stream", self.id) as two:
            time.sleep(0.3)
            self.ask(one, QUESTION)
            two.wait_for(lambda m: m.get("finish"))
            self.assertEqual(two.of_type("started")[0]["question"], QUESTION)

    def test_a_new_question_supersedes_the_running_one(self):
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            llm.send({"type": "generate", "question": QUESTION})
            llm.send({"type": "generate", "question": "What is a mutex?"})
            llm.wait_for(lambda m: m.get("finishReason") == "superseded")
            llm.wait_for(lambda m: m.get("finishReason") == "stop")

    def test_bad_questions_get_an_error_and_the_socket_stays(self):
        with self.server.socket("/ws/llm-stream", self.id) as llm:
            for bad in ({"type": "generate"}, {"type": "generate", "question": ""},
                        {"type": "generate", "question": "x" * 100000},
                        {"type": "generate", "question": "Hello?", "provider": "nobody"}):
                llm.send(bad)
                self.assertEqual(llm.wait_for(lambda m: True)["type"], "error", bad)
            self.assertEqual(self.ask(llm, QUESTION)["finishReason"], "stop")


class BadInput(harness.Case):
    def setUp(self):
        self.id = self.session()

    def refused(self, message, code, path="/ws/transcribe"):
        with self.server.socket(path, self.id) as ws:
            ws.send_audio(message) if isinstance(message, bytes) else ws.send(message)
            self.assertEqual(ws.wait_for_close(), code, ws.seen)
            return ws

    def test_text_that_is_not_json(self):
        self.assertEqual(self.refused("{nonsense", 1008).of_type("error")[0]["code"], "bad_message")

    def test_json_that_is_no_object(self):
        self.refused("[1,2,3]", 1008)

    def test_an_unknown_type(self):
        self.refused({"type": "dance"}, 1008)
        self.refused({"type": "dance"}, 1008, path="/ws/llm-stream")

    def test_base64_that_is_not_base64(self):
        for text in ("@@@@", "AAA", "AA=A", "A" * 9):
            self.assertEqual(self.refused({"audioData": text}, 1008).of_type("error")[0]["code"], "bad_audio", text)

    def test_a_start_that_makes_no_sense(self):
        for start in ({"sampleRate": 7}, {"sampleRate": "16000"}, {"channels": 9}, {"encoding": "mp3"}, {"language": "klingon"}, {"language": 7},
                      {"speaker": "nobody"}, {"mode": "sideways"}, {"resume": "short"}, {"resume": 7}):
            self.refused({"type": "start", **start}, 1008)

    def test_start_after_audio(self):
        with self.server.socket("/ws/transcribe", self.id) as ws:
            ws.send_audio(bytes(3200))
            ws.send({"type": "start"})
            self.assertEqual(ws.wait_for_close(), 1008)
            self.assertEqual(ws.of_type("error")[0]["code"], "bad_state")

    def test_a_megabyte_frame_is_refused(self):
        with self.server.socket("/ws/transcribe", self.id) as ws:
            try:
                ws.send_audio(bytes(2 << 20))
            except OSError:
                pass  # it may close before all of it was sent
            self.assertIn(ws.wait_for_close(), (1009, None, 1006))

    def test_half_a_sample_waits_for_its_other_half(self):
        wav = harness.speak(QUESTION, self.folder)
        _, _, data = harness.samples(wav)
        with self.server.socket("/ws/transcribe", self.id) as ws:
            for at in range(0, len(data), 1281):
                ws.send_audio(data[at:at + 1281])
            ws.send({"type": "stop"})
            self.assertEqual(ws.wait_for_close(), 1000)
            self.assertIn("project", ws.of_type("final")[0]["text"].lower())

    def test_bytes_that_are_no_opus_packet(self):
        for packet in (b"\xff" * 3, bytes([0x03, 0xff]) + bytes(9), b"\x03" + b"\xff" * 70000):
            with self.server.socket("/ws/transcribe", self.id) as ws:
                ws.send({"type": "start", "encoding": "opus"})
                ws.send_audio(packet)
                self.assertEqual(ws.wait_for_close(), 1008, ws.seen)
                self.assertEqual(ws.of_type("error")[0]["code"], "bad_audio")

    def test_audio_that_is_not_audio_is_heard_as_nothing_or_noise(self):
        noise = random.Random(1).randbytes(64000)
        with self.server.socket("/ws/transcribe", self.id) as ws:
            for at in range(0, len(noise), 3200):
                ws.send_audio(noise[at:at + 3200])
            ws.send({"type": "stop"})
            self.assertEqual(ws.wait_for_close(), 1000)

    def test_no_sign_in_and_a_wrong_one_are_4401(self):
        with self.server.socket("/ws/transcribe", self.id, token="nonsense") as ws:
            self.assertEqual(ws.wait_for_close(), 4401)
        with self.server.socket("/ws/transcribe", self.id, first=False) as ws:
            ws.send_audio(bytes(320))
            self.assertEqual(ws.wait_for_close(), 4401)

    def test_a_session_that_is_not_there_is_4404(self):
        for session in ("01" * 13, "nonsense", "", "../../etc/passwd"):
            with self.server.socket("/ws/transcribe", session) as ws:
                self.assertEqual(ws.wait_for_close(), 4404, session)

    def test_a_client_that_never_reads_disturbs_nobody(self):
        with self.server.socket("/ws/llm-stream", self.id) as deaf, self.server.socket("/ws/llm-stream", self.id) as llm:
            for _ in range(20):
                deaf.send({"type": "generate", "question": QUESTION})
            llm.send({"type": "generate", "question": "What is a mutex?"})
            llm.wait_for(lambda m: m.get("finishReason") == "stop")

    def test_after_all_that_the_server_still_serves(self):
        self.assertEqual(self.server.get("/healthz")["status"], "ok")


class SomebodyElse(harness.Case):
    settings = {"INTERVIEWD_ACCOUNTS": "on"}

    @classmethod
    def setUpClass(cls):
        import tempfile
        cls.folder = tempfile.mkdtemp(prefix="interviewd-speech-")
        cls.server = harness.Server(sign_in=False, **cls.settings)

    def account(self, name):
        grant = self.server.post("/api/v1/auth/signup", {
            "email": f"{name}@example.org", "password": "correct horse battery", "displayName": name})
        return grant["accessToken"]

    def test_a_session_of_somebody_else_is_not_there(self):
        ann, bob = self.account("ann"), self.account("bob")
        session = self.server.post("/api/v1/sessions", {}, headers={"Authorization": "Bearer " + ann})["id"]
        for path in ("/ws/transcribe", "/ws/llm-stream"):
            with self.server.socket(path, session, token=bob) as ws:
                self.assertEqual(ws.wait_for_close(), 4404)
        self.assertHttp(404, self.server.get, f"/api/v1/sessions/{session}", headers={"Authorization": "Bearer " + bob})


class Stopping(harness.Case):
    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def test_sigterm_stores_what_is_running_and_leaves_with_0(self):
        server = harness.Server()
        self.addCleanup(server.remove)
        session = server.post("/api/v1/sessions", {})["id"]
        with server.socket("/ws/llm-stream", session) as llm:
            llm.send({"type": "generate", "question": QUESTION})
            llm.wait_for(lambda m: m["type"] == "outline")
            begun = time.monotonic()
            self.assertEqual(server.stop(), 0)
            self.assertEqual(llm.wait_for_close(), 1001)
            self.assertLess(time.monotonic() - begun, 10, "the protocol promises 10 s")
        again = harness.Server(data=server.data)
        try:
            items = again.transcripts(session)
            self.assertEqual([i["question"] for i in items], [QUESTION])
        finally:
            again.stop()

    def test_a_session_that_was_left_is_abandoned_after_a_restart_and_active_for_who_comes_back(self):
        server = harness.Server()
        self.addCleanup(server.remove)
        left, used = (server.post("/api/v1/sessions", {})["id"] for _ in range(2))
        server.stop()
        with sqlite3.connect(server.data / "interview.db") as db:
            db.execute("UPDATE sessions SET alive_at = alive_at - 13 * 3600000")
        db.close()
        again = harness.Server(data=server.data)

        def state(session):
            return again.get(f"/api/v1/sessions/{session}")["status"]
        try:
            with again.socket("/ws/llm-stream", used) as llm:
                llm.send({"type": "generate", "question": QUESTION})
                llm.wait_for(lambda m: m.get("finish"))
                deadline = time.monotonic() + harness.PATIENCE_S
                while state(left) != "abandoned":
                    self.assertLess(time.monotonic(), deadline)
                    time.sleep(0.05)
                self.assertEqual(state(used), "active", "somebody is in it")
            self.assertEqual([s["id"] for s in again.get("/api/v1/sessions?status=abandoned")["items"]], [left])
            with again.socket("/ws/llm-stream", left) as llm:
                llm.send({"type": "generate", "question": QUESTION})
                llm.wait_for(lambda m: m.get("finish"))
                self.assertEqual(state(left), "active")
        finally:
            again.stop()

    def test_a_transcription_service_that_does_not_answer_holds_nothing_up(self):
        stand_in = pathlib.Path(__file__).parent.parent / "support" / "transcriptions_server.py"
        with subprocess.Popen([sys.executable, stand_in], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
            url = f"http://127.0.0.1:{service.stdout.readline().strip()}/v1"
            server = harness.Server(INTERVIEWD_ASR_ENGINE="openai", INTERVIEWD_ASR_URL=url, INTERVIEWD_ASR_NAME="slow")
            self.addCleanup(server.remove)
            session = server.post("/api/v1/sessions", {})["id"]
            with server.socket("/ws/transcribe", session) as ear:
                ear.wait_for(lambda m: m["type"] == "ready")
                ear.stream(harness.speak(QUESTION, server.data))
                time.sleep(0.5)  # it is being asked, and does not answer
                self.assertEqual(server.stop(), 0)
            service.stdin.close()

    def test_listening_to_others_without_accounts_is_refused(self):
        run = subprocess.run([harness.PROGRAM, "serve", "--listen", "0.0.0.0:0", "--accounts", "off"],
                             capture_output=True, text=True, timeout=30, env=harness.environment())
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("accounts", run.stderr)


harness.main()
