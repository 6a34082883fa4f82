"""An interview answered by a small real model on this machine: what each question cost.

    backend/bench/local_model.py [--context 1024] [--threads 2] [--profile profiles/nurse-team-lead.json] [--answers] [QUESTION...]

llama.cpp's server with SmolLM2-135M (test/support/llama.py says where both come from) behind a server of our own. A line a question: the first
word of the model, when the built-in answer stood meanwhile, tokens of the prompt that were read before and those that were not, connections so
far, and the outcome. The last line is the figure: questions answered or replaced for a told reason, and whether cached tokens ever fell.
"""

import argparse
import json
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "backend/test/e2e"), str(ROOT / "backend/test/support")]
import harness  # noqa: E402
import llama  # noqa: E402

QUESTIONS = ["Tell me about yourself.", "Why do you want this job?", "Tell me about a time you led a team under pressure.",
             "And how did they react?", "What would you do if a colleague made a serious mistake?", "What is your greatest weakness?",
             "How do you decide what comes first when everything is urgent?", "Tell me about a time you changed how something was done.",
             "What are your salary expectations, and when could you start?", "How do you teach somebody who is new?",
             "Where do you see yourself in five years?", "Do you have any questions for us?"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--profile", default=str(ROOT / "profiles/nurse-team-lead.json"))
    parser.add_argument("--answers", action="store_true", help="print what was answered, too")
    parser.add_argument("questions", nargs="*", default=QUESTIONS)
    args = parser.parse_args()
    program, model = llama.find()
    if not isinstance(model, str) or not pathlib.Path(model).exists():
        sys.exit(f"skipped: {model}")
    rows = []
    with llama.Llama(program, model, args.context, args.threads) as local, tempfile.TemporaryDirectory() as data:
        server = harness.Server(data=data, INTERVIEWD_PROVIDERS="llamacpp", INTERVIEWD_LLAMACPP_URL=f"http://127.0.0.1:{local.relay.port}/v1",
                                INTERVIEWD_ASR_PRELOAD="off")
        profile = json.loads(pathlib.Path(args.profile).read_text())
        posting = profile.pop("jobDescription", "")
        session = server.post("/api/v1/sessions", {"profileId": server.post("/api/v1/profiles", profile)["id"], "jobDescription": posting})["id"]
        with server.socket("/ws/llm-stream", session) as llm:
            for n, row in enumerate(llama.interview(local, llm, args.questions), 1):
                rows.append(row)
                print(f"{n:2} {llama.describe(row)}", flush=True)
                if args.answers:
                    print("     " + row["answer"].replace("\n", "\n     "), flush=True)
        server.stop()
    cached = [row["cached"] for row in rows if row["cached"] is not None]
    print(f"{sum(map(llama.kept, rows))} of {len(rows)} answered or replaced for a told reason, {sum(r['provider'] != 'outline' for r in rows)} by the model; "
          f"cached tokens {'never fell' if cached == sorted(cached) else 'fell'}: {cached}; {rows[-1]['connections']} connection(s)")


main()
