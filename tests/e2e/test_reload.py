# SPDX-License-Identifier: Apache-2.0
"""Row 32, 43 and 44: what changes takes effect at once, what is wrong changes nothing, and nobody notices the change."""
import base64
import signal
import socket
import ssl
import threading
import time
import urllib.parse

import pytest

from support.gateway import password_of, raykeep, replace
from support.pki import make_certificate
from support.raw import RawConnection
from support.target import Target
from support.waiting import wait_until

READ = "/team/ray/timezone"


@pytest.fixture
def target(tmp_path):
    made = Target(tmp_path)
    yield made
    made.close()
    assert "intact" in made.setup.verify_audit()


def status(target, user: str = "dana", path: str = READ) -> int:
    return target.ask(target.request("GET", path, user=user)).status


def served_certificate(target) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection(("127.0.0.1", target.gateway.port), timeout=10)) as connection:
        return connection.getpeercert(binary_form=True)


def der(file) -> bytes:
    return ssl.PEM_cert_to_DER_cert(file.read_text())


def mark_of_log(target) -> int:
    return len(target.gateway.log.read_text())


@pytest.mark.parametrize("signalled", [True, False])
def test_a_changed_configuration_is_taken_over(target, signalled):
    assert status(target, path="/team/ray3/timezone") == 404
    target.setup.config["clusters"].append({**target.setup.config["clusters"][0], "name": "ray3"})
    target.setup.write()
    if signalled:
        target.gateway.reload()
    wait_until(lambda: status(target, path="/team/ray3/timezone") == 200, "the new cluster is served", seconds=5)


@pytest.mark.parametrize("change,said", [
    (lambda text: text.replace("public_hosts:", "public_host:"), ['did you mean', "public_hosts", "gateway.yaml:8:1"]),
    (lambda text: text + "\n  : [", ["gateway.yaml:"]), (lambda text: text.replace("name: ray2", "name: ray"), ["team/ray is listed twice", "gateway.yaml:"]),
    (lambda text: text.replace("role: viewer", "role: viewr"), ["viewr", "viewer"]), (lambda text: text.replace("team/*", "team/["), ["team/["]),
    (lambda text: "", ["gateway.yaml"]),
])
def test_a_wrong_configuration_changes_nothing_and_says_where(target, change, said):
    mark, good = mark_of_log(target), target.setup.file.read_text()
    changed = change(good)
    assert changed != good
    replace(target.setup.file, changed)
    told = target.gateway.wait_log("not reloaded", since=mark)
    assert not [text for text in said if text not in told], told
    assert status(target) == 200
    checked = raykeep("gateway", "--config", target.setup.file, "--check-config", check=False)
    assert checked.returncode == 2 and not [text for text in said if text not in checked.stderr], checked.stderr
    replace(target.setup.file, good)
    target.gateway.wait_log("reloaded", since=mark + len(told))


def test_a_new_certificate_is_served_without_one_failed_handshake(target):
    over, failures, made = threading.Event(), [], [0]

    def knock():
        while not over.is_set():
            try:
                assert status(target) == 200
                made[0] += 1
            except Exception as error:  # any failure at all is what this test looks for
                failures.append(repr(error))

    threads = [threading.Thread(target=knock) for _ in range(3)]
    [thread.start() for thread in threads]
    try:
        for turn in range(3):
            certificate, key = make_certificate(target.setup.folder, f"next-{turn}")
            replace(target.setup.certificate, certificate.read_bytes())  # for a moment the pair does not fit
            replace(target.setup.key, key.read_bytes())
            wait_until(lambda: served_certificate(target) == der(certificate), "the new certificate is served", seconds=6)
    finally:
        over.set()
        [thread.join() for thread in threads]
    assert failures == [] and made[0] > 10


def test_a_certificate_behind_swapped_links_is_served(tmp_path):
    """As Kubernetes mounts secrets: a link to a folder is replaced whole."""
    target = Target(tmp_path)
    try:
        folders = []
        for name in ("first", "second"):
            folder = tmp_path / f"..{name}"
            folder.mkdir()
            certificate, key = make_certificate(folder, name)
            certificate.rename(folder / "tls.crt")
            key.rename(folder / "tls.key")
            folders.append(folder)
        (tmp_path / "..data").symlink_to(folders[0].name)
        for file in ("tls.crt", "tls.key"):
            (tmp_path / file).symlink_to(f"..data/{file}")
        target.setup.config["listeners"][0]["tls"] = {"certificate": "tls.crt", "key": "tls.key"}
        target.setup.write()
        for folder in folders:
            (tmp_path / "..fresh").symlink_to(folder.name)
            (tmp_path / "..fresh").rename(tmp_path / "..data")
            wait_until(lambda: served_certificate(target) == der(folder / "tls.crt"), "the swapped certificate is served", seconds=6)
    finally:
        target.close()


