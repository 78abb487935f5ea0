# SPDX-License-Identifier: Apache-2.0
"""Jobs of users who have nothing but a login, on a real Slurm, from one store of their lab."""

from __future__ import annotations

import tempfile
import time
import unittest
from pathlib import Path

from support.binary import Status
from support.building import need_sandbox
from support.case import SAMPLE_TAG, sample_layout
from support.registry import Registry
from support.slurm import Slurm
from support.users import User, Users


class SlurmUsersTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        need_sandbox()
        scratch = tempfile.TemporaryDirectory(prefix="aic-slurm-", ignore_cleanup_errors=True)
        cls.addClassCleanup(scratch.cleanup)
        cls.scratch = Path(scratch.name)
        cls.scratch.chmod(0o755)
        cls.users = Users(cls.scratch / "users")
        importer = cls.scratch / "aic-image-importer"
        importer.symlink_to(cls.users.program)
        cls.slurm = cls.enterClassContext(
            Slurm(cls.scratch / "slurm", importer=importer, users=cls.users))
        enroot = cls.scratch / "enroot"
        enroot.mkdir()
        (enroot / "enroot.conf").write_text(
            f"ENROOT_DATA_PATH {cls.slurm.directory}/data/${{SLURMD_NODENAME}}\n")
        cls.store = cls.scratch / "store"
        cls.alice, cls.bob = (cls.user(name) for name in ("alice", "bob"))
        cls.registry = cls.enterClassContext(Registry(cls.scratch / "registry"))
        result = cls.users.root(cls.store).run(
            "init", "--preset", "lab", "--group", "aiclab", "--trust", "group")
        assert result.status == Status.OK, result

    @classmethod
    def user(cls, name: str) -> User:
        user = cls.users.user(name, cls.store)
        user.environment.update(cls.slurm.variables)
        user.environment["ENROOT_SYSCONF_PATH"] = str(cls.scratch / "enroot")
        user.settings(f"[stage]\ndirectory = '{cls.slurm.local}'\n")
        return user

    def image(self, name: str) -> str:
        self.registry.push(sample_layout(), SAMPLE_TAG, f"lab/{name}:1")
        return f"{self.registry.address}#lab/{name}:1"

    def ask(self, user: User, script: str, *arguments: str) -> str:
        done = user.shell(f"set -e; {script}", *arguments)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def run_it(self, user: User, *arguments: str, status: int = 0) -> str:
        result = user.run(*arguments, prefix=("env", f"--chdir={user.home}"))
        self.assertEqual(result.status, status, result)
        return result.out

    def downloads(self, name: str) -> list[str]:
        return [path for method, path, status in self.registry.requests()
                if method == "GET" and f"/lab/{name}/blobs/" in path and status < 300]

    def test_srun_starts_both_users_from_one_image(self) -> None:
        image = self.image("both")
        srun = 'srun -Q -N2 --container-image="$1" sh -c "id -u; cat /etc/hostname"'
        first = self.ask(self.alice, srun, image).split()
        downloaded = self.downloads("both")
        self.assertEqual(first.count(str(self.alice.number)), 2, first)
        self.assertTrue(downloaded)
        self.assertEqual(len(downloaded), len(set(downloaded)))
        second = self.ask(self.bob, srun, image).split()
        self.assertEqual(second.count(str(self.bob.number)), 2, second)
        self.assertEqual(self.downloads("both"), downloaded)
        # Which are released when the step is over, and not before srun is.
        deadline = time.monotonic() + 30
        while list(self.store.glob("u/*/leases/*")) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(list(self.store.glob("u/*/leases/*")), [])
        self.assertEqual(
            [path.stat().st_uid for path in self.store.glob("u/*/images/*/*/*.sqsh")].count(
                self.bob.number), 0)

    def test_what_is_built_runs_and_is_submitted_and_is_a_colleagues_too(self) -> None:
        self.run_it(self.alice, "build", self.image("built"), "--env", "FROM=alice", "--name", "exp")
        self.assertEqual(self.run_it(self.alice, "run", "-q", "exp", "sh", "-c", "echo $(id -u) $FROM"),
                         f"{self.alice.number} alice\n")
        self.assertEqual(self.run_it(self.bob, "run", "-q", "alice/exp", "sh", "-c", "echo $(id -u) $FROM"),
                         f"{self.bob.number} alice\n")
        (self.alice.home / "job.sh").write_text("#!/bin/sh\necho $(id -u) $FROM\n")
        job = self.run_it(self.alice, "batch", "exp", "job.sh").strip()
        self.slurm.wait_for(job)
        output = self.alice.home / f"slurm-{job}.out"
        self.assertEqual(output.read_text(), f"{self.alice.number} alice\n")
        self.assertEqual(output.stat().st_uid, self.alice.number)

    def test_what_a_program_changes_is_kept_and_another_users_is_not_touched(self) -> None:
        self.run_it(self.alice, "build", self.image("kept"), "--env", "A=1", "--name", "kept")
        self.run_it(self.alice, "run", "--keep", "kept", "sh", "-c", "echo changed > /opt/changed")
        # As every image that was a container: keys may lie in it.
        self.run_it(self.bob, "run", "-q", "alice/kept", "cat", "/opt/changed", status=Status.DENIED)
        self.run_it(self.alice, "share", "kept")
        self.assertEqual(self.run_it(self.bob, "run", "-q", "alice/kept", "cat", "/opt/changed"), "changed\n")
        self.run_it(self.bob, "run", "--keep", "alice/kept", "true", status=Status.USAGE)

    def test_the_cluster_works_for_a_user_and_keeps_copies_on_its_disks(self) -> None:
        reference = self.image("worked")
        path = Path(self.run_it(self.alice, "pull", "--on-cluster", reference).strip())
        self.assertEqual(path.stat().st_uid, self.alice.number)
        self.run_it(self.alice, "stage", reference, "-w", "n1,n2")
        seen = self.ask(self.alice, 'srun -Q -w n1 ls -R "$1"', str(self.slurm.local))
        self.assertIn(".sqsh", seen)
        out = self.ask(self.alice, 'srun -Q -w n1 --container-image="$1" id -u', reference)
        self.assertEqual(out, f"{self.alice.number}\n")


if __name__ == "__main__":
    unittest.main()
