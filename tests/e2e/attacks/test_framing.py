# SPDX-License-Identifier: Apache-2.0
"""Rows 1 to 6, 9 and 10: bytes that two programs could read as different requests never reach Ray."""
import pytest

from support.waiting import wait_until

SUBMIT = "/team/ray/api/jobs/"
JSON = "Content-Type: application/json"
BODY = b'{"entrypoint":"true"}'
SMUGGLED = b"GET /team/ray/api/jobs/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize("lines", [
    ("Content-Length: 5", "Transfer-Encoding: chunked"),
    ("Transfer-Encoding: chunked", "Content-Length: 5"),
    ("transfer-encoding: CHUNKED", "CONTENT-LENGTH: 0"),
])
def test_length_and_chunks_together_are_refused(target, lines):
    target.refuses(target.request("POST", SUBMIT, JSON, *lines, body=b"0\r\n\r\n" + SMUGGLED), 400)


@pytest.mark.parametrize("lines", [
    ("Content-Length: 5", "Content-Length: 5"), ("Content-Length: 5", "Content-Length: 6"), ("Content-Length: 5, 5",),
    ("Content-Length: +5",), ("Content-Length: -1",), ("Content-Length: 0x5",), ("Content-Length: 5_0",), ("Content-Length: ",),
    ("Content-Length: 5\x0b",), ("Content-Length: 18446744073709551621",), ("Content-Length: 5 5",), ("Content-Length: 5.0",),
])
def test_a_length_that_is_not_one_number_is_refused(target, lines):
    target.refuses(target.request("POST", SUBMIT, JSON, *lines, body=b"12345"), 400)


@pytest.mark.parametrize("lines", [
    ("Transfer-Encoding: xchunked",), ("Transfer-Encoding: chunked, identity",), ("Transfer-Encoding: identity, chunked",),
    ("Transfer-Encoding: \x0bchunked",), ("Transfer-Encoding: chunked;q=1",), ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    ("Transfer-Encoding: gzip, chunked",), ("Transfer-Encoding: ",), ("Transfer-Encoding : chunked",), ("Transfer-Encoding: \"chunked\"",),
])
def test_an_encoding_that_is_not_chunked_alone_is_refused(target, lines):
    target.refuses(target.request("POST", SUBMIT, JSON, *lines, body=b"0\r\n\r\n"), 400, 501)


def test_chunks_in_http10_are_refused(target):
    target.refuses(target.request("POST", SUBMIT, JSON, "Transfer-Encoding: chunked", body=b"0\r\n\r\n", version="HTTP/1.0"), 400, 501)


@pytest.mark.parametrize("body", [
    b"0_2e\r\n", b"+1\r\na\r\n0\r\n\r\n", b"0x1\r\na\r\n0\r\n\r\n", b"00000000000000001\r\na\r\n0\r\n\r\n", b"1ffffffffffffffff\r\na",
    b"-1\r\n", b"\r\n", b"g\r\n", b"1 \r\na\r\n0\r\n\r\n", b"1\r\nab\r\n0\r\n\r\n", b"1\r\na0\r\n\r\n", b"1\na\r\n0\r\n\r\n",
    b"1\r\na\n0\r\n\r\n", b"1\r\na\r\n0\n\n", b"1;x\n\r\na\r\n0\r\n\r\n", b"1;" + b"x" * 5000 + b"\r\na\r\n0\r\n\r\n",
    b"1\r\na\r\n0\r\n X: y\r\n\r\n", b"1\r\na\r\n0\r\n:x\r\n\r\n", b"1\r\na\r\n0\r\nX: \x01\r\n\r\n", b"1\r\na\r\n0\r\nX: y\n\r\n",
])
def test_a_malformed_chunk_is_refused(target, body):
    target.refuses(target.request("POST", SUBMIT, JSON, "Transfer-Encoding: chunked", body=body), 400)


@pytest.mark.parametrize("lines,body", [(("Transfer-Encoding: chunked",), b"5\r\nab"), (("Content-Length: 50",), b"{")])
def test_a_body_that_ends_early_is_not_forwarded(target, lines, body):
    with target.connect() as connection:
        connection.send(target.request("POST", SUBMIT, JSON, *lines, body=body))
        connection.half_close()
        connection.read_to_end()
    target.saw_nothing()


def test_a_package_with_a_malformed_chunk_is_never_complete_at_ray(target):
    name = "/team/ray/api/packages/gcs/_ray_pkg_0123456789abcdef.zip"
    target.upstream.answer = lambda request, _: b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" if request.startswith(b"GET") else b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with target.connect() as connection:
        connection.send(target.request("PUT", name, "Transfer-Encoding: chunked", body=b"3\r\nabc\r\nX\r\n"))
        assert connection.answer().status == 400
    # The recorder notes a broken-off request once its connection ends.
    wait_until(lambda: [request for request in target.upstream.requests if request.startswith(b"PUT")], "the upload has ended at Ray")
    assert not [request for request in target.upstream.requests if request.startswith(b"PUT") and request.endswith(b"0\r\n\r\n")]


GET = b"GET /team/ray/api/version HTTP/1.1"
HOST = b"Host: 127.0.0.1"


