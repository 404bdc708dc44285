# SPDX-License-Identifier: Apache-2.0
"""The gateway in front of an upstream that records, instead of a Ray."""
from support.gateway import ROLES, Cluster, Gateway, Setup
from support.raw import Answer, RawConnection
from support.recorder import Recorder

UPSTREAM_TOKEN = "upstream-token-of-the-cluster"


class Target:
    """What an attack meets: `gateway` before `upstream`, and a credential of each user."""

    def __init__(self, folder, overrides: dict | None = None):
        self.upstream = Recorder()
        dashboard = f"http://127.0.0.1:{self.upstream.port}"
        self.cluster = Cluster("team", "ray", dashboard, UPSTREAM_TOKEN)
        clusters = [self.cluster, Cluster("team", "ray2", dashboard), Cluster("secret", "ray", dashboard)]
        self.setup = Setup(folder, clusters, overrides)
        self.tokens = {user: self.setup.make_token(user) for user in ROLES}
        self.gateway = Gateway(self.setup).start()

    def connect(self, **options) -> RawConnection:
        return RawConnection(self.gateway.port, **options)

    def auth(self, user: str = "dana") -> str:
        return f"Authorization: Bearer {self.tokens[user]}"

    def request(self, method: str = "GET", target: str = "/team/ray/api/version", *lines: str, user: str | None = "dana",
                host: str = "127.0.0.1", body: bytes = b"", version: str = "HTTP/1.1") -> bytes:
        head = [f"{method} {target} {version}", f"Host: {host}", *([self.auth(user)] if user else []), *lines]
        if body and not any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines):
            head.append(f"Content-Length: {len(body)}")
        return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body

    def ask(self, data: bytes, head_only: bool = False) -> Answer:
        """One request on a connection of its own."""
        with self.connect() as connection:
            connection.send(data)
            return connection.answer(head_only)

    def refuses(self, data: bytes, *statuses: int, closes: bool = True) -> Answer:
        """The bytes are answered with one of these statuses, the connection ends, and the upstream has seen nothing."""
        self.upstream.reset()
        with self.connect() as connection:
            connection.send(data)
            answer = connection.answer(head_only=data.startswith(b"HEAD "))
            assert answer.status in statuses, f"{answer.status} {answer.reason} for {data[:300]!r}"
            if closes:
                assert connection.is_closed(), f"still open after {data[:300]!r}"
        self.saw_nothing(data)
        return answer

    def saw_nothing(self, data: bytes = b""):
        """A request that passes goes last; whatever had slipped through before would have come first."""
        marker = f"/static/marker-{len(self.upstream.requests)}"
        assert self.ask(self.request("GET", f"/team/ray{marker}")).status == 200
        paths = [request.split(b"\r\n", 1)[0] for request in self.upstream.requests]
        assert paths == [f"GET {marker} HTTP/1.1".encode()], f"the upstream saw {self.upstream.requests!r} of {data[:300]!r}"

    def passes(self, data: bytes) -> bytes:
        """The one request that the upstream saw of these bytes, answered with 200."""
        self.upstream.reset()
        answer = self.ask(data)
        assert answer.status == 200, f"{answer.status} {answer.reason} for {data[:300]!r}"
        requests = self.upstream.requests
        assert len(requests) == 1, requests
        return requests[0]

    def close(self):
        self.gateway.stop()
        self.upstream.close()
