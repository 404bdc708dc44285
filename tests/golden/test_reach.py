# SPDX-License-Identifier: Apache-2.0
"""The connections of real manifests equal those that np-guard's analyser recorded (tests/data/netpol)."""
import os
import pathlib
import re
import subprocess

import pytest

RAYKEEP = os.environ["RAYKEEP"]
DATA = pathlib.Path(__file__).parent.parent / "data" / "netpol"
LINE = re.compile(r"^(\S.*) => (\S.*?) : (.*)$")
RECORDED_NETWORK = re.compile(r"^Permitted connectivity analyzed in (.*):$")
OWN_NETWORK = re.compile(r"^(pod network|primary network .*|attachment .*):$")


def network_key(heading):
    """One name for a network in both outputs: its kind and its own name."""
    if heading.lower() == "pod network":
        return "pod"
    found = re.match(r"(?:primary|secondary) (UDN|CUDN|NAD) (.*)", heading)
    if found:
        return f"{found[1]} {found[2]}"
    for pattern, kind in (
        (r"primary network of namespace (\S+) ", "UDN"),
        (r"primary network (\S+) ", "CUDN"),
        (r"attachment (\S+) ", "NAD"),
    ):
        if found := re.match(pattern, heading):
            return f"{kind} {found[1]}"
    raise AssertionError(heading)


def connections(text, heading):
    network, lines = "pod", set()
    for line in text.splitlines():
        if line.startswith("Exposure Analysis Result"):
            break
        if found := heading.match(line):
            network = network_key(found[1])
        elif found := LINE.match(line):
            lines.add((network, *found.groups()))
    return lines


def recorded(directory):
    for name in ("connlist.txt", "exposure.txt"):
        if (directory / name).exists():
            return connections((directory / name).read_text(), RECORDED_NETWORK)
    raise AssertionError(directory)


@pytest.mark.parametrize("directory", sorted(p for p in DATA.iterdir() if p.is_dir()), ids=lambda p: p.name)
def test_connections(directory):
    done = subprocess.run([RAYKEEP, "reach", "--semantics", "np-guard", directory / "input"], capture_output=True, text=True)
    got = connections(done.stdout, OWN_NETWORK)
    want = recorded(directory)
    assert (sorted(want - got), sorted(got - want)) == ([], []), done.stderr


EXPOSED = re.compile(r"^(\S+)\s+(<=|=>)\s+(.*?) : (.*)$")
UNPROTECTED = re.compile(r"^(\S+) is not protected on (Egress|Ingress)$")


def exposures(text, begin):
    lines = set()
    for line in text[text.index(begin) :].splitlines():
        if found := EXPOSED.match(line) or UNPROTECTED.match(line):
            lines.add(found.groups())
    return lines


@pytest.mark.parametrize("directory", sorted(p.parent for p in DATA.glob("*/exposure.txt")), ids=lambda p: p.name)
def test_exposure(directory):
    done = subprocess.run([RAYKEEP, "reach", "--show", "exposure", "--semantics", "np-guard", directory / "input"], capture_output=True, text=True)
    got = exposures(done.stdout, "Exposed to whoever may come:")
    want = exposures((directory / "exposure.txt").read_text(), "Exposure Analysis Result:")
    assert (sorted(want - got), sorted(got - want)) == ([], []), done.stderr
