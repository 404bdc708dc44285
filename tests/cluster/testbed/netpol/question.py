# SPDX-License-Identifier: Apache-2.0
"""Asks the enforcer of a cluster, from inside or outside of it."""

import json
import os
import socket
from pathlib import Path

from testbed.netpol.enforcer import ANSWER_SECONDS, SOCKET


def ask(folder: Path, question: dict) -> str:
    """The enforcer's answer. The path is given through a descriptor, since socket names are limited to 108 bytes."""
    descriptor = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2 * ANSWER_SECONDS + 5)
            connection.connect(f"/proc/self/fd/{descriptor}/{SOCKET}")
            connection.sendall(json.dumps(question).encode() + b"\n")
            return json.loads(connection.makefile().readline())
    finally:
        os.close(descriptor)
