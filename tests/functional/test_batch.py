# SPDX-License-Identifier: Apache-2.0
"""What Slurm is given: batch scripts, words for srun, variables; by tools that note what they get."""

from __future__ import annotations

import json
import os
import subprocess
import unittest
from pathlib import Path

from support.binary import Status, program
from support.building import BuildTest

SBATCH = """#!/bin/sh
test "$1" = --parsable || exit 9
test -z "$PYXIS_CONTAINER_IMAGE" || exit 8
printf '%s\n' "$@" > "$NOTES/words"
cat > "$NOTES/script"
test ! -e "$NOTES/fails" || { echo "sbatch: error: no such partition" >&2; exit 1; }
echo '4711;other'
"""
SRUN = """#!/bin/sh
if test "$1" = --help; then echo "      --container-image=IMAGE  pyxis"; exit; fi
for word; do printf '%s\\n' "$word"; done
"""
SCONTROL = """#!/bin/sh
echo "ClusterName             = lab"
"""
JOB = """#!/bin/sh -e
#SBATCH --time=1:00
#SBATCH --output=out-%j
echo started
#SBATCH --late
"""


class BatchTest(BuildTest):
    def setUp(self) -> None:
        super().setUp()
        self.image = self.build("--env", "FROM=image")
        self.tools = self.scratch / "tools"
        self.tools.mkdir()
        for name, text in (("sbatch", SBATCH), ("srun", SRUN), ("scontrol", SCONTROL)):
            (self.tools / name).write_text(text)
            (self.tools / name).chmod(0o755)
        (self.project / "job.sh").write_text(JOB)

    @property
    def with_slurm(self) -> tuple[str, ...]:
        return (*self.there, f"PATH={self.tools}:{os.environ['PATH']}", f"NOTES={self.scratch}",
                "PYXIS_CONTAINER_IMAGE=/other")

    def aic_image(self, *arguments: str | Path, status: int = 0):
        result = self.aic.run(*arguments, prefix=self.with_slurm)
        self.assertEqual(result.status, status, result)
        return result

    def test_a_script_becomes_a_job_in_the_directorys_image(self) -> None:
        result = self.aic_image("batch", "--gpus", "2", "-e", "A=it's", "--slurm", "--qos=high",
                                "job.sh", "-x", "a b")
        self.assertEqual(result.out, "4711\n")
        script = (self.scratch / "script").read_text()
        lines = [line for line in script.splitlines() if line.startswith("#SBATCH")]
        self.assertEqual(lines, ["#SBATCH --job-name=job.sh", "#SBATCH --time=1:00",
                                 "#SBATCH --output=out-%j"])
        self.assertEqual((self.scratch / "words").read_text().splitlines(),
                         ["--parsable", "--gres=gpu:2", "--qos=high"])
        self.assertEqual(self.aic_image("batch", "--dry-run", "--gpus", "2", "-e", "A=it's",
                                        "--slurm", "--qos=high", "job.sh", "-x", "a b").out, script)
        # What the node's shell makes of it.
        (self.scratch / "script").chmod(0o755)
        ran = subprocess.run([self.scratch / "script"], check=True, capture_output=True, text=True,
                             env={"PATH": f"{self.tools}:{os.environ['PATH']}"}, timeout=30)
        words = ran.stdout.splitlines()
        self.assertEqual(words[:2], ["--export=ALL", f"--container-image={self.image}"])
        self.assertIn("--container-env=A,NVIDIA_VISIBLE_DEVICES,NVIDIA_DRIVER_CAPABILITIES", words)
        self.assertEqual(words[-5:], ["/bin/sh", "-e", "/workspace/job.sh", "-x", "a b"])

    def test_a_variable_that_is_said_twice_is_what_was_said_last(self) -> None:
        (self.project / "aic-image.toml").write_text(
            f'[build]\nbase = "{self.base}"\nname = "toml"\n'
            '[run]\nenv = { A = "project", B = "project", C = "project" }\n')
        self.succeed("build", prefix=self.there)
        self.aic.environment.update(A="mine", B="mine")
        self.aic_image("batch", "-e", "A", "-e", "B=said", "job.sh")
        script = (self.scratch / "script").read_text()
        self.assertNotIn("export A=", script)
        self.assertIn("A was not handed on", script)
        self.assertIn("export B='said'", script)
        self.assertNotIn("B was not handed on", script)
        self.assertIn("export C='project'", script)

    def test_the_image_is_kept_until_the_job_is_over(self) -> None:
        self.aic_image("batch", "job.sh")
        (lease,) = (self.aic.own / "leases").iterdir()
        holder = json.loads(lease.read_text())
        self.assertEqual((holder["job"], holder["step"], holder["cluster"]), ("4711", "job", "other"))
        self.assertIn(holder["id"].removeprefix("sha256:"), str(self.image))

    def test_json_and_failures(self) -> None:
        self.assertEqual(self.aic_image("--json", "batch", "job.sh").json, {"job": "4711"})
        (self.scratch / "fails").touch()
        result = self.aic_image("batch", "job.sh", status=Status.SYSTEM)
        self.assertIn("no such partition", result.stderr)

    def test_mistakes_are_explained(self) -> None:
        (self.scratch / "outside.sh").write_text(JOB)
        (self.project / "text").write_text("echo\n")
        (self.project / "wait.sh").write_text("#!/bin/sh\n#SBATCH --wait\n")
        for words, status, told in (
            ((), Status.USAGE, "no script is named"),
            (("none.sh",), Status.NOT_FOUND, "no script 'none.sh'"),
            (("text",), Status.USAGE, "does not begin with"),
            (("../outside.sh",), Status.USAGE, "not in the current directory"),
            (("wait.sh",), Status.USAGE, "does not wait"),
        ):
            with self.subTest(words):
                self.assertIn(told, self.aic_image("batch", *words, status=status).stderr)
        result = self.aic.run("batch", "job.sh", prefix=(*self.there, f"PATH={self.scratch}/none"))
        self.assertEqual(result.status, Status.NOT_FOUND)
        self.assertIn("no sbatch", result.stderr)

    def test_words_for_scripts_are_those_of_run(self) -> None:
        words = self.aic_image("srun-args", "--nodes", "2", "project").out.split()
        ran = self.aic_image("run", "--nodes", "2", "project", "true").out.split()
        self.assertEqual([*words, "true"], ran)
        self.assertEqual(self.aic_image("--json", "srun-args", "--nodes", "2").json["arguments"], words)
        result = self.aic_image("srun-args", "-e", "A=1", status=Status.USAGE)
        self.assertIn("--print-env", result.stderr)

    def test_variables_for_scripts(self) -> None:
        data = self.scratch / "data set"
        data.mkdir()
        self.assertIn("one word", self.aic_image("srun-args", "-m", data, status=Status.USAGE).stderr)
        self.aic_image("srun-args", "--print-env", "--slurm", "--qos=x", status=Status.USAGE)
        out = self.aic_image("srun-args", "--print-env", "--gpus", "1", "-m", f"{data}:/d", "-e", "A=it's").out
        shown = subprocess.run(["sh", "-c", out + "env"], check=True, capture_output=True, text=True,
                               env={"PATH": os.environ["PATH"]}).stdout
        variables = dict(line.split("=", 1) for line in shown.splitlines())
        self.assertEqual(variables["PYXIS_CONTAINER_IMAGE"], str(self.image))
        self.assertEqual(variables["PYXIS_CONTAINER_MOUNTS"],
                         f"{self.project}:/workspace,{data}:/d")
        self.assertEqual(variables["PYXIS_CONTAINER_ENV"],
                         "A,NVIDIA_VISIBLE_DEVICES,NVIDIA_DRIVER_CAPABILITIES")
        self.assertEqual((variables["A"], variables["SLURM_GRES"]), ("it's", "gpu:1"))


