# SPDX-License-Identifier: Apache-2.0
"""Whatever fails below the store, what a command claims is true and nothing half-made is seen.

AIC_TEST_STORE_MOMENTS sets how many steps of filling a disk and how many calls of a kind are tried.
"""

from __future__ import annotations

import collections
import re
import shutil
import unittest
from collections.abc import Callable
from pathlib import Path

from support.binary import AicImage, Result, Status
from support.whole import WholeStoreTest, moments, small_disk

STEPS = moments(20, most=60)
CALLS = moments(12)
# A pull needs some dozens of pages, the catalogue included.
STRIDE = 4
PAGE = 4096
DISK = "size=4m,nr_inodes=2000"

Command = tuple[str | Path, ...]
# Makes what a command needs while there is room, and says the command.
Prepare = Callable[[str], Command]


class FaultTest(WholeStoreTest):
    def setUp(self) -> None:
        super().setUp()
        self.settings('[gc]\nmin_age = "0s"\n')

    def pulled(self, text: str) -> Command:
        return "pull", self.make(text, text), "--name", text, "--threads", "1"

    def added(self, text: str) -> Command:
        return "add", self.squash(text)

    def pinned(self, text: str) -> Command:
        self.pull_named(text, text)
        return "pin", text

    def renamed(self, text: str) -> Command:
        self.pull_named(text, text)
        return "rename", text, f"{text}-new"

    def removed(self, text: str) -> Command:
        self.pull_named(text, text)
        return "rm", text

    def collected(self, text: str) -> Command:
        self.pull(self.make(text, text))
        self.pull_named(f"{text}-name", f"{text}-name")
        self.succeed("rm", f"{text}-name")
        return "gc", "--purge"

    def assert_true(self, text: str, command: Command, result: Result) -> None:
        """What a command claims that ended with success is so."""
        if command[0] in ("pull", "add"):
            image = Path(result.out.strip())
            self.assertTrue(image.is_absolute() and image.is_file(), result)
            self.assertEqual(self.text_of(image), text, result)
            self.assert_readable(image)
        if command[0] in ("pull", "pin"):
            self.assertTrue(self.leads_somewhere(text), result)
        if command[0] == "pin":
            (entry,) = self.succeed("list", text, "--json").json["images"]
            self.assertIsNotNone(entry["pin"], result)
        if command[0] in ("rename", "rm"):
            self.assertFalse(self.leads_somewhere(text), result)
        if command[0] == "rename":
            self.assertEqual(self.text_of(f"{text}-new"), text, result)
        if command[0] == "gc":
            self.assertEqual(list((self.aic.own / "images").glob("*/*")), [], result)
            self.assertEqual(list((self.aic.own / "trash").iterdir()), [], result)

    def assert_works_again(self, text: str, command: Command) -> None:
        """Without the fault. A name may have gone before the fault: then it is not found."""
        self.assert_whole()
        again = self.aic.run(*command)
        if command[0] in ("rename", "rm") and again.status == Status.NOT_FOUND:
            self.assertIn("there is no", again.stderr, again)
        else:
            self.assertEqual(again.status, Status.OK, again)
        self.assert_true(text, command, again)
        self.assert_nothing_in_tmp()


