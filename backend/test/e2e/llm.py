"""Answers over REST and server-sent events, with stand-ins for the services that give them.

The stand-ins (test/support/providers.py) speak the real protocols and note when a client hangs up, on the clock
that this program reads too.
"""

import http.client
import json
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402
import rest  # noqa: E402

QUESTION = "Tell me about a migration you led."
ANSWER = "I led the migration myself. - We measured first. - Latency fell by 40 %. - I would do it again."
STAND_IN = pathlib.Path(__file__).resolve().parents[1] / "support/providers.py"


class StandIn:
    def __init__(self, port=0):
        self.process = subprocess.Popen([sys.executable, STAND_IN, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])

    def log(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=harness.PATIENCE_S)
        connection.request("GET", "/_log")
        entries = json.loads(connection.getresponse().read())
        connection.close()
        return entries

    def asked(self, model):
        return [entry for entry in self.log() if entry["model"] == model]

    def came(self, model):
        """Waits for a first request for a model."""
        deadline = time.monotonic() + harness.PATIENCE_S
        while not self.asked(model) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert self.asked(model), f"nobody asked for {model}"

    def closed_ns(self, model):
        """When the client of the last request for a model hung up."""
        deadline = time.monotonic() + harness.PATIENCE_S
        while time.monotonic() < deadline:
            entries = self.asked(model)
            if entries and entries[-1]["closedNs"]:
                return entries[-1]["closedNs"]
            time.sleep(0.02)
        raise AssertionError(f"nobody hung up on {model}")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(timeout=harness.PATIENCE_S)
        self.process.stdout.close()


class Case(harness.Case):
    @classmethod
    def setUpClass(cls):
        cls.provider = StandIn()
        cls.settings = {"OPENAI_API_KEY": "sk-stand-in", "INTERVIEWD_OPENAI_URL": f"http://127.0.0.1:{cls.provider.port}/v1",
                        "INTERVIEWD_OPENAI_MODEL": "ok", "INTERVIEWD_PROVIDERS": "openai",
                        "INTERVIEWD_FIRST_TOKEN_MAX_MS": 700, "INTERVIEWD_LOCAL_FIRST_TOKEN_MAX_MS": 700,
                        "INTERVIEWD_ASR_PRELOAD": "off", **cls.more()}
        super().setUpClass()

    @classmethod
    def more(cls):
        return {}

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.provider.stop()

    def ask(self, model="ok", **fields):
        return self.server.post("/api/v1/llm/generate", {"question": QUESTION, "provider": "openai", "model": model, **fields})

    def stream(self, model="ok", token=None, **fields):
        """An open connection and the response whose events follow."""
        body = json.dumps({"question": QUESTION, "provider": "openai", "model": model, "stream": True, **fields})
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
        connection.request("POST", "/api/v1/llm/generate", body,
                           {"Content-Type": "application/json", "Authorization": "Bearer " + (token or self.server.token)})
        return connection, connection.getresponse()


def events(response):
    """(event, data) pairs as they arrive, until the stream ends."""
    name = None
    for line in response:
        line = line.decode().rstrip("\n")
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            yield name, json.loads(line[6:])


