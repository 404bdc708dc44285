# SPDX-License-Identifier: Apache-2.0
import pytest

from testbed.waiting import NotReached, until


def test_the_first_truthy_answer_is_returned():
    answers = iter([None, "", "yes", "later"])
    assert until("something", lambda: next(answers), 10) == "yes"


def test_in_vain_says_what_was_awaited_and_what_was_seen():
    with pytest.raises(NotReached, match="(?s)until the pod is ready.*ImagePullBackOff"):
        until("the pod is ready", lambda: False, 0, lambda: "ImagePullBackOff")
