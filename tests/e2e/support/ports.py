# SPDX-License-Identifier: Apache-2.0
"""Free ports of the loopback address."""
import socket

# Ray keeps these for its workers and refuses to start on them.
RAY_WORKER_PORTS = range(10002, 20000)


def free_ports(count: int) -> list[int]:
    held, ports = [], []
    while len(ports) < count:
        probe = socket.socket()
        probe.bind(("127.0.0.1", 0))
        held.append(probe)
        port = probe.getsockname()[1]
        if port not in RAY_WORKER_PORTS:
            ports.append(port)
    for probe in held:
        probe.close()
    return ports