class Generate(Case):
    @classmethod
    def more(cls):
        return {"OLLAMA_HOST": f"127.0.0.1:{cls.provider.port}", "INTERVIEWD_OLLAMA_MODEL": "ok", "INTERVIEWD_PROVIDERS": "openai,ollama"}

    def test_json_has_the_whole_answer(self):
        reply = self.ask()
        self.assertEqual(reply["answer"], ANSWER)
        self.assertEqual((reply["provider"], reply["model"], reply["finishReason"]), ("openai", "ok", "stop"))
        self.assertEqual(reply["kind"], "behavioral")
        self.assertGreaterEqual(len(reply["points"]), 3)
        self.assertGreaterEqual(reply["latency"]["totalMs"], reply["latency"]["firstTokenMs"])

    def test_events_come_in_the_order_of_the_wire(self):
        connection, response = self.stream()
        self.assertEqual(response.getheader("Content-Type").split(";")[0], "text/event-stream")
        self.assertEqual((response.getheader("X-Accel-Buffering"), response.getheader("Cache-Control")), ("no", "no-store"))
        seen = list(events(response))
        connection.close()
        contract = rest.Contract()
        for name, data in seen:
            contract.check_value("ServerSentEvent", {"event": name, "data": json.dumps(data)})
            contract.check_value("WsLlmServerMessage", data)
        self.assertEqual(contract.wrong, [])
        self.assertEqual([name for name, _ in seen[:2]], ["started", "outline"])
        self.assertTrue(all(name == data["type"] for name, data in seen))
        self.assertEqual("".join(data["delta"] for name, data in seen if name == "delta"), ANSWER)
        self.assertEqual([data["finish"] for name, data in seen if name == "delta"][-1], True)
        self.assertEqual(seen[-1][1]["finishReason"], "stop")

    def test_ollama_is_asked_by_its_own_protocol(self):
        reply = self.ask(provider="ollama")
        self.assertEqual((reply["provider"], reply["answer"]), ("ollama", ANSWER))
        self.assertEqual(self.provider.log()[-1]["path"], "/api/chat")

    def test_with_a_session_the_pair_is_kept(self):
        session = self.session(profileId=self.profile(context="I led the migration to PostgreSQL."))
        reply = self.ask(sessionId=session)
        kept = self.server.get(f"/api/v1/transcripts/{reply['transcriptId']}")
        self.assertEqual((kept["question"], kept["answer"]), (QUESTION, ANSWER))
        sent = self.provider.log()[-1]["body"]["messages"]
        self.assertIn("I led the migration to PostgreSQL.", sent[0]["content"])
        self.assertIn(QUESTION, sent[-1]["content"])

    def test_no_suggestion_is_sent_as_spoken_and_prompts_are_only_added_to(self):
        session = self.session(profileId=self.profile(context="I led the migration to PostgreSQL."))
        questions = [f"What do you think of rule number {n}?" for n in range(1, 5)]
        for question in questions:
            self.assertEqual(self.ask(sessionId=session, question=question)["answer"], ANSWER)
        sent = [entry["body"]["messages"] for entry in self.provider.log()[-len(questions):]]
        for n, messages in enumerate(sent, 1):
            self.assertEqual([m["role"] for m in messages], ["system", "user"])
            self.assertEqual(messages[0], sent[0][0])
            lines = messages[1]["content"].splitlines()
            shown = [line for line in lines if ANSWER[:20] in line and not line.startswith("- [")]  # but for passages
            self.assertEqual(shown, [f"Shown for question {k}, not known to be spoken: {ANSWER}" for k in range(1, n)])
            self.assertIn(f"Question {n}. The interviewer asks: {questions[n - 1]}", lines)
        for before, after in zip(sent, sent[1:]):
            dialogue = before[1]["content"].split("Kind: ")[0]
            self.assertTrue(after[1]["content"].startswith(dialogue), (dialogue, after[1]["content"]))

    def test_a_prompter_gets_its_lead_and_keys(self):
        session = self.session(profileId=self.profile(context="I led the migration to PostgreSQL in 11 months."))
        reply = self.ask(sessionId=session)
        self.assertLessEqual(len(reply["lead"].split()), 12)
        self.assertTrue(reply["lead"] and reply["fits"])
        self.assertIn("11 months", [key["number"] for key in reply["keys"]])
        kept = self.server.get(f"/api/v1/transcripts/{reply['transcriptId']}")
        connection, response = self.stream(sessionId=session)
        told = next(data for name, data in events(response) if name == "outline")
        connection.close()
        for member in ("lead", "keys", "fits"):
            self.assertEqual(kept[member], reply[member], member)
            self.assertEqual(told[member], reply[member], member)

    def test_a_session_of_nobody_is_not_there(self):
        self.assertHttp(404, self.ask, sessionId="nobody")

    def test_what_makes_no_sense_is_refused_by_field(self):
        for fields, field in (({"question": ""}, "/question"), ({"question": "x" * 4001}, "/question"), ({"provider": "nobody"}, "/provider"),
                              ({"stream": "yes"}, "/stream"), ({"question": 7}, "/question")):
            problem = self.assertHttp(422, self.ask, **fields)
            self.assertEqual([error["field"] for error in problem["errors"]], [field], fields)

    def test_models_of_each_provider_are_listed(self):
        items = self.server.get("/api/v1/llm/models")["items"]
        self.assertEqual([(item["provider"], item["model"]) for item in items],
                         [("openai", "ok"), ("openai", "endless"), ("ollama", "ok:latest"), ("ollama", "small:latest"), ("outline", "outline")])
        self.assertTrue(all(item["available"] for item in items))

    def test_the_time_to_the_first_word_is_measured_on_what_was_asked(self):
        self.ask("slow-120")
        reply = self.server.get("/api/v1/llm/models")
        found = {p["provider"]: p for p in reply["providers"]}
        self.assertEqual(list(found), ["openai", "ollama", "outline"])
        self.assertTrue(all(p["health"] == "answers" for p in found.values()))
        self.assertGreaterEqual(found["openai"]["firstTokenMs"], 120)
        self.assertGreaterEqual(found["openai"]["measured"], 1)
        contract = rest.Contract()
        contract.check_value("ModelList", reply)
        self.assertEqual(contract.wrong, [])

    def test_words_before_a_break_are_kept(self):
        for model in ("break", "mid-error"):
            reply = self.ask(model)
            self.assertEqual(reply["finishReason"], "error", model)
            self.assertTrue(ANSWER.startswith(reply["answer"]) and reply["answer"], model)

    def test_an_answer_at_its_limit_says_so(self):
        self.assertEqual(self.ask("length")["finishReason"], "length")

    def test_letters_of_several_bytes_survive_any_cut(self):
        self.assertEqual(self.ask("utf8")["answer"], "Grüße aus 東京 🎤 e\u0301")
        self.assertEqual(self.ask("crumbs")["answer"], ANSWER)


