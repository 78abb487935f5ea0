# SPDX-License-Identifier: Apache-2.0
"""An HTTP proxy of a site: opens connections for its clients (CONNECT), or refuses to."""

from __future__ import annotations

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


class ConnectProxy:
    """Runs from `with` to the end of the block. `asked` holds each "host:port" that was wanted."""

    def __init__(self, refuses_with: int | None = None) -> None:
        proxy = self
        self.asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_CONNECT(self) -> None:
                proxy.asked.append(self.path)
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
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.address}"

    def __enter__(self) -> ConnectProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _hand_on(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # either side has ended
