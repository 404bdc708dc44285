# SPDX-License-Identifier: Apache-2.0
"""Minutes of mixed traffic, much of it broken off, and what it does to the gateway's memory."""
import asyncio
import base64
import collections
import functools
import os
import random
import signal
import time

from measure import resident_bytes

CLIENTS = 24
BIG = b"x" * (2 << 20)
FRAME = b"\x81\x05hello"
WEBSOCKET = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # of that key, RFC 6455 1.3
JOB = b'{"entrypoint": "true"}'
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
OWNED = b'{"submission_id": "job", "metadata": {"raykeep.io/submitter": "alice"}}'


def mask(frame):
    """A client's form of a short frame, with a mask of zeros."""
    return frame[:1] + bytes([frame[1] | 0x80]) + b"\0\0\0\0" + frame[2:]


async def read_request(reader):
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            await reader.readexactly(int(line.split(b":")[1]))
    return head.split(b" ", 2)[1]


async def answer_as_ray(reader, writer):
    try:
        while True:
            path = await read_request(reader)
            if path.endswith(b"/logs/tail"):
                writer.write(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " + ACCEPT + b"\r\n\r\n")
                for _ in range(random.randint(1, 40)):
                    writer.write(FRAME)
                    await writer.drain()
                    await asyncio.sleep(0.01)
                writer.write(b"\x88\x02\x03\xe8")
                return
            body = BIG if b"/static/" in path else OWNED
            writer.write(JSON % len(body) + body)
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        pass  # the last when everything ends
    finally:
        writer.close()


class Traffic:
    def __init__(self, gateway, basic):
        self.gateway, self.made = gateway, collections.Counter()
        self.credentials = [f"Authorization: Bearer {gateway.token}", f"Cookie: {gateway.cookie}", basic,
                            f"Authorization: Bearer {gateway.token[:-1]}x", f"Authorization: Basic {base64.b64encode(b'nobody').decode()}"]
        self.token = self.credentials[0]

    def head(self, method, path, *lines, credential=None):
        return "\r\n".join([f"{method} /team/ray{path} HTTP/1.1", "Host: 127.0.0.1", credential or self.token, *lines, "", ""]).encode()

    async def read_answer(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                await reader.readexactly(int(line.split(b":")[1]))
        self.made[f"answered {head[9:12].decode()}"] += 1

    async def ask_often(self, reader, writer):
        credential = random.choice(self.credentials)
        for _ in range(50):
            writer.write(self.head("GET", "/api/version", credential=credential))
            await self.read_answer(reader)

    async def submit(self, reader, writer):
        writer.write(self.head("POST", "/api/jobs/", "Content-Type: application/json", f"Content-Length: {len(JOB)}") + JOB)
        await self.read_answer(reader)

    async def leave_in_head(self, reader, writer):
        writer.write(self.head("GET", "/api/version")[:-random.randint(1, 40)])
        await writer.drain()

    async def leave_in_body(self, reader, writer):
        writer.write(self.head("POST", "/api/jobs/", "Content-Type: application/json", "Content-Length: 5000") + JOB)
        await writer.drain()

    async def leave_in_answer(self, reader, writer):
        writer.write(self.head("GET", "/static/big.js"))
        await reader.readexactly(random.choice([1, 1000, 100000]))

    async def leave_at_once(self, reader, writer):
        writer.write(self.head("GET", "/api/jobs/"))
        await writer.drain()

    async def pipeline_and_leave(self, reader, writer):
        writer.write(self.head("GET", "/api/version") * 30)
        await self.read_answer(reader)

    async def leave_a_tail(self, reader, writer):
        writer.write(self.head("GET", "/api/jobs/job/logs/tail", WEBSOCKET.strip()))
        await reader.readuntil(b"\r\n\r\n")
        writer.write(mask(b"\x89\x01p"))
        await reader.readexactly(len(FRAME) * random.randint(0, 10))

    async def follow_a_tail(self, reader, writer):
        writer.write(self.head("GET", "/api/jobs/job/logs/tail", WEBSOCKET.strip()))
        await reader.readuntil(b"\x88\x02\x03\xe8")
        writer.write(mask(b"\x88\x02\x03\xe8"))
        await reader.read()

    async def one(self):
        kind = random.choice([self.ask_often, self.ask_often, self.submit, self.leave_in_head, self.leave_in_body, self.leave_in_answer,
                              self.leave_at_once, self.pipeline_and_leave, self.leave_a_tail, self.follow_a_tail])
        reader, writer = await asyncio.open_connection("127.0.0.1", self.gateway.port, limit=1 << 22)
        try:
            await asyncio.wait_for(kind(reader, writer), 30)
            self.made[kind.__name__] += 1
        except (OSError, TimeoutError, asyncio.TimeoutError, asyncio.IncompleteReadError):
            self.made[f"{kind.__name__} cut off"] += 1
        finally:
            if "leave" in kind.__name__:
                writer.transport.abort()
            writer.close()

    async def client(self, until):
        while time.monotonic() < until:
            await self.one()


async def watch(gateway, until, reload_every):
    """Resident bytes, every second; the configuration is reloaded meanwhile."""
    samples = []
    while time.monotonic() < until:
        await asyncio.sleep(1)
        samples.append(resident_bytes(gateway.pid))
        if len(samples) % reload_every == 0:
            os.kill(gateway.pid, signal.SIGHUP)
    return samples


async def drive(start_gateway, basic, port, seconds):
    server = await asyncio.start_server(answer_as_ray, "127.0.0.1", port)
    async with server:
        gateway = await asyncio.to_thread(start_gateway)
        traffic = Traffic(gateway, basic)
        until = time.monotonic() + seconds
        clients = [asyncio.create_task(traffic.client(until)) for _ in range(CLIENTS)]
        samples = await watch(gateway, until, reload_every=5)
        await asyncio.gather(*clients)
    return samples, traffic.made


def run(bench, seconds, workers):
    from proxies import free_port
    from raykeep_gateway import RaykeepGateway
    port = free_port()
    basic = "Authorization: " + bench.basic["Authorization"]
    start_gateway = functools.partial(RaykeepGateway, bench, dashboard_port=port, workers=workers)
    samples, made = asyncio.run(drive(start_gateway, basic, port, seconds))
    for kind, count in sorted(made.items()):
        print(f"{kind:<32}{count:>10,}")
    tenth = max(1, len(samples) // 10)
    for name, part in (("first", samples[:tenth]), ("second", samples[tenth:2 * tenth]), ("middle", samples[len(samples) // 2:][:tenth]), ("last", samples[-tenth:])):
        print(f"resident memory, {name} tenth: {sum(part) / len(part) / 1e6:.1f} MB")
    print(f"most: {max(samples) / 1e6:.1f} MB")