class Compatible(Case):
    """POST /v1/chat/completions and GET /v1/models, for programs made for OpenAI's API."""

    PATH = "/v1/chat/completions"
    MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Why "}, {"type": "text", "text": "not?"}]}]

    @classmethod
    def more(cls):
        return {"OLLAMA_HOST": f"127.0.0.1:{cls.provider.port}", "INTERVIEWD_OLLAMA_MODEL": "ok", "INTERVIEWD_PROVIDERS": "openai,ollama"}

    def setUp(self):
        self.contract = rest.Contract()

    def tearDown(self):
        self.assertEqual(self.contract.wrong, [])

    def send(self, path=PATH, method="POST", token=None, **body):
        """Status and body, held against the API's description; of a stream the data of its events."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
        connection.request(method, path, json.dumps(body) if body else None,
                           {"Content-Type": "application/json", "Authorization": f"Bearer {token or self.server.token}"})
        response = connection.getresponse()
        text = response.read()
        headers = {k.lower(): v for k, v in response.getheaders()}
        self.contract.check(method, path, response.status, headers, text)
        connection.close()
        if not headers["content-type"].startswith("text/event-stream"):
            return response.status, json.loads(text)
        data = [line[6:] for line in text.decode().splitlines() if line.startswith("data: ")]
        if data[-1] == "[DONE]":
            data.pop()
        for one in data:
            self.contract.check_value("OpenAIChatChunk", json.loads(one))
        return response.status, [json.loads(one) for one in data]

    def chat(self, **fields):
        return self.send(**{"model": "auto", "messages": self.MESSAGES, **fields})

    def refused(self, status, param, code, **fields):
        got, body = self.chat(**fields)
        error = body["error"]
        self.assertEqual((got, error["param"], error["code"]), (status, param, code), body)
        self.assertGreater(len(error["message"]), 15)
        return error["message"]

    def test_messages_go_on_as_they_are(self):
        status, reply = self.chat(temperature=0.2, max_tokens=77)
        self.assertEqual((status, reply["model"], reply["choices"][0]["message"]["content"], reply["choices"][0]["finish_reason"]),
                         (200, "openai/ok", ANSWER, "stop"))
        self.assertEqual((reply["usage"]["completion_tokens"], "estimated" in reply["usage"]), (37, False))
        sent = self.provider.log()[-1]["body"]
        self.assertEqual(sent["messages"], [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Why not?"}])
        self.assertEqual((sent["temperature"], sent["max_tokens"]), (0.2, 77))

    def test_a_stream_is_the_same_in_pieces_with_its_usage(self):
        status, chunks = self.chat(model="ollama", stream=True, stream_options={"include_usage": True})
        self.assertEqual(status, 200)
        self.assertEqual("".join(c["choices"][0]["delta"].get("content", "") for c in chunks if c["choices"]), ANSWER)
        self.assertEqual([c["choices"][0]["finish_reason"] for c in chunks if c["choices"]][-1], "stop")
        self.assertEqual({c["model"] for c in chunks}, {"ollama/ok"})
        self.assertEqual((chunks[-1]["choices"], chunks[-1]["usage"]["completion_tokens"]), ([], 37))

    def test_it_ends_before_a_stop_word_and_at_its_limit(self):
        for stop, cut in ((" - Latency", ANSWER.split(" - Latency")[0]), (["would", "measured f"], ANSWER.split("measured f")[0]), (["never said"], ANSWER)):
            whole = self.chat(stop=stop)[1]["choices"][0]
            self.assertEqual((whole["message"]["content"], whole["finish_reason"]), (cut, "stop"), stop)
            chunks = self.chat(stop=stop, stream=True)[1]
            self.assertEqual("".join(c["choices"][0]["delta"].get("content", "") for c in chunks), cut)
        self.assertEqual(self.chat(model="openai/length")[1]["choices"][0]["finish_reason"], "length")

    def test_who_fails_before_a_word_gives_its_place_to_the_next(self):
        self.assertEqual(self.refused(502, None, "provider_failed", model="openai/status-401")[:24], "openai refuses the key (")
        self.refused(503, None, "overloaded", model="openai/status-500", stream=True)
        self.refused(404, None, "model_not_found", model="openai/status-404")
        self.refused(503, None, "overloaded", model="openai/limited")
        self.assertEqual(self.chat()[1]["model"], "ollama/ok")  # the other one rests

    def test_a_stream_that_breaks_off_ends_with_an_error(self):
        chunks = self.chat(model="ollama/mid-error", stream=True)[1]
        self.assertEqual(chunks[-1]["error"]["code"], "provider_failed")
        self.assertTrue(chunks[1]["choices"][0]["delta"]["content"])

    def test_who_hangs_up_is_not_answered_any_more(self):
        for model in ("slow-20000", "endless"):
            connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=harness.PATIENCE_S)
            connection.request("POST", self.PATH, json.dumps({"model": "ollama/" + model, "messages": self.MESSAGES, "stream": model == "endless"}),
                               {"Content-Type": "application/json", "Authorization": "Bearer " + self.server.token})
            if model == "endless":
                connection.getresponse().readline()
            self.provider.came(model)
            connection.sock.shutdown(socket.SHUT_RDWR)  # the response holds the descriptor
            connection.close()
            self.provider.closed_ns(model)

    def test_what_is_not_offered_is_refused_by_its_name(self):
        self.assertIn("tools are not offered", self.refused(400, "tools", None, tools=[{"type": "function", "function": {"name": "f"}}]))
        for param, value in (("n", 2), ("response_format", {"type": "json_object"}), ("logprobs", True), ("tool_choice", "required"), ("stop", ["a"] * 5),
                             ("temperature", 3), ("max_tokens", 0), ("max_completion_tokens", 1.5), ("stream", "yes"), ("messages", []), ("model", 7),
                             ("messages", [{"role": "tool", "content": "x"}]), ("stream_options", []),
                             ("messages", [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:"}}]}])):
            self.refused(400, param, None, **{param: value})
        self.refused(404, None, "model_not_found", model="gpt-nobody")
        self.refused(422, None, None, other=10 ** 400)
        self.assertEqual(self.send(token="sk-nobody", model="auto", messages=self.MESSAGES)[1]["error"]["code"], "invalid_api_key")

    def test_the_built_in_answer_answers_by_its_name(self):
        reply = self.chat(model="outline", messages=[{"role": "user", "content": QUESTION}])[1]
        self.assertEqual((reply["model"], reply["usage"]["estimated"]), ("outline", True))
        self.assertGreater(len(reply["choices"][0]["message"]["content"]), 20)

    def test_models_are_listed_and_found_with_their_slashes(self):
        ids = [m["id"] for m in self.send("/v1/models", "GET")[1]["data"]]
        self.assertEqual(ids, ["pocketsphinx", "whisper-1", "auto", "openai/ok", "openai/endless", "ollama/ok:latest", "ollama/small:latest", "outline"])
        for path in ("/v1/models/openai/ok", "/v1/models/openai%2Fok"):
            self.assertEqual(self.send(path, "GET")[1]["id"], "openai/ok")
        status, body = self.send("/v1/models/openai/nobody", "GET")
        self.assertEqual((status, body["error"]["code"]), (404, "model_not_found"))
        self.assertHttp(404, self.server.get, "/api/v1/sessions/a%2Fb")
        self.assertHttp(404, self.server.get, "/v1/nothing")


class Unsupported(Case):
    """What a model claims and nothing supports: the same on every way to it."""

    CLAIMS = [("Initech", "employer"), ("37", "number"), ("Dana", "name")]

    def begin(self):
        self.kept_session = self.session(profileId=self.profile(context="I led the migration to PostgreSQL. It took 11 months, with Maya."))
        return self.kept_session

    @staticmethod
    def claims(answer, spans):
        """Spans count bytes of UTF-8."""
        return [(answer.encode()[span["start"]:span["end"]].decode(), span["why"]) for span in spans]

    def test_json_and_what_is_kept_have_the_spans(self):
        reply = self.ask("invents-0", sessionId=self.begin())
        self.assertEqual(self.claims(reply["answer"], reply["unsupported"]), self.CLAIMS)
        kept = self.server.get(f"/api/v1/transcripts/{reply['transcriptId']}")
        self.assertEqual(kept["unsupported"], reply["unsupported"])
        listed = self.server.transcripts(self.kept_session)[0]
        self.assertEqual(listed["unsupported"], reply["unsupported"])
        export = f"/api/v1/sessions/{self.kept_session}/export"
        self.assertEqual(self.server.post(export, {"format": "json"})["transcripts"][0]["unsupported"], reply["unsupported"])
        imported = self.server.post("/api/v1/sessions/import", self.server.post(export, {"format": "json"}))
        again = self.server.transcripts(imported["id"])[0]
        for member in ("unsupported", "lead", "keys", "fits"):
            self.assertEqual(again[member], kept[member], member)
        self.assertIn("Initech, 37, Dana", self.server.request("POST", export, {"format": "md"})[2].decode())

    def test_a_true_answer_has_none(self):
        reply = self.ask("ok", sessionId=self.session(profileId=self.profile(context="Latency fell by 40 % when I led the migration.")))
        self.assertNotIn("unsupported", reply)
        self.assertNotIn("unsupported", self.server.get(f"/api/v1/transcripts/{reply['transcriptId']}"))

    def test_they_come_while_it_streams(self):
        connection, response = self.stream("invents-5", sessionId=self.begin())
        text, checks = "", []
        for name, data in events(response):
            if name == "delta":
                text += data["delta"]
            elif name == "check":
                self.assertLessEqual(data["unsupported"][-1]["end"], len(text.encode()))
                checks.append(self.claims(text, data["unsupported"]))
        connection.close()
        self.assertEqual(checks, [self.CLAIMS[:1], self.CLAIMS[:2], self.CLAIMS])
        self.assertGreater(len(text.split("Dana")[1]), 20)  # the last one before the end

    def test_who_comes_in_the_middle_gets_the_same(self):
        session = self.begin()
        first = self.server.socket("/ws/llm-stream", session)
        first.send({"type": "generate", "question": QUESTION, "provider": "openai", "model": "invents-60"})
        first.wait_for(lambda m: m["type"] == "check" and len(m["unsupported"]) == 2)
        second = self.server.socket("/ws/llm-stream", session)
        for socket in (first, second):
            socket.wait_for(lambda m: m["type"] == "delta" and m["finish"])
        seen = [message["type"] for message in second.seen]
        self.assertEqual(seen[:4], ["started", "outline", "delta", "check"])
        for socket in (first, second):
            text = "".join(m["delta"] for m in socket.seen if m["type"] == "delta")
            last = [m for m in socket.seen if m["type"] == "check"][-1]
            self.assertEqual(self.claims(text, last["unsupported"]), self.CLAIMS)
            socket.vanish()


class AfterAKill(Case):
    """What was said and told is known again by a server that was killed."""

    STORY = "Caused an outage by a migration that locked the orders table for nine minutes, and wrote the rule against it."
    OTHER = "Built a scheduler for the night shifts of three hospitals."

    def begin(self):
        session = self.session(profileId=self.profile(context=f"- {self.OTHER}\n\n- {self.STORY}\n"))
        first = self.ask(sessionId=session, question="Tell me about a mistake that led to an outage.")
        self.assertIn("orders table", json.dumps(first["points"]))
        return session

    def goes_on(self, session):
        return self.ask(sessionId=session, question="And what happened then?")["points"]

    def test_the_story_just_told_goes_on(self):
        unbroken, session = self.goes_on(self.begin()), self.begin()
        self.server.stop(signal.SIGKILL)
        data, type(self).server = self.server, harness.Server(data=self.server.data, **self.settings)
        self.server.own_data = data.own_data
        self.assertEqual(self.goes_on(session), unbroken)
        self.assertIn("orders table", json.dumps(unbroken))
        prompt = self.provider.log()[-1]["body"]["messages"][-1]["content"]
        lines = prompt.splitlines()
        self.assertEqual(lines[0], "Question 1. The interviewer asks: Tell me about a mistake that led to an outage.")
        self.assertEqual(lines[1], f"Shown for question 1, not known to be spoken: {ANSWER}")
        self.assertEqual(lines[2], "Question 2. The interviewer asks: And what happened then?")
        self.assertIn("It continues the story just told:", lines)


class Engines(Case):
    """Being configured is not answering: what GET /engines, the welcome and `doctor` say of each provider."""

    def providers(self):
        """By name, as soon as each one is known about."""
        deadline = time.monotonic() + harness.PATIENCE_S
        while time.monotonic() < deadline:
            found = {p["name"]: p for p in self.server.get("/api/v1/engines")["providers"]}
            if all(p["reachable"] is not None for p in found.values() if p["configured"]):
                return found
            time.sleep(0.05)
        raise AssertionError(f"never known: {found}")

    def doctor(self):
        """What `doctor` says with the settings of the server."""
        return subprocess.run([harness.PROGRAM, "doctor", "--data", self.server.data, "--listen", "127.0.0.1:0"],
                              capture_output=True, text=True, timeout=harness.PATIENCE_S,
                              env=harness.environment(**self.settings)).stdout


class EnginesThatAnswer(Engines):
    @classmethod
    def more(cls):
        return {"OLLAMA_HOST": f"127.0.0.1:{cls.provider.port}", "INTERVIEWD_OLLAMA_MODEL": "ok", "INTERVIEWD_PROVIDERS": "openai,ollama"}

    def test_who_answers_is_active_and_who_is_not_configured_is_not(self):
        found = self.providers()
        self.assertEqual({name for name, p in found.items() if p["active"]}, {"openai", "ollama", "outline"})
        self.assertEqual({name for name, p in found.items() if p["configured"]}, {"openai", "ollama", "outline"})
        self.assertIsNone(found["groq"]["reachable"])
        self.assertIn("GROQ_API_KEY", found["groq"]["note"])
        self.assertNotIn("just now", self.server.welcome)
        self.assertIn("ollama: 2 models", self.doctor())


class EnginesThatDoNotAnswer(Engines):
    @classmethod
    def more(cls):
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            port = nobody.getsockname()[1]
        return {"OLLAMA_HOST": f"127.0.0.1:{port}", "INTERVIEWD_PROVIDERS": "ollama"}

    def test_a_server_that_does_not_run_is_configured_but_not_active(self):
        ollama = self.providers()["ollama"]
        self.assertEqual((ollama["configured"], ollama["reachable"], ollama["active"]), (True, False, False))
        self.assertIn("does not answer", ollama["note"])
        self.assertIn("ollama serve", ollama["note"])
        for said in (self.server.welcome, self.doctor()):
            self.assertIn("ollama does not answer", said)
            self.assertIn("ollama serve", said)


class EnginesWithoutTheirModel(Engines):
    @classmethod
    def more(cls):
        return {"OLLAMA_HOST": f"127.0.0.1:{cls.provider.port}", "INTERVIEWD_OLLAMA_MODEL": "llama3.2",
                "OPENAI_API_KEY": "refused", "INTERVIEWD_PROVIDERS": "openai,ollama"}

    def test_a_model_that_is_not_there_and_a_key_that_is_refused(self):
        found = self.providers()
        self.assertEqual([found[name]["active"] for name in ("openai", "ollama", "outline")], [False, False, True])
        self.assertIn("refuses the key", found["openai"]["note"])
        self.assertIn("ollama pull llama3.2", found["ollama"]["note"])
        for said in (self.server.welcome, self.doctor()):
            self.assertIn("openai refuses the key", said)
            self.assertIn("ollama has no model called llama3.2", said)


class EnginesThatAreSilent(Engines):
    @classmethod
    def more(cls):
        return {"INTERVIEWD_OPENAI_URL": f"http://127.0.0.1:{cls.provider.port}/silent/v1"}

    def test_asking_waits_for_nobody(self):
        """The first reply comes before the silent provider's time is over: then it is not known yet."""
        openai = next(p for p in self.server.get("/api/v1/engines")["providers"] if p["name"] == "openai")
        self.assertEqual((openai["configured"], openai["reachable"], openai["active"]), (True, None, True))

    def test_the_end_of_its_time_is_the_answer(self):
        openai = self.providers()["openai"]
        self.assertEqual((openai["reachable"], openai["active"]), (False, False))
        self.assertIn("no reply in time", openai["note"])

    def test_the_list_of_models_says_so_too(self):
        items = self.server.get("/api/v1/llm/models")["items"]
        self.assertEqual([(item["provider"], item["available"]) for item in items], [("openai", False), ("outline", True)])
        self.assertIn("did not answer in time", items[0]["note"])


