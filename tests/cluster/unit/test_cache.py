# SPDX-License-Identifier: Apache-2.0
import pytest

from testbed.cache import Artifact, key_of


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("RAYKEEP_CACHE", str(tmp_path))
    return tmp_path / "cluster"


def test_what_is_built_is_built_once():
    made = []
    artifact = Artifact("thing", "1", lambda folder: made.append((folder / "file").write_text("x")))
    assert (artifact.build() / "file").read_text() == "x"
    artifact.build()
    assert len(made) == 1


def test_a_failed_build_leaves_nothing_and_is_tried_again(cache):
    def fail(folder):
        (folder / "half").write_text("x")
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        Artifact("thing", "1", fail).build()
    assert [path.name for path in cache.iterdir()] == ["locks"]
    assert Artifact("thing", "1", lambda folder: None).build().is_dir()


def test_keys_tell_parts_apart():
    assert key_of(["ab", "c"]) != key_of(["a", "bc"])
    assert key_of(["ab", "c"]) == key_of(["ab", "c"])
