# SPDX-License-Identifier: Apache-2.0
"""Rows 30 and 34 to 38: guessing, sessions, redirects, other sites' forms, old TLS."""
import base64
import socket
import ssl
import statistics
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.gateway import password_of
from support.raw import RawConnection

COOKIE = "__Host-raykeep-session"


def connect_from(port: int, address: str) -> RawConnection:
    """A connection from another address of this machine."""
    return RawConnection(port, source=address)


def basic(user: str, password: str) -> str:
    return "Authorization: Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def form(**fields) -> bytes:
    return urllib.parse.urlencode(fields).encode()


def sign_in(target, *lines: str, user: str = "vera", password: str | None = None, next: str = "/", address: str = "127.0.0.1", host: str = "127.0.0.1"):
    body = form(user=user, password=password or password_of(user), next=next)
    with connect_from(target.gateway.port, address) as connection:
        connection.send(target.request("POST", "/-/login", "Content-Type: application/x-www-form-urlencoded", *lines, user=None, body=body, host=host))
        return connection.answer()


def cookie_of(answer) -> str:
    [cookie] = [value for value in answer.fields["set-cookie"] if value.startswith(COOKIE)]
    return cookie.split(";")[0]


def status_with(target, cookie: str, host: str = "127.0.0.1", path: str = "/team/ray/timezone") -> int:
    return target.ask(target.request("GET", path, f"Cookie: {cookie}", user=None, host=host)).status


def test_a_session_cookie_is_bound_and_shielded(target):
    answer = sign_in(target)
    assert answer.status == 303
    [cookie] = [value for value in answer.fields["set-cookie"] if value.startswith(COOKIE)]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "path=/"} <= attributes and any(part.startswith("samesite=") for part in attributes)
    assert not any(part.startswith("domain") for part in attributes)
    assert status_with(target, cookie_of(answer)) == 200


def test_a_session_of_one_host_is_none_at_another(target):
    assert status_with(target, cookie_of(sign_in(target)), host="ray.example") == 401


def test_signing_in_never_keeps_a_session_that_was_there(target):
    first = cookie_of(sign_in(target))
    again = cookie_of(sign_in(target, f"Cookie: {first}"))
    assert again != first


def test_a_changed_cookie_is_no_session(target):
    cookie = cookie_of(sign_in(target))
    name, _, value = cookie.partition("=")
    for place in range(0, len(value), 7):
        changed = value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1:]
        # The last character of unpadded base64 may hold bits that mean nothing; none of the others does.
        assert place == len(value) - 1 or status_with(target, f"{name}={changed}") == 401, place
    for wrong in ("", value[:-5], value + "A", value * 50, "%00" + value, f'"{value}x"'):
        assert status_with(target, f"{name}={wrong}") in (400, 401)


def test_two_session_cookies_are_refused(target):
    cookie = cookie_of(sign_in(target))
    assert status_with(target, f"{cookie}; {cookie}") == 400
    assert target.ask(target.request("GET", "/team/ray/timezone", f"Cookie: {cookie}", f"Cookie: {COOKIE}=x", user=None)).status == 400


def test_a_session_ends_for_good_with_signing_out(target):
    cookie = cookie_of(sign_in(target))
    page = target.ask(target.request("GET", "/", f"Cookie: {cookie}", user=None)).body.decode()
    token = page.split('name="token" value="')[1].split('"')[0]
    wrong = target.request("POST", "/-/logout", f"Cookie: {cookie}", "Content-Type: application/x-www-form-urlencoded", user=None, body=form(token="x"))
    assert target.ask(wrong).status == 403
    assert status_with(target, cookie) == 200
    right = target.request("POST", "/-/logout", f"Cookie: {cookie}", "Content-Type: application/x-www-form-urlencoded", user=None, body=form(token=token))
    assert target.ask(right).status == 303
    assert status_with(target, cookie) == 401


@pytest.mark.parametrize("next", [
    "//evil.example", "/\\evil.example", "/%09/evil.example", "\t//evil.example", "https:evil.example", "https://evil.example/", "@evil.example",
    "/\u3002evil.example", "/-/logout", "javascript:alert(1)", "/x\r\nSet-Cookie: a=b", "", "///evil.example", "/ /evil.example",
])
def test_signing_in_leads_to_a_page_of_this_gateway(target, next):
    answer = sign_in(target, next=next)
    assert answer.status == 303
    location = answer.first("location")
    assert location.startswith("/") and not location.startswith(("//", "/\\", "/-/logout")) and not {"\t", " ", "\r", "\n"} & set(location), location
    assert "a" not in [cookie.split("=")[0] for cookie in answer.fields["set-cookie"]]


def test_signing_in_leads_back(target):
    assert sign_in(target, next="/team/ray/").first("location") == "/team/ray/"


