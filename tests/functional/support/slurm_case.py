# SPDX-License-Identifier: Apache-2.0
"""A test class with a cluster of its own, for which aic-image is the importer."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from support.binary import AicImage, Result, program
from support.slurm import Slurm


class SlurmTest(unittest.TestCase):
    containers = True
    has_importer = False

    @classmethod
    def setUpClass(cls) -> None:
        scratch = tempfile.TemporaryDirectory(prefix="aic-slurm-", ignore_cleanup_errors=True)
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = Path(scratch.name)
        cls.scratch.chmod(0o755)
        importer = cls.scratch / "aic-image-importer"
        importer.symlink_to(program())
        cls.slurm = cls.enterClassContext(Slurm(
            cls.scratch / "slurm", containers=cls.containers,
            importer=importer if cls.has_importer else None))
        cls.aic = AicImage(cls.scratch)
        cls.aic.environment.update(cls.slurm.variables)
        # Each node keeps containers on its own disk.
        enroot = cls.scratch / "enroot"
        enroot.mkdir()
        (enroot / "enroot.conf").write_text(
            f"ENROOT_DATA_PATH {cls.slurm.directory}/data/${{SLURMD_NODENAME}}\n")
        cls.aic.environment["ENROOT_SYSCONF_PATH"] = str(enroot)
        settings = cls.scratch / ".config/aic-image/config.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(f"[stage]\ndirectory = '{cls.slurm.local}'\n"
                            "[on_cluster]\noptions = '--cpus-per-task=2 --time=10:00'\n")
        cls.project = cls.scratch / "exp"
        cls.project.mkdir()

    @property
    def there(self) -> tuple[str, ...]:
        return ("env", f"--chdir={self.project}")

    def run_it(self, *arguments: str | Path, status: int = 0, variables: tuple[str, ...] = ()) -> Result:
        result = self.aic.run(*arguments, prefix=(*self.there, *variables))
        self.assertEqual(result.status, status, result)
        return result

    def start(self, *command: str) -> subprocess.Popen:
        return subprocess.Popen(command, cwd=self.project, env={**os.environ, **self.aic.environment},
                                text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def until(self, is_so: Callable[[], object], what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            self.assertLess(time.monotonic(), deadline, f"{what}: not within {seconds} s")
            time.sleep(0.05)
