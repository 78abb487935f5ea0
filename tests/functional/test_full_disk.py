# SPDX-License-Identifier: Apache-2.0
"""A full disk is said clearly and leaves no half image."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

from support import mounts
from support.binary import AicImage, Status
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout, sample_reference
from support.registry import Registry

# Enough for the sample's compressed layers, and too little for its uncompressed image.
MIDWAY = "size=110m"
ENOUGH_FOR_ONE = "size=90m"
TINY = "size=4m"
# Blocks in plenty, names for three files: free space alone looks fine.
FEW_INODES = "size=1g,nr_inodes=6"


class FullDiskTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        mounts.need_root()

    def small_disk(self, name: str, options: str) -> Path:
        point = self.scratch / name
        point.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", point], check=True)
        self.addCleanup(subprocess.run, ["umount", point], check=True)
        return point

    def assert_refused(self, place: Path, *options: str | Path) -> None:
        result = self.refuse(Status.NO_SPACE, "pull", sample_reference(), *options)
        self.assertIn(str(place), result.stderr, "the message is to say where space is lacking")
        self.assertEqual(self.aic.leftovers(), [])

    def test_a_store_with_no_room_at_all(self) -> None:
        disk = self.small_disk("disk", TINY)
        self.aic = AicImage(self.scratch, store=disk)
        self.assert_refused(disk)

    def test_a_store_that_fills_midway(self) -> None:
        disk = self.small_disk("disk", MIDWAY)
        self.aic = AicImage(self.scratch, store=disk)
        self.assert_refused(disk, "--compression", "none")

    def test_a_store_without_inodes(self) -> None:
        disk = self.small_disk("disk", FEW_INODES)
        self.aic = AicImage(self.scratch, store=disk)
        self.assert_refused(disk)

    def test_store_and_spool_with_no_room(self) -> None:
        disk = self.small_disk("disk", TINY)
        self.aic = AicImage(self.scratch, store=disk / "store", spool=disk / "spool")
        self.assert_refused(disk)

    def test_a_disk_for_the_image_or_its_download_alone(self) -> None:
        disk = self.small_disk("disk", ENOUGH_FOR_ONE)
        self.aic = AicImage(self.scratch, store=disk / "store", spool=disk / "spool")
        with Registry(self.scratch / "registry") as registry:
            registry.push(sample_layout(), SAMPLE_TAG, "lab/debian:12")
            result = self.refuse(Status.NO_SPACE, "pull", f"{registry.address}#lab/debian:12")
        self.assertRegex(result.stderr, rf"the image with its download needs .* in '{disk}/")
        self.assertIn("AIC_IMAGE_SPOOL", result.stderr)
        self.assertEqual(self.aic.leftovers(), [], "nothing was fetched")

    def test_a_small_spool_is_either_enough_or_refused(self) -> None:
        disk = self.small_disk("disk", TINY)
        self.aic = AicImage(self.scratch, spool=disk)
        result = self.aic.run("pull", sample_reference())
        self.assertIn(result.status, (Status.OK, Status.NO_SPACE), result)
        self.assertEqual(len(self.aic.images()), 1 if result.status == Status.OK else 0)
        self.assertEqual(self.aic.leftovers(), [])

    def test_an_output_file_on_a_full_disk(self) -> None:
        disk = self.small_disk("disk", TINY)
        self.assert_refused(disk, "--output", disk / "image.sqsh")
        self.assertEqual(list(disk.iterdir()), [])

    def test_the_same_pull_succeeds_when_there_is_room_again(self) -> None:
        disk = self.small_disk("disk", MIDWAY)
        self.aic = AicImage(self.scratch, store=disk)
        self.assert_refused(disk, "--compression", "none")
        subprocess.run(["mount", "-o", "remount,size=1g", disk], check=True)
        self.pull(sample_reference(), "--compression", "none")


if __name__ == "__main__":
    unittest.main()
