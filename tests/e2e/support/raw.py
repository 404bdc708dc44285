# SPDX-License-Identifier: Apache-2.0
"""Bytes to and from the gateway as they are, since every HTTP library repairs what these tests must send."""
import re
import socket
import ssl
from dataclasses import dataclass, field


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


CONTEXT = _context()


@dataclass
class Answer:
    status: int
    fields: dict[str, list[str]] = field(default_factory=dict)
    body: bytes = b""
    interim: list[int] = field(default_factory=list)

    def first(self, name: str) -> str:
        return self.fields.get(name.lower(), [""])[0]

    @property
    def reason(self) -> str:
        """The gateway's reason id; heads that could not be read carry it in their body."""
        return self.first("x-raykeep-reason") or self.body.decode("latin-1").rpartition(": ")[2].strip()


class RawConnection:
    def __init__(self, port: int, tls: bool = True, timeout: float = 20, receive_buffer: int | None = None, source: str = ""):
        plain = socket.socket()
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.settimeout(timeout)
        if source:
            plain.bind((source, 0))
        plain.connect(("127.0.0.1", port))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = plain
        self._received = b""
        if tls:
            self.socket = CONTEXT.wrap_socket(plain, server_hostname="localhost")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes):
        """Sends what the other side still takes: it may have answered and closed in between."""
        try:
            self.socket.sendall(data)
        except OSError:
            pass

    def half_close(self):
        """Ends this side's bytes below TLS, as a program that dies does."""
        socket.socket.shutdown(self.socket, socket.SHUT_WR)

    def _more(self) -> bool:
        try:
            piece = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return False
        self._received += piece
        return bool(piece)

    def read_exactly(self, count: int) -> bytes:
        while len(self._received) < count:
            if not self._more():
                raise ConnectionError(f"closed after {self._received[:200]!r}")
        out, self._received = self._received[:count], self._received[count:]
        return out

    def read_until(self, end: bytes) -> bytes:
        while end not in self._received:
            if not self._more():
                raise ConnectionError(f"closed after {self._received[:200]!r}")
        return self.read_exactly(self._received.index(end) + len(end))

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self.read_until(b"\r\n"), 16):
            body += self.read_exactly(size)
            self.read_exactly(2)
        self.read_until(b"\r\n")
        return body

    def answer(self, head_only: bool = False) -> Answer:
        interim = []
        while True:
            lines = self.read_until(b"\r\n\r\n").decode("latin-1").split("\r\n")[:-2]
            match = re.fullmatch(r"HTTP/1\.1 (\d{3}) [ -~]*", lines[0])
            assert match, f"not a status line: {lines[0]!r}"
            status = int(match[1])
            if status >= 200 or status == 101:
                break
            interim.append(status)
        fields: dict[str, list[str]] = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            fields.setdefault(name.lower(), []).append(value)
        out = Answer(status, fields, b"", interim)
        if head_only or status in (101, 204, 304):
            return out
        if "transfer-encoding" in fields:
            out.body = self._read_chunks()
        elif "content-length" in fields:
            out.body = self.read_exactly(int(fields["content-length"][0]))
        else:
            out.body = self.read_to_end()
        return out

    def read_to_end(self) -> bytes:
        while self._more():
            pass
        out, self._received = self._received, b""
        return out

    def is_closed(self) -> bool:
        """Waits for the other side to close; bytes before that are a failure of the test's expectation."""
        try:
            return self.read_to_end() == b""
        except TimeoutError:
            return False