@pytest.mark.parametrize("lines", [
    ("Origin: https://evil.example",), ("Origin: null",), ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate"), ("Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors"),
])
def test_another_sites_form_signs_nobody_in_and_changes_nothing(target, lines):
    answer = sign_in(target, *lines)
    assert answer.status == 403 and "set-cookie" not in answer.fields
    cookie = cookie_of(sign_in(target, user="ada"))
    for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json"):
        data = target.request("POST", "/team/ray/api/jobs/", f"Cookie: {cookie}", f"Content-Type: {kind}", *lines, user=None, body=b'{"entrypoint":"true"}')
        target.refuses(data, 403, 415, closes=False)
    target.refuses(target.request("GET", "/team/ray/nodes", f"Cookie: {cookie}", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", user=None), 403, closes=False)


def test_a_session_submits_nothing_even_from_the_own_page(target):
    cookie = cookie_of(sign_in(target, user="ada"))
    data = target.request("POST", "/team/ray/api/jobs/", f"Cookie: {cookie}", "Content-Type: application/json", "Origin: https://127.0.0.1", user=None, body=b'{"entrypoint":"true"}')
    target.refuses(data, 403, closes=False)


def test_a_rebound_name_reaches_nothing(target):
    data = target.request("GET", "/team/ray/nodes", "Origin: http://evil.example", "User-Agent: Mozilla/5.0", host="evil.example")
    target.refuses(data, 421, closes=False)


def test_guessing_slows_one_address_and_not_another(target):
    statuses = [sign_in(target, user="dirk", password="Wrong-guess-1", address="127.0.0.66") for _ in range(8)]
    assert statuses[0].status == 401 and statuses[-1].status == 429
    assert int(statuses[-1].first("retry-after")) >= 1
    assert sign_in(target, user="dirk", address="127.0.0.66").status == 429, "the right password must not tell"
    assert sign_in(target, user="dirk", address="127.0.0.67").status == 303


def test_a_refusal_says_the_same_of_unknown_and_known_users(target):
    known = sign_in(target, user="vera", password="Wrong-guess-1", address="127.0.0.70")
    unknown = sign_in(target, user="nobody", password="Wrong-guess-1", address="127.0.0.71")
    assert known.status == unknown.status == 401
    assert known.body.replace(b'"vera"', b"") == unknown.body.replace(b'"nobody"', b"")


def test_unknown_users_cost_as_much_as_known_ones(target):
    """Fresh addresses, since guesses of one address are slowed; taken in turn, so that load falls on both."""
    times: dict[str, list[float]] = {"vera": [], "nobody": []}
    for turn in range(40):
        for user in times:
            with connect_from(target.gateway.port, f"127.1.{turn}.{len(user)}") as connection:
                start = time.perf_counter()
                connection.send(target.request("GET", "/team/ray/timezone", basic(user, f"Wrong-guess-{turn}"), user=None))
                assert connection.answer().status == 401
                times[user].append(time.perf_counter() - start)
    known, unknown = (statistics.median(values) for values in times.values())
    assert 0.75 < known / unknown < 1.33, (known, unknown)


def test_a_password_longer_than_its_hash_takes_is_just_wrong(target):
    for length in (73, 500):
        with connect_from(target.gateway.port, f"127.2.0.{length % 200}") as connection:
            connection.send(target.request("GET", "/team/ray/timezone", basic("vera", password_of("vera") + "x" * length), user=None))
            assert connection.answer().status == 401


def test_a_flood_of_sign_ins_leaves_verified_users_alone(target):
    good = target.request("GET", "/team/ray/timezone")
    assert target.ask(good).status == 200

    def guess(number: int) -> int:
        with connect_from(target.gateway.port, f"127.3.{number // 250}.{number % 250 + 1}") as connection:
            connection.send(target.request("GET", "/team/ray/timezone", basic(f"user{number}", "Wrong-guess-1"), user=None))
            return connection.answer().status

    with ThreadPoolExecutor(40) as pool:
        guesses = [pool.submit(guess, number) for number in range(200)]
        slowest = 0.0
        while not all(done.done() for done in guesses):
            start = time.perf_counter()
            assert target.ask(good).status == 200
            slowest = max(slowest, time.perf_counter() - start)
    assert {done.result() for done in guesses} <= {401, 429, 503}
    assert slowest < 2.0


def test_tls_before_1_2_is_refused(target):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(socket.create_connection(("127.0.0.1", target.gateway.port), timeout=10))


def test_plain_http_on_the_tls_port_gets_nothing(target):
    with target.connect(tls=False) as connection:
        connection.send(target.request())
        assert b"200" not in connection.read_to_end()
    target.saw_nothing()


def test_another_protocol_by_alpn_is_refused(target):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h3", "spdy/1"])
    with pytest.raises((ssl.SSLError, ConnectionError)):
        with context.wrap_socket(socket.create_connection(("127.0.0.1", target.gateway.port), timeout=10)) as connection:
            connection.sendall(target.request())
            assert not connection.recv(10)
            raise ConnectionError