class Interrupt(Case):
    def interrupt(self, **fields):
        return self.server.post("/api/v1/llm/interrupt", fields)["interrupted"]

    def running(self, **fields):
        connection, response = self.stream("endless", **fields)
        told = events(response)
        started = next(data for name, data in told if name == "started")
        next(data for name, data in told if name == "delta")
        return connection, told, started["generationId"]

    def test_by_generation(self):
        connection, told, generation = self.running()
        begun = time.monotonic_ns()
        self.assertEqual(self.interrupt(generationId=generation), 1)
        self.assertEqual(list(told)[-1][1]["finishReason"], "interrupted")
        self.assertGreater(self.provider.closed_ns("endless"), begun)
        self.assertEqual(self.interrupt(generationId=generation), 0)
        connection.close()

    def test_by_session(self):
        session = self.session()
        connection, told, _ = self.running(sessionId=session)
        self.assertEqual(self.interrupt(sessionId=session), 1)
        end = list(told)[-1][1]
        self.assertEqual(end["finishReason"], "interrupted")
        self.assertTrue(self.server.get(f"/api/v1/transcripts/{end['transcriptId']}")["answer"].startswith("word"))
        connection.close()

    def test_exactly_one_of_both_is_wanted(self):
        self.assertHttp(422, self.interrupt)
        self.assertHttp(422, self.interrupt, generationId="a", sessionId="b")

    def test_a_reader_that_goes_away_hangs_up_on_the_provider(self):
        connection, told, _ = self.running()
        begun = time.monotonic_ns()
        connection.sock.shutdown(socket.SHUT_RDWR)  # as a closed tab: the response holds the descriptor
        connection.close()
        closed = self.provider.closed_ns("endless")
        self.assertGreater(closed, begun)
        print(f"# the provider was hung up on {(closed - begun) / 1e6:.1f} ms after the reader left", flush=True)

    def test_signing_out_ends_what_was_begun_with_that_sign_in(self):
        origin = {"Origin": self.server.base}
        token = self.server.post("/api/v1/auth/local", headers=origin, token="")["accessToken"]
        connection, response = self.stream("endless", token)
        other, told, _ = self.running()
        refused = []

        def wait_for_json():
            try:
                self.server.post("/api/v1/llm/generate", {"question": QUESTION, "provider": "openai", "model": "endless"},
                                 token=token)
            except harness.HttpError as error:
                refused.append(error.status)

        waiter = threading.Thread(target=wait_for_json)
        waiter.start()
        next(events(response))
        time.sleep(0.3)  # until that one is with the provider too
        begun = time.monotonic()
        self.server.request("POST", "/api/v1/auth/logout", token=token)
        rest = list(events(response))
        waiter.join(harness.PATIENCE_S)
        self.assertLess(time.monotonic() - begun, 1)
        self.assertFalse(any(data.get("finish") for _, data in rest), "it was cut, not finished")
        self.assertEqual(refused, [401])
        connection.close()
        next(told)  # of another sign-in: goes on
        other.close()

    def test_of_a_waiting_json_answer(self):
        replies = []
        waiter = threading.Thread(target=lambda: replies.append(self.ask("endless", sessionId=session)))
        session = self.session()
        waiter.start()
        deadline = time.monotonic() + harness.PATIENCE_S
        while not self.interrupt(sessionId=session) and time.monotonic() < deadline:
            time.sleep(0.05)
        waiter.join(harness.PATIENCE_S)
        self.assertEqual(replies[0]["finishReason"], "interrupted")


