# SPDX-License-Identifier: Apache-2.0
import hashlib
import io
import json
import tarfile

import pytest

from testbed import layers, oci


@pytest.fixture
def base(tmp_path):
    (tmp_path / "tool").write_text("run")
    layers.of_files(tmp_path / "base.tar", {"/usr/bin/tool": tmp_path / "tool"})
    return tmp_path / "base.tar"


def read_archive(images):
    out = io.BytesIO()
    oci.write_archive(out, images)
    out.seek(0)
    with tarfile.open(fileobj=out) as tar:
        return [(member.name, tar.extractfile(member).read()) for member in tar]


def test_every_blob_is_named_by_its_digest_and_a_shared_layer_is_written_once(base):
    files = read_archive([oci.Image("a:1", [base]), oci.Image("b:1", [base], user="65532")])
    blobs = {name: data for name, data in files if name.startswith("blobs/")}
    assert len(blobs) == len([name for name, _ in files if name.startswith("blobs/")]) == 5
    for name, data in blobs.items():
        assert name == f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"


def test_an_image_can_be_followed_from_the_index_to_its_configuration(base):
    files = dict(read_archive([oci.Image("a:1", [base], ["/usr/bin/tool"], "65532", workdir="/tmp")]))
    (index,) = json.loads(files["index.json"])["manifests"]
    assert index["annotations"] == {"io.containerd.image.name": "a:1"}

    def blob(descriptor):
        return json.loads(files["blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")])

    manifest = blob(index)
    config = blob(manifest["config"])
    assert config["config"] == {
        "Env": [oci.DEFAULT_PATH],
        "Entrypoint": ["/usr/bin/tool"],
        "User": "65532",
        "WorkingDir": "/tmp",
    }
    assert config["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]


def test_a_layer_of_additions_holds_what_is_new_or_otherwise(tmp_path):
    for name, text in (("same", "1"), ("changed", "1"), ("changed-later", "2"), ("new", "1")):
        (tmp_path / name).write_text(text)
    base, whole, added = (tmp_path / f"{name}.tar" for name in ("base", "whole", "added"))
    layers.of_files(base, {"/same": tmp_path / "same", "/changed": tmp_path / "changed"})
    layers.of_files(
        whole, {"/same": tmp_path / "same", "/changed": tmp_path / "changed-later", "/new": tmp_path / "new"}
    )
    layers.added(added, whole, base)
    with tarfile.open(added) as tar:
        assert tar.getnames() == ["changed", "new"]
