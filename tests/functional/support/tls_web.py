# SPDX-License-Identifier: Apache-2.0
"""A small web server behind TLS that knows who was shown to it."""

from __future__ import annotations

import http.server
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from support.certificates import Certificate


@dataclass(frozen=True)
class Visit:
    path: str
    user: str | None  # the name in the client's certificate
    authorization: str | None


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes = b""


class TlsWeb:
    """Runs from `with` to the end of the block; asks clients for a certificate of `authority`."""

    def __init__(
        self, name: str, certificate: Certificate, authority: Path,
        answer: Callable[[str, Visit], Reply], required: bool = False,
    ) -> None:
        self.visits: list[Visit] = []
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(authority))
        context.load_cert_chain(certificate.file, certificate.key)
        context.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                self.request.settimeout(30)
                self.request.do_handshake()
                super().setup()

            def do_GET(self) -> None:
                peer = self.request.getpeercert() or {}
                names = [value for part in peer.get("subject", ()) for _, value in part]
                visit = Visit(self.path, names[0] if names else None,
                              self.headers.get("Authorization"))
                owner.visits.append(visit)
                reply = answer(self.command, visit)
                self.send_response(reply.status)
                for header, value in reply.headers.items():
                    self.send_header(header, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(reply.body)

            do_HEAD = do_GET

            def log_message(self, *arguments: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def get_request(self) -> tuple[socket.socket, object]:
                connection, address = self.socket.accept()
                return context.wrap_socket(
                    connection, server_side=True, do_handshake_on_connect=False
                ), address

            def handle_error(self, *arguments: object) -> None:
                pass  # a client that was refused

        self._server = Server((socket.gethostbyname(name), 0), Handler)
        self.address = f"{name}:{self._server.server_address[1]}"

    def __enter__(self) -> TlsWeb:
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
