#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every route that the installed Ray's dashboard registers has a class in Raykeep's table.

The routes are read from Ray's sources: the decorators of the route tables in ray/dashboard. Run with the Python that has
Ray, and the path of the program classify_requests.
"""
import ast
import importlib.util
import pathlib
import subprocess
import sys

METHODS = {"get", "post", "put", "delete", "patch", "head", "view"}
# What Ray's placeholders may be replaced by; those not named get "0a".
EXAMPLES = {"protocol": "gcs", "package_name": "_ray_pkg_763b90ccc5937aaf.zip", "job_or_submission_id": "raysubmit_1"}
# A route with a closed set of values for a placeholder.
VALUES = {"media_type": ["file", "stream"]}
# Never acceptable for these, whatever else changes.
MUST_BE = {
    ("POST", "/api/jobs/"): "submit",
    ("PUT", "/api/packages/{protocol}/{package_name}"): "submit",
    ("GET", "/api/v0/delay/{delay_s}"): "internal",
    ("GET", "/test/dump"): "internal",
    ("POST", "/report_events"): "internal",
    ("POST", "/api/authenticate"): "internal",
    ("GET", "/worker/cpu_profile"): "profile",
    ("GET", "/memory_profile"): "profile",
}


def registered_routes(dashboard):
    for path in sorted(dashboard.rglob("*.py")):
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            for decorator in getattr(node, "decorator_list", []):
                call = decorator if isinstance(decorator, ast.Call) else None
                function = call.func if call else None
                if not (isinstance(function, ast.Attribute) and function.attr in METHODS and call.args):
                    continue
                pattern = call.args[0]
                if isinstance(pattern, ast.Constant) and str(pattern.value).startswith("/"):
                    yield function.attr.upper(), pattern.value


def targets_of(pattern):
    parts = [""]
    while "{" in pattern:
        before, _, rest = pattern.partition("{")
        name, _, pattern = rest.partition("}")
        parts = [p + before + v for p in parts for v in VALUES.get(name, [EXAMPLES.get(name, "0a")])]
    return [p + pattern for p in parts]


def main():
    ray = pathlib.Path(importlib.util.find_spec("ray").origin).parent
    routes = sorted(set(registered_routes(ray / "dashboard")))
    asked = [(method, pattern, target) for method, pattern in routes for target in targets_of(pattern)]
    answers = subprocess.run([sys.argv[1]], input="".join(f"{m} {t}\n" for m, _, t in asked), text=True,
                             capture_output=True, check=True).stdout.splitlines()
    assert len(answers) == len(asked), "one answer a request"
    problems = []
    for (method, pattern, target), answer in zip(asked, answers):
        print(f"{method:6} {target:60} {answer}")
        if answer.startswith("refused"):
            problems.append(f"{method} {target}: {answer}")
        wanted = MUST_BE.get((method, pattern))
        if wanted and answer.split()[0] != wanted:
            problems.append(f"{method} {pattern}: {answer}, not {wanted}")
    missing = [key for key in MUST_BE if key not in routes]
    problems += [f"{method} {pattern}: no longer registered by Ray" for method, pattern in missing]
    print(f"{len(routes)} registered routes, {len(problems)} problems")
    if len(routes) < 60:
        problems.append("fewer routes than Ray has; has the form of its sources changed?")
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


sys.exit(main())
