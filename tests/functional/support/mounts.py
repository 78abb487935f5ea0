# SPDX-License-Identifier: Apache-2.0
"""An image as a directory, through each of the readers that users have.

A reader that cannot work here raises `unittest.SkipTest` with what is missing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path

Reader = Callable[[Path], contextlib.AbstractContextManager[Path]]


def _need(*programs: str) -> None:
    for program in programs:
        if shutil.which(program) is None:
            raise unittest.SkipTest(f"needs {program}, which is not installed")


def need_root() -> None:
    if os.geteuid() != 0:
        raise unittest.SkipTest("needs root")


@contextlib.contextmanager
def _mount_point() -> Iterator[Path]:
    point = Path(tempfile.mkdtemp(prefix="aic-mount-"))
    try:
        yield point
    finally:
        point.rmdir()


@contextlib.contextmanager
def kernel_mount(image: Path) -> Iterator[Path]:
    need_root()
    if not os.path.exists("/dev/loop-control"):
        raise unittest.SkipTest("needs loop devices (/dev/loop-control)")
    with _mount_point() as point:
        command = ["mount", "-t", "squashfs", "-o", "loop,ro,nodev,nosuid", image, point]
        subprocess.run(command, check=True)
        try:
            yield point
        finally:
            subprocess.run(["umount", point], check=True)


@contextlib.contextmanager
def squashfuse_mount(image: Path) -> Iterator[Path]:
    _need("squashfuse_ll", "fusermount3")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise unittest.SkipTest("needs read and write access to /dev/fuse")
    with _mount_point() as point:
        server = subprocess.Popen(["squashfuse_ll", "-f", image, point])
        try:
            _wait_until_mounted(point, server)
            yield point
        finally:
            subprocess.run(["fusermount3", "-u", point], check=True)
            server.wait(timeout=30)


def _wait_until_mounted(point: Path, server: subprocess.Popen) -> None:
    for _ in range(200):
        if os.path.ismount(point):
            return
        if server.poll() is not None:
            raise AssertionError(f"squashfuse ended with status {server.returncode}")
        time.sleep(0.05)
    raise AssertionError("squashfuse did not mount the image within 10 s")


@contextlib.contextmanager
def unsquashed(image: Path) -> Iterator[Path]:
    _need("unsquashfs")
    with tempfile.TemporaryDirectory(prefix="aic-unsquashed-") as scratch:
        target = Path(scratch) / "root"
        subprocess.run(
            ["unsquashfs", "-no-progress", "-quiet", "-dest", target, image],
            check=True, stdout=subprocess.DEVNULL,
        )
        yield target


@contextlib.contextmanager
def any_reader(image: Path) -> Iterator[Path]:
    """The quickest reader that works here."""
    with contextlib.ExitStack() as stack:
        try:
            root = stack.enter_context(kernel_mount(image))
        except unittest.SkipTest:
            root = stack.enter_context(unsquashed(image))
        yield root
