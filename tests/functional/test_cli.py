# SPDX-License-Identifier: Apache-2.0
"""Help, mistakes in typing, --json errors, and what gets installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support.binary import Status
from support.case import FunctionalTest

# Should a mistake go unnoticed, nobody outside is asked.
NOWHERE = "127.0.0.1:1#lab/debian:12"
COMMANDS = (
    "pull", "login", "logout", "tags", "resolve", "build", "commit", "list", "inspect", "history", "path", "files",
    "cat", "rename", "rm", "restore", "pin", "unpin", "gc", "verify", "stats",
)


class HelpTest(FunctionalTest):
    def test_a_variable_of_the_shells_that_is_not_set_is_no_value(self) -> None:
        for words in (("pull", "x", "-o", ""), ("pull", "x", "--platform", ""), ("pull", "x", "--name", ""),
                      ("resolve", "x", "--platform", ""), ("login", ""), ("build", "x", "--name", "")):
            result = self.aic.run(*words)
            self.assertEqual(result.status, Status.USAGE, result)
            self.assertIn("empty", result.stderr)

    def test_every_command_has_help_with_examples(self) -> None:
        for command in COMMANDS:
            with self.subTest(command):
                text = self.succeed(command, "--help").out
                self.assertRegex(text, r"(?mi)^examples?:?$")
                self.assertIn(f"aic-image {command} ", text)

    def test_help_names_every_command(self) -> None:
        text = self.succeed("--help").out
        for command in COMMANDS:
            self.assertRegex(text, rf"(?m)^\s+{command}\b")

    def test_version(self) -> None:
        self.assertRegex(self.succeed("--version").out, r"\d+\.\d+\.\d+")


class MistakesTest(FunctionalTest):
    def test_an_unknown_command_is_answered_with_the_nearest(self) -> None:
        self.assertIn("pull", self.refuse(Status.USAGE, "pul", NOWHERE).stderr)

    def test_an_unknown_option_is_answered_with_the_nearest(self) -> None:
        result = self.refuse(Status.USAGE, "pull", "--compresion", "zstd", NOWHERE)
        self.assertIn("--compression", result.stderr)

    def test_a_missing_argument(self) -> None:
        for command in COMMANDS:
            if command in ("login", "logout", "list", "gc", "verify", "stats"):
                continue
            with self.subTest(command):
                self.refuse(Status.USAGE, command)

    def test_values_that_options_do_not_take(self) -> None:
        for option, value in (
            ("--compression", "bzip2"), ("--compression", "zstd:99"), ("--block-size", "3K"),
            ("--block-size", "64M"), ("--threads", "0"), ("--threads", "many"),
            ("--platform", "///"),
        ):
            with self.subTest(f"{option} {value}"):
                result = self.refuse(Status.USAGE, "pull", option, value, NOWHERE)
                self.assertIn(value, result.stderr)

    def test_errors_go_to_stderr(self) -> None:
        self.assertEqual(self.refuse(Status.USAGE, "pull", f"{NOWHERE}:C").stdout, b"")


class JsonTest(FunctionalTest):
    def test_an_error_is_an_object_on_stdout(self) -> None:
        missing = f"oci:{self.scratch}/nowhere:1"
        for arguments, status, kind in (
            (("pull", f"{NOWHERE}!"), Status.USAGE, "usage"),
            (("pull", missing), Status.NOT_FOUND, "not_found"),
            (("path", "lab/nothing:1"), Status.NOT_FOUND, "not_found"),
            (("list", "--no-such-option"), Status.USAGE, "usage"),
        ):
            with self.subTest(" ".join(arguments)):
                result = self.refuse(status, *arguments, "--json")
                error = result.events[-1]["error"]
                self.assertEqual(error["kind"], kind)
                self.assertTrue(error["message"])
                self.assertIn("hint", error)

    def test_an_empty_list_is_an_object(self) -> None:
        self.assertEqual(self.succeed("list", "--json").json["images"], [])


class OutputTest(FunctionalTest):
    def test_a_reader_that_goes_away_is_no_crash(self) -> None:
        with self.aic.start("--help") as process:
            process.stdout.close()
            process.wait(timeout=30)
        self.assertGreaterEqual(process.returncode, -13)

    def test_a_full_device_for_stdout_is_an_error(self) -> None:
        with open("/dev/full", "wb") as full:
            process = subprocess.run(
                [os.environ["AIC_IMAGE_BIN"], "list", "--json"], env=self.aic.environment,
                stdout=full, stderr=subprocess.PIPE, check=False, timeout=30,
            )
        self.assertNotEqual(process.returncode, 0, process.stderr)

    def test_no_colours_without_a_terminal(self) -> None:
        self.assertNotIn("\x1b", self.refuse(Status.USAGE, "pull", f"{NOWHERE}:C").stderr)


class InstallTest(unittest.TestCase):
    """What `cmake --install` of the build under test puts in place."""

    prefix: Path

    @classmethod
    def setUpClass(cls) -> None:
        build = os.environ.get("AIC_BUILD_DIR")
        if build is None:
            raise unittest.SkipTest("needs AIC_BUILD_DIR, the build directory to install from")
        scratch = tempfile.TemporaryDirectory(prefix="aic-install-")
        cls.addClassCleanup(scratch.cleanup)
        cls.prefix = Path(scratch.name)
        subprocess.run(
            ["cmake", "--install", build, "--prefix", cls.prefix], check=True,
            stdout=subprocess.DEVNULL,
        )

    def test_the_binary_runs_from_where_it_is_installed(self) -> None:
        subprocess.run(
            [self.prefix / "bin/aic-image", "--version"], check=True, stdout=subprocess.DEVNULL
        )

    def test_every_command_has_a_man_page_that_formats_without_warning(self) -> None:
        pages = {page.name: page for page in self.prefix.glob("share/man/man1/*.1")}
        self.assertIn("aic-image.1", pages)
        for command in COMMANDS:
            self.assertIn(f"aic-image-{command}.1", pages)
        if shutil.which("man") is None:
            self.skipTest("needs man, which is not installed")
        for page in pages.values():
            with self.subTest(page.name):
                formatted = subprocess.run(
                    ["man", "--warnings", "--local-file", page], check=True, capture_output=True,
                    env={**os.environ, "MANPAGER": "cat", "LC_ALL": "C.UTF-8"},
                )
                self.assertEqual(formatted.stderr, b"")

    def test_completions_are_accepted_by_their_shells(self) -> None:
        for shell, pattern in (
            ("bash", "share/bash-completion/completions/aic-image"),
            ("zsh", "share/zsh/*/_aic-image"),
            ("fish", "share/fish/vendor_completions.d/aic-image.fish"),
        ):
            with self.subTest(shell):
                (script,) = self.prefix.glob(pattern)
                self.assertGreater(script.stat().st_size, 0)
                if shutil.which(shell) is None:
                    self.skipTest(f"needs {shell}, which is not installed")
                subprocess.run([shell, "-n", script], check=True)


if __name__ == "__main__":
    unittest.main()
