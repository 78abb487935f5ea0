# SPDX-License-Identifier: Apache-2.0
"""Squashfs files that others made, taken over into the store."""

from __future__ import annotations

import filecmp
import os
import shutil
import socket
import subprocess
import unittest
from pathlib import Path

from support import mounts
from support.binary import AicImage, Status
from support.case import FunctionalTest

COMPRESSORS = ("gzip", "lzo", "xz", "lz4", "zstd", "lzma")


class AddTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        if shutil.which("mksquashfs") is None:
            raise unittest.SkipTest("needs mksquashfs, which is not installed")
        self.source = self.scratch / "source"
        (self.source / "bin").mkdir(parents=True)
        shutil.copy("/bin/true", self.source / "bin" / "sh")
        (self.source / "bin" / "zeros").write_bytes(bytes(300_000))
        (self.source / "etc").mkdir()
        (self.source / "etc" / "os-release").write_text("NAME=foreign\n")
        os.link(self.source / "bin" / "sh", self.source / "bin" / "bash")

    def squash(self, name: str, *options: str) -> Path:
        file = self.scratch / name
        subprocess.run(
            ["mksquashfs", self.source, file, "-noappend", "-no-progress", "-quiet", *options],
            check=True, stdout=subprocess.DEVNULL,
        )
        return file

    def add(self, *arguments: str | Path) -> Path:
        lines = self.succeed("add", *arguments).out.splitlines()
        self.assertEqual(len(lines), 1, f"stdout is to be the path alone: {lines}")
        return Path(lines[0])


class TakenOverTest(AddTest):
    def test_every_compressor_is_taken_byte_for_byte(self) -> None:
        for compressor in COMPRESSORS:
            with self.subTest(compressor):
                try:
                    file = self.squash(f"{compressor}.sqsh", "-comp", compressor)
                except subprocess.CalledProcessError:
                    self.skipTest(f"needs a mksquashfs with {compressor}")
                image = self.add(file)
                self.assertTrue(filecmp.cmp(file, image, shallow=False))
                self.assertEqual(image.parent.name, f"{compressor}-128k-foreign")
                out = self.succeed("cat", f"file:{file}", "/etc/os-release").out
                self.assertEqual(out, "NAME=foreign\n")
        self.assertEqual(self.aic.leftovers(), [])

    def test_the_reference_is_the_path_it_came_from(self) -> None:
        image = self.add(self.squash("base.sqsh", "-comp", "lzo", "-b", "1M"))
        reference = f"file:{self.scratch}/base.sqsh"
        (entry,) = self.succeed("list", "--json").json["images"]
        self.assertEqual(entry["references"], [reference])
        self.assertEqual(entry["variant"], "lzo-1m-foreign")
        self.assertEqual(entry["profile"], "foreign")
        self.assertEqual(self.succeed("path", reference).out, f"{image}\n")
        self.assertIn("added", self.succeed("inspect", reference).out)

    def test_inspect_shows_the_config_that_was_made_up(self) -> None:
        file = self.squash("base.sqsh", "-mkfs-time", "1700000000")
        self.add(file)
        config = self.succeed("inspect", f"file:{file}", "--json").json["config"]
        self.assertEqual(config["created"], "2023-11-14T22:13:20Z")
        self.assertEqual(config["history"][0]["created_by"], "aic-image add base.sqsh")
        self.assertEqual(len(config["rootfs"]["diff_ids"]), 1)

    def test_several_files_are_several_lines(self) -> None:
        files = [self.squash("a.sqsh"), self.squash("b.sqsh", "-comp", "xz")]
        self.assertEqual(len(self.succeed("add", *files).out.splitlines()), 2)

    def test_a_second_time_it_is_already_here(self) -> None:
        file = self.squash("base.sqsh")
        first = self.add(file)
        result = self.succeed("add", file)
        self.assertEqual(result.out, f"{first}\n")
        self.assertIn("already here", result.stderr)
        (image,) = self.succeed("add", file, "--json").events[-1]["images"]
        self.assertTrue(image["was_there"])
        self.assertEqual(self.aic.leftovers(), [])

    def test_our_own_images_can_be_added_to_another_store(self) -> None:
        image = self.add(self.squash("base.sqsh"))
        self.aic = AicImage(self.scratch, store=self.scratch / "other")
        self.assertTrue(filecmp.cmp(image, self.add(image), shallow=False))

    def test_move_takes_the_original_away(self) -> None:
        file = self.squash("base.sqsh")
        image = self.add("--move", file)
        self.assertFalse(file.exists())
        self.assertTrue(image.exists())

    def test_rm_takes_it_out_again(self) -> None:
        file = self.squash("base.sqsh")
        self.add(file)
        self.succeed("rm", f"file:{file}")
        self.assertEqual(self.aic.images(), [])


