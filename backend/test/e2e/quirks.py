"""Every provider for real: what services and local servers do beside the book, and what a person gets to read of it.

The stand-in is test/support/providers.py; provider_quirks.py beside it names each quirk. Its log says what was asked, on which
connection, and how many bytes of a prompt are those of the prompt before.
"""

import json
import pathlib
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import harness  # noqa: E402
import llm  # noqa: E402
from provider_quirks import FIELDS, HIDDEN, SAID, STREAMS, TYPES  # noqa: E402

CONTEXT = "I led the migration to PostgreSQL. I moved one table at a time, and nobody was called at night."
LONG = " ".join(f"In year {n} I led project number {n}, which saved {n} percent of the cost." for n in range(1, 120))


class Case(llm.Case):
    """OpenAI's protocol and Ollama's at the stand-in; the model's name is the quirk."""

    @classmethod
    def more(cls):
        return {"OLLAMA_HOST": f"127.0.0.1:{cls.provider.port}", "INTERVIEWD_OLLAMA_MODEL": "ok", "INTERVIEWD_PROVIDERS": "openai,ollama",
                "INTERVIEWD_LOCAL_FIRST_TOKEN_MAX_MS": 20000}

    def told(self, quirk, **fields):
        """All that is told of one answer: providers in turn, words of the last, its finish, why others were left."""
        connection, response = self.stream(quirk, **fields)
        told = {"providers": [], "text": "", "replaced": [], "thinking": 0}
        for name, data in llm.events(response):
            if name == "started":
                told["providers"].append(data["provider"])
                told.update(text="", replaced=data.get("replaced", []))
            elif name == "thinking":
                told["thinking"] += 1
            elif name == "delta":
                told["text"] += data["delta"]
                told["finish"] = data.get("finishReason")
        connection.close()
        return told

    def assertSaid(self, quirk, text=SAID, **fields):
        told = self.told(quirk, **fields)
        provider = fields.get("provider", "openai")
        self.assertEqual((told["text"].strip(), told["providers"], told["finish"]), (text, [provider], "stop"), quirk)
        return told


class Thoughts(Case):
    def test_no_thought_is_ever_shown(self):
        for quirk in ("think", "think-crumbs", "think-unopened", "think-brackets", "harmony", "reasoning-content", "reasoning", "parts"):
            self.assertSaid(quirk)
            self.assertSaid(quirk)  # what was learnt of it the first time changes nothing
        for quirk in ("thinks", "thinks-inline"):
            self.assertSaid(quirk, provider="ollama")
        self.assertNotIn(HIDDEN[:20], self.server.output())

    def test_control_tokens_end_the_answer(self):
        self.assertSaid("end-token")
        self.assertSaid("end-token-goes-on")

    def test_thinking_counts_as_life_and_is_told(self):
        self.assertGreaterEqual(self.assertSaid("thinks-long")["thinking"], 1)

    def test_who_spent_the_length_on_thoughts_is_given_more(self):
        self.assertSaid("thinks-away")
        self.assertSaid("thinks-away", provider="ollama")
        lengths = [e["body"].get("max_tokens") or e["body"]["options"]["num_predict"] for e in self.provider.asked("thinks-away")]
        self.assertEqual(lengths, [400, 2048, 400, 2048])

    def test_less_thinking_is_asked_for_once_it_was_seen(self):
        self.assertSaid("reasoning-content")
        before = len(self.provider.asked("reasoning-content"))
        self.assertSaid("reasoning-content")
        self.assertEqual(self.provider.asked("reasoning-content")[before]["body"]["chat_template_kwargs"], {"enable_thinking": False})
        self.assertIs(self.provider.asked("ok")[-1]["body"].get("chat_template_kwargs") if self.provider.asked("ok") else None, None)


