# SPDX-License-Identifier: Apache-2.0
"""Programs in images: on this machine, and the line that Slurm gets."""

from __future__ import annotations

import os
import pty
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from support.binary import Result, Status, program
from support.building import BuildTest, need_sandbox, processes
from support.case import SAMPLE_TAG, sample_layout
from support.users import GROUP_NUMBER, NUMBERS, Users
from test_build import Typist

# Before what stands there: no Slurm is to be found.
NO_SLURM = "/usr/sbin:/usr/bin:/sbin:/bin"
SRUN = """#!/bin/sh
if test "$1" = --help; then echo "      --container-image=IMAGE  pyxis"; exit; fi
for word; do printf '%s\\n' "$word"; done
printf 'NVIDIA_VISIBLE_DEVICES=%s\\nMORE=%s\\n' "$NVIDIA_VISIBLE_DEVICES" "$MORE"
kill -TERM $$
"""


class RunTest(BuildTest):
    def setUp(self) -> None:
        super().setUp()
        self.image = self.build("--env", "FROM=image")

    def program(self, *arguments: str | Path, status: int = 0, **options: object) -> Result:
        result = self.aic.run("run", "--here", "-q", *arguments,
                              **{"prefix": self.there, **options})
        self.assertEqual(result.status, status, result)
        self.assertEqual(list((self.aic.spool / "run").glob("*")), [])
        self.assertEqual(processes(str(self.scratch / "spool")), [])
        return result

    def test_the_image_is_named_or_the_directorys(self) -> None:
        self.assertEqual(self.program("cat", "/etc/hostname").out,
                         self.text_of(self.image, "/etc/hostname"))
        for words in (("project",), ("project", "--"), ("--",), (str(self.image),), (self.base,)):
            self.assertEqual(self.program(*words, "echo", "-n", "--", "x").out, "-- x", words)
        result = self.program("nothing", status=Status.NOT_FOUND)
        self.assertIn("there is no image 'nothing' here", result.stderr)
        result = self.program("none.sqsh", "--", "true", status=Status.NOT_FOUND)
        self.assertIn("there is no file 'none.sqsh'", result.stderr)
        result = self.program("ls", status=Status.NOT_FOUND,
                              prefix=("env", f"--chdir={self.scratch}"))
        self.assertIn("this directory has no image", result.stderr)

    def test_the_projects_file_names_the_image(self) -> None:
        (self.project / "aic-image.toml").write_text(f'[build]\nbase = "{self.base}"\nname = "toml"\n')
        self.assertIn("'aic-image build' makes it",
                      self.program("true", status=Status.NOT_FOUND).stderr)
        self.succeed("build", prefix=self.there)
        self.assertEqual(self.program("true").out, "")
        with (self.project / "aic-image.toml").open("a") as file:
            file.write('[run]\ngpus = 1\nenv = { MINE = "file" }\ncommand = ["sh", "-c", "echo $MINE"]\n')
        self.assertEqual(self.program().out, "file\n")
        self.assertEqual(self.program("-e", "MINE=line").out, "line\n")

    def test_the_projects_file_may_say_the_command(self) -> None:
        for command, status, out in (("'echo one  two'", 0, "one two\n"),
                                     ("['echo', 'one  two']", 0, "one  two\n"),
                                     ("['nosuch']", Status.NOT_FOUND, "")):
            (self.project / "aic-image.toml").write_text(
                f'[build]\nbase = "{self.base}"\nname = "project"\n'
                f"[run]\ncommand = {command}\n")
            result = self.aic.run("run", "--here", "-q", prefix=self.there)
            self.assertEqual((result.status, result.out), (status, out), result)

    def test_the_status_is_the_programs(self) -> None:
        self.program("project", "sh", "-c", "exit 7", status=7)
        self.program("project", "sh", "-c", "kill -9 $$", status=128 + 9)

    def test_input_and_output_are_the_callers(self) -> None:
        result = subprocess.run(
            ["bash", "-c", 'echo piped | "$@" 2> errors | tr a-z A-Z; cat errors', "bash",
             program(), "run", "--here", "-q", "project", "sh", "-c", "cat; echo to-stderr >&2"],
            cwd=self.project, env=self.aic.environment, capture_output=True, text=True, check=True,
            timeout=60)
        self.assertEqual(result.stdout, "PIPED\nto-stderr\n", result)

    def test_the_project_can_be_written_and_the_image_cannot(self) -> None:
        self.program("sh", "-c", "pwd > here; echo x > /tmp/x; echo x > ~/x")
        self.assertEqual((self.project / "here").read_text(), "/workspace\n")
        self.assertIn("Read-only", self.program("touch", "/etc/x", status=1).stderr)
        self.program("--writable", "sh", "-c", "echo x > /etc/x; test -s /etc/x")
        self.program("test", "-e", "/etc/x", status=1)

    def test_the_variables_are_the_images_and_those_that_are_said(self) -> None:
        script = 'echo "$FROM $MINE $THEIRS $LOST"'
        result = self.program("-e", "MINE=1 2", "-e", "THEIRS", "--env", "FROM=me", "sh", "-c", script,
                              prefix=(*self.there, "THEIRS=yes", "LOST=no"))
        self.assertEqual(result.out, "me 1 2 yes \n")
        self.assertEqual(self.program("sh", "-c", "echo $FROM").out, "image\n")
        self.program("-e", "NOT_SET", "true", status=Status.USAGE)

    def test_what_is_mounted_is_there(self) -> None:
        data = self.scratch / "data"
        data.mkdir()
        (data / "file").write_text("shown")
        self.assertEqual(self.program("-m", f"{data}:/mnt/data:ro", "cat", "/mnt/data/file").out, "shown")
        self.program("-m", f"{data}:/mnt/data:ro", "touch", "/mnt/data/x", status=1)
        self.program("-m", f"{data}", "touch", f"{data}/x")
        self.assertTrue((data / "x").exists())
        self.program("-m", f"{data}/none:/x", "true", status=Status.NOT_FOUND)

    def test_signals_reach_the_program(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            script = f'trap "echo caught; exit 5" {number.name[3:]}; echo > ready; sleep 60 & wait'
            ready = self.project / "ready"
            ready.unlink(missing_ok=True)
            process = self.aic.start("run", "--here", "-q", "sh", "-c", script, prefix=self.there)
            self.wait_for(ready)
            process.send_signal(number)
            out, _ = process.communicate(timeout=30)
            self.assertEqual((process.returncode, out), (5, b"caught\n"))
        self.assertEqual(list((self.aic.spool / "run").glob("*")), [])

    def wait_for(self, path: Path) -> None:
        deadline = time.monotonic() + 30
        while not path.exists():
            self.assertLess(time.monotonic(), deadline, f"{path} has not come")
            time.sleep(0.02)

    def test_a_kill_leaves_nothing_running(self) -> None:
        process = self.aic.start("run", "--here", "-q", "sh", "-c", "echo > ready; sleep 61.25",
                                 prefix=self.there)
        self.wait_for(self.project / "ready")
        process.kill()
        process.communicate(timeout=30)
        deadline = time.monotonic() + 10
        while processes("sleep 61.25") and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(processes("sleep 61.25"), [])
        self.program("true")

    def test_a_shell_has_the_terminal(self) -> None:
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.project)
            os.environ.update(self.aic.environment, PS1="ready> ")
            os.execv(program(), ["aic-image", "run", "--here", "project"])
        try:
            shown = Typist(terminal).type(
                None, b"stty size; tty -s && echo a-terminal\n", "a-terminal",
                b"sleep 60\n", None, b"\x03", None, b"echo st-$?\n", "st-130", b"exit 4\n")
        finally:
            _, status = os.waitpid(child, 0)
            os.close(terminal)
        self.assertIn("a-terminal", shown)
        self.assertIn("st-130", shown)
        self.assertEqual(os.waitstatus_to_exitcode(status), 4)

    def test_all_that_is_written_to_a_terminal_is_shown(self) -> None:
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(self.project)
            os.environ.update(self.aic.environment)
            os.execv("/bin/sh", ["sh", "-c", f"exec {program()} run -q --here project sh -c "
                                 "'seq 20000; echo apart >&2; echo the-end' 2> errors"])
        shown = b""
        while True:
            try:
                piece = os.read(terminal, 65536)
            except OSError:
                break
            shown += piece
        os.waitpid(child, 0)
        os.close(terminal)
        self.assertEqual(shown.split(), [str(n).encode() for n in range(1, 20001)] + [b"the-end"])
        self.assertEqual((self.project / "errors").read_text(), "apart\n")

    def test_what_others_pull_changes_no_programs_meaning(self) -> None:
        digits = self.image.parent.parent.name
        self.program(digits[:6], status=Status.NOT_FOUND)
        self.program(digits[:12], "true")

    def test_nothing_is_made_outside_for_a_mount(self) -> None:
        victim = self.scratch / "victim"
        victim.write_text("kept")
        (self.project / "file").write_text("shown")
        self.program("-m", f"file:/../../../../..{victim}", "true")
        self.program("-w", "/../../../../../opt/made/../made", "true")
        self.assertEqual(victim.read_text(), "kept")
        self.assertFalse(Path("/opt/made").exists())
        self.program("-w", "opt", "true", status=Status.USAGE)

    def test_offline_no_registry_is_asked(self) -> None:
        result = self.aic.run("--offline", "run", "--here", "registry.invalid#lab/none:1", "true",
                              prefix=self.there)
        self.assertEqual(result.status, Status.NOT_FOUND, result)

    def test_srun_gets_the_line_and_everything_else_is_its(self) -> None:
        tools = self.scratch / "tools"
        tools.mkdir()
        (tools / "srun").write_text(SRUN)
        (tools / "srun").chmod(0o755)
        there = (*self.there, f"PATH={tools}:{NO_SLURM}")
        data = self.scratch / "data"
        data.mkdir()
        process = self.aic.start(
            "run", "-q", "--gpus", "2", "--nodes", "3", "--slurm", "--time=1 --comment='a b'", "-e",
            "MORE=x", "-m", f"{data}:/d:ro", "project", "python3", "-c", "pass", prefix=there)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, -signal.SIGTERM, err)
        self.assertEqual(out.decode().splitlines(), [
            f"--container-image={self.image}",
            f"--container-mounts={self.project}:/workspace,{data}:/d:ro",
            "--container-workdir=/workspace", "--no-container-mount-home",
            "--no-container-remap-root", "--container-readonly",
            "--container-env=MORE,NVIDIA_VISIBLE_DEVICES,NVIDIA_DRIVER_CAPABILITIES",
            "--nodes=3", "--gres=gpu:2", "--time=1", "--comment=a b", "python3", "-c", "pass",
            "NVIDIA_VISIBLE_DEVICES=all", "MORE=x"])

    def test_slurm_without_pyxis_is_told_of(self) -> None:
        tools = self.scratch / "tools"
        tools.mkdir()
        (tools / "srun").write_text("#!/bin/sh\necho usage\n")
        (tools / "srun").chmod(0o755)
        result = self.aic.run("run", "true", prefix=(*self.there, f"PATH={tools}:{NO_SLURM}"))
        self.assertEqual(result.status, Status.USAGE, result)
        self.assertIn("pyxis is not installed", result.stderr)


