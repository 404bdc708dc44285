# SPDX-License-Identifier: Apache-2.0
"""A running cluster as tests see it: apply, wait, execute, ask who can connect to what."""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed import diagnosis, reachability
from testbed.entry import Entry
from testbed.images import ATTACKER_IMAGE
from testbed.netpol.question import ask
from testbed.settings import Settings
from testbed.waiting import NotReached, until

COMMAND_SECONDS = 120
POD_SECONDS = 90

Predicate = Callable[[dict], object]


class CommandFailed(Exception):
    """A command in the cluster ended with another status than 0; the text carries what it said."""


@dataclass(frozen=True)
class Output:
    """How a command ended and what it wrote, standard output and error in one."""

    status: int
    text: str

    def __bool__(self) -> bool:
        return self.status == 0


def condition(kind: str, status: str = "True") -> Predicate:
    """Holds for an object with that entry in status.conditions."""
    return lambda item: any(
        c["type"] == kind and c["status"] == status for c in item.get("status", {}).get("conditions") or []
    )


def field(path: str, *wanted: object) -> Predicate:
    """Holds when the field at a dotted path has one of the values."""

    def holds(item: dict) -> bool:
        for key in path.split("."):
            item = item.get(key) if isinstance(item, dict) else None
        return item in wanted

    return holds


