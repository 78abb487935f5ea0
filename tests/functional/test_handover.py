# SPDX-License-Identifier: Apache-2.0
"""The whole way from srun to a program in a container, with a real Slurm and aic-image as pyxis'
importer. Where pyxis is not installed, support/spank_containers.c does what it does."""

from __future__ import annotations

import os
import signal
import subprocess
import unittest
from pathlib import Path

from support.case import sample_layout
from support.proxy import Proxy
from support.registry import Registry
from support.sample import SAMPLE_TAG
from support.slurm_case import SlurmTest

JOBS = 30
SLOW, FAST = 4e6, 1e9


class HandOverTest(SlurmTest):
    has_importer = True

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.registry = cls.enterClassContext(Registry(cls.scratch / "registry"))
        cls.proxy = cls.enterClassContext(Proxy(cls.registry.address, FAST))

    def new_image(self, name: str) -> str:
        """One that the store has not: the layers are those of the others, so that goes too."""
        self.registry.push(sample_layout(), SAMPLE_TAG, f"lab/{name}:1")
        self.aic.environment["AIC_IMAGE_ROOT"] = str(self.scratch / f"store-{name}")
        self.aic.environment["AIC_IMAGE_SPOOL"] = str(self.scratch / f"spool-{name}")
        self.proxy.received = 0
        return f"{self.proxy.address}#lab/{name}:1"

    @property
    def own(self) -> Path:
        return Path(self.aic.environment["AIC_IMAGE_ROOT"]) / "u" / str(os.getuid())

    def leases(self) -> list[Path]:
        return sorted(self.own.glob("leases/*"))

    def srun(self, image: str, *command: str,
             options: tuple[str, ...] = ()) -> subprocess.Popen:
        return self.start("srun", "-Q", *options, f"--container-image={image}", *command)

    def end(self, step: subprocess.Popen) -> tuple[str, str]:
        out, error = step.communicate(timeout=120)
        self.assertEqual(step.returncode, 0, (out, error))
        return out, error

    @staticmethod
    def end_in_vain(step: subprocess.Popen) -> str:
        """What is said where no task is started; of srun's status Slurm's versions differ."""
        out, error = step.communicate(timeout=120)
        assert not out, (out, error)
        return error

    def test_thirty_jobs_at_once_download_once(self) -> None:
        image = self.new_image("thirty")
        self.proxy.bytes_per_second = 50e6
        steps = [self.srun(image, "cat", "/etc/hostname", "/etc/os-release",
                           options=("-w", f"n{1 + number % 2}")) for number in range(JOBS)]
        outputs = [self.end(step)[0] for step in steps]
        self.assertTrue(all("Debian" in out for out in outputs))
        gets = [path for method, path, status in self.registry.requests()
                if method == "GET" and "/lab/thirty/blobs/" in path and status < 300]
        self.assertEqual(len(gets), len(set(gets)), gets)
        self.until(lambda: not self.leases(), "every step released")
        self.assertEqual(len(list(self.own.glob("images/*/*/*.sqsh"))), 1)

    def test_a_name_runs_on_both_nodes(self) -> None:
        image = self.new_image("named")
        self.run_it("build", image, "--env", "FROM=image", "--name", "exp")
        out, _ = self.end(self.srun("aic:exp", "sh", "-c", "echo $SLURMD_NODENAME $FROM",
                                    options=("-N2",)))
        self.assertEqual(sorted(out.split()), ["image", "image", "n1", "n2"])
        # Our own commands say the name and which image it was, which a node may have nearer.
        said = self.run_it("run", "-q", "exp", "sh", "-c", "echo $SAID_0").out
        self.assertRegex(said, r"^docker://aic:root/exp@[0-9a-f]{12}$")
        (self.project / "job.sh").write_text("#!/bin/sh\necho $SAID_0 $FROM\n")
        job = self.run_it("batch", "exp", "job.sh").out.strip()
        self.slurm.wait_for(job)
        self.assertRegex((self.project / f"slurm-{job}.out").read_text(),
                         r"^docker://aic:root/exp@[0-9a-f]{12} image$")

    def test_a_mistake_is_explained_by_srun(self) -> None:
        self.new_image("none")
        error = self.end_in_vain(self.srun("aic:nobodys", "echo", "ran"))
        self.assertIn("nobodys", error)
        self.assertFalse(self.leases())

    def test_a_cancelled_pull_leaves_nothing_and_the_next_goes_on(self) -> None:
        image = self.new_image("cancelled")
        self.proxy.bytes_per_second = SLOW
        step = self.srun(image, "true", options=("--job-name=slow",))
        self.proxy.wait_for(8_000_000)
        self.slurm.run("scancel", "--name=slow")
        # With pyxis the importer has it at once; where Slurm counts processes without cgroups it
        # finds none before the tasks have begun.
        for pid in self.slurm.run("pgrep", "-f", f"get docker://{image}").stdout.split():
            os.kill(int(pid), signal.SIGTERM)
        self.end_in_vain(step)
        self.until(lambda: not list(self.own.parent.parent.glob("claims/*")), "no claim is left")
        self.until(lambda: not self.leases(), "no lease is left")
        before = self.proxy.received
        self.proxy.bytes_per_second = FAST
        self.assertLess(before, self.layers_bytes() * 0.8)
        self.end(self.srun(image, "true"))
        self.assertLess(self.proxy.received - before, self.layers_bytes() - 4_000_000)

    @staticmethod
    def layers_bytes() -> int:
        return sum(path.stat().st_size for path in sample_layout().glob("blobs/*/*"))

    def test_when_a_node_dies_in_the_middle_of_a_pull_another_goes_on(self) -> None:
        image = self.new_image("dead")
        self.proxy.bytes_per_second = SLOW
        first = self.srun(image, "true", options=("-w", "n1", "--job-name=dies"))
        self.proxy.wait_for(8_000_000)
        its = [*self.slurm.running("slurmstepd: ["), *map(int, self.slurm.run(
            "pgrep", "-f", f"get docker://{image}").stdout.split())]
        second = self.srun(image, "cat", "/etc/os-release", options=("-w", "n2",))
        self.until(lambda: len(self.slurm.running("slurmstepd: [")) > 1, "the other waits")
        for pid in its:
            os.kill(pid, signal.SIGKILL)
        self.proxy.bytes_per_second = FAST
        out, _ = self.end(second)
        self.assertIn("Debian", out)
        self.slurm.run("scancel", "--name=dies")
        first.kill()
        first.communicate()
        self.assertLess(self.proxy.received, self.layers_bytes() * 1.3)
        self.until(lambda: not self.leases(), "no lease is left")

    def test_a_step_that_dies_between_get_and_release_keeps_nothing_for_ever(self) -> None:
        image = self.new_image("killed")
        step = self.srun(image, "sh", "-c", "echo > started; exec sleep 300",
                         options=(f"--container-mounts={self.project}:/workspace",
                                  "--container-workdir=/workspace", "--job-name=dies"))
        self.until(lambda: (self.project / "started").exists(), "the step runs")
        (self.project / "started").unlink()
        self.assertEqual(len(self.leases()), 1)
        for pid in self.slurm.running("slurmstepd: ["):
            os.kill(pid, signal.SIGKILL)
        self.slurm.run("scancel", "--name=dies")
        step.kill()
        step.communicate()
        self.until(lambda: not self.slurm.run("squeue", "-h", "-n", "dies").stdout.strip(),
                   "the job is over")
        self.assertEqual(len(self.leases()), 1)
        self.run_it("rm", image)
        self.run_it("gc", "--older-than", "0s")
        self.assertFalse(self.leases())
        self.assertFalse(list(self.own.glob("images/*/*/*.sqsh")))

    def test_where_the_store_cannot_be_written_what_is_there_is_used(self) -> None:
        image = self.new_image("sealed")
        self.run_it("pull", image)
        store = Path(self.aic.environment["AIC_IMAGE_ROOT"])
        self.slurm.run("srun", "-N2", "sh", "-c",
                       f"mount --bind {store} {store} && mount -o remount,bind,ro {store}")
        self.addCleanup(self.slurm.run, "srun", "-N2", "umount", str(store))
        out, _ = self.end(self.srun(image, "cat", "/etc/os-release"))
        self.assertIn("Debian", out)
        other = self.proxy.address + "#lab/thirty:1"
        self.registry.push(sample_layout(), SAMPLE_TAG, "lab/thirty:1")
        error = self.end_in_vain(self.srun(other, "echo", "ran"))
        self.assertIn(f"on the head node: aic-image pull {self.proxy.address}/lab/thirty:1", error)


if __name__ == "__main__":
    unittest.main()
