# SPDX-License-Identifier: Apache-2.0
"""What `raykeep reach` predicts, in a form that packets can be compared with."""

import json
import os
import subprocess
from dataclasses import dataclass


def _ranges(text: str, protocol: str) -> list[range]:
    """The ports that a connection text ("TCP 80,90-95,UDP 53") has for a protocol."""
    if text == "All Connections":
        return [range(1, 65536)]
    found, of = [], None
    for part in text.replace(",", " ").split():
        if part in ("TCP", "UDP", "SCTP"):
            of = part
        elif of == protocol and part[0].isdigit():
            first, _, last = part.partition("-")
            found.append(range(int(first), int(last or first) + 1))
    return found


@dataclass(frozen=True)
class Prediction:
    """Lines of `raykeep reach -o json` by their ends, as it names them."""

    lines: dict[tuple[str, str], dict]

    @staticmethod
    def of(*paths: object) -> "Prediction":
        done = subprocess.run([os.environ["RAYKEEP"], "reach", "-o", "json", *map(str, paths)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return Prediction({(line["src"], line["dst"]): line for line in json.loads(done.stdout)})

    def verdict(self, source: str, target: str, port: int, protocol: str = "TCP") -> str:
        """open, blocked, or may where it is left to the network plugin. A pod always reaches itself."""
        line = self.lines.get((source, target), {"conn": "No Connections"})
        if source == target or any(port in ports for ports in _ranges(line["conn"], protocol)):
            return "open"
        return "may" if any(port in ports for ports in _ranges(line.get("may", ""), protocol)) else "blocked"


def plain_pod(namespace: str, name: str, labels: dict) -> dict:
    """A pod of which only what policies look at is said."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {"containers": [{"name": "main", "image": "probe"}]},
    }
