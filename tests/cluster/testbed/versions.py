# SPDX-License-Identifier: Apache-2.0
"""The versions of everything the test bed runs, read from versions.toml."""

import tomllib
from dataclasses import dataclass

from testbed.places import ROOT


@dataclass(frozen=True)
class Versions:
    kubernetes: str
    etcd: str
    coredns: str
    helm: str
    kuberay: str
    ray: str
    python: str
    debian: str


VERSIONS = Versions(**tomllib.loads((ROOT / "versions.toml").read_text()))
