#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures Raykeep's gateway beside NGINX, HAProxy and oauth2-proxy in one run. See README.md."""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

import idle
import proxies
import soak
from measure import Load, cpu_seconds, latency_micros, pinned, wait_for_port

ROOT = pathlib.Path(__file__).resolve().parents[2]


def measure_throughput(proxy, load, seconds):
    before = cpu_seconds(proxy.pid)
    requests = load.run(proxy.url, proxy.headers, seconds)
    used = cpu_seconds(proxy.pid) - before
    return requests / used if used > 0.2 else None


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=os.environ.get("RAYKEEP_BINARY", ROOT / "build/release/src/cli/raykeep"))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--only", help="comma-separated names of proxies")
    parser.add_argument("--idle", type=int, metavar="N", help="instead: memory of N idle connections, plain and TLS")
    parser.add_argument("--soak", type=float, metavar="SECONDS", help="instead: memory over so much mixed traffic with aborted clients and reloads")
    parser.add_argument("--workers", type=int, default=1, help="of the gateway, with --soak")
    parser.add_argument("--json", help="also write the figures to this file")
    args = parser.parse_args()
    for program in ("nginx", "haproxy", "wrk", "htpasswd"):
        if not shutil.which(program):
            sys.exit(f"{program} is missing: apt-get install nginx-light haproxy wrk apache2-utils")
    if args.idle:
        idle.allow_files(args.idle)
    with tempfile.TemporaryDirectory(prefix="rkbench") as directory:
        bench = proxies.Bench(pathlib.Path(directory), pathlib.Path(args.binary))
        try:
            if args.idle:
                idle.run(bench, args.idle)
            elif args.soak:
                soak.run(bench, args.soak, args.workers)
            else:
                run(bench, args)
        finally:
            bench.stop()


def run(bench, args):
    load = Load(args.connections)
    wanted = args.only.split(",") if args.only else None
    started = [p for p in bench.start_all(wanted)]
    figures = {p.name: {"rps": [], "latency": []} for p in started}
    direct = []
    for _ in range(args.rounds):
        direct.append(latency_micros(bench.origin_url, {}, 1500))
        for proxy in started:
            seconds = args.seconds if not proxy.slow else max(2.0, args.seconds)
            figures[proxy.name]["rps"].append(measure_throughput(proxy, Load(4) if proxy.slow else load, seconds))
            figures[proxy.name]["latency"].append(latency_micros(proxy.url, proxy.headers, 20 if proxy.slow else 1500))
    base = statistics.median(direct)
    print(f"{'proxy':<34}{'requests per CPU-second':>24}{'added median latency':>24}")
    out = {"direct_latency_us": base, "proxies": {}}
    for name, f in figures.items():
        rps = statistics.median([r for r in f["rps"] if r] or [0])
        added = statistics.median(f["latency"]) - base
        out["proxies"][name] = {"requests_per_cpu_second": rps, "added_latency_us": added, "rounds": f["rps"]}
        print(f"{name:<34}{rps:>24,.0f}{added:>21,.0f} µs")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(out, indent=1))


main()
