# SPDX-License-Identifier: Apache-2.0
"""raykeep demo: what the README's first command shows, and that nothing of it stays."""
import os
import secrets
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.gateway import RAYKEEP
from support.processes import MARK, alive, end_with_parent, started_by
from support.waiting import wait_until


class Demo:
    def __init__(self, folder: Path, *argv: str):
        self.mark = secrets.token_hex(8)
        self.out, self.err = folder / "out", folder / "err"
        environment = {**os.environ, MARK: self.mark, "RAYKEEP_RAY": str(Path(sys.executable).with_name("ray"))}
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen([RAYKEEP, "demo", *argv], stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment,
                                            start_new_session=True, preexec_fn=end_with_parent)

    def started(self):
        return started_by(self.process.pid, self.mark)

    def folder(self) -> Path | None:
        for process in self.started():
            for part in Path(f"/proc/{process.pid}/cmdline").read_bytes().split(b"\0"):
                if b"/rkdemo-" in part and b"--temp-dir=" in part:
                    return Path(part.decode().removeprefix("--temp-dir=")).parent
        return None


@pytest.mark.parametrize("when", ["once", "interrupt", "terminate", "early"])
def test_the_demo_keeps_its_promises_and_leaves_nothing(tmp_path, when):
    demo = Demo(tmp_path, *(["--once"] if when == "once" else []))
    folder = wait_until(demo.folder, "Ray is being started", seconds=60)
    if when in ("interrupt", "terminate"):
        wait_until(lambda: "https://" in demo.out.read_text(), "the demo says where it is", seconds=120)
    started = demo.started()
    if when != "once":
        demo.process.send_signal(signal.SIGTERM if when == "terminate" else signal.SIGINT)
    status = demo.process.wait(150)
    shown = demo.out.read_text()
    if when != "early":
        assert status == 0, shown + demo.err.read_text()
        rows = [line for line in shown.splitlines() if line.startswith("ok ")]
        assert len(rows) >= 10 and "intact" in rows[-1], shown
        assert not [line for line in shown.splitlines() if line.lower().startswith(("no ", "bad", "fail"))]
    wait_until(lambda: not alive(started) and not demo.started(), "all that was started has ended", seconds=10)
    assert not folder.exists()


def test_without_ray_the_demo_says_what_to_do():
    done = subprocess.run([RAYKEEP, "demo", "--once"], env={**os.environ, "RAYKEEP_RAY": "/nonexistent/ray"}, capture_output=True, text=True, timeout=30)
    assert done.returncode == 3
    assert "there is no ray program" in done.stderr and "tools/setup ray" in done.stderr, done.stderr