class Fallback(Case):
    """One provider that fails, the built-in answer behind it. Each test has a server of its own: breakers remember."""

    def setUp(self):
        self.tearDownClass.__func__(type(self))
        self.setUpClass.__func__(type(self))

    def ask(self, model, **fields):
        """Without naming the provider: one that is named is tried even while it rests."""
        return self.server.post("/api/v1/llm/generate", {"question": QUESTION, "model": model, **fields})

    def test_silence_before_the_first_word_is_left_after_the_limit(self):
        reply = self.ask("slow-20000")
        self.assertEqual((reply["provider"], reply["finishReason"]), ("outline", "stop"))
        self.assertGreaterEqual(reply["latency"]["firstTokenMs"], 700)
        self.provider.closed_ns("slow-20000")

    def test_every_start_is_told(self):
        connection, response = self.stream("status-500")
        started = [data["provider"] for name, data in events(response) if name == "started"]
        connection.close()
        self.assertEqual(started, ["openai", "outline"])

    def test_a_provider_on_this_machine_never_rests(self):
        for _ in range(4):
            self.assertEqual(self.ask("status-500")["provider"], "outline")
        self.assertEqual(len(self.provider.asked("status-500")), 4)

    def test_a_refused_request_is_no_failure_of_the_provider(self):
        for _ in range(4):
            self.assertEqual(self.ask("status-400")["provider"], "outline")
        self.assertEqual(len(self.provider.asked("status-400")), 4)

    def test_a_rate_limit_is_heeded_at_once(self):
        for _ in range(2):
            self.assertEqual(self.ask("limited")["provider"], "outline")
        self.assertEqual(len(self.provider.asked("limited")), 1)

    def test_a_provider_that_is_broken_or_gone(self):
        for model in ("garbage", "reset", "empty"):
            self.assertEqual(self.ask(model)["provider"], "outline", model)

    def test_models_of_a_provider_that_is_gone_say_why(self):
        self.provider.stop()
        try:
            items = self.server.get("/api/v1/llm/models")["items"]
            self.assertEqual([(item["provider"], item["available"]) for item in items], [("openai", False), ("outline", True)])
            self.assertIn("nothing answers", items[0]["note"])
        finally:
            type(self).provider = StandIn()


if __name__ == "__main__":
    harness.main()
