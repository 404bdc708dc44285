# SPDX-License-Identifier: Apache-2.0
"""Raykeep's gateway for the benchmark: authentication, authorization and audit on, by default one worker, as the other proxies."""
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from proxies import PASSWORD, USER, free_port


def make_certificate(directory):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=bench",
                    "-keyout", directory / "tls.key", "-out", directory / "tls.crt"], check=True, capture_output=True)
    (directory / "tls.key").chmod(0o600)


class RaykeepGateway:
    def __init__(self, bench, tls=False, dashboard_port=None, workers=1):
        self.tls, port = tls, free_port()
        directory = bench.directory / f"raykeep-{port}"
        directory.mkdir()
        pair = ""
        if tls:
            make_certificate(directory)
            pair = ", tls: {certificate: tls.crt, key: tls.key}"
        (directory / "gateway.yaml").write_text(f"""\
listeners: [{{address: "127.0.0.1:{port}"{pair}}}]
public_hosts: ["127.0.0.1"]
clusters: [{{namespace: team, name: ray, dashboard: "http://127.0.0.1:{dashboard_port or bench.origin_port}"}}]
users: {{file: {bench.htpasswd}}}
state: {{database: state.db}}
bindings: [{{name: developers, role: developer, users: [{USER}], clusters: ["team/*"]}}]
audit: {{directory: audit, summary_interval: 1s}}
limits: {{connections_per_address: 20000}}
workers: {workers}
""")
        made = subprocess.run([bench.binary, "token", "create", "--state", directory / "state.db", "--user", USER],
                              capture_output=True, text=True, check=True)
        self.token = made.stdout.strip()
        self.pid = bench.start(f"raykeep-{port}", [bench.binary, "gateway", "--config", directory / "gateway.yaml"], port)
        self.port = port
        self.url = f"http://127.0.0.1:{port}/team/ray/api/version"
        self.cookie = None if tls else self.sign_in(port)

    @staticmethod
    def sign_in(port):
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None
        form = urllib.parse.urlencode({"user": USER, "password": PASSWORD}).encode()
        try:
            answer = urllib.request.build_opener(Stay).open(f"http://127.0.0.1:{port}/-/login", form)
        except urllib.error.HTTPError as redirect:
            answer = redirect
        return answer.headers["Set-Cookie"].split(";")[0]
