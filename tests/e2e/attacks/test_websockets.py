# SPDX-License-Identifier: Apache-2.0
"""Rows 25 to 28: a tunnel exists only after one right handshake on both sides, and it carries well-formed frames only."""
import base64
import hashlib
import struct
import threading

import pytest

from support.waiting import wait_until

TAIL = "/team/ray/api/jobs/job-1/logs/tail"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
UPGRADE = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}")
JOB = b'{"submission_id":"job-1","metadata":{"raykeep.io/submitter":"dana"},"status":"RUNNING"}'


def accept_of(request: bytes) -> str:
    key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()).decode()


def switch(request: bytes, accept: str | None = None) -> bytes:
    return (f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Accept: {accept or accept_of(request)}\r\n\r\n").encode()


def frame(opcode: int, payload: bytes, masked: bool = True, first: int = 0x80) -> bytes:
    length = len(payload)
    size = bytes([length]) if length < 126 else b"\x7e" + struct.pack(">H", length) if length < 65536 else b"\x7f" + struct.pack(">Q", length)
    if not masked:
        return bytes([first | opcode]) + size + payload
    mask = b"\x01\x02\x03\x04"
    return bytes([first | opcode, size[0] | 0x80]) + size[1:] + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class Tail:
    """Plays Ray's log tail: answers the handshake, hands its socket to the test."""

    def __init__(self, target):
        self.opened = threading.Event()
        self.socket = None
        self.received = b""
        target.upstream.answer = self

    def __call__(self, request, connection):
        if b"/logs/tail" not in request.split(b"\r\n")[0]:
            return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(JOB), JOB)
        self.socket = connection
        connection.sendall(switch(request))
        self.opened.set()
        while piece := connection.recv(4096):
            self.received += piece
        raise ConnectionError


def open_tail(target, connection, *lines: str, user: str | None = "dana"):
    connection.send(target.request("GET", TAIL, *UPGRADE, *lines, user=user))
    return connection.answer()


def read_frame(connection) -> tuple[int, bytes]:
    head = connection.read_exactly(2)
    size = head[1] & 0x7f
    if size == 126:
        size = struct.unpack(">H", connection.read_exactly(2))[0]
    return head[0] & 0x0f, connection.read_exactly(size)


def close_code(connection) -> int:
    while True:
        opcode, payload = read_frame(connection)
        if opcode == 8:
            return struct.unpack(">H", payload[:2])[0] if payload else 0


def test_a_tail_carries_frames_and_its_close(target):
    tail = Tail(target)
    with target.connect() as connection:
        assert open_tail(target, connection).status == 101
        tail.opened.wait(5)
        tail.socket.sendall(frame(1, b"hello", masked=False) + frame(8, struct.pack(">H", 1000), masked=False))
        assert read_frame(connection) == (1, b"hello")
        assert close_code(connection) == 1000


@pytest.mark.parametrize("lines", [("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"), ("Connection: Upgrade", "Upgrade: foo/1")])
def test_another_upgrade_is_not_taken_up(target, lines):
    seen = target.passes(target.request("GET", "/team/ray/timezone", *lines))
    assert b"pgrade" not in seen and b"HTTP2" not in seen


def test_http2_without_asking_is_refused(target):
    target.refuses(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, 405, 505)


@pytest.mark.parametrize("lines,statuses", [
    (("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 8", f"Sec-WebSocket-Key: {KEY}"), (426,)),
    (("Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {KEY}"), (400, 426)), (("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"), (400,)),
    (("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: short"), (400,)),
    (UPGRADE[:3] + (f"Sec-WebSocket-Key: {KEY}",) * 2, (400,)), (("Upgrade: websocket",) + UPGRADE[2:], (400, 426)), ((), (426,)),
    (("Connection: Upgrade", "Upgrade: websocket, h2c") + UPGRADE[2:], (400, 426)),
])
def test_a_wrong_handshake_opens_nothing(target, lines, statuses):
    target.refuses(target.request("GET", TAIL, *lines), *statuses, closes=False)


def test_a_handshake_by_post_opens_nothing(target):
    target.refuses(target.request("POST", TAIL, *UPGRADE), 400, 405, closes=False)


