# SPDX-License-Identifier: Apache-2.0
"""What a cluster was asked to be, kept in its folder."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

FILE = "settings.json"


@dataclass(frozen=True)
class Settings:
    """`node`: pods run. `operator`: KubeRay is there. `policies`: NetworkPolicies are enforced on packets."""

    node: bool = False
    operator: bool = False
    policies: bool = True
    feature_gates: str = ""
    raykeep_binary: str = ""
    cgroup: str = ""

    def save(self, folder: Path):
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1))

    @staticmethod
    def load(folder: Path) -> "Settings":
        return Settings(**json.loads((folder / FILE).read_text()))
