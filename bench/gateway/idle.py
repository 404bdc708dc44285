# SPDX-License-Identifier: Apache-2.0
"""Memory of the gateway while many connections that have asked once wait for their next request."""
import resource
import socket
import ssl
import struct

from measure import resident_bytes

MARGIN = 200  # descriptors for everything else


def allow_files(count):
    """For this process and the gateway it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + MARGIN
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(f"--idle {count} needs {wanted} open files, and the limit is {hard} (ulimit -n)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def connect(port, context):
    plain = socket.create_connection(("127.0.0.1", port), timeout=20)
    return context.wrap_socket(plain) if context else plain


def ask(connection, request):
    connection.sendall(request)
    answer = connection.recv(4096)
    while answer and not answer.endswith(b"}"):
        answer += connection.recv(4096)
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"answered {answer[:200]!r}")


def measure(gateway, count):
    """Resident bytes before and with `count` connections."""
    context = None
    if gateway.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = (f"GET /team/ray/api/version HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {gateway.token}\r\n\r\n").encode()
    before = resident_bytes(gateway.pid)
    held = []
    try:
        for _ in range(count):
            held.append(connect(gateway.port, context))
            ask(held[-1], request)
        ask(held[0], request)  # the first still waits for a request
        return before, resident_bytes(gateway.pid)
    finally:
        for connection in held:
            # By a reset: so many ports in TIME_WAIT would be missing from the next measurement.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()


def run(bench, count):
    from raykeep_gateway import RaykeepGateway
    for tls in (False, True):
        gateway = RaykeepGateway(bench, tls=tls)
        before, after = measure(gateway, count)
        kind = "TLS" if tls else "plain"
        print(f"{count} idle {kind} connections: {after / 1e6:.0f} MB resident, {(after - before) / count / 1024:.1f} KiB each, {before / 1e6:.0f} MB before")
