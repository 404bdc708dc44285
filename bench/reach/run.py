#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""raykeep reach beside np-guard's analyser, in one run on this machine: wall time, peak memory, lines.

./run.py --raykeep PATH [--np-guard PATH] [--rounds 3]: worlds of Deployments and NetworkPolicies that this script writes. The other program is
`go build ./cmd/netpolicy` of github.com/np-guard/netpol-analyzer v1.1.0; without it raykeep is measured alone. Both tables are compared: the same
pairs with the same connections, after the ranges of outside addresses are cut alike.
"""
import argparse
import multiprocessing
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

LINE = re.compile(r"^(\S+) => (\S+) : (.*)$")
COMPARED = [(200, 100), (500, 200)]
ALONE = [(1_000, 200), (2_000, 300), (5_000, 500)]


def write_world(folder: pathlib.Path, workloads: int, policies: int) -> None:
    with (folder / "world.yaml").open("w") as out:
        for space in range(20):
            out.write(f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: ns{space}, labels: {{team: t{space % 5}, env: e{space % 3}}}}}\n")
        for i in range(workloads):
            out.write(f"""---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: w{i}, namespace: ns{i % 20}}}
spec:
  selector: {{matchLabels: {{app: a{i % 97}}}}}
  template:
    metadata: {{labels: {{app: a{i % 97}, tier: t{i % 7}, zone: z{i % 4}}}}}
    spec: {{containers: [{{name: c, image: i, ports: [{{containerPort: {8000 + i % 50}, name: http}}]}}]}}
""")
        for p in range(policies):
            egress = "  egress: [{to: [{namespaceSelector: {matchExpressions: [{key: env, operator: In, values: [e0, e1]}]}}]}]\n" if p % 3 == 0 else ""
            out.write(f"""---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p{p}, namespace: ns{p % 20}}}
spec:
  podSelector: {{matchLabels: {{app: a{p % 97}}}}}
  policyTypes: [Ingress{", Egress" if egress else ""}]
  ingress:
  - from: [{{podSelector: {{matchLabels: {{tier: t{p % 7}}}}}}}, {{namespaceSelector: {{matchLabels: {{team: t{p % 5}}}}}}}]
    ports: [{{port: {8000 + p % 50}}}, {{port: 443, endPort: 450}}]
  - from: [{{ipBlock: {{cidr: 10.{p % 200}.0.0/16, except: [10.{p % 200}.4.0/24]}}}}]
{egress}""")


def measure(argv: list[str], out: pathlib.Path) -> tuple[float, float]:
    """Seconds and peak megabytes of one run."""
    began = time.monotonic()
    with out.open("w") as file:
        process = subprocess.Popen(argv, stdout=file, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - began
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed: {' '.join(argv)}")
    return seconds, usage.ru_maxrss / 1024


def connections(path: pathlib.Path) -> dict[tuple[str, str], str]:
    """Pairs of ends to what may flow."""
    pairs = {}
    for line in path.open():
        if found := LINE.match(line.rstrip("\n").replace("[External]", "")):
            pairs[found[1], found[2]] = found[3]
    return pairs


def number(address: str) -> int:
    a, b, c, d = map(int, address.split("."))
    return a << 24 | b << 16 | c << 8 | d


def by_workload(pairs: dict[tuple[str, str], str]) -> tuple[dict, dict]:
    """The pairs of workloads, and for each workload and direction the sorted outside ranges joined where they are alike."""
    inside, outside = {}, {}
    for (src, dst), conn in pairs.items():
        if src[0].isdigit():
            outside.setdefault(("from", dst), []).append((*map(number, src.split("-")), conn))
        elif dst[0].isdigit():
            outside.setdefault(("to", src), []).append((*map(number, dst.split("-")), conn))
        else:
            inside[src, dst] = conn
    for key, ranges in outside.items():
        joined = []
        for first, last, conn in sorted(ranges):
            if joined and joined[-1][2] == conn and joined[-1][1] + 1 == first:
                joined[-1] = (joined[-1][0], last, conn)
            else:
                joined.append((first, last, conn))
        outside[key] = joined
    return inside, outside


def say_the_same(a: pathlib.Path, b: pathlib.Path) -> bool:
    return by_workload(connections(a)) == by_workload(connections(b))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--raykeep", required=True)
    options.add_argument("--np-guard")
    options.add_argument("--rounds", type=int, default=3)
    given = options.parse_args()
    print(f"{'world':>12}  {'program':<26}{'seconds':>9}{'MB':>8}{'lines':>12}")
    with tempfile.TemporaryDirectory() as base:
        for workloads, policies in COMPARED + ALONE:
            folder = pathlib.Path(base) / f"{workloads}x{policies}"
            folder.mkdir()
            write_world(folder, workloads, policies)
            programs = {"raykeep": [given.raykeep, "reach", "--semantics", "np-guard", str(folder)]}
            if given.np_guard and (workloads, policies) in COMPARED:
                programs["np-guard"] = [given.np_guard, "list", "--dirpath", str(folder), "-q"]
            programs["raykeep --show groups"] = [given.raykeep, "reach", "--show", "groups", str(folder)]
            for name, argv in programs.items():
                out = pathlib.Path(base) / f"{name.split()[-1]}.txt"
                runs = [measure(argv, out) for _ in range(1 if name == "np-guard" else given.rounds)]
                lines = sum(1 for _ in out.open())
                print(f"{f'{workloads}x{policies}':>12}  {name:<26}{statistics.median(r[0] for r in runs):>9.2f}{max(r[1] for r in runs):>8.0f}{lines:>12,}")
            if "np-guard" in programs:
                # In a process of its own: the peak memory of a child begins with what its parent has.
                with multiprocessing.Pool(1) as pool:
                    same = pool.apply(say_the_same, (pathlib.Path(base) / "raykeep.txt", pathlib.Path(base) / "np-guard.txt"))
                print(f"{'':>12}  the tables say {'the same' if same else 'DIFFERENT THINGS'}")
                if not same:
                    sys.exit(1)


main()
