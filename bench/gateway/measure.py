# SPDX-License-Identifier: Apache-2.0
"""Processor time, load and latency, measured from outside."""
import http.client
import os
import pathlib
import re
import socket
import statistics
import subprocess
import time
import urllib.parse

TICKS = os.sysconf("SC_CLK_TCK")
PROXY_CORE, LOAD_CORE = "0", "1"


def pinned(core, command):
    return ["taskset", "-c", core, *map(str, command)]


def children(pid):
    out = [pid]
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            out += children(int(child))
    return out


def cpu_seconds(pid):
    """User and system time of a process, its threads and its children."""
    total = 0
    for one in children(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_bytes(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) * 1024


def wait_for_port(port, process, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise RuntimeError(f"ended with status {process.returncode} before it listened on {port}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


class Load:
    def __init__(self, connections):
        self.connections = connections

    def run(self, url, headers, seconds):
        """Requests answered with 2xx. Any other answer is an error of the set-up."""
        command = ["wrk", "-t1", f"-c{self.connections}", f"-d{seconds:.0f}s", "--timeout", "20s"]
        for name, value in headers.items():
            command += ["-H", f"{name}: {value}"]
        done = subprocess.run(pinned(LOAD_CORE, [*command, url]), capture_output=True, text=True, check=True)
        refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
        if refused:
            raise RuntimeError(f"{url}: {refused[0]}")
        return int(re.search(r"(\d+) requests in", done.stdout)[1])


def latency_micros(url, headers, count):
    """Median time of one request after the other on one connection."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    times = []
    for _ in range(count):
        begin = time.perf_counter_ns()
        connection.request("GET", parts.path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter_ns() - begin) / 1000)
        if answer.status != 200:
            raise RuntimeError(f"{url}: status {answer.status}")
    connection.close()
    return statistics.median(times)
