# SPDX-License-Identifier: Apache-2.0
"""Raykeep's gateway for the benchmark: authentication, authorization and audit on, one worker, as the other proxies."""
import subprocess
import urllib.error
import urllib.parse
import urllib.request

from proxies import PASSWORD, USER, free_port


class RaykeepGateway:
    def __init__(self, bench):
        directory = bench.directory / "raykeep"
        directory.mkdir()
        port = free_port()
        (directory / "gateway.yaml").write_text(f"""\
listeners: [{{address: "127.0.0.1:{port}"}}]
public_hosts: ["127.0.0.1"]
clusters: [{{namespace: team, name: ray, dashboard: "http://127.0.0.1:{bench.origin_port}"}}]
users: {{file: {bench.htpasswd}}}
state: {{database: state.db}}
bindings: [{{name: developers, role: developer, users: [{USER}], clusters: ["team/*"]}}]
audit: {{directory: audit, summary_interval: 1s}}
limits: {{connections_per_address: 20000}}
workers: 1
""")
        made = subprocess.run([bench.binary, "token", "create", "--state", directory / "state.db", "--user", USER],
                              capture_output=True, text=True, check=True)
        self.token = made.stdout.strip()
        self.pid = bench.start("raykeep", [bench.binary, "gateway", "--config", directory / "gateway.yaml"], port)
        self.port = port
        self.url = f"http://127.0.0.1:{port}/team/ray/api/version"
        self.cookie = self.sign_in(port)

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
