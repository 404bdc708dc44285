# SPDX-License-Identifier: Apache-2.0
"""Waiting for something to become true, with a deadline and a reason when it does not."""

import time
from collections.abc import Callable
from typing import TypeVar

POLL_SECONDS = 0.1

T = TypeVar("T")


class NotReached(Exception):
    """The wait ran out. The text says what was awaited, for how long, and what was seen last."""


def until(what: str, probe: Callable[[], T], timeout: float, seen: Callable[[], str] = str) -> T:
    """The first truthy answer of `probe`. After `timeout` seconds raises NotReached with `seen()`."""
    deadline = time.monotonic() + timeout
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise NotReached("\n".join(filter(None, [f"waited {timeout:.0f} s in vain until {what}", seen()])))
        time.sleep(POLL_SECONDS)