class Fields(Case):
    """Each test has a server of its own: what is refused is remembered."""

    def setUp(self):
        self.tearDownClass.__func__(type(self))
        self.setUpClass.__func__(type(self))

    def test_what_is_refused_is_left_out_at_once_and_from_then_on(self):
        for kind in ("refuses", "forbids"):
            for field in FIELDS:
                quirk = f"{kind}:{field}"
                before = len(self.provider.asked(quirk))
                self.assertSaid(quirk)
                self.assertSaid(quirk)
                sent = [e["body"].get(field) for e in self.provider.asked(quirk)[before:]]
                self.assertEqual(len(sent), 3, f"{quirk}: once with it, then twice without: {sent}")
                self.assertFalse(any(sent[1:]), quirk)

    def test_only_the_field_that_is_named_is_left_out(self):
        self.assertSaid("refuses:temperature")
        body = self.provider.asked("refuses:temperature")[-1]["body"]
        self.assertTrue(body["stream"] and body["max_tokens"] and body["stream_options"])

    def test_another_name_of_the_length_is_tried(self):
        self.assertSaid("refuses:max_tokens")
        self.assertEqual(self.provider.asked("refuses:max_tokens")[-1]["body"]["max_completion_tokens"], 400)

    def test_a_model_without_a_system_message_gets_its_words_with_the_question(self):
        self.assertSaid("refuses:system")
        messages = self.provider.asked("refuses:system")[-1]["body"]["messages"]
        self.assertEqual([m["role"] for m in messages], ["user"])
        self.assertIn("job interview", messages[0]["content"])
        self.assertIn(llm.QUESTION, messages[0]["content"])

    def test_where_no_field_is_named_all_that_may_go_go(self):
        self.assertSaid("refuses:everything")

    def test_ollama_is_asked_without_think_where_that_is_refused(self):
        self.assertSaid("cannot-think", provider="ollama")
        self.assertSaid("cannot-think", provider="ollama")
        self.assertEqual(["think" in e["body"] for e in self.provider.asked("cannot-think")], [True, False, False])


class Events(Case):
    def test_odd_events_are_understood(self):
        for quirk in ("crlf", "cr", "no-space", "named", "one-newline", "mark", "pings", "no-done", "no-finish", "usage-around", "two-answers", "text",
                      "no-delta", "finish-each", "finish-empty"):
            self.assertSaid(quirk)

    def test_a_wrong_type_or_status_hides_nothing(self):
        for quirk in [f"type-{t}" for t in TYPES] + ["created", "lines"]:
            self.assertSaid(quirk)

    def test_halves_of_a_character_are_joined_or_replaced(self):
        self.assertSaid("surrogates", "Hi \U0001f600 ab \ufffd!")

    def test_a_connection_that_stays_open_ends_no_later(self):
        begun = time.monotonic()
        self.assertSaid("stays-open")
        self.assertLess(time.monotonic() - begun, 10)

    def test_every_quirk_is_tried(self):
        """Whoever adds a stream adds what must be read of it."""
        tried = pathlib.Path(__file__).read_text()
        self.assertEqual([quirk for quirk in STREAMS if f'"{quirk}"' not in tried], [])


class Ends(Case):
    def test_a_stall_between_words_ends_after_ten_seconds(self):
        begun = time.monotonic()
        told = self.told("stall")
        self.assertTrue(10 <= time.monotonic() - begun < 20, time.monotonic() - begun)
        self.assertNotEqual(told["providers"][-1], "openai")
        self.assertIn("stopped in the middle", told["replaced"][0]["why"])

    def test_an_error_among_the_words_is_no_word(self):
        for quirk in ("error-event", "error-finish"):
            told = self.told(quirk)
            self.assertEqual((told["text"].strip(), told["finish"]), ("I led", "error"), quirk)
        self.assertNotEqual(self.told("error-first")["providers"], ["openai"])

    def test_a_loop_is_cut_and_the_next_one_asked(self):
        told = self.told("loop")
        self.assertEqual(told["providers"][0], "openai")
        self.assertNotIn("I see that", told["text"])
        self.assertIn("repeated itself", told["replaced"][0]["why"])

    def test_a_page_or_a_model_that_does_not_fit_is_told(self):
        self.assertIn("web page", self.told("page")["replaced"][0]["why"])
        told = self.told("too-large", provider="ollama")
        self.assertIn("more system memory", told["replaced"][0]["why"])


class Replaced(llm.Case):
    """One provider, which does not know its model, and the built-in answer behind it."""

    @classmethod
    def more(cls):
        return {"INTERVIEWD_OPENAI_MODEL": "status-404"}

    def test_why_is_on_the_wire_in_the_terminal_and_once_in_the_log(self):
        for _ in range(3):
            reply = self.server.post("/api/v1/llm/generate", {"question": llm.QUESTION})
            self.assertEqual(reply["provider"], "outline")
            self.assertEqual([r["provider"] for r in reply["replaced"]], ["openai"])
            self.assertIn("does not know the model status-404", reply["replaced"][0]["why"])
        self.assertEqual(len(re.findall("openai was left", self.server.output())), 1)
        self.assertNotIn(llm.QUESTION, self.server.output())
        asked = subprocess.run([harness.PROGRAM, "ask", harness.speak(llm.QUESTION, self.folder), "--data", self.server.data], capture_output=True, text=True,
                               timeout=harness.PATIENCE_S, env=harness.environment(**self.settings))
        self.assertIn("does not know the model status-404", asked.stdout + asked.stderr)

    def test_doctor_says_what_is_wrong_and_what_to_do(self):
        said = subprocess.run([harness.PROGRAM, "doctor", "--data", self.server.data, "--listen", "127.0.0.1:0"], capture_output=True, text=True,
                              timeout=harness.PATIENCE_S, env=harness.environment(**self.settings)).stdout
        self.assertIn("openai has no model called status-404", said)
        self.assertIn("choose another than status-404 (INTERVIEWD_OPENAI_MODEL): it has ok", said)