class UserRunTest(unittest.TestCase):
    """Somebody without privileges is who he is."""

    def test_files_and_names_are_his(self) -> None:
        need_sandbox()

        with tempfile.TemporaryDirectory(prefix="aic-test-") as scratch:
            directory = Path(scratch)
            directory.chmod(0o755)
            users = Users(directory / "users")
            layout = directory / "layout"
            shutil.copytree(sample_layout(), layout)
            subprocess.run(["chmod", "-R", "a+rX", layout], check=True)
            alice = users.user("alice", directory / "store")
            (directory / "store").mkdir(mode=0o777)
            (directory / "store").chmod(0o777)
            there = ("env", f"--chdir={alice.home}")
            image = f"oci:{layout}:{SAMPLE_TAG}"
            script = 'id -un; id -u; id -gn; echo x > made; echo y > ~/inner; ls /home; grep -c . /etc/passwd'
            result = alice.run("run", "--here", "-q", image, "sh", "-c", script, prefix=there)
            self.assertEqual(result.status, Status.OK, result)
            self.assertEqual(result.out.splitlines()[:3], ["alice", str(NUMBERS["alice"]), "aiclab"])
            made = (alice.home / "made").stat()
            self.assertEqual((made.st_uid, made.st_gid), (NUMBERS["alice"], GROUP_NUMBER))
            self.assertFalse((alice.home / "inner").exists())
            result = alice.run("run", "--here", "-q", "--home", image, "sh", "-c", "echo y > ~/inner",
                               prefix=there)
            self.assertEqual(result.status, Status.OK, result)
            self.assertTrue((alice.home / "inner").exists())
            result = alice.run("run", "--here", "-q", "--root", image, "sh", "-c",
                               "id -u; echo x > asroot", prefix=there)
            self.assertEqual(result.out, "0\n", result)
            self.assertEqual((alice.home / "asroot").stat().st_uid, NUMBERS["alice"])
            for attempt in ("unshare -Ur true", "mount -t tmpfs x /mnt", "chown 0 made",
                            "echo 1 > /etc/passwd"):
                result = alice.run("run", "--here", "-q", image, "sh", "-c", attempt, prefix=there)
                self.assertNotEqual(result.status, 0, (attempt, result))


if __name__ == "__main__":
    unittest.main()
