# SPDX-License-Identifier: Apache-2.0
"""A relay before a loopback server, whose connections share so many bytes a second."""

from __future__ import annotations

import socket
import threading
import time

CHUNK = 256 << 10


class Link:
    """Runs from `with` to the end of the block."""

    def __init__(self, target: str, bytes_per_second: float) -> None:
        host, port = target.rsplit(":", 1)
        self._target = host, int(port)
        self._bytes_per_second = bytes_per_second
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Link:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            for ends in ((client, server, False), (server, client, True)):
                threading.Thread(target=self._relay, args=ends, daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        try:
            while data := source.recv(CHUNK):
                if is_answer:
                    self._wait_for(len(data))
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one side has gone

    def _wait_for(self, count: int) -> None:
        """Until the link has room for so many bytes more."""
        with self._lock:
            begin = max(self._free_at, time.monotonic())
            self._free_at = begin + count / self._bytes_per_second
            end = self._free_at
        time.sleep(max(0.0, end - time.monotonic()))
