# SPDX-License-Identifier: Apache-2.0
"""Who can connect to what: every source knocks at every door, and what comes back makes a table."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from testbed import network
from testbed.places import ROOT

PATIENCE_SECONDS = 1.5


@dataclass(frozen=True)
class Door:
    """A port at an address. `owner` names it in tables, NAMESPACE/POD for a pod's."""

    owner: str
    ip: str
    port: int
    protocol: str = "TCP"
    stand_in: bool = False

    def __str__(self) -> str:
        return f"{self.owner}:{self.port}/{self.protocol}"


@dataclass(frozen=True)
class Matrix:
    """Verdicts by (source, door): open (it answered), refused (nobody listens), blocked (silence or unreachable)."""

    verdicts: dict[tuple[str, str], str]

    def who_reaches(self, door: Door) -> set[str]:
        """The sources whose packets arrive and are answered, even if by a refusal."""
        return {source for (source, at), verdict in self.verdicts.items() if at == str(door) and verdict != "blocked"}

    def verdict(self, source: object, door: Door) -> str:
        return self.verdicts[str(source), str(door)]

    def __str__(self) -> str:
        sources = list(dict.fromkeys(source for source, _ in self.verdicts))
        doors = list(dict.fromkeys(door for _, door in self.verdicts))
        rows = [["", *doors], *([source, *(self.verdicts[source, door] for door in doors)] for source in sources)]
        widths = [max(map(len, column)) for column in zip(*rows)]
        return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def _network_of(cluster) -> dict[str, str]:
    """The network namespace of every running pod, as the network plugin recorded it, by NAMESPACE/POD."""
    running = {item["status"].get("podIP") for item in cluster.list("pods") if item["status"].get("phase") == "Running"}
    records = [json.loads(path.read_text()) for path in sorted((Path(cluster.folder) / "pods").iterdir())]
    return {f"{record['namespace']}/{record['name']}": record["netns"] for record in records if record["ip"] in running}


def measure(cluster, doors: Sequence[Door], seconds: float) -> Matrix:
    """Probes from all running pods and from the cluster's hosts. Raises RuntimeError when the probe itself fails."""
    pods = _network_of(cluster)
    hosts = {
        "control": "",
        network.NODE: f"/run/netns/{network.NODE}",
        network.OUTSIDE: f"/run/netns/{network.OUTSIDE}",
    }
    question = {
        "sources": {**pods, **hosts},
        "seconds": seconds,
        "doors": [{**asdict(door), "name": str(door), "netns": pods.get(door.owner, "")} for door in doors],
    }
    inside = cluster.run(sys.executable, str(ROOT / "testbed/probe.py"), on="inside", stdin=json.dumps(question))
    if not inside:
        raise RuntimeError(f"the probe failed:\n{inside.text}")
    return Matrix({(source, door): verdict for source, door, verdict in json.loads(inside.text)})
