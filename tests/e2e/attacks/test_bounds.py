# SPDX-License-Identifier: Apache-2.0
"""Rows 39 and 40: slow, idle and oversized clients cost little and end on time."""
import resource
import threading
import time

import pytest

from support.target import Target
from support.processes import memory_bytes
from support.raw import RawConnection

SUBMIT = "/team/ray/api/jobs/"
JSON = "Content-Type: application/json"


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    limits = {"head_timeout": "1s", "body_timeout": "1s", "send_timeout": "2s", "idle_timeout": "2s", "connections_per_address": 100000}
    made = Target(tmp_path_factory.mktemp("impatient"), {"limits": limits})
    yield made
    made.close()


def seconds_until_closed(connection: RawConnection) -> float:
    start = time.monotonic()
    connection.read_to_end()
    return time.monotonic() - start


@pytest.mark.parametrize("data", [b"GET /", b"GET /team/ray/timezone HTTP/1.1\r\nHost: 127.0.0.1\r\nX"])
def test_a_slow_head_ends_on_time(impatient, data):
    with impatient.connect() as connection:
        connection.send(data)
        assert seconds_until_closed(connection) < 4


def test_a_head_of_one_byte_at_a_time_ends_on_time(impatient):
    with impatient.connect(timeout=0.2) as connection:
        start = time.monotonic()
        for byte in b"GET /team/ray/timezone HTTP/1.1\r\nX: " + b"y" * 100:
            connection.send(bytes([byte]))
            try:
                if not connection.socket.recv(1000):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        assert time.monotonic() - start < 6


def test_a_slow_body_ends_on_time_and_is_not_forwarded(impatient):
    with impatient.connect() as connection:
        connection.send(impatient.request("POST", SUBMIT, JSON, "Content-Length: 100", body=b"{"))
        start = time.monotonic()
        said = connection.read_to_end()
        assert said == b"" or said.startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - start < 4
    impatient.saw_nothing()


def test_a_handshake_that_does_not_come_ends_on_time(impatient):
    with impatient.connect(tls=False) as connection:
        assert seconds_until_closed(connection) < 15


def test_an_idle_connection_ends_on_time(impatient):
    with impatient.connect() as connection:
        connection.send(impatient.request())
        assert connection.answer().status == 200
        assert seconds_until_closed(connection) < 6


def test_a_client_that_does_not_read_is_dropped_and_held_in_little_memory(impatient):
    piece = b"x" * 65536
    sent, ended = [], threading.Event()

    def endless(_, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        try:
            for _ in range(15000):
                connection.sendall(piece)
                sent.append(len(piece))
        finally:
            ended.set()

    impatient.upstream.answer = endless
    before = memory_bytes(impatient.gateway.process.pid)
    with impatient.connect(receive_buffer=4096) as connection:
        connection.send(impatient.request("GET", "/team/ray/static/js/main.js"))
        assert ended.wait(15), "the stream was not given up"
        assert sum(sent) < 60 << 20
        assert memory_bytes(impatient.gateway.process.pid) - before < 20 << 20


def test_thousands_of_idle_connections_cost_little_and_stop_nobody(target):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))
    before = memory_bytes(target.gateway.process.pid)
    held = []
    try:
        for _ in range(1500):
            held.append(target.connect())
            held[-1].send(target.request())
            assert held[-1].answer().status == 200
        assert target.ask(target.request()).status == 200
        each = (memory_bytes(target.gateway.process.pid) - before) / len(held)
        assert each < 30_000, f"{each:.0f} bytes a connection"
    finally:
        for connection in held:
            connection.socket.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("target_path,lines,status", [
    ("/team/ray/" + "a" * 9000, (), 414), ("/team/ray/nodes?x=" + "a" * 9000, (), 414), ("/team/ray/nodes", tuple(f"X-{n}: y" for n in range(120)), 431),
    ("/team/ray/nodes", tuple(f"X-{n}: {'y' * 900}" for n in range(40)), 431), ("/team/ray/nodes", ("X: " + "y" * 40000,), 431),
])
def test_a_head_beyond_its_limits_is_refused(target, target_path, lines, status):
    target.refuses(target.request("GET", target_path, *lines), status)


def test_a_target_without_end_is_refused_before_it_ends(target):
    target.refuses(b"GET /" + b"a" * 60000, 414, 431)


@pytest.mark.parametrize("lines,body", [(("Content-Length: 3000000",), b""), (("Transfer-Encoding: chunked",), b"200000\r\n" + b"x" * 0x200000 + b"\r\n0\r\n\r\n")])
def test_a_submission_beyond_its_limit_is_refused_early(target, lines, body):
    target.refuses(target.request("POST", SUBMIT, JSON, *lines, body=body), 413, closes=False)


def test_a_package_beyond_rays_limit_is_refused_before_it_is_sent(target):
    target.upstream.answer = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    data = target.request("PUT", "/team/ray/api/packages/gcs/_ray_pkg_0123456789abcdef.zip", "Content-Length: 104857601", "Expect: 100-continue")
    answer = target.refuses(data, 413, closes=False)
    assert answer.interim == []


def test_the_gateway_takes_all_descriptors_it_may_have(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, hard), hard))  # as a login shell leaves it, only lower
    try:
        target = Target(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        assert resource.prlimit(target.gateway.process.pid, resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        target.close()