class Cluster:
    """The cluster in `folder`."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.settings = Settings.load(folder)
        self._entry = Entry(folder)

    def run(
        self, *argv: str, on: str = "control", stdin: str | None = None, seconds: float = COMMAND_SECONDS
    ) -> Output:
        """Runs a command of this machine on the cluster's `control`, `node` or `outside` host."""
        done = subprocess.run(
            **self._entry.command(list(argv), on),
            input=stdin,
            text=True,
            errors="replace",
            timeout=seconds,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return Output(done.returncode, done.stdout)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl wrote. Raises CommandFailed."""
        done = subprocess.run(
            **self._entry.command(["kubectl", *arguments]),
            input=stdin,
            text=True,
            timeout=COMMAND_SECONDS,
            capture_output=True,
        )
        if done.returncode:
            raise CommandFailed(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, manifest: Path | str | dict | Sequence[dict], namespace: str = "default"):
        """Applies a file, YAML text, an object or several. When policies are enforced, returns with them in force."""
        if isinstance(manifest, Path):
            manifest = manifest.read_text()
        elif isinstance(manifest, dict):
            manifest = json.dumps(manifest)
        elif not isinstance(manifest, str):
            manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifest)})
        self.kubectl("apply", "--server-side", "--force-conflicts", "-n", namespace, "-f", "-", stdin=manifest)
        self.wait_for_policies()

    def create(self, item: dict) -> dict:
        """Creates one object and returns the API's answer; for reviews, which are answered and not kept."""
        return json.loads(self.kubectl("create", "-f", "-", "-o", "json", stdin=json.dumps(item)))

    def delete(self, reference: str, namespace: str = "default"):
        """Deletes KIND/NAME and waits until it is gone."""
        self.kubectl("delete", reference, "-n", namespace, f"--timeout={COMMAND_SECONDS}s")
        self.wait_for_policies()

    def list(self, kind: str, namespace: str = "", selector: str = "") -> list[dict]:
        where = ["-n", namespace] if namespace else ["-A"]
        return json.loads(self.kubectl("get", kind, *where, "-o", "json", *(["-l", selector] if selector else [])))[
            "items"
        ]

    def wait_for_policies(self):
        """Returns when the packet filter has exactly the NetworkPolicies that the API has now."""
        if not (self.settings.node and self.settings.policies):
            return
        policies = [
            [item["metadata"]["uid"], item["metadata"]["resourceVersion"]] for item in self.list("networkpolicies")
        ]
        if (reply := ask(self.folder, {"policies": policies})) != "ok":
            raise NotReached(f"the network policies are not in force: {reply}")

    def namespace(self, name: str, **labels: str) -> "Namespace":
        """Makes the namespace, or labels it when it is there. Labels with dots or slashes: **{"a.b/c": "d"}."""
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        return Namespace(self, name)

    def reachability(
        self, doors: Sequence[reachability.Door], seconds: float = reachability.PATIENCE_SECONDS
    ) -> reachability.Matrix:
        """From every pod, the node, the control host and outside to every door, with real packets."""
        return reachability.measure(self, doors, seconds)

    def collect(self, folder: Path):
        """Writes all that may explain a failure into `folder`."""
        diagnosis.collect(self, folder)


class Namespace:
    """One namespace of a cluster."""

    def __init__(self, cluster: Cluster, name: str):
        self.cluster, self.name = cluster, name

    def apply(self, manifest: Path | str | dict | Sequence[dict]):
        self.cluster.apply(manifest, self.name)

    def delete(self, reference: str):
        self.cluster.delete(reference, self.name)

    def get(self, reference: str) -> dict:
        """The object KIND/NAME. Raises CommandFailed."""
        return json.loads(self.cluster.kubectl("get", reference, "-n", self.name, "-o", "json"))

    def wait(self, reference: str, wanted: Predicate, seconds: float, failed: Predicate = lambda item: False) -> dict:
        """The object KIND/NAME once `wanted` holds of it. Raises NotReached, with what its status, its namespace's
        events and its pods say, when time runs out or as soon as `failed` holds."""
        last: dict = {}

        def probe() -> dict | None:
            try:
                last.update(item=self.get(reference))
            except CommandFailed as error:
                last.update(missing=str(error))
                return None
            if failed(last["item"]):
                raise NotReached(f"{reference} has failed\n{explain()}")
            return last["item"] if wanted(last["item"]) else None

        def explain() -> str:
            seen = diagnosis.status_of(last["item"]) if "item" in last else last["missing"]
            return f"{seen}\n{diagnosis.of_namespace(self.cluster, self.name)}"

        return until(f"{self.name}: {reference} is as wanted", probe, seconds, explain)

    def pods(self, selector: str = "") -> list["Pod"]:
        """The pods that are running, by labels."""
        return [
            Pod(self, item["metadata"]["name"], item["status"]["podIP"])
            for item in self.cluster.list("pods", self.name, selector)
            if item["status"].get("phase") == "Running"
        ]

    def pod(self, selector: str) -> "Pod":
        """The one pod with these labels. Raises CommandFailed when there is none, or are several."""
        found = self.pods(selector)
        if len(found) != 1:
            raise CommandFailed(f"{len(found)} running pods in {self.name} have the labels {selector}")
        return found[0]

    def start_pod(
        self, name: str, image: str = ATTACKER_IMAGE, command: Sequence[str] = ("sleep", "infinity"), **labels: str
    ) -> "Pod":
        """A pod that does nothing but wait to be used; returns when it is ready."""
        self.apply(
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": name, "labels": labels},
                "spec": {
                    "automountServiceAccountToken": False,
                    "terminationGracePeriodSeconds": 0,
                    "securityContext": {
                        "runAsUser": 1000,
                        "runAsNonRoot": True,
                        "seccompProfile": {"type": "RuntimeDefault"},
                    },
                    "containers": [
                        {
                            "name": "main",
                            "image": image,
                            "imagePullPolicy": "Never",
                            "command": list(command),
                            "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                        }
                    ],
                },
            }
        )
        item = self.wait(f"pod/{name}", condition("Ready"), POD_SECONDS)
        return Pod(self, name, item["status"]["podIP"])


@dataclass(frozen=True)
class Pod:
    """A running pod."""

    namespace: Namespace
    name: str
    ip: str

    def exec(self, *argv: str, seconds: float = COMMAND_SECONDS) -> Output:
        """Runs a command in the first container."""
        return self.namespace.cluster.run(
            "kubectl", "exec", "-n", self.namespace.name, self.name, "--", *argv, seconds=seconds
        )

    def door(self, port: int, protocol: str = "TCP", stand_in: bool = False) -> reachability.Door:
        """A port of this pod. `stand_in`: while probing, something answers there should the pod not."""
        return reachability.Door(f"{self.namespace.name}/{self.name}", self.ip, port, protocol, stand_in)

    def __str__(self) -> str:
        return f"{self.namespace.name}/{self.name}"
