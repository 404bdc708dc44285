# SPDX-License-Identifier: Apache-2.0
import pytest

from testbed import requirements


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine with nothing installed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("RAYKEEP_CACHE", str(tmp_path))
    monkeypatch.setattr(requirements, "_path", lambda: str(tmp_path))
    monkeypatch.setattr(requirements, "CNI_PLUGINS", str(tmp_path / "ptp"))


def test_a_control_plane_needs_go_and_openssl(bare):
    assert requirements.missing(node=False) == ["the go command (install Go)", "the openssl command"]


def test_missing_packages_are_named_together_with_the_command_that_installs_them(bare, monkeypatch):
    monkeypatch.setattr(requirements, "_missing_abilities", lambda: [])
    text = "; ".join(requirements.missing(node=True))
    for package in ("containerd", "runc", "nftables", "mmdebstrap", "containernetworking-plugins"):
        assert package in text
    assert "raykeep-cluster setup" in text


def test_without_root_a_node_is_refused_with_that_one_reason(monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(requirements, "missing_packages", lambda: [])
    assert [text for text in requirements.missing(node=True) if "root" in text] == [
        "root (run as root for clusters with a node)"
    ]


def test_refused_namespaces_and_unwritable_cgroups_are_said(monkeypatch):
    class Refused:
        returncode = 1

    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(requirements.subprocess, "run", lambda *_, **__: Refused)
    monkeypatch.setattr(requirements.cgroups, "hierarchies", lambda: [])
    text = "; ".join(requirements._missing_abilities())
    assert "namespaces" in text and "cgroups" in text
