# SPDX-License-Identifier: Apache-2.0
"""The relocatable directory of scripts/package: on this machine, moved about, and in a root that has
none of the libraries that the program needs, not even the C library."""

from __future__ import annotations

import os
import shutil
import subprocess
import unittest
from pathlib import Path

from support import mounts
from support.binary import AicImage
from support.building import need_sandbox
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout, sample_reference

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["AIC_BUILD_DIR"])


class PackageTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        self.package = self.scratch / "lab/aic-image"
        self.make()

    def make(self) -> None:
        subprocess.run([SOURCE / "scripts/package", self.package, BUILD], check=True,
                       capture_output=True)

    @property
    def program(self) -> Path:
        return self.package / "bin/aic-image"

    def test_it_does_the_work_wherever_it_lies(self) -> None:
        need_sandbox()
        moved = self.scratch / "else where"
        shutil.move(self.package, moved)
        program = moved / "bin/aic-image"
        project = self.scratch / "project"
        project.mkdir()
        (project / "setup.sh").write_text("#!/bin/sh\necho made > /opt/made\n")
        there = ("env", f"--chdir={project}")
        built = self.aic.run("build", sample_reference(), "-s", "setup.sh", executable=program,
                             prefix=there)
        self.assertEqual(built.status, 0, built)
        shown = self.aic.run("run", "--here", "-q", "cat", "/opt/made", executable=program,
                             prefix=there)
        self.assertEqual((shown.status, shown.out), (0, "made\n"), shown)
        self.assertEqual(self.aic.run("path", "project", executable=moved / "bin/aic-image").out,
                         built.out)
        script = self.aic.run("get", "docker://aic:project", executable=moved / "bin/aic-image-importer")
        self.assertEqual(script.out, built.out, script)

    def test_a_newer_one_takes_its_place_and_nothing_else_does(self) -> None:
        (self.package / "old").touch()
        self.make()
        self.assertFalse((self.package / "old").exists())
        self.make()
        self.assertEqual(sorted(path.name for path in self.package.parent.iterdir()),
                         ["aic-image", "aic-image.previous"])
        other = self.scratch / "other"
        other.mkdir()
        refused = subprocess.run([SOURCE / "scripts/package", other, BUILD], capture_output=True,
                                 text=True, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("no package of aic-image", refused.stderr)

    def test_a_root_without_a_c_library_is_enough(self) -> None:
        mounts.need_root()
        root = self.scratch / "root"
        for name in ("proc", "tmp", "etc", "layout", "data"):
            (root / name).mkdir(parents=True)
        (root / "etc/passwd").write_text("root:x:0:0::/tmp:/bin/sh\n")
        shutil.copytree(sample_layout(), root / "layout", dirs_exist_ok=True)
        shutil.copytree(self.package, root / "data/aic-image", symlinks=True)
        subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
        self.addCleanup(subprocess.run, ["umount", root / "proc"], check=True)
        aic = AicImage(Path("/tmp"), store=Path("/tmp/store"))
        aic.environment["PATH"] = "/nowhere"
        line = ["chroot", str(root), "/data/aic-image/bin/aic-image"]

        def run(*words: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run([shutil.which("chroot"), *line[1:], *words], env=aic.environment,
                                  capture_output=True, text=True, check=False, timeout=120)

        pulled = run("pull", f"oci:/layout:{SAMPLE_TAG}")
        self.assertEqual(pulled.returncode, 0, pulled)
        shown = run("cat", f"oci:/layout:{SAMPLE_TAG}", "/etc/debian_version")
        self.assertRegex(shown.stdout, r"^12", shown)


if __name__ == "__main__":
    unittest.main()
