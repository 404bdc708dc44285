# SPDX-License-Identifier: Apache-2.0
import os
import pty
import signal
import stat
import subprocess
import termios

import pytest
from conftest import BINARY

GOOD = "Sparrow-7-Kite"


@pytest.fixture
def users(tmp_path):
    return tmp_path / "users"


def add(raykeep, name="ann", *options, password=GOOD):
    done = raykeep("passwd", "add", "users", name, "--stdin", *options, stdin=password + "\n")
    assert done.returncode == 0, done.stderr
    return done


def test_a_new_file_is_for_its_owner_alone_and_holds_no_password(raykeep, users):
    add(raykeep)
    assert stat.S_IMODE(users.stat().st_mode) == 0o600
    assert users.read_text().startswith("ann:$y$") and GOOD not in users.read_text()
    assert os.listdir(users.parent) == ["users"]


@pytest.mark.parametrize("kind, prefix", [("yescrypt", "$y$j"), ("bcrypt", "$2b$"), ("sha512-crypt", "$6$rounds=")])
def test_each_kind_of_hash_is_checked_again(raykeep, users, kind, prefix):
    add(raykeep, "ann", "--hash", kind)
    assert users.read_text().startswith("ann:" + prefix)
    assert raykeep("passwd", "check", "users", "ann", "--stdin", stdin=GOOD + "\n").returncode == 0
    assert raykeep("passwd", "check", "users", "ann", "--stdin", stdin=GOOD + "x\n").returncode == 1


@pytest.mark.parametrize("password, ids", [
    ("Ab1-", ["too-short"]), ("A1-" + "b" * 28, ["too-long"]), ("onlylowercase", ["too-few-classes"]), ("Correct horse7", ["character"]),
    ("P@ssw0rd1", ["common"]), ("xxAnn-7766", ["user-name"]), ("ann", ["too-short", "too-few-classes", "user-name"]),
])
def test_a_weak_password_is_refused_with_every_reason(raykeep, users, password, ids):
    done = raykeep("passwd", "add", "users", "ann", "--stdin", stdin=password + "\n")
    assert done.returncode == 1
    assert all(f"[{id}]" in done.stderr for id in ids), done.stderr
    assert not users.exists()


def test_a_generated_password_is_shown_once_and_is_right(raykeep, users):
    made = raykeep("passwd", "add", "users", "ann", "--generate").stdout.strip()
    assert len(made) == 20
    assert raykeep("passwd", "check", "users", "ann", "--stdin", stdin=made + "\n").returncode == 0


def test_an_edit_leaves_every_other_byte(raykeep, users):
    before = b"# people\r\nold:$apr1$salt$0123456789012345678901\r\n\r\nann:!\nbob:!:groups=ml"
    users.write_bytes(before)
    assert raykeep("passwd", "set", "users", "ann", "--stdin", stdin=GOOD + "\n").returncode == 0
    after = users.read_bytes()
    line = next(line for line in after.split(b"\n") if line.startswith(b"ann:"))
    assert after.replace(line, b"ann:!") == before


def test_old_passwords_do_not_come_back(raykeep):
    add(raykeep)
    new = lambda password: raykeep("passwd", "set", "users", "ann", "--stdin", "--history", "2", stdin=password + "\n").returncode
    assert new(GOOD) == 1
    assert new("Robin-8-Kite") == 0
    assert new(GOOD) == 1


def test_a_user_is_added_once(raykeep):
    add(raykeep)
    again = raykeep("passwd", "add", "users", "ann", "--stdin", stdin=GOOD + "\n")
    assert again.returncode == 2 and "users:1" in again.stderr


@pytest.mark.parametrize("command", ["set", "remove", "check"])
def test_a_user_who_is_not_there_is_an_error(raykeep, users, command):
    add(raykeep)
    before = users.read_bytes()
    done = raykeep("passwd", command, "users", "bob", *([] if command == "remove" else ["--stdin"]), stdin=GOOD + "\n")
    assert done.returncode == 2 and "no user" in done.stderr
    assert users.read_bytes() == before


def test_a_broken_file_is_named_by_line_and_left_alone(raykeep, users):
    users.write_text("ann:!\nthis is no line\n")
    done = raykeep("passwd", "add", "users", "bob", "--no-password")
    assert done.returncode == 2 and "users:2:1" in done.stderr
    assert users.read_text() == "ann:!\nthis is no line\n"


def test_disabling_and_enabling_asks_for_no_password(raykeep, users):
    add(raykeep)
    before = users.read_text()
    assert raykeep("passwd", "set", "users", "ann", "--disable").returncode == 0
    assert users.read_text().rstrip().endswith(";disabled=1")
    assert "(disabled)" in raykeep("passwd", "list", "users").stdout
    assert raykeep("passwd", "set", "users", "ann", "--enable").returncode == 0
    assert users.read_text() == before


