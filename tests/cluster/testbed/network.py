# SPDX-License-Identifier: Apache-2.0
"""The wires of a full node. Three hosts, each a network namespace inside the cluster's own:

    control 198.18.0.2 ---- 198.18.0.10 node 203.0.113.1 ---- 203.0.113.10, 169.254.169.254 outside
                                        |  pods 10.244.0.0/24, each on a wire of its own (CNI plugin ptp)

The control plane has a host of its own, so that what pods and the API server say to each other crosses the node and is
filtered there. `outside` stands for everything beyond the cluster, and owns the address of cloud metadata services.
"""

import subprocess

CONTROL_ADDRESS = "198.18.0.2"
NODE_ADDRESS = "198.18.0.10"
GATEWAY_ADDRESS = "203.0.113.1"
OUTSIDE_ADDRESS = "203.0.113.10"
METADATA_ADDRESS = "169.254.169.254"
POD_RANGE = "10.244.0.0/24"
SERVICE_RANGE = "10.96.0.0/16"
DNS_ADDRESS = "10.96.0.10"
API_SERVICE_ADDRESS = "10.96.0.1"

NODE, OUTSIDE = "node", "outside"


def in_host(name: str, command: list[str]) -> list[str]:
    """The command inside one of the named hosts. Not `ip netns exec`, which remounts /sys and so hides the cgroups."""
    return ["nsenter", f"--net=/run/netns/{name}", *command]


def _ip(*arguments: str):
    subprocess.run(["ip", *arguments], check=True)


def _wire(in_node: tuple[str, str], host: list[str], at_host: tuple[str, str]):
    """A pair of interfaces, (name, address) each: one in the node, one where `host` (arguments of ip) says."""
    _ip(*host, "link", "add", at_host[0], "type", "veth", "peer", "name", in_node[0], "netns", NODE)
    for place, (name, address) in ((["-n", NODE], in_node), (host, at_host)):
        _ip(*place, "addr", "add", address, "dev", name)
        _ip(*place, "link", "set", name, "up")


def create():
    """Run in a new network namespace, which becomes `control`, with a /run of its own."""
    for host in (NODE, OUTSIDE):
        _ip("netns", "add", host)
        _ip("-n", host, "link", "set", "lo", "up")
    _ip("link", "set", "lo", "up")
    _wire(("control0", f"{NODE_ADDRESS}/24"), [], ("node0", f"{CONTROL_ADDRESS}/24"))
    _wire(("outside0", f"{GATEWAY_ADDRESS}/24"), ["-n", OUTSIDE], ("node0", f"{OUTSIDE_ADDRESS}/24"))
    _ip("-n", OUTSIDE, "addr", "add", f"{METADATA_ADDRESS}/32", "dev", "lo")
    _ip("-n", NODE, "route", "add", f"{METADATA_ADDRESS}/32", "via", OUTSIDE_ADDRESS)
    _ip("-n", NODE, "route", "add", "default", "via", OUTSIDE_ADDRESS)
    _ip("route", "add", "default", "via", NODE_ADDRESS)
    for known in (POD_RANGE, f"{NODE_ADDRESS}/32"):
        _ip("-n", OUTSIDE, "route", "add", known, "via", GATEWAY_ADDRESS)
    subprocess.run(in_host(NODE, ["sysctl", "-qw", "net.ipv4.ip_forward=1"]), check=True)
