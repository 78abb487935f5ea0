# SPDX-License-Identifier: Apache-2.0
"""The relocatable directory of scripts/package: on this machine, moved about, and in roots of
other releases: with an older C library, with a newer one, and with none at all."""

from __future__ import annotations

import os
import shutil
import subprocess
import unittest
import urllib.request
from pathlib import Path

from support import mounts
from support.binary import AicImage
from support.building import need_sandbox
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout, sample_reference

SOURCE = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ["AIC_BUILD_DIR"])


def root_of_release(release: str, root: Path) -> None:
    """Of Debian, with little more than a C library and a name service."""
    if shutil.which("mmdebstrap") is None:
        raise unittest.SkipTest("needs mmdebstrap, which is not installed")
    places = subprocess.run(["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)"],
                            capture_output=True, text=True, check=True).stdout.split("\n")
    mirror = next((line.split()[1] for line in places if line.startswith("bookworm ")), None)
    if mirror is None:
        raise unittest.SkipTest("needs a mirror of Debian in apt's sources")
    try:
        with urllib.request.urlopen(f"{mirror.rstrip('/')}/dists/{release}/Release", timeout=30):
            pass
    except OSError as error:
        raise unittest.SkipTest(f"needs a mirror that has {release}: {error}") from error
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=extract", "--include=libc6,libnss-extrausers,base-files",
         "--keyring=/usr/share/keyrings/debian-archive-keyring.gpg", release, root,
         '--aptopt=Acquire::Retries "5"', f"deb {mirror} {release} main"],
        timeout=300, check=True)


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
        login = self.aic.run("--help", executable=moved / "bin/nvcrlogin")
        self.assertIn("aic-image login nvcr.io", login.out, login)
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

    def prepare(self, root: Path) -> None:
        for name in ("proc", "tmp", "etc", "layout", "data"):
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "etc/passwd").write_text("root:x:0:0::/tmp:/bin/sh\n")
        shutil.copytree(sample_layout(), root / "layout", dirs_exist_ok=True)
        subprocess.run(["chmod", "-R", "a+rX", root / "layout"], check=True)
        shutil.copytree(self.package, root / "data/aic-image", symlinks=True)
        subprocess.run(["mount", "-t", "proc", "proc", root / "proc"], check=True)
        self.addCleanup(subprocess.run, ["umount", root / "proc"], check=True)

    def run_in(self, root: Path, *words: str, user: int = 0) -> str:
        aic = AicImage(Path("/tmp"), store=Path("/tmp/store"), spool=Path(f"/tmp/spool{user}"))
        aic.environment["PATH"] = "/nowhere"
        done = subprocess.run(
            [shutil.which("chroot"), f"--userspec={user}:{user}", root,
             "/data/aic-image/bin/aic-image", *words],
            env=aic.environment, capture_output=True, text=True, check=False, timeout=120)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def test_a_root_without_a_c_library_is_enough(self) -> None:
        mounts.need_root()
        root = self.scratch / "root"
        self.prepare(root)
        self.run_in(root, "pull", f"oci:/layout:{SAMPLE_TAG}")
        self.assertRegex(self.run_in(root, "cat", f"oci:/layout:{SAMPLE_TAG}", "/etc/debian_version"), "^12")

    def test_other_releases_and_their_name_services_will_do(self) -> None:
        """Users and groups that a module of the machine's own C library tells of, as with sssd."""
        mounts.need_root()
        for release in ("bullseye", "trixie"):
            with self.subTest(release):
                root = self.scratch / release
                root_of_release(release, root)
                self.prepare(root)
                (root / "etc/nsswitch.conf").write_text("passwd: files extrausers\ngroup: files extrausers\n")
                known = root / "var/lib/extrausers"
                known.mkdir(parents=True, exist_ok=True)
                (known / "passwd").write_text("dave:x:7001:7001::/tmp:/bin/sh\n")
                (known / "group").write_text("ourlab:x:7001:dave\n")
                (root / "tmp").chmod(0o1777)
                self.run_in(root, "init", "--preset", "lab", "--group", "ourlab")
                self.assertEqual((root / "tmp/store").stat().st_gid, 7001)
                self.run_in(root, "pull", f"oci:/layout:{SAMPLE_TAG}", "--name", "exp", user=7001)
                self.assertIn("dave", self.run_in(root, "stats"))


if __name__ == "__main__":
    unittest.main()
