# SPDX-License-Identifier: Apache-2.0
"""Debian's docker-registry behind TLS, with a certificate that an authority of our own signed."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import unittest
from pathlib import Path
from types import TracebackType

from support.certificates import Authority
from support.locked_registry import free_port


def own_name() -> str:
    """A name of this machine that is no name of loopback: that would be asked without TLS."""
    name = socket.gethostname()
    try:
        address = socket.gethostbyname(name)
        with socket.socket() as probe:
            probe.bind((address, 0))
    except OSError as error:
        raise unittest.SkipTest(f"needs a name of this machine that resolves: {error}") from error
    if name.startswith("localhost"):
        raise unittest.SkipTest("needs a name of this machine other than localhost")
    return name


class TlsRegistry:
    """Serves what an open registry stored in `data`, until the end of the block; with
    `demands_clients` only to who shows a certificate of the same authority."""

    def __init__(self, directory: Path, data: Path, demands_clients: bool = False) -> None:
        if shutil.which("docker-registry") is None:
            raise unittest.SkipTest("needs docker-registry, which is not installed")
        self.directory = directory
        self.name = own_name()
        self.address = f"{self.name}:{free_port()}"
        self.authority = Authority(directory)
        certificate = self.authority.issue(self.name)
        tls: dict[str, object] = {"certificate": str(certificate.file), "key": str(certificate.key)}
        if demands_clients:
            tls["clientcas"] = [str(self.authority.file)]
        settings = {
            "version": "0.1",
            "log": {"level": "warn"},
            "storage": {"filesystem": {"rootdirectory": str(data)}},
            "http": {"addr": self.address, "tls": tls},
        }
        (directory / "config.yml").write_text(json.dumps(settings))  # JSON is YAML

    def __enter__(self) -> TlsRegistry:
        with (self.directory / "log").open("wb") as log:
            self.process = subprocess.Popen(
                ["docker-registry", "serve", self.directory / "config.yml"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )
        host, port = self.address.split(":")
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection((host, int(port)), timeout=5).close()
                return self
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    log_text = (self.directory / "log").read_text(errors="replace")
                    raise AssertionError(log_text) from None
                time.sleep(0.05)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
