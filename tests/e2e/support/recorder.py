# SPDX-License-Identifier: Apache-2.0
"""An upstream that writes down every byte it gets and answers what a test tells it to."""
import re
import socket
import threading

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
# What a job looks like to the gateway that asks who submitted it.
PROBE = re.compile(rb"^GET /api/version HTTP/1\.1\r\n(?:.*\r\n)*?User-Agent: raykeep\r\n")
VERSION = (b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 24\r\n\r\n'
           b'{"ray_version":"2.60.0"}')


class Recorder:
    """`answer` may be bytes, or a function of (request bytes, socket) that gives bytes, or None when it answered itself.

    The gateway's own look at the cluster's version is answered and not recorded.
    """

    def __init__(self):
        self.answer = OK
        self._lock = threading.Lock()
        self._requests: list[tuple[int, bytes]] = []  # with the number of the connection
        self._connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
                self._connections += 1
            threading.Thread(target=self._serve, args=(connection, self._connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int):
        received = b""
        try:
            while True:
                while b"\r\n\r\n" not in received:
                    piece = connection.recv(65536)
                    if not piece:
                        return
                    received += piece
                request, received = self._take(received, connection)
                if PROBE.match(request):
                    connection.sendall(VERSION)
                    continue
                with self._lock:
                    self._requests.append((number, request))
                answer = self.answer(request, connection) if callable(self.answer) else self.answer
                if answer:
                    connection.sendall(answer)
        except OSError:
            pass
        finally:
            with self._lock:
                self._open.discard(connection)
                rest = received
                if rest:
                    self._requests.append((number, rest))
            connection.close()

    @staticmethod
    def _take(received: bytes, connection: socket.socket) -> tuple[bytes, bytes]:
        """One whole request off what was received: head and a body by Content-Length or chunks."""
        head, _, rest = received.partition(b"\r\n\r\n")
        head += b"\r\n\r\n"
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        chunked = re.search(rb"(?im)^transfer-encoding: *chunked", head)

        def enough() -> int | None:
            if chunked:
                end = rest.find(b"0\r\n\r\n")
                return None if end < 0 else end + 5
            wanted = int(length[1]) if length else 0
            return wanted if len(rest) >= wanted else None

        while (size := enough()) is None:
            piece = connection.recv(65536)
            if not piece:
                raise ConnectionError
            rest += piece
        return head + rest[:size], rest[size:]

    @property
    def requests(self) -> list[bytes]:
        with self._lock:
            return [request for _, request in self._requests]

    @property
    def used_connections(self) -> list[int]:
        """The connections that carried the requests, in their order."""
        with self._lock:
            return [number for number, _ in self._requests]

    def reset(self):
        with self._lock:
            self._requests.clear()
        self.answer = OK

    def drop_connections(self):
        with self._lock:
            held = list(self._open)
        for connection in held:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self._listener.close()
        self.drop_connections()