class Addresses(harness.Case):
    """A server of its own for each address, as people paste them."""

    @classmethod
    def setUpClass(cls):
        cls.provider = llm.StandIn()

    @classmethod
    def tearDownClass(cls):
        cls.provider.stop()

    def answered(self, url, name="compatible", **settings):
        server = harness.Server(INTERVIEWD_PROVIDERS=name, INTERVIEWD_ASR_PRELOAD="off", INTERVIEWD_LOCAL_FIRST_TOKEN_MAX_MS=5000,
                                **{f"INTERVIEWD_{name.upper()}_URL": f"http://127.0.0.1:{self.provider.port}{url}", **settings})
        try:
            before = len(self.provider.log())
            reply = server.post("/api/v1/llm/generate", {"question": llm.QUESTION})
            return reply, self.provider.log()[before:]
        finally:
            self.assertEqual(server.stop(), 0, server.output())
            server.remove()

    def test_whatever_part_of_it_was_pasted(self):
        for url in ("/v1", "/v1/", "", "/", "/v1/chat/completions", "/v1/chat/completions?api-version=2024-10-21", "/v1/models", "/moved/v1"):
            reply, log = self.answered(url)
            self.assertEqual((reply["provider"], reply["answer"]), ("compatible", llm.ANSWER), url)
            self.assertEqual("api-version=2024-10-21" in log[-1]["path"], "api-version" in url, url)

    def test_a_forgotten_v1_is_found_and_remembered(self):
        reply, log = self.answered("/bare/openai")
        self.assertEqual(reply["provider"], "outline")  # nothing is there, with it or without
        self.assertEqual([e["path"] for e in log], ["/bare/openai/chat/completions", "/bare/openai/v1/chat/completions"])

    def test_a_key_goes_to_no_other_host(self):
        reply, log = self.answered("/nowhere/v1", INTERVIEWD_COMPATIBLE_KEY="k")
        self.assertEqual(reply["provider"], "outline")
        self.assertIn("another address", reply["replaced"][0]["why"])
        self.assertEqual(len(log), 1)

    def test_azure_is_given_its_key_in_its_own_header(self):
        for url in ("/openai/v1", "/openai/deployments/d", ""):
            reply, log = self.answered(url, "azure", AZURE_OPENAI_API_KEY="k", INTERVIEWD_AZURE_MODEL="ok")
            self.assertEqual(reply["provider"], "azure", url)
            self.assertEqual(log[-1]["keyHeader"], "api-key", url)
            self.assertEqual("api-version=" in log[-1]["path"], "deployments" in url, url)
        self.assertEqual(log[-1]["path"], "/openai/v1/chat/completions")

    def test_each_preset_answers_under_its_name(self):
        for name, settings in (("openrouter", {"OPENROUTER_API_KEY": "k"}), ("together", {"TOGETHER_API_KEY": "k"}), ("lmstudio", {}), ("llamacpp", {}),
                               ("vllm", {}), ("litellm", {}), ("compatible", {"INTERVIEWD_COMPATIBLE_KEY": "k"})):
            model = {f"INTERVIEWD_{name.upper()}_MODEL": "ok"}
            reply, log = self.answered("/v1", name, **settings, **model)
            self.assertEqual((reply["provider"], reply["model"], reply["answer"]), (name, "ok", llm.ANSWER))
            self.assertEqual(log[-1]["keyHeader"], "Authorization" if settings else None, name)

    def test_where_no_model_is_named_the_first_of_the_list_is(self):
        reply, _ = self.answered("/v1", "llamacpp")
        self.assertEqual((reply["provider"], reply["model"]), ("llamacpp", "ok"))


