# SPDX-License-Identifier: Apache-2.0
"""Programs whose changes are a name's next image: on a real Slurm, and without one."""

from __future__ import annotations

import shutil
import unittest
from pathlib import Path

from support.binary import Result, Status, program
from support.building import BuildTest
from support.case import sample_reference
from support.slurm_case import SlurmTest


class Keeps:
    """What holds with Slurm and without."""

    def shown(self, *command: str) -> str:
        return self.run_it("run", *self.where, "-q", "exp", *command).out.strip()

    def change(self, script: str, *options: str, status: int = 0) -> Result:
        return self.run_it("run", *self.where, "--keep", *options, "exp", "sh", "-c", script,
                           status=status)

    def test_what_is_changed_is_there_next_time(self) -> None:
        before = self.run_it("history", "exp").out.count("run --keep")
        self.change("echo one > /opt/made; rm /etc/hostname", "--root")
        self.assertEqual(self.shown("sh", "-c", "cat /opt/made; ls /etc/hostname 2>&1 | wc -l"),
                         "one\n1")
        self.change("echo two > /opt/made; exit 7", "--root", status=7)
        self.assertEqual(self.shown("cat", "/opt/made"), "two")
        history = self.run_it("history", "exp").out
        self.assertEqual(history.count("run --keep"), before + 2, history)
        self.run_it("restore", "exp")
        self.assertEqual(self.shown("cat", "/opt/made"), "one")

    def test_what_changes_nothing_makes_no_image(self) -> None:
        before = self.run_it("path", "exp").out
        self.change("true")
        self.assertEqual(self.run_it("path", "exp").out, before)

    def test_what_is_cancelled_keeps_nothing(self) -> None:
        """As a program ends that a terminal's Ctrl-C reaches."""
        before = self.run_it("path", "exp").out
        self.change("echo half > /opt/half; kill -INT $$", "--root", status=130)
        self.assertEqual(self.run_it("path", "exp").out, before)
        self.remove_what_is_left()

    def remove_what_is_left(self) -> None:
        """Where containers outlast what ran in them."""

    def test_a_second_one_is_refused_and_the_first_goes_on(self) -> None:
        command = ("run", *self.where, "--keep", "--root", "exp", "sh", "-c",
                   "echo > /workspace/started; while [ ! -e /workspace/go ]; do sleep 0.1; done; "
                   "echo first > /opt/by")
        for name in ("started", "go"):
            (self.project / name).unlink(missing_ok=True)
        first = self.start(program(), *command)
        self.until(lambda: (self.project / "started").exists() or first.poll() is not None,
                   "the first runs")
        self.assertIsNone(first.poll())
        refused = self.change("echo second > /opt/by", "--root", status=Status.BUSY)
        self.assertIn("'exp' is being changed by", refused.stderr)
        self.assertEqual(self.shown("echo", "reads"), "reads")
        (self.project / "go").touch()
        _, error = first.communicate(timeout=60)
        self.assertEqual(first.returncode, 0, error)
        self.assertEqual(self.shown("cat", "/opt/by"), "first")

    def test_a_name_that_moves_on_meanwhile_is_not_touched(self) -> None:
        for name in ("started", "go"):
            (self.project / name).unlink(missing_ok=True)
        first = self.start(program(), "run", *self.where, "--keep", "--root", "exp", "sh", "-c",
                           "echo > /workspace/started; while [ ! -e /workspace/go ]; do sleep 0.1; "
                           "done; echo mine > /opt/mine")
        self.until(lambda: (self.project / "started").exists(), "it runs")
        built = self.run_it("build", sample_reference(), "--env", f"MOVED={self.id()}", "--here").out
        (self.project / "go").touch()
        _, error = first.communicate(timeout=60)
        self.assertNotEqual(first.returncode, 0)
        self.assertIn("got another image meanwhile", error)
        self.assertEqual(self.run_it("path", "exp").out, built)

    def test_only_names_of_ones_own_can_be_changed(self) -> None:
        result = self.run_it("run", *self.where, "--keep", sample_reference(), "true",
                             status=Status.USAGE)
        self.assertIn("a name of yours", result.stderr)