class RefusedTest(AddTest):
    def test_what_is_no_squashfs(self) -> None:
        text = self.scratch / "text.sqsh"
        text.write_text("hello" * 1000)
        self.assertIn("no squashfs", self.refuse(Status.INTEGRITY, "add", text).stderr)
        self.assertEqual(self.aic.leftovers(), [])

    def test_a_file_that_is_cut_short(self) -> None:
        file = self.squash("cut.sqsh")
        os.truncate(file, file.stat().st_size - 5000)
        self.refuse(Status.INTEGRITY, "add", file)

    def test_a_file_whose_tables_are_damaged(self) -> None:
        file = self.squash("damaged.sqsh", "-noI")
        bytes_used = int.from_bytes(file.read_bytes()[40:48], "little")
        inode_table = int.from_bytes(file.read_bytes()[64:72], "little")
        with open(file, "r+b") as damaged:
            damaged.seek(inode_table + 2)
            damaged.write(b"\xff" * (bytes_used - inode_table - 2))
        self.refuse(Status.INTEGRITY, "add", file)
        self.assertEqual(self.aic.leftovers(), [])

    def test_what_is_no_file(self) -> None:
        self.refuse(Status.NOT_FOUND, "add", self.scratch / "nothing.sqsh")
        self.refuse(Status.USAGE, "add", self.source)
        os.mkfifo(self.scratch / "pipe")
        self.refuse(Status.USAGE, "add", self.scratch / "pipe")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(os.path.relpath(self.scratch / "socket"))
            self.assertNotEqual(self.aic.run("add", self.scratch / "socket").status, Status.OK)

    def test_a_file_that_may_not_be_read(self) -> None:
        if os.geteuid() == 0:
            raise unittest.SkipTest("needs another user than root")
        file = self.squash("secret.sqsh")
        file.chmod(0)
        self.refuse(Status.DENIED, "add", file)

    def test_a_file_of_somebody_else_is_not_moved(self) -> None:
        mounts.need_root()
        file = self.squash("base.sqsh")
        os.chown(file, 12345, 12345)
        self.refuse(Status.DENIED, "add", "--move", file)
        self.assertTrue(file.exists())

    def test_a_full_disk(self) -> None:
        mounts.need_root()
        (self.source / "noise").write_bytes(os.urandom(8 << 20))
        file = self.squash("base.sqsh")
        disk = self.scratch / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        self.aic = AicImage(self.scratch, store=disk)
        self.assertIn(str(disk), self.refuse(Status.NO_SPACE, "add", file).stderr)
        self.assertEqual(self.aic.leftovers(), [])

    def test_pull_says_what_to_do_with_a_file(self) -> None:
        result = self.refuse(Status.USAGE, "pull", f"file:{self.scratch}/base.sqsh")
        self.assertIn("aic-image add", result.stderr)


class NamedTest(AddTest):
    def setUp(self) -> None:
        super().setUp()
        self.file = self.squash("one.sqsh")

    def assert_refused(self, *arguments: str | Path) -> str:
        result = self.aic.run("add", *arguments)
        self.assertEqual(result.status, Status.USAGE, result)
        return result.stderr

    def another(self) -> Path:
        (self.source / "more").write_text("more\n")
        return self.squash("two.sqsh")

    def test_the_image_has_the_name(self) -> None:
        image = self.add(self.file, "--name", "exp")
        self.assertEqual(self.succeed("path", "exp").out.strip(), str(image))
        self.assertIn(f"add {self.file}", self.succeed("history", "exp").out)

    def test_a_name_in_use_stays_with_its_image(self) -> None:
        image = self.add(self.file, "--name", "exp")
        other = self.another()
        message = self.assert_refused(other, "--name", "exp")
        self.assertIn("the name 'exp' is in use", message)
        self.assertEqual(self.succeed("path", "exp").out.strip(), str(image))

    def test_the_same_file_may_get_the_same_name_again(self) -> None:
        self.assertEqual(self.add(self.file, "--name", "exp"), self.add(self.file, "--name", "exp"))

    def test_several_files_have_no_one_name(self) -> None:
        self.assert_refused(self.file, self.another(), "--name", "exp")
        self.assertEqual(self.aic.images(), [])

    def test_what_is_no_name_is_refused_before_anything_is_copied(self) -> None:
        self.assert_refused(self.file, "--name", "../x")
        self.assertEqual(self.aic.images(), [])


if __name__ == "__main__":
    unittest.main()