def test_only_the_tail_is_a_websocket(target):
    target.refuses(target.request("GET", "/team/ray/api/version", *UPGRADE), 403, closes=False)


@pytest.mark.parametrize("user", [None, "vera"])
def test_a_tunnel_needs_the_right_like_any_request(target, user):
    target.upstream.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(JOB), JOB)
    assert target.ask(target.request("GET", TAIL, *UPGRADE, user=user)).status == (403 if user else 401)
    assert not [request for request in target.upstream.requests if b"/logs/tail" in request]


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n",
    "wrong accept", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
])
def test_no_tunnel_without_the_clusters_right_answer(target, answer):
    def play(request, _):
        if b"/logs/tail" not in request:
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(JOB), JOB)
        return switch(request, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=") if answer == "wrong accept" else answer

    target.upstream.answer = play
    smuggled = target.request("GET", "/team/ray/nodes", user=None)
    with target.connect() as connection:
        connection.send(target.request("GET", TAIL, *UPGRADE) + smuggled)
        status = connection.answer().status
        assert status != 101
        rest = connection.read_to_end() if connection.is_closed() else b""
    assert b" 200 " not in rest
    assert not [request for request in target.upstream.requests if b"/nodes" in request]


def test_bytes_before_the_handshake_are_frames_not_requests(target):
    tail = Tail(target)
    with target.connect() as connection:
        connection.send(target.request("GET", TAIL, *UPGRADE) + target.request("GET", "/team/ray/nodes"))
        assert connection.answer().status == 101
        assert close_code(connection) == 1002  # "GE..." is no masked frame
    assert b"/nodes" not in tail.received + b"".join(target.upstream.requests)


@pytest.mark.parametrize("data,codes", [
    (frame(1, b"x", masked=False), (1002,)), (frame(1, b"x", first=0xc0), (1002,)), (frame(3, b"x"), (1002,)), (frame(9, b"x", first=0), (1002,)),
    (frame(9, b"x" * 126), (1002,)), (frame(8, b"x"), (1002,)), (frame(1, b"x" * (1 << 20))[:1000], (1009,)), (frame(0, b"x"), (1002,)),
    (frame(9, b"") * 5000, (1002, 1008)), (frame(1, b"\xff"), (1007, 1000)),
])
def test_a_malformed_frame_ends_the_tunnel(target, data, codes):
    tail = Tail(target)
    with target.connect() as connection:
        assert open_tail(target, connection).status == 101
        tail.opened.wait(5)
        connection.send(data)
        if codes != (1007, 1000):
            assert close_code(connection) in codes
        else:  # text to a tail goes nowhere, so nothing is to be decoded
            tail.socket.sendall(frame(8, struct.pack(">H", 1000), masked=False))
            assert close_code(connection) in codes
    assert tail.received == b"", "nothing of a client goes to Ray's tail"


def test_pings_of_the_client_are_answered_by_the_gateway(target):
    Tail(target)
    with target.connect() as connection:
        assert open_tail(target, connection).status == 101
        connection.send(frame(9, b"there?"))
        assert read_frame(connection) == (10, b"there?")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1.evil.example"])
def test_a_foreign_page_opens_no_tunnel(target, origin):
    target.refuses(target.request("GET", TAIL, *UPGRADE, f"Origin: {origin}", "User-Agent: Mozilla/5.0"), 403, closes=False)


def test_a_revoked_token_cuts_the_tunnel(target):
    token = target.gateway.token("dana")
    Tail(target)
    with target.connect() as connection:
        assert open_tail(target, connection, f"Authorization: Bearer {token}", user=None).status == 101
        target.setup.revoke_token(token)
        connection.socket.settimeout(4)
        assert close_code(connection) == 1008


def test_a_tunnel_ends_when_its_client_leaves(target):
    tail = Tail(target)
    with target.connect() as connection:
        assert open_tail(target, connection).status == 101
        tail.opened.wait(5)
    wait_until(lambda: tail.socket.fileno() < 0, "the upstream connection is closed", seconds=5)
