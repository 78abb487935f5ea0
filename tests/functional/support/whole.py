# SPDX-License-Identifier: Apache-2.0
"""What holds in a store whatever was done to it: every image that is to be seen is whole."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import unittest
from collections.abc import Iterator
from pathlib import Path

from support.binary import Status
from support.case import FunctionalTest
from support.small import SmallImagesTest

FILES_BESIDE_THE_IMAGE = {"record.json", "layers.idx"}


def moments(usual: int, *, most: int | None = None) -> int:
    """How many moments a test tries, unless the environment asks for more; more than `most` are
    all the same."""
    asked = max(usual, int(os.environ.get("AIC_TEST_STORE_MOMENTS", "0")))
    return asked if most is None else min(asked, most)


class WholeStoreTest(SmallImagesTest):
    """A test that maltreats a store and then looks whether everything in it is whole."""

    def assert_whole(self) -> list[Path]:
        """Each published directory has its three files, and the image its size; `list` works."""
        whole = []
        for variant in sorted(self.aic.own.glob("images/*/*")):
            names = {path.name for path in variant.iterdir()}
            images = names - FILES_BESIDE_THE_IMAGE
            self.assertEqual(len(names), 3, f"'{variant}' holds {sorted(names)}")
            self.assertEqual(len(images), 1, f"'{variant}' holds {sorted(names)}")
            image = variant / images.pop()
            record = json.loads((variant / "record.json").read_text())
            self.assertEqual(image.stat().st_size, record["size_bytes"], image)
            whole.append(image)
        listed = self.succeed("list", "--json").json["images"]
        self.assertEqual(sorted(entry["path"] for entry in listed), [str(path) for path in whole])
        return whole

    def assert_readable(self, image: Path) -> None:
        subprocess.run(["unsquashfs", "-s", image], check=True, stdout=subprocess.DEVNULL)
        self.assertIn("text", self.succeed("files", image).out)

    def assert_catalogue_is_right(self) -> None:
        """Row for row as the files say, and each generation in order for SQLite too."""
        self.assertEqual(self.succeed("verify", "--rebuild", "--json").json["rebuilt"], [])
        for generation in sorted((self.aic.store / "catalogue").glob("*.db")):
            address = f"file:{generation}?mode=ro&immutable=1"
            with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
                found = database.execute("PRAGMA quick_check").fetchall()
                self.assertEqual(found, [("ok",)], generation)

    def assert_nothing_in_tmp(self) -> None:
        self.assertEqual(self.aic.leftovers(), [])
        self.assertEqual(list((self.aic.own / "tmp").iterdir()), [])

    def leads_somewhere(self, name: str) -> bool:
        """Whether a name has a path. That it has none has to be said with `not found`."""
        result = self.aic.run("path", name)
        if result.status == Status.OK:
            self.assertTrue(Path(result.out.strip()).is_file(), result)
            return True
        self.assertEqual(result.status, Status.NOT_FOUND, result)
        return False

    def settings(self, text: str) -> None:
        path = self.scratch / ".config/aic-image/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def squash(self, text: str) -> Path:
        """A squashfs that somebody else made."""
        if shutil.which("mksquashfs") is None:
            raise unittest.SkipTest("needs mksquashfs, which is not installed")
        source = self.scratch / "source"
        source.mkdir(exist_ok=True)
        (source / "text").write_text(text)
        file = self.scratch / f"{text}.sqsh"
        subprocess.run(
            ["mksquashfs", source, file, "-noappend", "-no-progress", "-quiet"],
            check=True, stdout=subprocess.DEVNULL,
        )
        return file


@contextlib.contextmanager
def small_disk(test: FunctionalTest, options: str) -> Iterator[Path]:
    """A tmpfs of its own; a test without the right to mount is skipped."""
    point = test.scratch / "disk"
    point.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", point]
    mounted = subprocess.run(command, capture_output=True, text=True)
    if mounted.returncode != 0:
        raise unittest.SkipTest(f"needs the right to mount a tmpfs: {mounted.stderr.strip()}")
    try:
        yield point
    finally:
        subprocess.run(["umount", point], check=True)
