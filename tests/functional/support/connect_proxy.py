# SPDX-License-Identifier: Apache-2.0
"""An HTTP proxy of a site: opens connections for its clients (CONNECT), or refuses to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class ConnectProxy(NamedTuple):
    url: str
    asked: list[str]  # each "host:port" that was wanted


@contextlib.contextmanager
def connect_proxy(refuses_with: int | None = None) -> Iterator[ConnectProxy]:
    """Runs the proxy during the block."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            asked.append(self.path)
            if refuses_with:
                return self.send_error(refuses_with)
            host, port = self.path.rsplit(":", 1)
            with socket.create_connection((host, int(port)), timeout=60) as server:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_hand_on, args=(server, self.connection))
                back.start()
                _hand_on(self.connection, server)
                back.join()

        def log_message(self, *_: object) -> None:
            """Say nothing among the tests' lines."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield ConnectProxy(f"http://127.0.0.1:{server.server_port}", asked)
        finally:
            server.shutdown()


def _hand_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # either side has ended
