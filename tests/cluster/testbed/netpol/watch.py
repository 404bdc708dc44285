# SPDX-License-Identifier: Apache-2.0
"""Follows objects of the Kubernetes API, with client certificates and the standard library."""

import http.client
import json
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

RETRY_SECONDS = 0.5
WATCH_SECONDS = 300


class Api:
    """The API server at host:port, as the client that `pki`/admin.* names."""

    def __init__(self, host: str, port: int, pki: Path):
        self._address = host, port
        self._tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._tls.load_cert_chain(pki / "admin.crt", pki / "admin.key")

    def open(self, path: str, **query) -> http.client.HTTPResponse:
        """Raises OSError or http.client.HTTPException, also for an answer that is not 200."""
        connection = http.client.HTTPSConnection(*self._address, context=self._tls, timeout=WATCH_SECONDS + 30)
        connection.request("GET", f"{path}?{urlencode(query)}")
        response = connection.getresponse()
        if response.status != 200:
            raise http.client.HTTPException(f"{path}: {response.status} {response.read(200)!r}")
        return response


def follow(api: Api, path: str, replace: Callable[[list[dict]], None], change: Callable[[str, dict], None]):
    """For ever: the whole list to `replace`, then each change (ADDED, MODIFIED, DELETED); again after a fault."""
    while True:
        try:
            listed = json.load(api.open(path))
            replace(listed["items"])
            _follow_changes(api, path, listed["metadata"]["resourceVersion"], change)
        except (OSError, http.client.HTTPException, ValueError) as error:
            print(f"{path}: {error}", flush=True)
            time.sleep(RETRY_SECONDS)


def _follow_changes(api: Api, path: str, version: str, change: Callable[[str, dict], None]):
    """Until the server says that the version is too old (410 in an ERROR event) or closes."""
    while True:
        stream = api.open(
            path, watch="true", resourceVersion=version, timeoutSeconds=WATCH_SECONDS, allowWatchBookmarks="true"
        )
        for line in stream:
            event = json.loads(line)
            if event["type"] == "ERROR":
                return
            version = event["object"]["metadata"]["resourceVersion"]
            if event["type"] != "BOOKMARK":
                change(event["type"], event["object"])