class Interview(Case):
    """Questions of one session, as a local server gets them."""

    def sit(self, model, questions, provider="openai", profile=None, **fields):
        id = self.session(profileId=self.profile(context=profile or CONTEXT), **fields)
        ends = []
        with self.server.socket("/ws/llm-stream", id) as socket:
            for question in questions:
                socket.send({"type": "generate", "question": question, "provider": provider, "model": model})
                ends.append(socket.wait_for(lambda m: m.get("finish")))
            self.seen = socket.seen
        return ends

    def started(self):
        return [m for m in self.seen if m["type"] == "started"]

    def test_one_connection_and_a_prefix_that_only_grows(self):
        self.sit("ok", [f"Tell me about project number {n} that you led." for n in range(12)])
        log = [e for e in self.provider.asked("ok") if e["path"].endswith("/chat/completions")][-12:]
        self.assertEqual(len({e["connection"] for e in log}), 1, [e["connection"] for e in log])
        same = [e["same"] for e in log[1:]]
        self.assertEqual(same, sorted(same), "what stays the same from prompt to prompt only grows")
        self.assertGreater(same[0], len(log[0]["body"]["messages"][0]["content"]), "rules and profile are read once")

    def test_what_the_interview_is_called_is_told_and_no_name_that_nobody_has(self):
        self.sit("ok", ["Why us?"], title="Acme, second round")
        system = [e for e in self.provider.asked("ok") if "Why us?" in e["body"]["messages"][-1]["content"]][-1]["body"]["messages"][0]["content"]
        self.assertIn("The candidate calls this interview: Acme, second round\n", system)
        self.assertNotIn("name: You", system, "the local owner has none")

    def test_the_profile_is_read_before_the_first_question(self):
        asked = len(self.provider.log())
        id = self.session(profileId=self.profile(context=CONTEXT))
        with self.server.socket("/ws/llm-stream", id) as socket:
            deadline = time.monotonic() + harness.PATIENCE_S
            while len(self.provider.log()) == asked and time.monotonic() < deadline:
                time.sleep(0.05)
            warm = self.provider.log()[asked]
            self.assertEqual(warm["body"]["max_tokens"], 1)
            socket.send({"type": "generate", "question": llm.QUESTION, "provider": "openai"})
            socket.wait_for(lambda m: m.get("finish"))
        entry = self.provider.log()[asked + 1]
        self.assertEqual(entry["body"]["messages"][0], warm["body"]["messages"][0])
        self.assertEqual(entry["connection"], warm["connection"])

    def test_a_prompt_that_is_too_long_is_asked_again_with_less_and_told(self):
        (end,) = self.sit("context-1000", [llm.QUESTION], profile=LONG)
        self.assertEqual(end["finishReason"], "stop")
        self.assertEqual([s["provider"] for s in self.started()][-1], "openai")
        self.assertIn("asked again with less", self.started()[-1]["replaced"][0]["why"])
        sizes = [e["bytes"] for e in self.provider.asked("context-1000")]
        self.assertLess(sizes[-1], sizes[0])
        before = len(sizes)
        self.sit("context-1000", ["Why do you want this job?"], profile=LONG)
        self.assertEqual(len(self.provider.asked("context-1000")), before + 1, "what fits is remembered")

    def test_one_that_broke_off_before_the_first_word_is_asked_again_with_less(self):
        (end,) = self.sit("breaks-1000", [llm.QUESTION], profile=LONG)
        self.assertEqual((self.started()[-1]["provider"], end["finishReason"]), ("openai", "stop"))
        self.assertIn("asked again with less", self.started()[-1]["replaced"][0]["why"])

    def test_a_prompt_that_was_cut_without_a_word_is_asked_again_with_less_and_told(self):
        (end,) = self.sit("cuts-500", [llm.QUESTION], provider="ollama", profile=LONG)
        self.assertEqual(end["finishReason"], "stop")
        self.assertIn("read only a part", self.started()[-1]["replaced"][0]["why"])
        log = self.provider.asked("cuts-500")
        self.assertGreaterEqual(len(log), 2)
        self.assertLess(log[-1]["bytes"], log[0]["bytes"])
        self.assertEqual({e["body"]["options"]["num_ctx"] for e in log}, {4096}, "one size of context all through")
        self.assertEqual([m["delta"] for m in self.seen if m["type"] == "delta" and m.get("finish")], [""])

    def test_one_that_counts_only_what_is_new_was_not_cut(self):
        self.sit("counts-new", [f"Tell me about project number {n}." for n in range(3)], provider="ollama", profile=LONG)
        self.assertEqual(len(self.provider.asked("counts-new")), 3)
        self.assertFalse(any("replaced" in s for s in self.started()))


