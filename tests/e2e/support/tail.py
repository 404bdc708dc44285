# SPDX-License-Identifier: Apache-2.0
"""A log tail held open by a test, as Ray's SDK opens it."""
import asyncio
import ssl
import threading
import time

import aiohttp


class LogTail:
    """Collects what arrives on a thread of its own. `closed` is the close code once the tunnel has ended."""

    def __init__(self, url: str, headers: dict):
        self.text = ""
        self.status = 0
        self.closed: int | None = None
        self.closed_at = 0.0
        self.opened = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run(url, headers)), daemon=True)
        self._thread.start()
        self.opened.wait(20)

    async def _run(self, url: str, headers: dict):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            async with aiohttp.ClientSession() as session, session.ws_connect(url, headers=headers, ssl=context) as socket:
                self.status = 101
                self.opened.set()
                async for message in socket:
                    if message.type == aiohttp.WSMsgType.TEXT:
                        self.text += message.data
                self.closed = socket.close_code
        except aiohttp.WSServerHandshakeError as error:
            self.status = error.status
        finally:
            self.closed_at = time.monotonic()
            self.opened.set()

    def wait_closed(self, seconds: float) -> int | None:
        self._thread.join(seconds)
        return self.closed
