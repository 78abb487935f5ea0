# SPDX-License-Identifier: Apache-2.0
"""Programs and scripts as jobs of a real Slurm. Where pyxis is not installed, a plugin of srun's
takes its options in its place, starts the containers and shows what was said."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import unittest

from support.binary import Status, program
from support.case import sample_reference
from support.oci_layout import Layer, Layout, file, tar
from support.slurm_case import SlurmTest

SHOW = "env | grep ^SAID_ | sort"
JOB = """#!/bin/sh
#SBATCH --time=1:00
#SBATCH --job-name=mine
#SBATCH --cpus-per-task=2
echo "$SLURM_JOB_NAME $* A=$A FROM=$FROM cpus=$SRUN_CPUS_PER_TASK"
env | grep ^SAID_ | sort
"""


def built_image(case: type[SlurmTest]) -> str:
    built = case.aic.run("build", sample_reference(), "--env", "FROM=image",
                         prefix=("env", f"--chdir={case.project}"))
    assert built.status == 0, built
    return built.out.strip()


class WithOptionsTest(SlurmTest):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.image = built_image(cls)

    def test_a_program_is_a_step_with_its_container_and_its_status(self) -> None:
        said = dict(line.split("=", 1) for line in self.run_it("run", "sh", "-c", SHOW).out.splitlines())
        self.assertEqual(said["SAID_0"], self.image)
        self.assertEqual(said["SAID_1"], f"{self.project}:/workspace")
        self.assertLessEqual({"SAID_2", "SAID_6", "SAID_8", "SAID_10"}, said.keys())
        self.run_it("run", "sh", "-c", "exit 3", status=3)
        out = self.run_it("run", "--nodes", "2", "sh", "-c", "echo $SLURMD_NODENAME").out
        self.assertEqual(sorted(out.split()), ["n1", "n2"])

    def test_what_would_fail_on_the_node_is_said_at_once(self) -> None:
        layout = Layout(self.scratch / "arm")
        layer = Layer.of(tar([file("etc/os-release", b"ID=none\n")]))
        reference = layout.tag(layout.manifest([layer], architecture="arm64"))
        self.aic.run("pull", "--platform", "linux/arm64", reference)
        result = self.run_it("run", reference, "true", status=Status.NO_PLATFORM)
        self.assertIn("is for linux/arm64, and no node", result.stderr)
        result = self.run_it("run", "--mount", "/none/there", "true", status=1)
        self.assertIn("'/none/there' is not on this machine", result.stderr)

    def test_a_container_with_a_name_stays_and_can_be_committed(self) -> None:
        self.run_it("run", "--name", "stays", "--writable", "--root", "--slurm", "-w n1", "sh", "-c",
                    "echo changed > /opt/changed")
        for _ in range(2):
            out = self.run_it("run", "--name", "stays", "--slurm", "-w n1", "cat", "/opt/changed").out
            self.assertEqual(out, "changed\n")
        on_node = ("srun", "-Q", "-w", "n1", program())
        shown = self.start(*on_node, "containers")
        self.assertIn("stays", shown.communicate(timeout=60)[0])
        done = self.start(*on_node, "commit", "stays", "--base", self.image, "--name", "kept")
        out, error = done.communicate(timeout=60)
        self.assertEqual(done.returncode, 0, error)
        out = self.run_it("run", "--slurm", "-w n2", "kept", "cat", "/opt/changed").out
        self.assertEqual(out, "changed\n")

    def test_what_is_run_in_a_step_does_not_wait_for_that(self) -> None:
        done = self.start("srun", "-Q", "-w", "n1", program(), "run", "-q", self.image, "echo", "in")
        out, error = done.communicate(timeout=60)
        self.assertEqual((done.returncode, out), (0, "in\n"), error)

    def test_an_interrupt_ends_the_step(self) -> None:
        process = self.aic.start("run", "-q", "sh", "-c", "echo > started; exec sleep 300",
                                 prefix=self.there)
        deadline = time.monotonic() + 60
        while not (self.project / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        for _ in range(2):  # srun asks for a second one within a second
            process.send_signal(signal.SIGINT)
            time.sleep(0.2)
        process.communicate(timeout=60)
        self.assertNotEqual(process.returncode, 0)
        (self.project / "started").unlink()

    def test_a_script_is_a_job_and_its_image_is_held(self) -> None:
        (self.project / "job.sh").write_text(JOB)
        result = self.run_it("batch", "--slurm", "--time=2:00", "-e", "A=it's x", "job.sh", "one", "2 3")
        job = result.out.strip()
        leases = self.aic.own / "leases"
        self.assertTrue([path for path in leases.iterdir() if path.name.startswith(f"{job}.job.")])
        self.slurm.wait_for(job)
        lines = (self.project / f"slurm-{job}.out").read_text().splitlines()
        self.assertEqual(lines[0], "mine one 2 3 A=it's x FROM=image cpus=2", lines)
        self.assertIn("TimeLimit=00:02:00", self.slurm.run("scontrol", "show", "job", job).stdout)
        self.assertIn(f"SAID_0={self.image}", lines)
        self.assertIn("SAID_4=A", lines)

    def test_a_variables_value_is_handed_on_without_being_written_down(self) -> None:
        (self.project / "say.sh").write_text("#!/bin/sh\necho $NGC_API_KEY and $B\n")
        variables = ("NGC_API_KEY=geheim", "B=two")
        words = ("batch", "-e", "NGC_API_KEY", "-e", "B")
        self.assertNotIn("geheim", self.run_it(*words, "--dry-run", "say.sh", variables=variables).out)
        job = self.run_it(*words, "say.sh", variables=variables).out.strip()
        self.slurm.wait_for(job)
        self.assertIn("geheim and two", (self.project / f"slurm-{job}.out").read_text())
        job = self.run_it(*words, "--slurm", "--export=NONE", "say.sh", variables=variables).out.strip()
        self.slurm.wait_for(job)
        self.assertIn("NGC_API_KEY was not handed on", (self.project / f"slurm-{job}.out").read_text())

    def test_options_that_srun_alone_has_are_said_to_it(self) -> None:
        (self.project / "say.sh").write_text("#!/bin/sh\necho said\n")
        job = self.run_it("batch", "--slurm", "--label -o labelled", "say.sh").out.strip()
        self.slurm.wait_for(job)
        self.assertEqual((self.project / "labelled").read_text(), "0: said\n")

    def test_an_arrays_tasks_are_all_run(self) -> None:
        (self.project / "job.sh").write_text(JOB)
        job = self.run_it("batch", "--slurm", "--array=1-2", "job.sh").out.strip()
        self.slurm.wait_for(job)
        for task in (1, 2):
            text = (self.project / f"slurm-{job}_{task}.out").read_text()
            self.assertIn(f"SAID_0={self.image}", text)

    def test_what_sbatch_refuses_is_told(self) -> None:
        (self.project / "job.sh").write_text(JOB)
        result = self.run_it("batch", "--slurm", "--partition=none", "job.sh", status=Status.SYSTEM)
        self.assertIn("invalid partition", result.stderr)

    def test_words_and_variables_serve_peoples_own_lines(self) -> None:
        for line in (f"srun $({program()} srun-args --nodes 2) sh -c 'echo $SAID_0'",
                     f"eval \"$({program()} srun-args --print-env --nodes 2)\"; "
                     "srun sh -c 'echo $PYXIS_CONTAINER_IMAGE'"):
            done = subprocess.run(["bash", "-c", line], cwd=self.project, check=False,
                                  env={**os.environ, **self.aic.environment}, text=True,
                                  capture_output=True, timeout=60)
            self.assertEqual(done.stdout.split(), [self.image] * 2, (line, done))


class WithoutPyxisTest(SlurmTest):
    containers = False

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        built_image(cls)

    def test_what_is_missing_is_told(self) -> None:
        result = self.run_it("run", "true", status=Status.USAGE)
        self.assertIn("pyxis is not installed", result.stderr)
        self.assertEqual(self.run_it("run", "--here", "-q", "echo", "here").out, "here\n")


if __name__ == "__main__":
    unittest.main()
