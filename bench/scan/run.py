#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""raykeep scan beside other scanners, in one run on this machine: wall time, processor time, peak memory.

./run.py --raykeep PATH [--kube-score PATH] [--trivy PATH] [--checkov PATH] [--rounds 5]: whatever is given is measured, on KubeRay's samples and on one file of
5,000 Deployments and 500 RayClusters that this script writes. Every round runs each program once; the table gives the medians.
"""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "tests" / "data" / "kuberay-samples"


def deployment(i: int) -> str:
    return f"""apiVersion: apps/v1
kind: Deployment
metadata:
  name: web-{i}
  namespace: team-{i % 50}
  labels: {{app: web-{i}, tier: "{i % 7}"}}
spec:
  replicas: {i % 5 + 1}
  selector:
    matchLabels: {{app: web-{i}}}
  template:
    metadata:
      labels: {{app: web-{i}, tier: "{i % 7}"}}
    spec:
      serviceAccountName: sa-{i % 11}
      containers:
      - name: main
        image: registry.example/web:{i % 9}.{i % 4}
        ports:
        - containerPort: 80{i % 10}0
        env:
        - {{name: MODE, value: "m{i % 3}"}}
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
          limits: {{memory: 256Mi}}
        securityContext:
          allowPrivilegeEscalation: {"true" if i % 3 else "false"}
          readOnlyRootFilesystem: {"true" if i % 2 else "false"}
---
"""


def worker_group(i: int) -> str:
    return f"""  - groupName: g{i}
    replicas: 2
    minReplicas: 1
    maxReplicas: {10 + i}
    rayStartParams: {{}}
    template:
      spec:
        containers:
        - name: ray-worker
          image: rayproject/ray:2.60.0
          resources:
            requests: {{cpu: "4", memory: 16Gi}}
            limits: {{cpu: "4", memory: 16Gi, nvidia.com/gpu: "{i}"}}
"""


def ray_cluster(i: int) -> str:
    return f"""apiVersion: ray.io/v1
kind: RayCluster
metadata:
  name: ray-{i}
  namespace: team-{i % 50}
spec:
  rayVersion: 2.60.0
  headGroupSpec:
    serviceType: {"ClusterIP" if i % 10 else "LoadBalancer"}
    rayStartParams: {{dashboard-host: 0.0.0.0}}
    template:
      spec:
        containers:
        - name: ray-head
          image: rayproject/ray:2.60.0
          ports:
          - {{containerPort: 6379, name: gcs-server}}
          - {{containerPort: 8265, name: dashboard}}
          resources:
            requests: {{cpu: "2", memory: 8Gi}}
            limits: {{cpu: "2", memory: 8Gi}}
  workerGroupSpecs:
{"".join(map(worker_group, range(3)))}---
"""


def write_manifests(path: pathlib.Path, deployments: int, clusters: int) -> None:
    with path.open("w") as out:
        out.writelines(map(deployment, range(deployments)))
        out.writelines(map(ray_cluster, range(clusters)))


def measure(command: list[str]) -> tuple[float, float, float]:
    """Wall seconds, processor seconds, peak megabytes of one run."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{' '.join(command)} failed: {status}")
    return time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--raykeep", required=True)
    parser.add_argument("--kube-score")
    parser.add_argument("--trivy", help="scans without a look at the network")
    parser.add_argument("--checkov")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        big = pathlib.Path(folder) / "big.yaml"
        write_manifests(big, 5000, 500)
        for title, target, files in (("94 samples of KubeRay", SAMPLES, sorted(map(str, SAMPLES.rglob("*.yaml")))), ("5,000 Deployments, 500 RayClusters", big, [str(big)])):
            programs = {"raykeep scan": [options.raykeep, "scan", str(target), "--fail-on", "never"]}
            if options.kube_score:
                programs["kube-score"] = [options.kube_score, "score", *files]
            if options.trivy:
                programs["trivy config"] = [options.trivy, "config", "--quiet", "--skip-check-update", "--misconfig-scanners", "kubernetes", str(target)]
            if options.checkov:
                programs["checkov"] = [options.checkov, "--framework", "kubernetes", "--quiet", "--soft-fail", "-d" if target.is_dir() else "-f", str(target)]
            runs = {name: [] for name in programs}
            for _ in range(options.rounds):
                for name, command in programs.items():
                    runs[name].append(measure(command))
            print(f"\n| {title} | wall s | processor s | peak MB |\n|---|---|---|---|")
            for name, measured in runs.items():
                wall, processor, memory = (statistics.median(column) for column in zip(*measured))
                print(f"| {name} | {wall:.2f} | {processor:.2f} | {memory:.0f} |")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
