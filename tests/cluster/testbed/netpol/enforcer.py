# SPDX-License-Identifier: Apache-2.0
"""Keeps the node's packet filter at what the API says: `python -m testbed.netpol.enforcer DIR HOST PORT`.

On DIR/netpol.sock it takes one JSON line a connection and answers with one: {"pod": {uid, ip}} from the network plugin
before a pod starts, {"policies": [[uid, resourceVersion], ...]} from a test that wants to know that just these are in
force. It answers "ok" when the packet filter has them, else with what went wrong.
"""

import json
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from testbed.netpol.objects import pod_of
from testbed.netpol.rules import World, ruleset
from testbed.netpol.watch import Api, follow

SOCKET = "netpol.sock"
ANSWER_SECONDS = 20
PATHS = {
    "namespaces": "/api/v1/namespaces",
    "pods": "/api/v1/pods",
    "policies": "/apis/networking.k8s.io/v1/networkpolicies",
}


class Knowledge:
    """The objects as last heard, and how much of it the packet filter has. Shared by threads under `changed`."""

    def __init__(self):
        self.changed = threading.Condition()
        self._objects: dict[str, dict[str, dict]] = {kind: {} for kind in PATHS}
        self._announced: dict[str, str] = {}
        self._listed: set[str] = set()
        self.heard = 0
        self.applied = 0
        self.fault = ""

    def replace(self, kind: str, items: list[dict]):
        with self.changed:
            self._objects[kind] = {item["metadata"]["uid"]: item for item in items}
            self._listed.add(kind)
            self._note()

    def change(self, kind: str, event: str, item: dict):
        uid = item["metadata"]["uid"]
        with self.changed:
            if event == "DELETED":
                self._objects[kind].pop(uid, None)
                self._announced.pop(uid, None)
            else:
                self._objects[kind][uid] = item
            self._note()

    def announce(self, uid: str, ip: str):
        with self.changed:
            self._announced[uid] = ip
            self._note()

    def _note(self):
        self.heard += 1
        self.changed.notify_all()

    def knows_pod(self, uid: str) -> bool:
        return uid in self._objects["pods"]

    def has_exactly(self, policies: set[tuple[str, str]]) -> bool:
        return policies == {
            (uid, item["metadata"]["resourceVersion"]) for uid, item in self._objects["policies"].items()
        }

    def is_complete(self) -> bool:
        return len(self._listed) == len(PATHS)

    def world(self) -> World:
        pods = [pod_of(item, self._announced.get(uid, "")) for uid, item in self._objects["pods"].items()]
        namespaces = {
            item["metadata"]["name"]: item["metadata"].get("labels") or {}
            for item in self._objects["namespaces"].values()
        }
        return World([pod for pod in pods if pod], namespaces, list(self._objects["policies"].values()))

    def wait_until_in_force(self, known: Callable[[], bool]) -> str:
        """Waits until `known` holds and the packet filter has everything heard by then."""
        with self.changed:
            if not self.changed.wait_for(known, ANSWER_SECONDS):
                return f"not heard of within {ANSWER_SECONDS} s"
            heard = self.heard
            if not self.changed.wait_for(lambda: self.applied >= heard, ANSWER_SECONDS):
                return "the packet filter did not follow"
            return self.fault or "ok"


def apply_for_ever(knowledge: Knowledge):
    in_force = None
    while True:
        with knowledge.changed:
            knowledge.changed.wait_for(lambda: knowledge.is_complete() and knowledge.heard > knowledge.applied)
            heard, wanted = knowledge.heard, ruleset(knowledge.world())
        fault = "" if wanted == in_force else _load(wanted)
        if not fault:
            in_force = wanted
        with knowledge.changed:
            knowledge.applied, knowledge.fault = heard, fault
            knowledge.changed.notify_all()


def _load(rules: str) -> str:
    """Empty, or what nft said; the rules in force then stay."""
    done = subprocess.run(["nft", "-f", "-"], input=rules, text=True, capture_output=True)
    if done.returncode:
        print(f"{done.stderr}\n{rules}", flush=True)
    return done.stderr.strip() if done.returncode else ""


def answer(knowledge: Knowledge, question: dict) -> str:
    if pod := question.get("pod"):
        known = knowledge.wait_until_in_force(lambda: knowledge.knows_pod(pod["uid"]))
        if known != "ok":
            return known
        knowledge.announce(pod["uid"], pod["ip"])
        return knowledge.wait_until_in_force(lambda: True)
    wanted = {(uid, version) for uid, version in question["policies"]}
    return knowledge.wait_until_in_force(lambda: knowledge.has_exactly(wanted))


def _serve(path: Path, knowledge: Knowledge):
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            reply = answer(knowledge, json.loads(self.rfile.readline()))
            self.wfile.write(json.dumps(reply).encode() + b"\n")

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    Server(str(path), Handler).serve_forever()


def main():
    folder, host, port = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    knowledge, api = Knowledge(), Api(host, port, folder / "pki")
    for kind, path in PATHS.items():
        threading.Thread(
            target=follow,
            daemon=True,
            args=(
                api,
                path,
                lambda items, kind=kind: knowledge.replace(kind, items),
                lambda event, item, kind=kind: knowledge.change(kind, event, item),
            ),
        ).start()
    threading.Thread(target=_serve, args=(folder / SOCKET, knowledge), daemon=True).start()
    apply_for_ever(knowledge)


if __name__ == "__main__":
    main()
