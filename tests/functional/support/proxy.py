# SPDX-License-Identifier: Apache-2.0
"""A relay before a loopback server: counts what it hands on, slows each connection, cuts."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType

CHUNK = 64 << 10


class Proxy:
    """Runs from `with` to the end of the block. `received` counts bytes to clients."""

    def __init__(self, target: str, bytes_per_second: float) -> None:
        host, port = target.rsplit(":", 1)
        self.target = host, int(port)
        self.bytes_per_second = bytes_per_second
        self.connections = 0
        self.received = 0
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """End all connections as they are."""
        with self._lock:
            sockets, self._sockets = self._sockets, []
        for each in sockets:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended already
            each.close()

    def wait_for(self, count: int, seconds: float = 60) -> None:
        """Until so many bytes have been handed on."""
        end = time.monotonic() + seconds
        while self.received < count:
            if time.monotonic() > end:
                raise AssertionError(f"only {self.received} of {count} bytes after {seconds} s")
            time.sleep(0.005)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self.target)
            except OSError:
                return
            with self._lock:
                self._sockets += [client, server]
                self.connections += 1
            for ends in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._relay, args=ends, daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        try:
            while data := source.recv(CHUNK):
                if is_answer:
                    time.sleep(len(data) / self.bytes_per_second)
                    with self._lock:
                        self.received += len(data)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side has gone
