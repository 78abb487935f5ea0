# SPDX-License-Identifier: Apache-2.0
"""Debian's docker-registry on a free loopback port."""

from __future__ import annotations

import re
import shutil
import subprocess
import unittest
from pathlib import Path
from types import TracebackType

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "sample-registry"
REQUEST = re.compile(r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[0-9.]+" (?P<status>\d+)')


class Registry:
    """Runs from `with` to the end of the block."""

    def __init__(self, directory: Path) -> None:
        for program in ("docker-registry", "skopeo", "curl"):
            if shutil.which(program) is None:
                raise unittest.SkipTest(f"needs {program}, which is not installed")
        self.directory = directory
        self.address = ""

    def __enter__(self) -> Registry:
        self.address = self._script("start", self.directory).strip()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._script("stop", self.directory)

    def push(self, layout: Path, tag: str, name: str) -> None:
        """Copy an image of an OCI layout to `name`, such as lab/debian:12."""
        self._script("push", self.directory, f"{layout}:{tag}", name)

    def push_as(self, layout: Path, tag: str, name: str, manifest_format: str) -> None:
        """The same with the manifest converted: v2s2 is Docker's, oci is OCI's."""
        subprocess.run(
            ["skopeo", "--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false",
             "--format", manifest_format, f"oci:{layout}:{tag}", f"docker://{self.address}/{name}"],
            check=True,
        )

    def requests(self) -> list[tuple[str, str, int]]:
        """Method, path and status of every request so far."""
        log = (self.directory / "log").read_text(errors="replace")
        return [
            (match["method"], match["path"], int(match["status"]))
            for match in REQUEST.finditer(log)
        ]

    def _script(self, verb: str, *arguments: str | Path) -> str:
        # The log and not a pipe takes stderr: the registry would keep a pipe open.
        with (self.directory.parent / "registry-script.log").open("ab") as log:
            return subprocess.run(
                [SCRIPT, verb, *arguments], check=True, stdout=subprocess.PIPE, stderr=log,
                text=True, timeout=120,
            ).stdout
