# SPDX-License-Identifier: Apache-2.0
"""Debian's docker-registry that lets only one user in: by htpasswd, or by tokens."""

from __future__ import annotations

import base64
import crypt
import datetime
import http.server
import json
import shutil
import socket
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from types import TracebackType

SERVICE = "aic-test"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LockedRegistry:
    """Serves what an open registry stored in `data`; `auth` is the section of its settings."""

    def __init__(self, directory: Path, data: Path, auth: dict[str, dict[str, str]]) -> None:
        if shutil.which("docker-registry") is None:
            raise unittest.SkipTest("needs docker-registry, which is not installed")
        self.directory = directory
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        directory.mkdir()
        settings = {
            "version": "0.1",
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(data)}},
            "http": {"addr": self.address},
            "auth": auth,
        }
        (directory / "config.yml").write_text(json.dumps(settings))  # JSON is YAML

    def __enter__(self) -> LockedRegistry:
        with (self.directory / "log").open("wb") as log:
            self.process = subprocess.Popen(
                ["docker-registry", "serve", self.directory / "config.yml"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        deadline = time.monotonic() + 20
        while not self._answers():
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise AssertionError((self.directory / "log").read_text(errors="replace"))
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://{self.address}/v2/", timeout=5).close()
        except urllib.error.HTTPError as error:
            return error.code == 401
        except OSError:
            return False
        return True


def htpasswd(directory: Path, user: str, password: str) -> dict[str, dict[str, str]]:
    """The settings for one user with a password."""
    path = directory / "htpasswd"
    digest = crypt.crypt(password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))
    path.write_text(f"{user}:{digest}\n")
    return {"htpasswd": {"realm": "test", "path": str(path)}}


class TokenServer:
    """Hands out signed tokens to one user, and refuses others."""

    def __init__(self, directory: Path, user: str, password: str) -> None:
        if shutil.which("openssl") is None:
            raise unittest.SkipTest("needs openssl, which is not installed")
        self.key = directory / "token.key"
        self.certificate = directory / "token.crt"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", "/CN=aic-test", "-keyout", self.key, "-out", self.certificate],
            check=True, capture_output=True,
        )
        self.identity_token: str | None = None
        self.expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.paths: list[str] = []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                owner.paths.append(self.path)
                if self.headers.get("Authorization") != owner.expected:
                    self._send(401, {"details": "incorrect username or password"})
                    return
                query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
                self._send(200, {"token": owner.token(query.get("scope", [""])[0]),
                                 "expires_in": 300})

            def do_POST(self) -> None:
                owner.paths.append(self.path)
                length = int(self.headers.get("Content-Length", "0"))
                form = urllib.parse.parse_qs(self.rfile.read(length).decode())
                if form.get("grant_type") != ["refresh_token"] or form.get("refresh_token") != [
                    owner.identity_token
                ]:
                    self._send(400, {"error": "invalid_grant"})
                    return
                self._send(200, {"access_token": owner.token(form.get("scope", [""])[0]),
                                 "expires_in": 300})

            def _send(self, status: int, document: dict[str, object]) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> TokenServer:
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def settings(self) -> dict[str, dict[str, str]]:
        """What the registry needs to trust the tokens."""
        return {"token": {
            "realm": f"http://127.0.0.1:{self.server.server_address[1]}/token",
            "service": SERVICE, "issuer": SERVICE, "rootcertbundle": str(self.certificate),
        }}

    def token(self, scope: str) -> str:
        access = []
        if scope:
            kind, name, actions = scope.split(":")
            access.append({"type": kind, "name": name, "actions": actions.split(",")})
        now = int(datetime.datetime.now(datetime.timezone.utc).timestamp())
        der = subprocess.run(
            ["openssl", "x509", "-in", self.certificate, "-outform", "DER"],
            check=True, capture_output=True,
        ).stdout
        header = {"typ": "JWT", "alg": "RS256", "x5c": [base64.b64encode(der).decode()]}
        claims = {"iss": SERVICE, "sub": "me", "aud": SERVICE, "exp": now + 300, "nbf": now - 60,
                  "iat": now, "jti": str(time.monotonic_ns()), "access": access}
        signed = ".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(), check=True,
            capture_output=True,
        ).stdout
        return f"{signed}.{_base64url(signature)}"


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
