# SPDX-License-Identifier: Apache-2.0
import pytest

from testbed import cgroups, removal
from testbed.settings import Settings


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "cluster"
    (made / "log").mkdir(parents=True)
    Settings(cgroup="raykeep-x").save(made)
    return made


def test_a_held_folder_is_told_from_one_that_is_not(folder):
    assert not removal.is_held(folder)
    with removal.hold_lock(folder):
        assert removal.is_held(folder)
    assert not removal.is_held(folder)


def test_removal_can_be_called_again_and_for_a_folder_that_is_gone(folder, monkeypatch):
    monkeypatch.setattr(cgroups, "remove", lambda name: None)
    removal.remove(folder)
    assert not folder.exists()
    removal.remove(folder)


def test_removal_that_was_cut_short_still_knows_the_cgroup(folder, monkeypatch):
    removed = []
    monkeypatch.setattr(cgroups, "remove", removed.append)
    monkeypatch.setattr(removal.shutil, "rmtree", lambda path: (_ for _ in ()).throw(OSError("cut short")))
    with pytest.raises(OSError, match="cut short"):
        removal.remove(folder)
    monkeypatch.undo()
    monkeypatch.setattr(cgroups, "remove", removed.append)
    removal.remove(folder)
    assert removed == ["raykeep-x", "raykeep-x"] and not folder.exists()
