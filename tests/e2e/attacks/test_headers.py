# SPDX-License-Identifier: Apache-2.0
"""Rows 12 to 16: no field of a client poses as the gateway's, and no credential of a client goes further."""
import base64

import pytest

from support.target import Target

READ = "/team/ray/timezone"
FORGED = "forged-by-the-client"


def basic(text: bytes) -> str:
    return "Authorization: Basic " + base64.b64encode(text).decode()


@pytest.mark.parametrize("name", [
    "X-Forwarded-User", "X_Forwarded_User", "X.Forwarded.User", "x-fOrWaRdEd-UsEr", "X-Remote-User", "Remote-User", "X-Forwarded-For", "X-Forwarded-Proto",
    "X-Forwarded-Host", "X-Forwarded-Uri", "X-Forwarded-Prefix", "X-Forwarded-Method", "Forwarded", "X-Original-URL", "X-Rewrite-URL",
    "X-HTTP-Method-Override", "X-Forwarded-Client-Cert", "X-Raykeep-User", "X-Real-IP", "Proxy-Authorization", "X-Auth-Request-User", "Via",
])
def test_a_field_of_identity_or_routing_is_dropped(target, name):
    seen = target.passes(target.request("GET", READ, f"{name}: {FORGED}", f"{name}: {FORGED}"))
    assert FORGED.encode() not in seen
    assert seen.startswith(b"GET /timezone HTTP/1.1\r\n")


def test_a_field_in_a_trailer_goes_nowhere(target):
    body = b"2\r\n{}\r\n0\r\nX-Forwarded-User: " + FORGED.encode() + b"\r\nAuthorization: Bearer x\r\n\r\n"
    data = target.request("POST", "/team/ray/api/jobs/", "Content-Type: application/json", "Transfer-Encoding: chunked", body=body)
    assert target.ask(data).status == 400  # {} is no job; what matters is that nothing of it went on
    assert FORGED.encode() not in b"".join(target.upstream.requests)


@pytest.mark.parametrize("value", ["authorization", "x-forwarded-user, authorization", "cookie, x-ray-authorization", "user-agent, close, authorization"])
def test_connection_cannot_remove_the_gateways_own_fields(target, value):
    seen = target.passes(target.request("GET", READ, f"Connection: {value}"))
    assert seen.count(b"\r\nAuthorization: Bearer upstream-token-of-the-cluster\r\n") == 1
    assert seen.count(b"\r\nHost: ") == 1


@pytest.mark.parametrize("value", ["host", "content-length", "transfer-encoding", "keep-alive, Host", "close,Content-Length"])
def test_connection_naming_a_framing_field_is_refused(target, value):
    target.refuses(target.request("GET", READ, f"Connection: {value}"), 400)


@pytest.mark.parametrize("preface", [b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n", b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + b"\x0a" * 12])
def test_a_proxy_header_from_a_stranger_ends_the_connection(target, preface):
    target.upstream.reset()
    with target.connect() as connection:  # inside TLS
        connection.send(preface + target.request("GET", READ))
        assert b"200 OK" not in connection.read_to_end()
    with target.connect(tls=False) as connection:  # before TLS
        connection.send(preface)
        assert b"HTTP/1.1 2" not in connection.read_to_end()
    target.saw_nothing()


@pytest.fixture(scope="module")
def behind_proxy(tmp_path_factory):
    made = Target(tmp_path_factory.mktemp("proxy"), {"forwarded_from": ["127.0.0.2", "10.9.0.0/16"]})
    yield made
    made.close()
    assert "intact" in made.setup.verify_audit()


@pytest.mark.parametrize("source,value,client", [
    ("127.0.0.2", "198.51.100.7", "198.51.100.7"), ("127.0.0.2", "203.0.113.1, 198.51.100.8, 10.9.0.1", "198.51.100.8"),
    ("127.0.0.3", "198.51.100.9", "127.0.0.3"), ("127.0.0.2", "nobody", "127.0.0.2"),
])
def test_a_forwarded_address_counts_only_from_a_listed_proxy(behind_proxy, source, value, client):
    path = f"/team/ray/static/{client}-{source}"
    with behind_proxy.connect(source=source) as connection:
        connection.send(behind_proxy.request("GET", path, f"X-Forwarded-For: {value}", user=None))
        assert connection.answer().status == 401
        connection.send(behind_proxy.request("GET", path + "-direct", user=None))
        assert connection.answer().status == 401
    peers = {record["path"]: record["peer"] for record in behind_proxy.setup.records() if path[9:] in record.get("path", "")}
    assert peers == {path[9:]: client, path[9:] + "-direct": source}, peers


def test_the_clients_credentials_stop_at_the_gateway(target):
    lines = ("Cookie: ray-authentication-token=raw; other=1", "X-Ray-Authorization: " + target.auth("dana").split(": ")[1])
    seen = target.passes(target.request("GET", READ, *lines, user=None))
    assert b"rk_" not in seen and b"ookie" not in seen and b"X-Ray" not in seen
    assert seen.count(b"uthorization: ") == 1 and b"Bearer upstream-token-of-the-cluster" in seen


def test_a_cluster_without_a_token_gets_no_credential_at_all(target):
    seen = target.passes(target.request("GET", "/team/ray2/timezone", "Cookie: ray-authentication-token=raw"))
    assert b"uthorization" not in seen and b"ookie" not in seen


@pytest.mark.parametrize("lines,statuses", [
    (("Authorization: Bearer {token}", "Authorization: Bearer {token}"), (400,)), ((basic(b"no-colon"),), (400, 401)),
    (("Authorization: Basic !!!notbase64",), (400, 401)), ((basic(b"da\x00na:x"),), (400, 401)), ((basic(b"da\nna:x"),), (400, 401)),
    ((basic(b"da\x1bna:x"),), (400, 401)), (("Authorization: Negotiate abc",), (401,)), (("Authorization: Bearer",), (401,)), (("Authorization: ",), (401,)),
    (("Authorization: Bearer {token}x",), (401,)), (("Authorization: Bearer rk_000000000000_x",), (401,)), (("Authorization: {token}",), (401,)),
    (("Authorization: Bearer a", "X-Ray-Authorization: Bearer b"), (400, 401)), (("X-Ray-Authorization: Bearer {token}", "X-Ray-Authorization: Bearer {token}"), (400,)),
    (("Authorization: Basic " + "A" * 8000,), (400, 401)),
])
def test_a_credential_that_is_not_one_good_one_is_refused(target, lines, statuses):
    lines = [line.format(token=target.tokens["dana"]) for line in lines]
    target.refuses(target.request("GET", READ, *lines, user=None), *statuses, closes=False)


def test_a_credential_of_64_kib_is_too_large(target):
    target.refuses(target.request("GET", READ, "Authorization: Basic " + "A" * 65536, user=None), 431)


def test_a_token_in_the_query_is_no_credential(target):
    target.refuses(target.request("GET", f"{READ}?access_token={target.tokens['dana']}", user=None), 401, closes=False)