@pytest.mark.parametrize("head", [
    GET + b"\n" + HOST + b"\n\n", GET + b"\r\n" + HOST + b"\n\r\n", GET + b"\r" + HOST + b"\r\n\r\n", GET + b"\r\n" + HOST + b"\r\r\n\r\n",
    GET + b"\r\n" + HOST + b"\r\nX: a\x00b\r\n\r\n", GET + b"\r\n" + HOST + b"\r\nX: a\x01b\r\n\r\n", GET + b"\r\n" + HOST + b"\r\nX: a\x7fb\r\n\r\n",
    GET + b"\r\n" + HOST + b"\r\nX: a\r\n folded\r\n\r\n", GET + b"\r\n" + HOST + b"\r\nX : a\r\n\r\n", GET + b"\r\n " + HOST + b"\r\n\r\n",
    GET + b"\r\n" + HOST + b"\r\n:x\r\n\r\n", GET + b"\r\n" + HOST + b"\r\nno-colon\r\n\r\n", GET + b"\r\n" + HOST + b"\r\nX(y): a\r\n\r\n",
    GET + b"\r\n" + HOST + b"\r\nX\xe9: a\r\n\r\n", b"\r\n" + GET + b"\r\n" + HOST + b"\r\n\r\n",
])
def test_a_field_line_that_is_not_plain_is_refused(target, head):
    target.refuses(head, 400)


@pytest.mark.parametrize("line", [
    b"GET\t/team/ray/api/version HTTP/1.1", b"GET  /team/ray/api/version HTTP/1.1", b"GET /team/ray/api/version  HTTP/1.1",
    b"GET /team/ray/api/version HTTP/1.1 ", b" GET /team/ray/api/version HTTP/1.1", b"GET /team/ray/api/version HTTP/1.2",
    b"GET /team/ray/api/version HTTP/2.0", b"GET /team/ray/api/version HTTP/0.9", b"GET /team/ray/api/version http/1.1",
    b"GET /team/ray/api/version HTTP/01.1", b"GET /team/ray/api\r/version HTTP/1.1", b"GET /team/ray/api/\xc3\xa9 HTTP/1.1",
    b"GET /team/ray/api/version", b"GET", b"GET /team/ray/a b HTTP/1.1", b"get /team/ray/api/version HTTP/1.1",
])
def test_a_request_line_that_is_not_exact_is_refused(target, line):
    target.refuses(line + b"\r\n" + HOST + b"\r\n" + target.auth().encode() + b"\r\n\r\n", 400, 505)


def test_a_read_with_a_body_is_refused_and_its_body_is_no_request(target):
    smuggled = target.request("GET", "/team/ray/nodes")
    target.upstream.reset()
    with target.connect() as connection:
        connection.send(target.request("GET", "/team/ray/api/version", body=smuggled) + target.request("GET", "/team/ray/timezone", "Connection: close"))
        assert connection.answer().status == 400
        rest = connection.read_to_end()
    assert b"/nodes" not in b"".join(target.upstream.requests)
    assert rest.count(b"HTTP/1.1 ") <= 1


def test_each_pipelined_request_is_authorised_on_its_own(target):
    with target.connect() as connection:
        connection.send(target.request("GET", "/team/ray/timezone") + target.request("GET", "/team/ray/nodes", user=None)
                        + target.request("GET", "/team/ray/events"))
        assert [connection.answer().status for _ in range(3)] == [200, 401, 200]
    assert [request.split()[1] for request in target.upstream.requests] == [b"/timezone", b"/events"]


def test_what_follows_connection_close_is_ignored(target):
    with target.connect() as connection:
        connection.send(target.request("GET", "/team/ray/timezone", "Connection: close") + target.request("GET", "/team/ray/nodes"))
        assert connection.answer().status == 200
        assert connection.is_closed()
    assert [request.split()[1] for request in target.upstream.requests] == [b"/timezone"]


def test_the_body_of_a_refused_request_is_no_request(target):
    smuggled = target.request("GET", "/team/ray/nodes")
    with target.connect() as connection:
        connection.send(target.request("POST", SUBMIT, JSON, user=None, body=smuggled))
        assert connection.answer().status == 401
        connection.send(target.request("GET", "/team/ray/timezone", "Connection: close"))
        rest = connection.read_to_end()
    assert rest == b"" or rest.count(b"HTTP/1.1 ") == 1
    assert b"/nodes" not in b"".join(target.upstream.requests)


def test_nobody_is_asked_to_go_on_before_he_is_known(target):
    with target.connect() as connection:
        connection.send(target.request("POST", SUBMIT, JSON, "Expect: 100-continue", f"Content-Length: {len(BODY)}", user=None))
        answer = connection.answer()
        assert (answer.status, answer.interim) == (401, [])
    target.saw_nothing()


def test_who_may_is_asked_to_go_on(target):
    with target.connect() as connection:
        connection.send(target.request("POST", SUBMIT, JSON, "Expect: 100-continue", f"Content-Length: {len(BODY)}"))
        assert connection.read_until(b"\r\n\r\n").startswith(b"HTTP/1.1 100 ")
        connection.send(BODY)
        assert connection.answer().status == 200


@pytest.mark.parametrize("value", ["x 100-continue", "100-continue, 100-continue", "200-ok", "100-continue;x", ""])
def test_another_expectation_is_refused(target, value):
    target.refuses(target.request("POST", SUBMIT, JSON, f"Expect: {value}", body=BODY), 417)
