#!/usr/bin/env python3
"""A property-based client made from docs/api/openapi.yaml, against a running server.

    run.py PROGRAM SCHEMATHESIS REPORT [EXAMPLES]

Starts PROGRAM (interviewd) on a free port with a data folder of its own, makes one profile, session and transcript to
be found, and has schemathesis send requests that fit the document and requests that do not: statuses, headers, media
types and bodies of all answers are held against it. Two rounds: without accounts, signed in as the local owner, and
with accounts, where each operation is also asked without a token. Providers are stand-ins. JUnit files are written to
REPORT-*.xml. The order of requests depends on nothing but the document.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
HERE = pathlib.Path(__file__).resolve().parent
SEED = "20261130"
ENDS_SIGN_IN = "auth/(logout|me|password|refresh)$"  # asked last: nobody is signed in after them
CHOOSES_WHO_HEARS = "admin/hearing(/test)?$"  # each try takes a recogniser a second or more, and a choice changes what recordings are answered: e2e/recogniser


class Providers:
    """What users with keys of their own would ask: nothing of a test leaves the machine."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, ROOT / "backend/test/support/providers.py"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        base = f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}/v1"
        self.addresses = {f"INTERVIEWD_{name}_URL": base for name in ("GROQ", "OPENAI", "OPENROUTER", "TOGETHER")}

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Server:
    def __init__(self, program, providers, *args):
        self.data = tempfile.mkdtemp(prefix="interviewd-contract-")
        env = {k: v for k, v in os.environ.items() if not re.match(r"INTERVIEWD_|GROQ_|OPENAI_|OLLAMA_", k)}
        # a limit would answer nearly all of these requests
        env |= {"INTERVIEWD_REQUESTS_PER_MINUTE": "0", "INTERVIEWD_SIGN_INS_PER_MINUTE": "0", "INTERVIEWD_STRANGERS_PER_MINUTE": "0", "INTERVIEWD_ASR_PRELOAD": "off", "INTERVIEWD_FETCH_MODELS": "off",
                "INTERVIEWD_ASR_ENGINE": "pocketsphinx"} | providers.addresses
        self.process = subprocess.Popen([program, "serve", "--listen", "127.0.0.1:0", "--data", self.data, *args], env=env,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            found = re.search(r"ready: (https?://\S+)", line)
            if found:
                self.base = found[1].rstrip("/")
                return
        raise SystemExit("the server did not start")

    def post(self, path, body, token=None):
        headers = {"Content-Type": "application/json", "Origin": self.base}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), headers, method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or "null")

    def stop(self):
        """Its exit status; it must have lived through it all."""
        alive = self.process.poll() is None
        if alive:
            self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        status = self.process.wait(60)
        shutil.rmtree(self.data, ignore_errors=True)
        return status if alive else status or 1


def round_of(name, program, tester, report, examples, args, sign_in):
    providers = Providers()
    server = Server(program, providers, *args)
    token = sign_in(server)
    profile = server.post("/api/v1/profiles", {"name": "P", "role": "Engineer", "yearsExperience": 3, "skills": [], "industry": "", "context": "Built it."}, token)
    session = server.post("/api/v1/sessions", {"profileId": profile["id"]}, token)
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "schemathesis.toml"
        config.write_text((HERE / "schemathesis.toml").read_text() + f"""
[parameters]
"path.sessionId" = "{session['id']}"
"path.profileId" = "{profile['id']}"
""")
        wrong = 0
        for part, which in (("", ["--exclude-path-regex", f"{ENDS_SIGN_IN}|{CHOOSES_WHO_HEARS}"]), ("-ends", ["--include-path-regex", ENDS_SIGN_IN])):
            said = subprocess.run([tester, "--config-file", str(config), "run", str(ROOT / "docs/api/openapi.yaml"), "--url", server.base,
                                   "--header", f"Authorization: Bearer {token}", "--phases", "examples,coverage,fuzzing", "--max-examples", examples,
                                   "--seed", SEED, "--no-color", "--report", "junit", "--report-junit-path", f"{report}{part}.xml", *which],
                                  cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if said.returncode:
                wrong += 1
                print(said.stdout)
                print(f"{name}: the client ended with {said.returncode}")
    status = server.stop()
    providers.stop()
    if status:
        print(f"{name}: the server ended with {status}")
    return wrong == 0 and status == 0


def owner(server):
    return server.post("/api/v1/auth/local", {})["accessToken"]


def account(server):
    return server.post("/api/v1/auth/signup", {"email": "p@example.org", "password": "correct horse battery 1", "displayName": "P"})["accessToken"]


def main():
    program, tester, report = sys.argv[1:4]
    examples = sys.argv[4] if len(sys.argv) > 4 else "15"
    one = round_of("local owner", program, tester, f"{report}-owner", examples, [], owner)
    two = round_of("accounts", program, tester, f"{report}-accounts", examples, ["--accounts", "on", "--sign-ups", "on"], account)
    return 0 if one and two else 1


if __name__ == "__main__":
    sys.exit(main())
