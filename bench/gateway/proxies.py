# SPDX-License-Identifier: Apache-2.0
"""The origin and the proxies that are compared, each started on free loopback ports."""
import base64
import os
import pathlib
import socket
import subprocess
import tempfile
import textwrap
import urllib.parse
import urllib.request
from dataclasses import dataclass, field

from measure import LOAD_CORE, PROXY_CORE, pinned, wait_for_port

ANSWER = '{"version":"4","ray_version":"2.60.0","ray_commit":"b7f4259e944bf6959f721b106adc366ddfa0c356","session_name":"session_2026-11-23"}'
OAUTH2_PROXY, OAUTH2_PROXY_VERSION = "github.com/oauth2-proxy/oauth2-proxy/v7", "v7.15.4"
USER, PASSWORD = "alice", "Correct-horse-7"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@dataclass
class Proxy:
    name: str
    url: str
    pid: int
    headers: dict = field(default_factory=dict)
    slow: bool = False  # so slow that it gets few connections and requests


class Bench:
    def __init__(self, directory, binary):
        self.directory, self.binary, self.processes = directory, binary, []
        self.origin_port = free_port()
        self.origin_url = f"http://127.0.0.1:{self.origin_port}/api/version"
        directory.chmod(0o711)  # for NGINX's worker, which is another user when root starts it
        self.htpasswd = directory / "htpasswd"
        subprocess.run(["htpasswd", "-cbB", "-C", "10", self.htpasswd, USER, PASSWORD], check=True, capture_output=True)
        self.basic = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
        self.start_nginx("origin", f"""
            server {{ listen 127.0.0.1:{self.origin_port}; location / {{ default_type application/json; return 200 '{ANSWER}'; }} }}""",
                         self.origin_port, LOAD_CORE)

    def start(self, name, command, port, core=PROXY_CORE, env=None):
        log = open(self.directory / f"{name}.log", "w")
        process = subprocess.Popen(pinned(core, command), stdout=log, stderr=log, cwd=self.directory,
                                   env={**os.environ, **(env or {})})
        self.processes.append(process)
        try:
            wait_for_port(port, process)
        except RuntimeError as problem:
            raise RuntimeError(f"{name}: {problem}\n{(self.directory / f'{name}.log').read_text()[-2000:]}") from None
        return process.pid

    def stop(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(timeout=20)

    def start_nginx(self, name, http, port, core=PROXY_CORE):
        config = self.directory / f"{name}.conf"
        config.write_text(textwrap.dedent(f"""\
            daemon off; worker_processes 1; pid {self.directory}/{name}.pid; error_log {self.directory}/{name}-error.log;
            events {{ worker_connections 16384; }}
            http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {self.directory}/{name}-body;
              proxy_temp_path {self.directory}/{name}-proxy; fastcgi_temp_path {self.directory}/{name}-f;
              uwsgi_temp_path {self.directory}/{name}-u; scgi_temp_path {self.directory}/{name}-s;
            """) + http + "\n}\n")
        return self.start(name, ["nginx", "-c", config], port, core)

    def proxied(self, port, extra=""):
        return f"""
            upstream origin {{ server 127.0.0.1:{self.origin_port}; keepalive 64; keepalive_requests 1000000000; }}
            server {{ listen 127.0.0.1:{port}; {extra} location / {{ proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }} }}"""

    def start_all(self, wanted):
        for name, starter in (("nginx", self.nginx), ("nginx-bcrypt", self.nginx_bcrypt), ("haproxy", self.haproxy),
                              ("oauth2-proxy", self.oauth2_proxy), ("raykeep", self.raykeep)):
            if wanted is None or name in wanted:
                yield from starter()

    def nginx(self):
        port = free_port()
        pid = self.start_nginx("nginx", self.proxied(port), port)
        yield Proxy("NGINX, no authentication", f"http://127.0.0.1:{port}/api/version", pid)

    def nginx_bcrypt(self):
        port = free_port()
        auth = f"auth_basic x; auth_basic_user_file {self.htpasswd};"
        pid = self.start_nginx("nginx-bcrypt", self.proxied(port, auth), port)
        yield Proxy("NGINX, basic, bcrypt 10", f"http://127.0.0.1:{port}/api/version", pid, self.basic, slow=True)

    def haproxy(self):
        port = free_port()
        config = self.directory / "haproxy.cfg"
        config.write_text(textwrap.dedent(f"""\
            global
              nbthread 1
              maxconn 8000
            defaults
              mode http
              timeout connect 5s
              timeout client 60s
              timeout server 60s
              http-reuse always
            frontend in
              bind 127.0.0.1:{port}
              default_backend origin
            backend origin
              server one 127.0.0.1:{self.origin_port}
            """))
        pid = self.start("haproxy", ["haproxy", "-db", "-f", config], port)
        yield Proxy("HAProxy, no authentication", f"http://127.0.0.1:{port}/api/version", pid)

    def oauth2_proxy(self):
        program = build_oauth2_proxy()
        if program is None:
            print("oauth2-proxy is left out: it could not be built")
            return
        port = free_port()
        pid = self.start("oauth2-proxy", [
            program, f"--http-address=127.0.0.1:{port}", f"--upstream=http://127.0.0.1:{self.origin_port}", "--email-domain=*",
            "--client-id=x", "--client-secret=x", "--cookie-secret=0123456789abcdef0123456789abcdef", "--cookie-secure=false",
            f"--htpasswd-file={self.htpasswd}", "--provider=github", "--reverse-proxy=false", "--request-logging=false",
            "--auth-logging=false", "--standard-logging=false"], port, env={"GOMAXPROCS": "1"})
        url = f"http://127.0.0.1:{port}/api/version"
        yield Proxy("oauth2-proxy, session cookie", url, pid, {"Cookie": self.oauth2_cookie(port)})
        yield Proxy("oauth2-proxy, basic, bcrypt 10", url, pid, self.basic, slow=True)

    def oauth2_cookie(self, port):
        form = urllib.parse.urlencode({"username": USER, "password": PASSWORD}).encode()

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None
        try:
            answer = urllib.request.build_opener(Stay).open(f"http://127.0.0.1:{port}/oauth2/sign_in", form)
        except urllib.error.HTTPError as redirect:
            answer = redirect
        cookies = [c.split(";")[0] for c in answer.headers.get_all("Set-Cookie") or [] if not c.startswith("_oauth2_proxy_csrf")]
        # Removed cookies have no value; the session's own ends with '=' as base64 does.
        return "; ".join(c for c in cookies if c.partition("=")[2])

    def raykeep(self):
        from raykeep_gateway import RaykeepGateway
        gateway = RaykeepGateway(self)
        url = gateway.url
        yield Proxy("Raykeep, API token", url, gateway.pid, {"Authorization": f"Bearer {gateway.token}"})
        yield Proxy("Raykeep, session cookie", url, gateway.pid, {"Cookie": gateway.cookie})
        yield Proxy("Raykeep, basic, bcrypt 10", url, gateway.pid, self.basic)


def build_oauth2_proxy():
    cache = pathlib.Path(os.environ.get("RAYKEEP_CACHE") or pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "raykeep")
    program = cache / "bench" / "oauth2-proxy"
    if not program.exists():
        program.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as module:
            # Required by a module of our own: `go install` would ask for the list of versions, which not every mirror gives.
            (pathlib.Path(module) / "go.mod").write_text(f"module bench\ngo 1.24\nrequire {OAUTH2_PROXY} {OAUTH2_PROXY_VERSION}\n")
            done = subprocess.run(["go", "build", "-mod=mod", "-o", program, OAUTH2_PROXY], cwd=module, env={**os.environ, "CGO_ENABLED": "0"})
        if done.returncode:
            return None
    return program
