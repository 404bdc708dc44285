# SPDX-License-Identifier: Apache-2.0
import json
import re
import stat

import pytest


def create(raykeep, *options, user="ann"):
    done = raykeep("token", "create", "--state", "state.db", "--user", user, *options)
    assert done.returncode == 0, done.stderr
    return done


def listed(raykeep):
    return json.loads(raykeep("token", "list", "--state", "state.db", "-o", "json").stdout)


def test_a_token_stands_alone_on_standard_output_and_nowhere_else(raykeep, tmp_path):
    made = create(raykeep)
    token = made.stdout.strip()
    assert re.fullmatch(r"rk_[0-9a-f]{12}_[A-Za-z0-9_-]{43}[0-9a-f]{8}", token)
    assert token not in made.stderr
    shown = raykeep("token", "list", "--state", "state.db").stdout
    assert token.split("_")[1] in shown and token[16:] not in shown
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token[16:59].encode() not in kept
    assert stat.S_IMODE((tmp_path / "state.db").stat().st_mode) == 0o600


def test_a_token_keeps_what_it_was_given(raykeep):
    create(raykeep, "--cluster", "team-a/*", "--cluster", "team-b/train", "--role", "viewer", "--note", "night\nrun", "--expires", "30d")
    [row] = listed(raykeep)
    assert (row["user"], row["clusters"], row["role"], row["note"], row["state"]) == ("ann", "team-a/*,team-b/train", "viewer", "night\nrun", "good")
    assert row["last_used"] is None and row["expires"] > row["created"]
    assert len(raykeep("token", "list", "--state", "state.db").stdout.splitlines()) == 2, "a note cannot make lines"


def test_a_token_ends_unless_that_is_asked_for(raykeep):
    create(raykeep)
    create(raykeep, "--expires", "never")
    assert sorted(row["expires"] is None for row in listed(raykeep)) == [False, True]


@pytest.mark.parametrize("options", [
    ["--user", "a b"], ["--user", ""], ["--user", "ann", "--expires", "soon"], ["--user", "ann", "--expires", "0s"], ["--user", "ann", "--expires", "-1d"],
    ["--user", "ann", "--cluster", "a b"], ["--user", "ann", "--cluster", "a/b,c/d"], ["--user", "ann", "--cluster", ""], [],
])
def test_a_request_that_makes_no_sense_makes_nothing(raykeep, tmp_path, options):
    assert raykeep("token", "create", "--state", "state.db", *options).returncode == 2
    assert not (tmp_path / "state.db").exists()


def test_tokens_are_revoked_by_id_by_themselves_and_by_user(raykeep):
    first = json.loads(create(raykeep, "-o", "json").stdout)
    second = create(raykeep).stdout.strip()
    create(raykeep)
    create(raykeep, user="bob")
    revoke = lambda *what: raykeep("token", "revoke", "--state", "state.db", *what).returncode
    states = lambda: [row["state"] for row in listed(raykeep) if row["user"] == "ann"]
    assert revoke(first["id"]) == 0 and states().count("revoked") == 1
    assert revoke(second) == 0 and states().count("revoked") == 2
    assert revoke("--user", "ann") == 0 and states() == ["revoked"] * 3
    assert [row["state"] for row in listed(raykeep) if row["user"] == "bob"] == ["good"]
    assert revoke(first["id"]) == 2 and revoke("000000000000") == 2 and revoke() == 2


@pytest.mark.parametrize("command", [["list"], ["revoke", "000000000000"]])
def test_a_mistyped_path_is_not_an_empty_database(raykeep, tmp_path, command):
    done = raykeep("token", *command, "--state", "sate.db")
    assert done.returncode == 2 and "sate.db" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_left_as_it_is(raykeep, tmp_path):
    (tmp_path / "state.db").write_text("something else, of some length, that must not be lost")
    done = raykeep("token", "create", "--state", "state.db", "--user", "ann")
    assert done.returncode == 3
    assert (tmp_path / "state.db").read_text().startswith("something else")
