# SPDX-License-Identifier: Apache-2.0
"""Row 11: a cluster's answer that is not one clean message is not passed on, and its connection is not used again."""
import pytest

READ = "/team/ray/timezone"


def reply(lines: str, body: bytes = b"") -> bytes:
    return lines.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body


@pytest.mark.parametrize("answer", [
    reply("HTTP/1.1 200 OK\nContent-Length: 2\nTransfer-Encoding: chunked", b"2\r\n{}\r\n0\r\n\r\n"), reply("HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3", b"{}"),
    b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", reply("HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade"),
    reply("HTTP/2.0 200 OK\nContent-Length: 2", b"{}"), reply("HTTP/1.1 20 OK\nContent-Length: 2", b"{}"), reply("HTTP/1.1 200 OK\nX : y\nContent-Length: 2", b"{}"),
    reply("HTTP/1.1 200 OK\nContent-Length: 2\nX: a\x00b", b"{}"), reply("HTTP/1.1 100 Continue") * 500, b"not http at all\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x50\r\n\r\n",
    reply("HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked", b"0\r\n\r\n"), reply("HTTP/1.1 200 OK\nX: " + "y" * 70000 + "\nContent-Length: 2", b"{}"),
])
def test_an_answer_that_is_not_strict_http_becomes_502(target, answer):
    target.upstream.answer = answer
    got = target.ask(target.request("GET", READ))
    assert got.status == 502, got
    assert b"gzip" not in got.body and b"not http" not in got.body
    bad = set(target.upstream.used_connections)
    target.upstream.reset()
    for _ in range(5):
        assert target.ask(target.request("GET", READ)).status == 200
    assert not bad & set(target.upstream.used_connections), "the connection was used again"


@pytest.mark.parametrize("method,answer,status", [
    ("GET", reply("HTTP/1.1 200 OK\nContent-Length: 2", b"{}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen"), 200),
    ("HEAD", reply("HTTP/1.1 200 OK\nContent-Length: 6", b"stolen"), 200),
    ("GET", reply("HTTP/1.1 304 Not Modified\nContent-Length: 6", b"stolen"), 304), ("GET", reply("HTTP/1.1 204 No Content", b"stolen"), 204),
])
def test_bytes_after_an_answer_reach_nobody(target, method, answer, status):
    target.upstream.answer = answer
    with target.connect() as connection:
        connection.send(target.request(method, READ))
        first = connection.answer(head_only=method == "HEAD")
        assert first.status == status and b"stolen" not in first.body
        target.upstream.answer = reply("HTTP/1.1 200 OK\nContent-Length: 4", b"mine")
        connection.send(target.request("GET", READ))
        second = connection.answer()
        assert (second.status, second.body) == (200, b"mine")


def test_an_answer_that_ends_early_is_not_passed_on_as_whole(target):
    def half(_, connection):
        connection.sendall(reply("HTTP/1.1 200 OK\nContent-Length: 100", b"half"))
        connection.close()

    target.upstream.answer = half
    with target.connect() as connection:
        connection.send(target.request("GET", "/team/ray/static/js/main.js"))
        with pytest.raises(ConnectionError):
            answer = connection.answer()
            assert answer.status == 502, answer
            raise ConnectionError


@pytest.mark.parametrize("location", ["http://evil.example/", "//evil.example/", "https://evil.example/x", "/\\evil.example", "javascript:alert(1)"])
def test_a_redirect_never_leads_away(target, location):
    target.upstream.answer = reply(f"HTTP/1.1 302 Found\nLocation: {location}\nContent-Length: 0")
    assert "evil" not in target.ask(target.request("GET", READ)).first("location")
    assert "javascript" not in target.ask(target.request("GET", READ)).first("location")


def test_a_redirect_stays_under_the_prefix(target):
    target.upstream.answer = reply("HTTP/1.1 302 Found\nLocation: /nodes\nContent-Length: 0")
    assert target.ask(target.request("GET", READ)).first("location") == "/team/ray/nodes"


def test_the_clusters_cookie_server_and_policy_fields_stay_inside(target):
    target.upstream.answer = reply("HTTP/1.1 200 OK\nContent-Length: 2\nSet-Cookie: ray-authentication-token=raw; Path=/\nServer: Python/3.11 aiohttp/3\n"
                                   "Access-Control-Allow-Origin: *\nX-Raykeep-Reason: granted\nWWW-Authenticate: Basic", b"{}")
    answer = target.ask(target.request("GET", READ))
    for name in ("set-cookie", "server", "access-control-allow-origin", "x-raykeep-reason", "www-authenticate"):
        assert name not in answer.fields
    assert answer.first("x-content-type-options") == "nosniff"


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_traceback_of_the_cluster_is_replaced(target, status):
    trace = b'Traceback (most recent call last):\n  File "/opt/ray/dashboard/head.py", line 1, in f\nKeyError: 1'
    target.upstream.answer = reply(f"HTTP/1.1 {status} X\nContent-Type: text/plain\nContent-Length: {len(trace)}", trace)
    answer = target.ask(target.request("GET", READ))
    assert answer.status in (status, 502)
    assert b"/opt/ray" not in answer.body and b"line 1" not in answer.body


def test_a_cluster_that_refuses_the_gateways_token_is_not_the_clients_fault(target):
    text = b"Forbidden: Invalid authentication token"
    target.upstream.answer = reply(f"HTTP/1.1 403 Forbidden\nContent-Length: {len(text)}", text)
    answer = target.ask(target.request("GET", READ))
    assert (answer.status, answer.reason) == (502, "cluster-refused-token")
