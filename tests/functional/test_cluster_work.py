# SPDX-License-Identifier: Apache-2.0
"""Work that is done by jobs of a real Slurm: pulls, builds, and copies on nodes' own disks."""

from __future__ import annotations

import signal
import unittest
from pathlib import Path

from support.binary import AicImage, Status, program
from support.case import sample_layout, sample_reference
from support.proxy import Proxy
from support.registry import Registry
from support.sample import SAMPLE_TAG
from support.slurm_case import SlurmTest



class ClusterWorkTest(SlurmTest):
    has_importer = True

    def on_nodes(self, *command: str) -> list[str]:
        done = self.slurm.run("srun", "-Q", "-N2", *command)
        return sorted(done.stdout.split())

    def copies(self) -> list[str]:
        return self.on_nodes("sh", "-c", f"echo $SLURMD_NODENAME:$(find {self.slurm.local} "
                                         "-name '*.sqsh' | wc -l)")

    def test_a_build_is_a_job(self) -> None:
        (self.project / "setup.sh").write_text("#!/bin/sh\necho built by $SLURM_JOB_NAME > /made\n"
                                               "cat /proc/sys/kernel/hostname\n")
        result = self.run_it("build", "--on-cluster", sample_reference(), "-s", "setup.sh")
        self.assertTrue(Path(result.out.strip()).is_file(), result)
        jobs = self.slurm.run("scontrol", "show", "jobs", "-o").stdout
        self.assertRegex(jobs, "JobName=aic-image-build .*JobState=COMPLETED.* TimeLimit=00:10:00")
        again = self.run_it("build", "--here", sample_reference(), "-s", "setup.sh")
        self.assertEqual(again.out, result.out)
        self.run_it("build", "--on-cluster", sample_reference(), "-s", "none.sh",
                    status=Status.NOT_FOUND)

    def test_the_settings_may_want_it(self) -> None:
        settings = self.scratch / ".config/aic-image/config.toml"
        before = settings.read_text()
        self.addCleanup(settings.write_text, before)
        settings.write_text(before + "pull = true\n")
        self.run_it("pull", sample_reference())
        self.assertIn("JobName=aic-image-pull", self.slurm.run("scontrol", "show", "jobs", "-o").stdout)
        result = self.aic.run("pull", sample_reference(), prefix=("env", f"PATH={self.scratch}"))
        self.assertEqual(result.status, Status.NOT_FOUND, result)
        self.assertIn("there is no Slurm here", result.stderr)

    def test_ctrl_c_cancels_a_pull(self) -> None:
        registry = self.enterContext(Registry(self.scratch / "registry"))
        proxy = self.enterContext(Proxy(registry.address, 4e6))
        registry.push(sample_layout(), SAMPLE_TAG, "lab/slow:1")
        aic = AicImage(self.scratch, store=self.scratch / "other-store",
                       spool=self.scratch / "other-spool")
        aic.environment.update(self.slurm.variables)
        process = aic.start("pull", "--on-cluster", f"{proxy.address}#lab/slow:1")
        proxy.wait_for(8_000_000)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.until(lambda: not self.slurm.run("squeue", "-h", "-n", "aic-image-pull").stdout,
                   "the job is over")
        self.until(lambda: not list(aic.store.glob("claims/*")), "no claim is left")
        self.assertFalse([path for path in aic.leftovers() if aic.spool not in path.parents])
        self.assertFalse(aic.images())

    def test_copies_are_made_compared_found_and_removed(self) -> None:
        image = Path(self.run_it("build", sample_reference(), "--env", "FROM=image",
                                 "--name", "staged").out.strip())
        out = self.run_it("stage", "staged", "-w", "n1,n2").out.strip()
        self.assertEqual(Path(out).parent.parent, self.slurm.local)
        self.assertEqual(self.copies(), ["n1:1", "n2:1"])
        self.assertIn("already on", self.run_it("stage", "staged", "-w", "n[1-2]").stderr)
        # That is what is started: the store's own file is not to be had.
        image.rename(image.with_suffix(".away"))
        self.addCleanup(image.with_suffix(".away").rename, image)
        image.write_bytes(b"no image")
        self.addCleanup(image.unlink)
        step = self.start("srun", "-Q", "-N2", "--container-image=aic:staged", "sh", "-c",
                          "echo $SLURMD_NODENAME:$FROM")
        out, error = step.communicate(timeout=120)
        self.assertEqual(sorted(out.split()), ["n1:image", "n2:image"], error)
        self.run_it("stage", "--rm", "staged", "-w", "n1")
        self.assertEqual(self.copies(), ["n1:0", "n2:1"])
        self.run_it("stage", "--rm", "staged", "-w", "n2")

    def test_a_jobs_own_nodes_get_a_copy_however_many_tasks_it_has(self) -> None:
        self.run_it("build", sample_reference(), "--env", "FROM=tasks", "--name", "tasks")
        for options in (("-N2", "--ntasks-per-node=2"), ("-N2", "-n2", "-c2")):
            with self.subTest(options):
                step = self.start("salloc", "-Q", *options, program(), "stage", "tasks")
                _, error = step.communicate(timeout=120)
                self.assertEqual(step.returncode, 0, error)
                self.assertEqual(self.copies(), ["n1:1", "n2:1"])
                result = self.run_it("stage", "--rm", "-w", "n1,n2")
                self.assertIn("removed from 2 nodes", result.stderr)
                self.assertEqual(self.copies(), ["n1:0", "n2:0"])

    def test_a_damaged_copy_does_not_count(self) -> None:
        image = Path(self.run_it("build", sample_reference(), "--env", "FROM=damaged",
                                 "--name", "damaged").out.strip())
        image.chmod(0o644)
        with image.open("r+b") as file:
            file.seek(image.stat().st_size // 2)
            file.write(b"damaged")
        result = self.run_it("stage", "damaged", "-w", "n1,n2", status=Status.SYSTEM)
        self.assertIn("is damaged between byte", result.stderr)
        self.assertEqual(self.on_nodes("find", str(self.slurm.local), "-type", "f"), [])

    def test_a_full_disk_is_told_of(self) -> None:
        self.run_it("build", sample_reference(), "--env", "FROM=full", "--name", "full")
        self.on_nodes("sh", "-c", f"mount -o remount,size=8m {self.slurm.local}")
        self.addCleanup(self.on_nodes, "sh", "-c", f"mount -o remount,size=50% {self.slurm.local}")
        result = self.run_it("stage", "full", "-w", "n1,n2", status=Status.SYSTEM)
        self.assertIn("the copy", result.stderr)

    def test_without_nodes_it_says_what_it_wants(self) -> None:
        self.run_it("build", sample_reference(), "--env", "FROM=image", "--name", "staged")
        self.assertIn("-w NODES", self.run_it("stage", "staged", status=Status.USAGE).stderr)


if __name__ == "__main__":
    unittest.main()
