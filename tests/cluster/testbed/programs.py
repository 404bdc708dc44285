# SPDX-License-Identifier: Apache-2.0
"""The programs of the cluster, each built from its Go module by the ordinary go command."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from testbed.cache import Artifact, key_of
from testbed.places import ROOT
from testbed.versions import VERSIONS

MODULES = ROOT / "modules"


class BuildFailed(Exception):
    """A build step ended badly; the text carries the end of its output."""


@dataclass(frozen=True)
class Program:
    """A command `name`, built from `package` with the locks in modules/`module`."""

    name: str
    module: str
    package: str
    ldflags: str = ""

    def artifact(self) -> Artifact:
        locks = [(MODULES / self.module / lock).read_text() for lock in ("go.mod", "go.sum")]
        platform = os.uname()
        return Artifact(
            self.name, key_of([self.package, self.ldflags, platform.sysname, platform.machine, *locks]), self._make
        )

    @property
    def path(self) -> Path:
        return self.artifact().path / self.name

    def _make(self, folder: Path):
        go(
            self.module,
            "build",
            "-mod=readonly",
            "-trimpath",
            "-ldflags",
            f"-s -w {self.ldflags}".strip(),
            "-o",
            str(folder / self.name),
            self.package,
        )


def _kubernetes(name: str) -> Program:
    return Program(
        name,
        "kubernetes",
        f"k8s.io/kubernetes/cmd/{name}",
        f"-X k8s.io/component-base/version.gitVersion=v{VERSIONS.kubernetes}",
    )


ETCD = Program("etcd", "etcd", "go.etcd.io/etcd/server/v3")
APISERVER = _kubernetes("kube-apiserver")
CONTROLLER_MANAGER = _kubernetes("kube-controller-manager")
KUBECTL = _kubernetes("kubectl")
SCHEDULER = _kubernetes("kube-scheduler")
KUBELET = _kubernetes("kubelet")
KUBE_PROXY = _kubernetes("kube-proxy")
COREDNS = Program("coredns", "coredns", "github.com/coredns/coredns")
OPERATOR = Program("kuberay-operator", "kuberay", "github.com/ray-project/kuberay/ray-operator")
HELM = Program("helm", "helm", "helm.sh/helm/v3/cmd/helm")

CONTROL_PROGRAMS = (ETCD, APISERVER, CONTROLLER_MANAGER, KUBECTL, OPERATOR, HELM)
NODE_PROGRAMS = (SCHEDULER, KUBELET, KUBE_PROXY, COREDNS)


def go(module: str, *arguments: str) -> str:
    """Runs the go command in modules/`module`; its standard output. Raises BuildFailed."""
    if not shutil.which("go"):
        raise BuildFailed("the go command is missing: install Go and put it into PATH")
    with tempfile.TemporaryFile("w+") as log:
        done = subprocess.run(
            ["go", *arguments],
            cwd=MODULES / module,
            env={**os.environ, "CGO_ENABLED": "0"},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        if done.returncode:
            log.seek(0)
            raise BuildFailed(f"go {arguments[0]} in modules/{module} failed:\n{log.read()[-4000:]}")
    return done.stdout


def _copy_operator_manifests(folder: Path):
    package = "github.com/ray-project/kuberay/ray-operator"
    source = Path(go("kuberay", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", package).strip())
    for part in ("crd", "rbac", "manager", "default"):
        shutil.copytree(source / "config" / part, folder / part, copy_function=shutil.copyfile)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def operator_manifests() -> Artifact:
    """The operator's CRDs, roles and Deployment, as they stand in its module: crd/ rbac/ manager/ default/."""
    return Artifact("kuberay-manifests", OPERATOR.artifact().key, _copy_operator_manifests)
