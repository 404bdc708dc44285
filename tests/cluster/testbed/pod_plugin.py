# SPDX-License-Identifier: Apache-2.0
"""A chained CNI plugin (CNI 0.4.0): records each pod's address and network namespace in FOLDER/pods, where probes find
it, and has the enforcer put the pod's rules in force before the pod sends its first packet.

Its configuration: {"type": "raykeep-pod", "folder": FOLDER, "policies": true}.
"""

import json
import os
import sys
from pathlib import Path

VERSION = "0.4.0"
TRY_AGAIN_LATER = 11


def arguments_of(text: str) -> dict[str, str]:
    """CNI_ARGS, as `K8S_POD_NAMESPACE=a;K8S_POD_NAME=b;K8S_POD_UID=c`."""
    return dict(item.partition("=")[::2] for item in text.split(";") if item)


def address_in(previous: dict) -> str:
    """The pod's IPv4 address in the result of the plugin before this one."""
    return next(ip["address"].partition("/")[0] for ip in previous["ips"] if "." in ip["address"])


def _add(configuration: dict, pod: dict[str, str], record: Path) -> int:
    previous = configuration["prevResult"]
    ip = address_in(previous)
    record.parent.mkdir(exist_ok=True)
    record.write_text(
        json.dumps(
            {
                "namespace": pod["K8S_POD_NAMESPACE"],
                "name": pod["K8S_POD_NAME"],
                "ip": ip,
                "netns": os.environ["CNI_NETNS"],
            }
        )
    )
    if configuration["policies"]:
        from testbed.netpol.question import ask

        reply = ask(Path(configuration["folder"]), {"pod": {"uid": pod["K8S_POD_UID"], "ip": ip}})
        if reply != "ok":
            json.dump({"cniVersion": VERSION, "code": TRY_AGAIN_LATER, "msg": f"network policies: {reply}"}, sys.stdout)
            return 1
    json.dump(previous, sys.stdout)
    return 0


def main() -> int:
    command = os.environ["CNI_COMMAND"]
    if command == "VERSION":
        json.dump({"cniVersion": VERSION, "supportedVersions": [VERSION]}, sys.stdout)
        return 0
    configuration = json.load(sys.stdin)
    record = Path(configuration["folder"]) / "pods" / os.environ["CNI_CONTAINERID"]
    if command == "ADD":
        return _add(configuration, arguments_of(os.environ["CNI_ARGS"]), record)
    if command == "DEL":
        record.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
