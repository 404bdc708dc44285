# SPDX-License-Identifier: Apache-2.0
"""Waiting for a state with a deadline: the one place that sleeps."""
import time


class NotReached(AssertionError):
    pass


def wait_until(reached, what: str, seconds: float = 20.0, every: float = 0.05):
    """Returns the first true value of `reached()`; fails with `what` after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = reached()
        if value:
            return value
        if time.monotonic() > deadline:
            raise NotReached(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)
