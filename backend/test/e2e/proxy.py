"""Behind real proxies, with the blocks of docs/guides/behind-a-proxy.md, and with TLS of its own.

nginx and Caddy are Debian's. Each block is taken from the guide as it stands; only its addresses, ports and
certificate become this test's.
"""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import harness  # noqa: E402

GUIDE = harness.SOURCE / "docs/guides/behind-a-proxy.md"
NAME = "interview.example"
NOBODY = 65534


def block(language):
    return re.search(rf"```{language}\n(.*?)```", GUIDE.read_text(), re.S)[1]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, process):
    deadline = time.monotonic() + harness.PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the proxy does not listen")


def certificate(folder, name="cert"):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={NAME}", "-addext",
                    f"subjectAltName=DNS:{NAME}", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


class Proxy:
    """A proxy that is a child of this program, and what a browser behind it would send."""

    def __init__(self, folder, command, port, env=None):
        self.port, self.name = port, f"{NAME}:{port}"
        self.log = open(folder / "proxy.log", "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, env={**os.environ, **(env or {})})
        wait_for_port(port, self.process)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=harness.PATIENCE_S)
        self.log.close()

    def ask(self, method, path, body=None, tls=True, host=None, **headers):
        """(status, headers, body) of one request of the page."""
        context = ssl._create_unverified_context()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=harness.PATIENCE_S)
        connection.connect()
        if tls:
            connection.sock = context.wrap_socket(connection.sock, server_hostname=NAME)
        fields = {"Host": host or self.name, **{k.replace("_", "-"): v for k, v in headers.items()}}
        data = json.dumps(body) if body is not None else None
        if data:
            fields["Content-Type"] = "application/json"
        connection.request(method, path, data, fields)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, answer.headers, text

    def upgrade(self, session, token, origin):
        return self.ask("GET", f"/ws/llm-stream?session_id={session}", Origin=origin, Authorization=f"Bearer {token}", Upgrade="websocket",
                        Connection="Upgrade", Sec_WebSocket_Version="13", Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==")[0]


NGINX = """
worker_processes 1; daemon off; pid {d}/pid; error_log stderr warn;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {d}/a; proxy_temp_path {d}/b; fastcgi_temp_path {d}/c; uwsgi_temp_path {d}/e; scgi_temp_path {d}/f;
  {servers}
}}
"""


def nginx(folder, servers, port):
    os.chmod(folder, 0o755)
    (folder / "nginx.conf").write_text(NGINX.format(d=folder, servers=servers))
    return Proxy(folder, ["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"], port)


def documented_nginx(folder, server_port):
    port = free_port()
    cert, key = certificate(folder)
    text = block("nginx").replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;").replace("http2 on;", "")
    text = text.replace("/etc/ssl/interview/fullchain.pem", str(cert)).replace("/etc/ssl/interview/key.pem", str(key))
    return nginx(folder, text.replace("127.0.0.1:8080", f"127.0.0.1:{server_port}"), port)


def documented_caddy(folder, server_port):
    port = free_port()
    cert, key = certificate(folder)
    text = block("caddy").replace(f"{NAME} {{", f"{NAME}:{port} {{\n    bind 127.0.0.1\n    tls {cert} {key}")
    text = "{\n    admin off\n    auto_https disable_redirects\n}\n" + text.replace("127.0.0.1:8080", f"127.0.0.1:{server_port}")
    (folder / "Caddyfile").write_text(text)
    home = {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    return Proxy(folder, ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"], port, home)


class Documented:
    """What works behind a proxy that is set up as the guide says."""

    start_proxy = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.server = harness.Server(sign_in=False, args=["--accounts", "on", "--asr-preload=off"])
        cls.proxy = cls.start_proxy(pathlib.Path(cls.folder.name), cls.server.port)
        cls.site = f"https://{cls.proxy.name}"
        status, headers, text = cls.proxy.ask("POST", "/api/v1/auth/signup",
                                              {"email": "p@example.org", "password": "correct horse battery 1", "displayName": "P"}, Origin=cls.site)
        assert status == 201, (status, text)
        cls.cookie, cls.token = headers["Set-Cookie"], json.loads(text)["accessToken"]
        cls.signed_up = headers

    @classmethod
    def tearDownClass(cls):
        cls.proxy.stop()
        cls.server.stop()
        cls.server.remove()
        cls.folder.cleanup()

    def test_the_cookie_is_for_tls_only(self):
        self.assertIn("; Secure", self.cookie)
        self.assertTrue(self.cookie.startswith("__Host-"), self.cookie)

    def test_answers_ask_for_tls_from_now_on(self):
        self.assertIn("max-age=", self.signed_up["Strict-Transport-Security"])

    def test_a_reload_keeps_one_signed_in(self):
        status, headers, _ = self.proxy.ask("POST", "/api/v1/auth/refresh", Origin=self.site, Cookie=self.cookie.split(";")[0])
        self.assertEqual(200, status)
        type(self).cookie = headers["Set-Cookie"]

    def test_the_pages_websocket_opens_and_another_sites_does_not(self):
        session = json.loads(self.proxy.ask("POST", "/api/v1/sessions", {}, Authorization=f"Bearer {self.token}")[2])["id"]
        self.assertEqual(101, self.proxy.upgrade(session, self.token, self.site))
        self.assertEqual(403, self.proxy.upgrade(session, self.token, "https://evil.example"))
        self.assertEqual(403, self.proxy.upgrade(session, self.token, self.site.replace("https", "http")))

    def test_another_sites_form_is_refused(self):
        status = self.proxy.ask("POST", "/api/v1/auth/refresh", Origin="https://evil.example", Cookie=self.cookie.split(";")[0])[0]
        self.assertEqual(403, status)

    def test_nobody_is_the_local_owner(self):
        for headers in ({"Origin": self.site}, {"Origin": f"http://127.0.0.1:{self.server.port}"}):
            self.assertEqual(403, self.proxy.ask("POST", "/api/v1/auth/local", **headers)[0])

    def test_a_host_that_a_client_invents_is_not_believed(self):
        evil = "https://evil.example"
        for invented in ({"X_Forwarded_Host": "evil.example"}, {"Forwarded": "for=203.0.113.1;proto=https;host=evil.example"}):
            status = self.proxy.ask("POST", "/api/v1/auth/refresh", Origin=evil, Cookie=self.cookie.split(";")[0], **invented)[0]
            self.assertEqual(403, status, invented)


class BehindNginx(Documented, unittest.TestCase):
    start_proxy = staticmethod(documented_nginx)


class BehindCaddy(Documented, unittest.TestCase):
    start_proxy = staticmethod(documented_caddy)


class Shortest(unittest.TestCase):
    """nginx as people write it first: nothing is passed on, and the server believes it talks to this machine."""

    def test_a_stranger_is_not_the_owner(self):
        server = harness.Server(sign_in=False, args=["--asr-preload=off"])
        folder = tempfile.TemporaryDirectory()
        ports = {version: free_port() for version in ("1.0", "1.1")}
        text = "".join(f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_http_version {version}; proxy_set_header Connection \"\"; "
                       f"proxy_pass http://127.0.0.1:{server.port}; }} }}\n" for version, port in ports.items())
        proxy = nginx(pathlib.Path(folder.name), text, ports["1.0"])
        self.addCleanup(folder.cleanup)
        self.addCleanup(server.remove)
        self.addCleanup(server.stop)
        self.addCleanup(proxy.stop)
        own = {"Origin": server.base}
        self.assertEqual(403, proxy.ask("POST", "/api/v1/auth/local", tls=False, host=NAME, **own)[0])
        self.assertEqual(403, proxy.ask("POST", "/api/v1/auth/local", tls=False, host=NAME, X_Forwarded_For="203.0.113.9", **own)[0])
        if os.getuid() == 0:  # then nginx's workers are nobody's; else they are ours, and so is what they do
            proxy.port = ports["1.1"]
            self.assertEqual(403, proxy.ask("POST", "/api/v1/auth/local", tls=False, host=NAME, **own)[0])
        self.assertIn("accessToken", server.post("/api/v1/auth/local", headers=own))

    @unittest.skipUnless(os.getuid() == 0, "needs root to become somebody else")
    def test_another_account_of_this_machine_is_not_the_owner(self):
        server = harness.Server(sign_in=False, args=["--asr-preload=off"])
        self.addCleanup(server.remove)
        self.addCleanup(server.stop)
        said = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "-H", f"Origin: {server.base}",
                               f"{server.base}/api/v1/auth/local"], user=NOBODY, capture_output=True, text=True, cwd="/").stdout
        self.assertEqual("403", said)


class OwnTls(unittest.TestCase):
    def start(self, *args):
        return subprocess.run([harness.PROGRAM, "serve", "--data", self.folder.name + "/data", *args], env=harness.environment(),
                              capture_output=True, text=True, timeout=harness.PATIENCE_S)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def test_beyond_loopback_it_asks_for_tls_or_the_proxy_that_ends_it(self):
        refused = self.start("--listen", "0.0.0.0:0")
        self.assertNotEqual(0, refused.returncode)
        self.assertIn("tls-cert", refused.stderr)
        self.assertIn("behind-proxy", refused.stderr)
        self.assertIn("10.0.0.0/8", self.start("--listen", "0.0.0.0:0", "--behind-proxy", "10.0.0.1/8").stderr)
        self.assertIn("accounts", self.start("--accounts", "off", "--behind-proxy", "10.0.0.2").stderr)
        server = harness.Server(sign_in=False, args=["--listen", "0.0.0.0:0", "--behind-proxy", "10.0.0.2", "--asr-preload=off"])
        self.assertEqual(0, server.stop())
        server.remove()

    def test_the_redirect_needs_something_to_send_on_to(self):
        self.assertIn("tls-cert", self.start("--redirect-listen", "127.0.0.1:0").stderr)

    def test_a_renewed_certificate_is_used_and_a_broken_one_is_not(self):
        folder = pathlib.Path(self.folder.name)
        cert, key = certificate(folder)
        redirect = free_port()
        server = harness.Server(sign_in=False, args=["--tls-cert", str(cert), "--tls-key", str(key), "--redirect-listen", f"127.0.0.1:{redirect}",
                                                     "--accounts", "on", "--asr-preload=off"])
        self.addCleanup(server.remove)
        self.addCleanup(server.stop)
        context = ssl._create_unverified_context()

        def now():
            with socket.create_connection(("127.0.0.1", server.port), harness.PATIENCE_S) as plain:
                with context.wrap_socket(plain, server_hostname=NAME) as tls:
                    return tls.getpeercert(binary_form=True)

        def after_hang_up(word):
            count = server.output().count(word)
            server.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + harness.PATIENCE_S
            while server.output().count(word) == count and time.monotonic() < deadline:
                time.sleep(0.05)
            return now()

        first = now()
        stays = context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), harness.PATIENCE_S), server_hostname=NAME)
        certificate(folder)
        second = after_hang_up("as it is now")
        self.assertNotEqual(first, second)
        stays.sendall(f"GET /healthz HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        self.assertIn(b" 200 ", stays.recv(4096))
        stays.close()
        cert.write_text("nonsense")
        self.assertEqual(second, after_hang_up("still used"))

        connection = http.client.HTTPConnection("127.0.0.1", redirect, timeout=harness.PATIENCE_S)
        connection.request("GET", "/interview/a%20b/?x=%2F", headers={"Host": NAME})
        answer = connection.getresponse()
        self.assertEqual((308, f"https://{NAME}:{server.port}/interview/a%20b/?x=%2F"), (answer.status, answer.headers["Location"]))
        connection.close()


harness.main()