class Local(harness.Case):
    """A model on this machine that takes its time."""

    @classmethod
    def setUpClass(cls):
        cls.provider = llm.StandIn()
        cls.settings = {"INTERVIEWD_PROVIDERS": "llamacpp", "INTERVIEWD_LLAMACPP_URL": f"http://127.0.0.1:{cls.provider.port}/llamacpp/v1",
                        "INTERVIEWD_LOCAL_FIRST_TOKEN_MAX_MS": 7000, "INTERVIEWD_ASR_PRELOAD": "off"}
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        cls.provider.stop()

    def told(self, model):
        id = self.session(profileId=self.profile(context=CONTEXT))
        with self.server.socket("/ws/llm-stream", id) as socket:
            begun = time.monotonic()
            socket.send({"type": "generate", "question": llm.QUESTION, "provider": "llamacpp", "model": model})
            end = socket.wait_for(lambda m: m.get("finish"))
            started = [m for m in socket.seen if m["type"] == "started"]
        return started, end, time.monotonic() - begun, socket.seen

    def test_the_built_in_answer_stands_and_is_replaced_by_the_first_word(self):
        started, end, took, seen = self.told("slow:4")
        self.assertEqual([s["provider"] for s in started], ["llamacpp", "outline", "llamacpp"])
        last = max(i for i, m in enumerate(seen) if m["type"] == "started")
        self.assertEqual("".join(m["delta"] for m in seen[last:] if m["type"] == "delta"), SAID)
        self.assertEqual(end["finishReason"], "stop")

    def test_one_that_gives_no_word_in_time_is_replaced_for_a_reason_that_is_told(self):
        started, end, took, seen = self.told("slow:30")
        self.assertEqual(started[-1]["provider"], "outline")
        self.assertIn("gave no word in time", started[-1]["replaced"][-1]["why"])
        last = max(i for i, m in enumerate(seen) if m["type"] == "started")
        self.assertIn("PostgreSQL", "".join(m["delta"] for m in seen[last:] if m["type"] == "delta"))
        self.assertEqual(end["finishReason"], "stop")
        self.assertLess(took, 12)

    def test_how_much_fits_is_asked_where_the_list_does_not_say(self):
        self.server.get("/api/v1/engines")
        deadline = time.monotonic() + harness.PATIENCE_S
        while time.monotonic() < deadline:
            provider = next(p for p in self.server.get("/api/v1/engines")["providers"] if p["name"] == "llamacpp")
            if provider["reachable"]:
                break
            time.sleep(0.1)
        self.told("ok")
        body = self.provider.asked("ok")[-1]["body"]
        self.assertEqual(body["max_tokens"], 160, "a small model says a few sentences")
        self.assertLess(sum(len(m["content"]) for m in body["messages"]), 1536 * 3, "fitted to what /props said")
        self.assertNotIn("Kind:", body["messages"][-1]["content"], "a small model gets short rules")


class Restarted(llm.Case):
    """A server of this machine that goes away and comes back."""

    def test_one_that_is_back_within_a_second_answers(self):
        port = self.provider.port
        self.assertEqual(self.ask()["provider"], "openai")
        self.provider.stop()
        back = []
        timer = threading.Timer(0.5, lambda: back.append(llm.StandIn(port)))
        timer.start()
        try:
            reply = self.ask()
        finally:
            timer.join()
            type(self).provider = back[0]
        self.assertEqual((reply["provider"], reply["answer"]), ("openai", llm.ANSWER))


class Shown(llm.Case):
    """Ollama tells how much fits in /api/show."""

    @classmethod
    def more(cls):
        return {"OLLAMA_HOST": f"127.0.0.1:{cls.provider.port}", "INTERVIEWD_OLLAMA_MODEL": "small", "INTERVIEWD_PROVIDERS": "ollama"}

    def test_one_size_of_context_is_asked_for(self):
        deadline = time.monotonic() + harness.PATIENCE_S
        while time.monotonic() < deadline:
            if any(e["path"] == "/api/show" for e in self.provider.log()):
                break
            self.server.get("/api/v1/engines")
            time.sleep(0.1)
        for question in ("Why do you want this job?", "Tell me about yourself."):
            reply = self.server.post("/api/v1/llm/generate", {"question": question, "provider": "ollama", "model": "small"})
            self.assertEqual(reply["provider"], "ollama")
        asked = [e["body"] for e in self.provider.asked("small") if e["path"] == "/api/chat"]
        self.assertEqual({body["options"]["num_ctx"] for body in asked}, {2048})
        self.assertNotIn("Kind:", asked[-1]["messages"][-1]["content"], "134.52M of parameters: short rules")


if __name__ == "__main__":
    harness.main()
