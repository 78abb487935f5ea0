# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment of a command that changes the store: it is of use at once all the same.

AIC_TEST_STORE_MOMENTS sets how many moments for each command (30), AIC_TEST_SEED which ones.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
import unittest
from collections.abc import Callable
from pathlib import Path

from support.binary import Status
from support.whole import WholeStoreTest, moments

KILLS = moments(30)
CALLS = moments(2, most=30)
ENTRIES = 32  # that are pending when a command folds them
SEED = int(os.environ.get("AIC_TEST_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
# Calls that change what others see. At each the command is killed before it is made.
CHANGES = ("rename", "link", "unlink", "unlinkat", "mkdir", "rmdir", "fsync", "pwrite64", "write")

Command = tuple[str | Path, ...]
Prepare = Callable[[str], Command]


class KillTest(WholeStoreTest):
    """`prepare` makes what a command needs, and says the command. Each time it is another image."""

    def setUp(self) -> None:
        super().setUp()
        self.settings('[gc]\nmin_age = "0s"\n')

    def pulled(self, text: str) -> Command:
        return "pull", self.make(text, text), "--name", text

    def removed(self, text: str) -> Command:
        self.pull_named(text, text)
        return "rm", text

    def renamed(self, text: str) -> Command:
        self.pull_named(text, text)
        return "rename", text, f"{text}-new"

    def restored(self, text: str) -> Command:
        self.pull_named(text, text)
        self.succeed("rm", text)
        return "restore", text

    def collected(self, text: str) -> Command:
        self.pull(self.make(text, text))
        self.pull_named(f"{text}-name", f"{text}-name")
        self.succeed("rm", f"{text}-name")
        return "gc", "--purge"

    def added(self, text: str) -> Command:
        return "add", self.squash(text)

    def folded(self, text: str) -> Command:
        """A command after which so much is pending that the catalogue is written anew."""
        self.pull_named(text, text)
        pending = self.aic.own / "pending"
        entry = max(pending.glob("*.done"), key=lambda path: path.stat().st_mtime)
        for number in range(ENTRIES):
            shutil.copyfile(entry, pending / f"{text}.{number}.done")
        return "pin", text

    def assert_folds(self) -> None:
        def newest() -> str:
            return max(path.name for path in (self.aic.store / "catalogue").glob("*.db"))

        command = self.folded("due")
        before = newest()
        self.succeed(*command)
        self.assertGreater(newest(), before)

    def assert_usable(self, text: str, command: Command) -> None:
        """After a kill: what is there is whole, and the command can be given again."""
        self.assert_whole()
        again = self.aic.run(*command)
        done = {"rename": f"{text}-new", "restore": text}
        if again.status != Status.OK:  # then there was nothing left to be done
            self.assertIn(command[0], ("rm", "rename", "restore"), again)
            self.assertEqual(again.status, Status.NOT_FOUND, again)
        if command[0] == "rm":
            self.assertFalse(self.leads_somewhere(text))
        if command[0] in done:
            self.assertEqual(self.text_of(done[command[0]]), text)
        if command[0] == "rename":
            self.assertFalse(self.leads_somewhere(text))
        if command[0] in ("pull", "add"):
            image = Path(again.out.strip())
            self.assertEqual(self.text_of(image), text)
        if command[0] == "pin":
            (entry,) = self.succeed("list", text, "--json").json["images"]
            self.assertIsNotNone(entry["pin"])
            self.assert_catalogue_is_right()
            self.succeed("unpin", text)
        if command[0] == "gc":
            self.assertEqual(list((self.aic.own / "images").glob("*/*")), [])
            self.assertEqual(list((self.aic.own / "trash").iterdir()), [])
        else:
            self.take_images_away()

    def take_images_away(self) -> None:
        """So that the store does not grow with the number of kills."""
        ids = {variant.parent.name for variant in self.aic.own.glob("images/*/*")}
        if ids:
            self.succeed("rm", "--force", *sorted(ids))

    def assert_a_collection_leaves_nothing(self) -> None:
        self.succeed("gc", "--purge")
        self.assert_nothing_in_tmp()
        self.assert_whole()

    def kill_at_random_moments(self, prepare: Prepare) -> None:
        command = prepare("whole")
        begin = time.monotonic()
        self.succeed(*command)
        duration = time.monotonic() - begin
        moments_of = random.Random(SEED)
        killed = 0
        for number in range(1, KILLS + 1):
            moment = moments_of.uniform(0, duration)
            with self.subTest(f"kill {number}", seed=SEED, moment=f"{moment:.4f} s"):
                command = prepare(f"at-{number}")
                killed += self.kill_after(moment, command)
                self.assert_usable(f"at-{number}", command)
        self.assertGreater(killed, 0, "it is too quick to be killed")
        self.assert_a_collection_leaves_nothing()

    def kill_after(self, seconds: float, command: Command) -> bool:
        """Whether it was still running."""
        with self.aic.start(*command) as process:
            try:
                process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        return process.returncode == -signal.SIGKILL

    def kill_at_every_change(self, prepare: Prepare) -> None:
        """At the first call of a kind, at the second and so on, until there are no more."""
        if shutil.which("strace") is None:
            raise unittest.SkipTest("needs strace, which is not installed")
        killed = 0
        for call in CHANGES:
            for number in range(1, CALLS + 1):
                status = Status.OK
                with self.subTest(call, number=number):
                    command = prepare(f"{call}-{number}")
                    status = self.kill_at(call, number, command)
                    self.assert_usable(f"{call}-{number}", command)
                if status == Status.OK:
                    break
                killed += 1
        self.assertGreater(killed, 0, "strace kills nothing here")
        self.assert_a_collection_leaves_nothing()

    def kill_at(self, call: str, number: int, command: Command) -> int:
        # Not with --seccomp-bpf: then strace sends no signals.
        tracer = (
            "strace", "-qq", "-f", "-o", "/dev/null", "-e", f"trace={call}",
            "-e", f"inject={call}:signal=SIGKILL:when={number}",
        )
        return self.aic.run(*command, prefix=tracer).status

class RandomMomentsTest(KillTest):
    def test_pull(self) -> None:
        self.kill_at_random_moments(self.pulled)

    def test_rm(self) -> None:
        self.kill_at_random_moments(self.removed)

    def test_gc(self) -> None:
        self.kill_at_random_moments(self.collected)

    def test_rename(self) -> None:
        self.kill_at_random_moments(self.renamed)

    def test_add(self) -> None:
        self.kill_at_random_moments(self.added)

    def test_restore(self) -> None:
        self.kill_at_random_moments(self.restored)

    def test_fold(self) -> None:
        self.assert_folds()
        self.kill_at_random_moments(self.folded)


class EveryChangeTest(KillTest):
    def test_pull(self) -> None:
        self.kill_at_every_change(self.pulled)

    def test_rm(self) -> None:
        self.kill_at_every_change(self.removed)

    def test_gc(self) -> None:
        self.kill_at_every_change(self.collected)

    def test_rename(self) -> None:
        self.kill_at_every_change(self.renamed)

    def test_add(self) -> None:
        self.kill_at_every_change(self.added)

    def test_restore(self) -> None:
        self.kill_at_every_change(self.restored)

    def test_fold(self) -> None:
        self.assert_folds()
        self.kill_at_every_change(self.folded)


if __name__ == "__main__":
    unittest.main()
