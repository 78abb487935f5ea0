# SPDX-License-Identifier: Apache-2.0
"""An authority of our own, and certificates that it signs."""

from __future__ import annotations

import shutil
import subprocess
import unittest
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    file: Path
    key: Path


class Authority:
    """Makes its files in `directory`."""

    def __init__(self, directory: Path) -> None:
        if shutil.which("openssl") is None:
            raise unittest.SkipTest("needs openssl, which is not installed")
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.own = self._request("ca", "-subj", "/CN=aic-test authority")

    @property
    def file(self) -> Path:
        return self.own.file

    def issue(self, name: str, kind: str = "server") -> Certificate:
        """A certificate for a host or, of the kind "client", for a user."""
        return self._request(
            kind, "-subj", f"/CN={name}", "-CA", str(self.own.file), "-CAkey", str(self.own.key),
            "-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=CA:FALSE",
        )

    def _request(self, file: str, *options: str) -> Certificate:
        made = Certificate(self.directory / f"{file}.crt", self.directory / f"{file}.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-keyout", made.key, "-out", made.file, *options],
            check=True, capture_output=True,
        )
        return made
