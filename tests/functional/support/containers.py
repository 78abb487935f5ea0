# SPDX-License-Identifier: Apache-2.0
"""Images that podman and buildah make, as people have them who use neither Docker nor umoci."""

from __future__ import annotations

import os
import shutil
import subprocess
import unittest
from pathlib import Path


class Containers:
    """The two programs with a storage of their own below `directory`."""

    def __init__(self, directory: Path) -> None:
        for program in ("buildah", "podman"):
            if shutil.which(program) is None:
                raise unittest.SkipTest(f"needs {program}, which is not installed")
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root: buildah's storage wants owners of its own")
        self._directory = directory
        self._where = (
            "--root", str(directory / "root"), "--runroot", str(directory / "run"),
            "--storage-driver", "vfs",
        )

    def storage_conf(self) -> Path:
        """For whom CONTAINERS_STORAGE_CONF tells where the storage is."""
        file = self._directory / "storage.conf"
        file.write_text(f'''[storage]
driver = "vfs"
graphroot = "{self._directory / "root"}"
runroot = "{self._directory / "run"}"
''')
        return file

    def build(self, name: str, layers: list[Path], manifest_format: str) -> str:
        """An image of these directories, one over the other; its name in the storage."""
        base = "scratch"
        for layer in layers:
            container = self.buildah("from", base)
            self.buildah("copy", "-q", container, layer, "/")
            self.buildah("commit", "-q", "--rm", "--format", manifest_format, container, name)
            base = f"localhost/{name}"
        return base

    def buildah(self, *words: str | Path) -> str:
        return self._run("buildah", *words)

    def podman(self, *words: str | Path) -> str:
        return self._run("podman", *words)

    def _run(self, program: str, *words: str | Path) -> str:
        outcome = subprocess.run(
            [program, *self._where, *words], capture_output=True, text=True, timeout=120, check=False
        )
        if outcome.returncode != 0:
            raise AssertionError(f"{program} {words}: {outcome.stderr}")
        return outcome.stdout.strip()