class FullTest(FaultTest):
    """The disk has room for a little more, a little less, and for nothing."""

    def setUp(self) -> None:
        super().setUp()
        disk = self.enterContext(small_disk(self, DISK))
        self.filling = disk / "filling"
        self.aic = AicImage(self.scratch, store=disk / "store")

    def leave_pages(self, number: int) -> None:
        self.filling.mkdir()
        free = shutil.disk_usage(self.filling).free - number * PAGE
        with open(self.filling / "pages", "wb") as file:
            file.write(bytes(free))

    def leave_inodes(self, number: int) -> None:
        self.filling.mkdir()
        (self.filling / "one").touch()
        try:
            for name in range(1_000_000):
                (self.filling / str(name)).touch()
        except OSError:
            pass
        for name in range(number):
            (self.filling / str(name)).unlink()

    def fill_up(self, prepare: Prepare, most_refused: int = STEPS - 1) -> None:
        for leave in (self.leave_pages, self.leave_inodes):
            refused = 0
            for left in range(0, STEPS * STRIDE, STRIDE):
                with self.subTest(leave.__name__, left=left):
                    text = f"{leave.__name__}-{left}".replace("_", "-")
                    command = prepare(text)
                    leave(left)
                    try:
                        result = self.aic.run(*command)
                        refused += result.status != Status.OK
                        self.assert_clear(text, command, result)
                        self.assert_whole()
                    finally:
                        shutil.rmtree(self.filling)
                    self.assert_works_again(text, command)
                    shutil.rmtree(self.aic.store)
            self.assertLessEqual(refused, most_refused, f"{leave.__name__}: a few are to be enough")

    def assert_clear(self, text: str, command: Command, result: Result) -> None:
        if result.status == Status.OK:
            return self.assert_true(text, command, result)
        self.assertEqual(result.status, Status.NO_SPACE, result)
        self.assertRegex(result.stderr, r"(?m)^error: ", result)

    def test_pull(self) -> None:
        self.fill_up(self.pulled)

    def test_add(self) -> None:
        self.fill_up(self.added)

    def test_pin(self) -> None:
        self.fill_up(self.pinned)

    def test_rename(self) -> None:
        self.fill_up(self.renamed)

    def test_rm(self) -> None:
        # What a full disk needs most is that something can go.
        self.fill_up(self.removed, most_refused=0)

    def test_gc(self) -> None:
        self.fill_up(self.collected, most_refused=0)

    def test_the_trash_is_emptied_when_nothing_is_free(self) -> None:
        for leave in (self.leave_pages, self.leave_inodes):
            with self.subTest(leave.__name__):
                image = self.pull_named("removed", "removed")
                self.succeed("rm", "--force", self.id_of(image))
                leave(0)
                self.succeed("gc", "--purge")
                self.assertEqual(list((self.aic.own / "trash").iterdir()), [])
                self.assert_nothing_in_tmp()
                shutil.rmtree(self.filling)
                shutil.rmtree(self.aic.store)


class FailingCallTest(FaultTest):
    """A system call fails at its first use, at its second and so on."""

    def setUp(self) -> None:
        super().setUp()
        if shutil.which("strace") is None:
            raise unittest.SkipTest("needs strace, which is not installed")

    def run_traced(self, calls: str, command: Command, *options: str) -> tuple[Result, str]:
        """Also what strace wrote of these calls."""
        log = self.scratch / "strace.log"
        tracer = ("strace", "-qq", "-f", "--seccomp-bpf", "-o", str(log), "-e", f"trace={calls}")
        result = self.aic.run(*command, prefix=(*tracer, *options))
        return result, log.read_text()

    def calls_made(self, calls: str, command: Command) -> list[str]:
        """Of the busiest thread, for strace counts in each."""
        result, log = self.run_traced(calls, command, "-y")
        self.assertEqual(result.status, Status.OK, result)
        threads = collections.defaultdict(list)
        for line in log.splitlines():
            threads[line.split()[0]].append(line)
        return max(threads.values(), key=len, default=[])

    def fail_each(self, calls: str, error: str, *, only: str = "") -> None:
        for prepare in (self.pulled, self.renamed, self.pinned):
            kind = f"{prepare.__name__}-{calls.split(',')[0]}"
            made = self.calls_made(calls, prepare(f"{kind}-0"))
            shutil.rmtree(self.aic.store)  # each time as the first time
            numbers = [number for number, line in enumerate(made, 1) if re.search(only, line)]
            every = -(-len(numbers) // CALLS) or 1
            for number in numbers[::every]:
                with self.subTest(prepare.__name__, calls=calls, number=number):
                    text = f"{kind}-{number}"
                    command = prepare(text)
                    result, _ = self.run_traced(
                        calls, command, "-e", f"inject={calls}:error={error}:when={number}"
                    )
                    if result.status == Status.OK:
                        self.assert_true(text, command, result)
                    else:
                        self.assertGreater(result.status, 0, "it crashed")
                        self.assertLessEqual(result.status, Status.NO_PLATFORM, result)
                    self.assert_works_again(text, command)
                shutil.rmtree(self.aic.store)

    def test_fsync(self) -> None:
        self.fail_each("fsync,fdatasync", "EIO")

    def test_rename(self) -> None:
        self.fail_each("rename,renameat,renameat2", "EIO")

    def test_link(self) -> None:
        self.fail_each("link,linkat", "EIO")

    def test_write(self) -> None:
        self.fail_each("write", "EIO")

    def test_pwrite(self) -> None:
        self.fail_each("pwrite64", "ENOSPC")

    def test_close(self) -> None:
        # Of what was written: the loader closes much, and what was only read is no matter.
        self.fail_each("close", "ENOSPC", only=rf"{self.aic.own}/.*(\.tmp|\.sqsh|\.idx)\b")

    def test_mkdir(self) -> None:
        self.fail_each("mkdir,mkdirat", "EACCES")


if __name__ == "__main__":
    unittest.main()