class KeepInSlurmTest(Keeps, SlurmTest):
    has_importer = True
    where = ()

    def setUp(self) -> None:
        self.run_it("build", sample_reference(), "--env", f"FROM={self.id()}", "--here")

    def remove_what_is_left(self) -> None:
        left, = self.containers()
        done = self.start("srun", "-Q", "-w", left.parent.name, program(), "containers", "--rm",
                          left.name.removeprefix("pyxis_"), "--force")
        self.assertEqual(done.wait(60), 0)
        done.communicate()

    def containers(self) -> list[Path]:
        return sorted((self.slurm.directory / "data").glob("*/pyxis_*"))

    def tearDown(self) -> None:
        self.assertEqual(self.containers(), [])
        self.until(lambda: not self.slurm.run("squeue", "-h").stdout.strip(), "no job is left")

    def test_what_is_changed_on_one_node_is_there_on_the_other(self) -> None:
        self.change("echo $SLURMD_NODENAME > /opt/node", "--root", "--slurm", "-w n1")
        out = self.run_it("run", "-q", "--slurm", "-w n2", "exp", "sh", "-c",
                          "echo $(cat /opt/node) $SLURMD_NODENAME").out
        self.assertEqual(out, "n1 n2\n")

    def test_inside_a_job_no_other_is_made(self) -> None:
        before = self.slurm.run("squeue", "-h", "-a", "-t", "all").stdout.count("\n")
        done = self.start("salloc", "-Q", "-N1", program(), "run", "--keep", "--root", "exp", "sh",
                          "-c", "echo in > /opt/in")
        _, error = done.communicate(timeout=60)
        self.assertEqual(done.returncode, 0, error)
        self.assertEqual(self.shown("cat", "/opt/in"), "in")
        after = self.slurm.run("squeue", "-h", "-a", "-t", "all").stdout.count("\n")
        self.assertLessEqual(after, before + 2)

    def test_a_job_that_is_killed_has_the_name_no_longer(self) -> None:
        (self.project / "started").unlink(missing_ok=True)
        first = self.start(program(), "run", "--keep", "--root", "exp", "sh", "-c",
                           "echo > /workspace/started; exec sleep 300")
        self.until(lambda: (self.project / "started").exists(), "it runs")
        first.kill() # salloc, whose command holds the pipes and goes on until the job is cancelled
        first.wait(timeout=60)
        self.slurm.run("scancel", "--user=root")
        first.communicate(timeout=60)
        self.until(lambda: not self.slurm.run("squeue", "-h").stdout.strip(), "no job is left")
        for container in self.containers():
            shutil.rmtree(container)
        self.change("echo after > /opt/after", "--root")
        self.assertEqual(self.shown("cat", "/opt/after"), "after")

    def test_several_nodes_are_refused(self) -> None:
        self.change("true", "--nodes", "2", status=Status.USAGE)
        self.change("true", "--slurm", "-N 2", status=Status.USAGE)

    def test_options_of_the_job_and_of_the_step_go_where_they_belong(self) -> None:
        result = self.change("echo $SLURM_JOB_NAME", "--slurm", "--label --job-name=ours -o both.%j")
        self.assertEqual(result.out, "")
        self.assertIn("nothing was changed: 'exp' is as it was", result.stderr)
        output, = self.project.glob("both.*")
        self.assertEqual(output.read_text(), "0: ours\n")

    def test_the_old_command_keeps_what_is_changed_and_tells_its_new_name_once(self) -> None:
        alias = self.scratch / "srun.sh"
        alias.unlink(missing_ok=True)
        alias.symlink_to(program())
        (self.slurm.directory / "gres.conf").touch()
        first = self.aic.run("sh", "-c", "echo kept > /opt/kept", executable=alias, prefix=self.there)
        # There are no GPUs here, which it always asks for.
        self.assertNotEqual(first.status, 0, first)
        self.assertIn("'srun.sh' stands for 'aic-image run", first.stderr)
        again = self.aic.run("true", executable=alias, prefix=self.there)
        self.assertNotIn("stands for", again.stderr)


class KeepHereTest(Keeps, BuildTest):
    where = ("--here",)

    def setUp(self) -> None:
        super().setUp()
        self.project = self.scratch / "exp"
        self.project.mkdir()
        self.run_it("build", sample_reference(), "--env", "FROM=image")

    def run_it(self, *arguments: str | Path, status: int = 0) -> Result:
        result = self.aic.run(*arguments, prefix=("env", f"--chdir={self.project}"))
        self.assertEqual(result.status, status, result)
        return result

    start, until = SlurmTest.start, SlurmTest.until

    def test_what_root_leaves_in_his_home_is_kept_too(self) -> None:
        self.change("echo said > /root/.profile", "--root")
        self.assertEqual(self.run_it("cat", "exp", "/root/.profile").out, "said\n")

    def test_an_interrupted_run_keeps_nothing(self) -> None:
        before = self.run_it("path", "exp").out
        first = self.start(program(), "run", "--here", "--keep", "--root", "exp", "sh", "-c",
                           "echo > /opt/x; echo > /workspace/started; sleep 100")
        self.until(lambda: (self.project / "started").exists(), "it runs")
        first.terminate()
        first.communicate(timeout=60)
        self.assertEqual(first.returncode, 143)
        self.assertEqual(self.run_it("path", "exp").out, before)


del SlurmTest, BuildTest

if __name__ == "__main__":
    unittest.main()