def test_removing_a_user_tells_of_their_tokens(raykeep, users):
    add(raykeep)
    done = raykeep("passwd", "remove", "users", "ann")
    assert done.returncode == 0 and users.read_text() == "" and "token revoke" in done.stderr


def test_the_list_shows_no_hash_and_makes_no_file(raykeep, users):
    add(raykeep, "ann", "--group", "ml")
    done = raykeep("passwd", "list", "users")
    assert os.listdir(users.parent) == ["users"]
    assert done.returncode == 0 and "ann" in done.stdout and "ml" in done.stdout and "$" not in done.stdout


def test_without_a_terminal_it_says_what_to_do(raykeep, users):
    done = raykeep("passwd", "add", "users", "ann")
    assert done.returncode != 0 and "terminal" in done.stderr and not users.exists()


class Terminal:
    """A terminal that the program is at: what it shows, and its settings."""

    def __init__(self, *argv, cwd):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execv(BINARY, [str(BINARY), *argv])
        self.shown = ""

    def wait_for(self, text):
        while text not in self.shown:
            self.shown += os.read(self.fd, 1000).decode()

    def echoes(self):
        return bool(termios.tcgetattr(self.fd)[3] & termios.ECHO)

    def type(self, text):
        os.write(self.fd, text.encode())

    def end(self):
        try:
            while more := os.read(self.fd, 1000):
                self.shown += more.decode()
        except OSError:
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_terminal_is_asked_twice_and_does_not_show_the_password(users):
    terminal = Terminal("passwd", "add", "users", "ann", cwd=users.parent)
    terminal.wait_for("New password: ")
    assert not terminal.echoes()
    terminal.type(GOOD + "\n")
    terminal.wait_for("Once more: ")
    terminal.type(GOOD + "\n")
    assert terminal.end() == 0, terminal.shown
    assert GOOD not in terminal.shown and users.read_text().startswith("ann:$y$")


def test_two_different_passwords_change_nothing(users):
    terminal = Terminal("passwd", "add", "users", "ann", cwd=users.parent)
    terminal.wait_for("New password: ")
    terminal.type(GOOD + "\n")
    terminal.wait_for("Once more: ")
    terminal.type(GOOD + "x\n")
    assert terminal.end() == 2 and not users.exists()


def test_an_interrupted_question_leaves_the_terminal_as_it_was(users):
    terminal = Terminal("passwd", "add", "users", "ann", cwd=users.parent)
    terminal.wait_for("New password: ")
    assert not terminal.echoes()
    os.kill(terminal.pid, signal.SIGINT)
    assert os.waitstatus_to_exitcode(os.waitpid(terminal.pid, 0)[1]) != 0
    assert terminal.echoes() and not users.exists()


def test_a_line_of_htpasswd_is_read_here(raykeep, users):
    subprocess.run(["htpasswd", "-cbB", "-C", "5", users, "ann", GOOD], check=True, capture_output=True)
    assert users.read_text().startswith("ann:$2y$05$")
    assert raykeep("passwd", "check", "users", "ann", "--stdin", stdin=GOOD + "\n").returncode == 0
    assert raykeep("passwd", "check", "users", "ann", "--stdin", stdin="Robin-8-Kite\n").returncode == 1


@pytest.mark.parametrize("kind", ["bcrypt", "yescrypt", "sha512-crypt"])
def test_a_hash_made_here_is_read_by_htpasswd(raykeep, users, kind):
    add(raykeep, "ann", "--hash", kind)
    # It knows two fields alone.
    users.write_text(":".join(users.read_text().split(":")[:2]) + "\n")
    verify = lambda password: subprocess.run(["htpasswd", "-bv", users, "ann", password], capture_output=True).returncode
    assert verify(GOOD) == 0 and verify("Robin-8-Kite") != 0


def test_htpasswd_may_change_another_line_of_the_file(raykeep, users):
    add(raykeep, "ann", "--group", "ml")
    line = users.read_text()
    subprocess.run(["htpasswd", "-bB", users, "bob", GOOD], check=True, capture_output=True)
    assert users.read_text().startswith(line)
    assert raykeep("passwd", "check", "users", "ann", "--stdin", stdin=GOOD + "\n").returncode == 0


@pytest.mark.parametrize("kind", ["bcrypt", "yescrypt", "sha512-crypt"])
def test_a_hash_made_here_is_the_systems(raykeep, users, kind):
    crypt = pytest.importorskip("crypt", reason="this Python has no crypt module")
    add(raykeep, "ann", "--hash", kind)
    hash = users.read_text().split(":")[1]
    assert crypt.crypt(GOOD, hash) == hash
