# SPDX-License-Identifier: Apache-2.0
"""Knocks at doors from many network namespaces at once. Runs inside a cluster, where their names are known.

Standard input: {"sources": {name: netns}, "doors": [{name, ip, port, protocol, stand_in, netns}], "seconds": n}, where
an empty netns means this process's own. Standard output: [[source, door, "open" | "refused" | "blocked"], ...].
"""

import ctypes
import errno
import json
import os
import selectors
import socket
import sys
import time
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000  # linux/sched.h

# A DNS query for the root's A records (RFC 1035 4.1): DNS servers answer it, and stand-ins answer anything.
DATAGRAM = bytes.fromhex("524b 0100 0001 0000 0000 0000 00 0001 0001")
KINDS = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}


@contextmanager
def inside(netns: str):
    """Sockets made here belong to that network namespace for good; the thread comes back."""
    if not netns:
        yield
        return
    libc, home, there = (
        ctypes.CDLL(None, use_errno=True),
        os.open("/proc/self/ns/net", os.O_RDONLY),
        os.open(netns, os.O_RDONLY),
    )
    try:
        _enter(libc, there)
        yield
    finally:
        _enter(libc, home)
        os.close(home)
        os.close(there)


def _enter(libc, descriptor: int):
    if libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def stand_in(door: dict) -> socket.socket | None:
    """A listener at the door, or None when something listens there already."""
    with inside(door["netns"]):
        listener = socket.socket(socket.AF_INET, KINDS[door["protocol"]])
    listener.setblocking(False)
    if door["protocol"] == "TCP":  # Connections of an earlier probe may still be closing.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((door["ip"], door["port"]))
        if listener.type == socket.SOCK_STREAM:
            listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise
    return listener


def knock(netns: str, door: dict) -> tuple[socket.socket, str]:
    """The socket on which an answer may come, and the verdict if there is one at once."""
    with inside(netns):
        knocking = socket.socket(socket.AF_INET, KINDS[door["protocol"]])
    knocking.setblocking(False)
    status = knocking.connect_ex((door["ip"], door["port"]))
    if status == 0 and door["protocol"] == "UDP":
        try:
            knocking.send(DATAGRAM)
        except OSError as error:
            status = error.errno
    return knocking, "" if status in (0, errno.EINPROGRESS) else verdict_of(status)


def verdict_of(status: int) -> str:
    return {0: "open", errno.ECONNREFUSED: "refused"}.get(status, "blocked")


def answer_of(knocking: socket.socket) -> str:
    status = knocking.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if status == 0 and knocking.type == socket.SOCK_DGRAM:
        try:
            knocking.recv(512)
        except OSError as error:
            status = error.errno
    return verdict_of(status)


def serve(listener: socket.socket):
    """A datagram is sent back; a connection is complete by itself, and only taken off the queue."""
    try:
        if listener.type == socket.SOCK_DGRAM:
            data, sender = listener.recvfrom(512)
            listener.sendto(data, sender)
        else:
            listener.accept()[0].close()
    except OSError:
        pass


def probe(sources: dict[str, str], doors: list[dict], seconds: float) -> list[tuple[str, str, str]]:
    waiting, verdicts = selectors.DefaultSelector(), {}
    for door in doors:
        if door["stand_in"] and (listener := stand_in(door)):
            waiting.register(listener, selectors.EVENT_READ, None)
    for source, netns in sources.items():
        for door in doors:
            knocking, verdict = knock(netns, door)
            verdicts[source, door["name"]] = verdict
            if verdict:
                knocking.close()
                continue
            # A connecting stream turns writable when it is decided, a datagram's answer is read.
            events = selectors.EVENT_READ if door["protocol"] == "UDP" else selectors.EVENT_WRITE
            waiting.register(knocking, events, (source, door["name"]))
    deadline = time.monotonic() + seconds
    while not all(verdicts.values()) and (left := deadline - time.monotonic()) > 0:
        for key, _ in waiting.select(left):
            if key.data is None:
                serve(key.fileobj)
                continue
            verdicts[key.data] = answer_of(key.fileobj)
            waiting.unregister(key.fileobj)
            key.fileobj.close()
    return [(source, door, verdict or "blocked") for (source, door), verdict in verdicts.items()]


if __name__ == "__main__":
    json.dump(probe(**json.load(sys.stdin)), sys.stdout)
