# SPDX-License-Identifier: Apache-2.0
"""How far a cluster has come, told from inside it to whoever started it, through a file replaced whole."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "state.json"
STARTING, READY, FAILED = "starting", "ready", "failed"


@dataclass(frozen=True)
class State:
    phase: str
    reason: str = ""

    def save(self, folder: Path):
        unfinished = folder / f".{FILE}"
        unfinished.write_text(json.dumps(asdict(self)))
        os.replace(unfinished, folder / FILE)

    @staticmethod
    def load(folder: Path) -> "State":
        try:
            return State(**json.loads((folder / FILE).read_text()))
        except FileNotFoundError:
            return State(STARTING)