@pytest.mark.parametrize("spoil", ["half", "mismatch", "gone", "garbage"])
def test_a_bad_certificate_keeps_the_old_one(target, spoil):
    before, mark = served_certificate(target), mark_of_log(target)
    whole = target.setup.certificate.read_bytes()
    if spoil == "half":
        replace(target.setup.certificate, whole[:len(whole) // 2])
    elif spoil == "mismatch":
        replace(target.setup.key, make_certificate(target.setup.folder, "other")[1].read_bytes())
    elif spoil == "gone":
        target.setup.certificate.unlink()
    else:
        replace(target.setup.certificate, b"garbage")
    told = target.gateway.wait_log("not reloaded", since=mark)
    assert "gateway.crt" in told or "gateway.key" in told
    assert served_certificate(target) == before


def sign_in(target, user: str) -> str:
    body = urllib.parse.urlencode({"user": user, "password": password_of(user), "next": "/"}).encode()
    answer = target.ask(target.request("POST", "/-/login", "Content-Type: application/x-www-form-urlencoded", user=None, body=body))
    assert answer.status == 303
    return answer.first("set-cookie").split(";")[0]


def test_a_changed_password_ends_sessions_and_remembered_credentials(target):

    cookie = sign_in(target, "dana")
    old = "Authorization: Basic " + base64.b64encode(f"dana:{password_of('dana')}".encode()).decode()
    assert target.ask(target.request("GET", READ, old, user=None)).status == 200
    raykeep("passwd", "set", target.setup.users_file, "dana", "--stdin", stdin="Another-7-Falcon\n")
    wait_until(lambda: target.ask(target.request("GET", READ, old, user=None)).status in (401, 429), "the old password is refused", seconds=4)
    assert target.ask(target.request("GET", READ, f"Cookie: {cookie}", user=None)).status == 401


def test_a_removed_user_is_signed_out(target):
    cookie = sign_in(target, "dirk")
    raykeep("passwd", "remove", target.setup.users_file, "dirk")
    wait_until(lambda: target.ask(target.request("GET", READ, f"Cookie: {cookie}", user=None)).status == 401, "the session is over", seconds=4)


def test_a_disabled_user_is_out_with_tokens(target):
    assert status(target, "dirk") == 200
    lines = target.setup.users_file.read_text().splitlines()
    replace(target.setup.users_file, "".join(line + (";disabled=1" if line.startswith("dirk:") else "") + "\n" for line in lines))
    wait_until(lambda: status(target, "dirk") == 401, "the token of a disabled user is refused", seconds=4)


def test_a_withdrawn_role_counts_for_the_next_request(target):
    assert status(target, "vera") == 200
    target.setup.config["bindings"] = [binding for binding in target.setup.config["bindings"] if binding["users"] != ["vera"]]
    target.setup.write()
    wait_until(lambda: status(target, "vera") == 404, "the role is withdrawn", seconds=4)
    assert status(target, "dana") == 200


def test_a_damaged_users_file_changes_nothing(target):
    mark = mark_of_log(target)
    replace(target.setup.users_file, target.setup.users_file.read_text() + "no hash at all\n")
    assert "users:" in target.gateway.wait_log("not reloaded", since=mark)
    assert status(target) == 200


def test_a_request_in_flight_is_finished_before_the_end(target):
    release, begun = threading.Event(), threading.Event()

    def slow(*_):
        begun.set()
        release.wait(10)
        return b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"

    target.upstream.answer = slow
    with target.connect() as connection:
        connection.send(target.request("GET", READ))
        begun.wait(5)
        target.gateway.process.send_signal(signal.SIGTERM)

        def is_closed_to_new() -> bool:
            try:
                RawConnection(target.gateway.port, timeout=2).socket.close()
                return False
            except OSError:
                return True
        wait_until(is_closed_to_new, "nobody new is let in", seconds=5)
        release.set()
        answer = connection.answer()
        assert (answer.status, answer.body) == (200, b"late")
    assert target.gateway.process.wait(10) == 0


def test_the_end_comes_after_the_drain_timeout_at_the_latest(target):
    stuck = threading.Event()
    target.upstream.answer = lambda *_: stuck.wait(30) and b""
    with target.connect() as connection:
        connection.send(target.request("GET", READ))
        wait_until(lambda: target.upstream.requests, "the request is with the cluster", seconds=5)
        start = time.monotonic()
        target.gateway.process.send_signal(signal.SIGTERM)
        assert target.gateway.process.wait(10) == 0
        assert 1.5 < time.monotonic() - start < 6
    stuck.set()
