# SPDX-License-Identifier: Apache-2.0
"""The probe on the loopback interface, in this process's own network namespace."""

import socket

from testbed import probe
from testbed.reachability import Door, Matrix


def door(port, protocol="TCP", stand_in=False):
    return {
        "name": f"{port}/{protocol}",
        "ip": "127.0.0.1",
        "port": port,
        "protocol": protocol,
        "stand_in": stand_in,
        "netns": "",
    }


def closed_port(kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_INET, kind) as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def verdicts(*doors, seconds=5.0):
    return {name: verdict for _, name, verdict in probe.probe({"here": ""}, list(doors), seconds)}


def test_a_listener_is_open_and_a_closed_port_refuses():
    with socket.create_server(("127.0.0.1", 0)) as server:
        listening, closed = door(server.getsockname()[1]), door(closed_port())
        assert verdicts(listening, closed) == {listening["name"]: "open", closed["name"]: "refused"}


def test_a_stand_in_answers_where_nobody_listens():
    tcp, udp = door(closed_port(), stand_in=True), door(closed_port(socket.SOCK_DGRAM), "UDP", stand_in=True)
    assert verdicts(tcp, udp) == {tcp["name"]: "open", udp["name"]: "open"}


def test_a_datagram_without_an_answer_is_blocked_and_a_closed_port_refuses_it():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        quiet, closed = door(silent.getsockname()[1], "UDP"), door(closed_port(socket.SOCK_DGRAM), "UDP")
        assert verdicts(quiet, closed, seconds=0.3) == {quiet["name"]: "blocked", closed["name"]: "refused"}


def test_a_matrix_says_who_reaches_a_door_and_prints_as_a_table():
    web = Door("shop/web", "10.0.0.1", 80)
    matrix = Matrix({("a", str(web)): "open", ("b", str(web)): "refused", ("c", str(web)): "blocked"})
    assert matrix.who_reaches(web) == {"a", "b"}
    assert str(matrix).splitlines() == ["   shop/web:80/TCP", "a  open", "b  refused", "c  blocked"]
