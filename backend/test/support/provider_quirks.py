"""What services of chat/completions and Ollama really send: quirks that providers.py plays, chosen by the model's name.

Each was seen in some server's documentation, source or traffic: thoughts in every dress, fields that are refused, events that are
not of the book, odd types, ends that are missing. What a person must read is SAID in all of them, unless expected() says otherwise.
"""
import json

WORDS = ["I led ", "the migration ", "myself."]
SAID = "".join(WORDS)
HIDDEN = "The user wants a story, so I plan: Kubernetes secrets."  # of thoughts: no word of it may be shown
SSE = "text/event-stream"


def chunk(content=None, finish=None, **delta):
    if content is not None:
        delta["content"] = content
    return {"id": "c1", "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def event(obj, eol="\n", head="data: "):
    text = obj if isinstance(obj, str) else json.dumps(obj, ensure_ascii=False)
    return (head + text + eol + eol).encode()


def said(eol="\n", head="data: "):
    return [event(chunk(word), eol, head) for word in WORDS]


def end(eol="\n", head="data: "):
    return [event(chunk(finish="stop"), eol, head), event("[DONE]", eol, head)]


def thoughts(*pieces):
    """The pieces as content, then what is said."""
    return [event(chunk(p)) for p in pieces] + said() + end()


def part(text, kind="text"):
    return [{"type": kind, kind: text if kind == "text" else [{"type": "text", "text": text}]}]


# What is sent: bytes, or a pause in seconds.
STREAMS = {
    # thoughts
    "think": thoughts("<think>", "\n" + HIDDEN, "\n", "</think>", "\n\n"),
    "think-crumbs": thoughts("<", "thi", "nk>" + HIDDEN[:20], HIDDEN[20:] + "</", "think", ">\n"),
    "think-unopened": thoughts("Okay, the user asks. ", HIDDEN, "</think>", "\n\n"),
    "think-brackets": thoughts("[THINK]" + HIDDEN, "[/THINK]"),
    "harmony": thoughts("<|channel|>analysis<|message|>", HIDDEN, "<|end|><|start|>assistant<|channel|>final<|message|>"),
    "end-token": said() + [event(chunk("<|eot_id|>"))] + end(),
    "end-token-goes-on": said() + [event(chunk("<|im_end|>\n<|im_start|>user\nAnd then?"))] + end(),
    "reasoning-content": [event(chunk(None, reasoning_content=w + " ")) for w in HIDDEN.split()] + said() + end(),
    "reasoning": [event(chunk("", reasoning=HIDDEN))] + said() + end(),
    "parts": [event(chunk(part(HIDDEN, "thinking")))] + [event(chunk(part(w))) for w in WORDS] + end(),
    "thinks-long": [x for _ in range(12) for x in (event(chunk("", reasoning_content="hmm ")), 0.25)] + said() + end(),
    # events
    "crlf": said("\r\n") + end("\r\n"),
    "cr": said("\r") + end("\r"),
    "no-space": said(head="data:") + end(head="data:"),
    "named": [b"event: message\nid: 7\n" + x for x in said()] + [b"event: ping\ndata: {}\n\n"] + end(),
    "one-newline": [x[:-1] for x in said() + end()],
    "mark": [b"\xef\xbb\xbf"] + said() + end(),
    "pings": [b": OPENROUTER PROCESSING\n\n", b"event: ping\ndata: ping\n\n", b"data: \n\n", b"data:\n\n"] + said() + [b": x\n\n"] + end(),
    "no-done": said() + end()[:1],
    "no-finish": said() + end()[1:],
    "usage-around": [event({"choices": [], "prompt_filter_results": []})] + said() + end()[:1] +
                    [event({"choices": [], "usage": {"total_tokens": 5}}), event("[DONE]")],
    "two-answers": [event({"choices": [{"index": i, "delta": {"content": w if not i else "OTHER"}}]}) for w in WORDS for i in (1, 0)] + end(),
    "text": [event({"choices": [{"index": 0, "text": w}]}) for w in WORDS] + end()[1:],
    "no-delta": [event({"choices": [{"index": 0, "delta": None}]})] + said() + [event({"choices": [{"index": 0, "finish_reason": "stop"}]})],
    "finish-each": [event(chunk(w, "stop")) for w in WORDS] + end()[1:],
    "finish-empty": [event(chunk(w, "")) for w in WORDS] + end(),
    "surrogates": [b'data: {"choices":[{"delta":{"content":"Hi \\ud83d"}}]}\n\n', b'data: {"choices":[{"delta":{"content":"\\ude00 a\\u0000b \\ud83d!"}}]}\n\n'] + end(),
    "stays-open": said() + end()[:1] + [15],
    # ends that are none
    "stall": said()[:1] + [30],
    "error-event": said()[:1] + [b'event: error\ndata: {"message":"model crashed"}\n\n'],
    "error-finish": said()[:1] + [event(dict(chunk("", "error"), error={"code": 502, "message": "upstream failed"})), event("[DONE]")],
    "error-first": [event({"error": {"message": "Rate limit reached", "code": 429}})],
    "loop": [event(chunk("I see that. ")) for _ in range(60)] + end(),
}
TYPES = {"plain": "text/plain; charset=utf-8", "octets": "application/octet-stream", "json": "application/json"}

# Fields that are refused as long as they are sent: in OpenAI's words (400), or in FastAPI's (422).
FIELDS = ("stream_options", "temperature", "max_tokens", "stream")


def refusal(name, asked):
    """(status, body) when this model refuses something of the request, or None."""
    kind, _, field = name.partition(":")
    if kind == "refuses" and field == "system" and any(m["role"] == "system" for m in asked["messages"]):
        return 400, {"error": {"message": "System role not supported", "type": "invalid_request_error"}}
    if field == "everything" and any(f in asked for f in FIELDS[:2]):
        return 400, {"error": {"message": "Unknown parameter in the request", "type": "invalid_request_error"}}
    if field not in asked or (field == "stream" and not asked["stream"]):
        return None
    if kind == "refuses" and field == "max_tokens":
        return 400, {"error": {"message": "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "param": "max_tokens"}}
    if kind == "refuses":
        return 400, {"error": {"message": f"{field}: Extra inputs are not permitted", "param": field, "code": "unsupported_parameter"}}
    if kind == "forbids":
        return 422, {"detail": [{"type": "extra_forbidden", "loc": ["body", field], "msg": "Extra inputs are not permitted"}]}
    return None


def whole(text=SAID):
    return {"object": "chat.completion", "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}


def bytes_of(asked):
    return sum(len(m["content"].encode()) for m in asked["messages"])


def completion(handler, name, asked, entry):
    """Play it; False: no quirk is called so."""
    steps, kind, status = STREAMS.get(name), SSE, 200
    if name.startswith(("refuses:", "forbids:")):
        refused = refusal(name, asked)
        if refused:
            handler.reply(*refused)
            return True
        if not asked["stream"]:
            handler.reply(200, whole())
            return True
        steps = said() + end()
    elif name.startswith("type-"):
        steps, kind = said() + end(), TYPES[name[5:]]
    elif name == "created":
        steps, status = said() + end(), 201
    elif name == "lines":
        steps, kind = [json.dumps(chunk(w)).encode() + b"\n" for w in WORDS], "application/x-ndjson"
    elif name == "page":
        steps, kind = [b"<!DOCTYPE html><title>Sign in</title>"], "text/html"
    elif name == "thinks-away" and asked.get("max_tokens", 0) < 2000:  # the length is spent on thoughts
        steps = [event(chunk("", reasoning_content=HIDDEN)), event(chunk(finish="length")), event("[DONE]")]
    elif name == "thinks-away":
        steps = said() + end()
    elif name.startswith("context-"):  # as llama.cpp's server: so many tokens, of three bytes here
        context, tokens = int(name[8:]), bytes_of(asked) // 3 + asked.get("max_tokens", 0)
        if tokens > context:
            handler.reply(400, {"error": {"code": 400, "message": "the request exceeds the available context size, try increasing it",
                                          "type": "exceed_context_size_error", "n_prompt_tokens": tokens, "n_ctx": context}})
            return True
        steps = said() + end()
    elif name.startswith("breaks-"):  # as llama-cpp-python's server: it finds out only when it has begun
        tokens = bytes_of(asked) // 3 + asked.get("max_tokens", 0)
        steps = said() + end() if tokens <= int(name[7:]) else [b""]
    elif name.startswith("slow:"):  # the first word after so many seconds
        steps = [float(name[5:])] + said() + end()
    if steps is None:
        return False
    handler.play(steps, kind, status, entry)
    return True


def line(content="", done=False, **more):
    message = {"role": "assistant", "content": content, **more.pop("message", {})}
    return (json.dumps({"message": message, "done": done, **more}) + "\n").encode()


def chat(handler, name, asked, entry):
    """The same of Ollama's protocol."""
    last = [line("", True, done_reason="stop")]
    spoken = [line(w) for w in WORDS]
    if name == "thinks":
        steps = [line(message={"thinking": w}) for w in HIDDEN.split()] + spoken + last
    elif name == "thinks-inline":
        steps = [line("<think>"), line(HIDDEN), line("</think>\n\n")] + spoken + last
    elif name == "thinks-away":
        room = asked["options"]["num_predict"] >= 2000
        steps = spoken + last if room else [line(message={"thinking": HIDDEN}), line("", True, done_reason="length")]
    elif name == "cannot-think" and "think" in asked:
        handler.reply(400, {"error": '"cannot-think" does not support thinking'})
        return True
    elif name.startswith("cuts-"):  # reads so many tokens at most, of four bytes, and says nothing of it
        read = min(bytes_of(asked) // 4, int(name[5:]))
        steps = spoken + [line("", True, done_reason="stop", prompt_eval_count=read)]
    elif name == "counts-new":  # counts what it had not read before, as Ollama did once
        before = handler.remember(asked)
        steps = spoken + [line("", True, done_reason="stop", prompt_eval_count=max(1, (bytes_of(asked) - before) // 4))]
    elif name in ("cannot-think", "small"):
        steps = spoken + last
    elif name == "too-large":
        handler.reply(500, {"error": "model requires more system memory (8.4 GiB) than is available (5.1 GiB)"})
        return True
    else:
        return False
    handler.play(steps, "application/x-ndjson", 200, entry)
    return True


# What is listed, and what more is told of a model: /api/show of Ollama, /props of llama.cpp's server.
SHOW = {"small": {"model_info": {"general.architecture": "llama", "llama.context_length": 2048, "general.parameter_count": 134515008},
                  "details": {"parameter_size": "134.52M"}, "capabilities": ["completion"]}}
PROPS = {"default_generation_settings": {"n_ctx": 1536}, "total_slots": 1}