class ContainersTest(BuildTest):
    def setUp(self) -> None:
        super().setUp()
        self.data = self.scratch / "containers"
        for name in ("pyxis_exp", "plain"):
            (self.data / name / "etc").mkdir(parents=True)
        (self.data / "pyxis_exp/.lock").touch()
        (self.data / "pyxis_exp/etc/rc").write_text("# enroot-provenance: docker://r.io#lab/x:1\n")
        (self.data / "plain/closed").mkdir(mode=0)

    def containers(self, *arguments: str, status: int = 0):
        result = self.aic.run("containers", *arguments,
                              prefix=("env", f"ENROOT_DATA_PATH={self.data}"))
        self.assertEqual(result.status, status, result)
        return result

    def test_they_are_shown_by_the_names_that_users_gave(self) -> None:
        plain, exp = self.containers("--json").json["containers"]
        self.assertEqual((exp["name"], exp["container"], exp["image"], exp["in_use"]),
                         ("exp", "pyxis_exp", "r.io#lab/x:1", False))
        self.assertEqual((plain["name"], plain["image"], plain["started"]), ("plain", None, None))
        self.assertRegex(self.containers().out, r"(?m)^exp +no +20.* r\.io#lab/x:1 +pyxis_exp$")

    def test_one_is_removed_whole_unless_something_runs_in_it(self) -> None:
        if os.geteuid() == 0:
            inside = subprocess.Popen(
                ["python3", "-c", "import os, sys, time; os.chroot(sys.argv[1]); print(); "
                 "sys.stdout.flush(); time.sleep(60)", self.data / "pyxis_exp"],
                stdout=subprocess.PIPE)
            try:
                inside.stdout.readline()
                self.containers("--rm", "exp", status=Status.BUSY)
                self.assertTrue(self.containers("--json").json["containers"][1]["in_use"])
            finally:
                inside.kill()
                inside.communicate()
        self.containers("--rm", "exp", "--rm", "none", status=Status.NOT_FOUND)
        self.assertTrue((self.data / "pyxis_exp").exists())
        self.containers("--rm", str(self.project), status=Status.USAGE)
        (self.data / "exp").mkdir()
        self.assertIn("pyxis_exp", self.containers("--rm", "exp", status=Status.USAGE).stderr)
        (self.data / "exp").rmdir()
        self.containers("--rm", "exp", "--rm", "plain")
        self.assertEqual(list(self.data.iterdir()), [])
        self.assertIn("no containers", self.containers().stderr)


if __name__ == "__main__":
    unittest.main()
