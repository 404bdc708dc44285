# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from testbed import cgroups

MOUNTINFO = """\
30 24 0:26 / /sys/fs/cgroup ro,nosuid shared:9 - tmpfs tmpfs ro,mode=755
31 30 0:27 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
32 30 0:28 / /sys/fs/cgroup/unified rw,relatime shared:10 - cgroup2 cgroup2 rw
"""


def test_hierarchies_of_both_versions_are_found():
    assert cgroups.mounted_in(MOUNTINFO) == [Path("/sys/fs/cgroup/memory"), Path("/sys/fs/cgroup/unified")]


def test_a_new_cpuset_inherits_processors(tmp_path, monkeypatch):
    """A folder stands for a hierarchy; the kernel would have made the files of the new cgroup."""
    for folder in (tmp_path, tmp_path / "raykeep-x"):
        folder.mkdir(exist_ok=True)
        (folder / "cpuset.cpus").write_text("0-1\n" if folder == tmp_path else "")
    monkeypatch.setattr(cgroups, "hierarchies", lambda: [tmp_path])
    cgroups.create("raykeep-x")
    assert (tmp_path / "raykeep-x/cpuset.cpus").read_text() == "0-1\n"


def test_a_tree_of_cgroups_is_removed_from_the_leaves_and_twice_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "raykeep-x/kubepods/pod1").mkdir(parents=True)
    monkeypatch.setattr(cgroups, "hierarchies", lambda: [tmp_path])
    cgroups.remove("raykeep-x")
    assert list(tmp_path.iterdir()) == []
    cgroups.remove("raykeep-x")
