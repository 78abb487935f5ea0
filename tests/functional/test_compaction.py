# SPDX-License-Identifier: Apache-2.0
"""What an image does not show is counted and cut out of it, and nobody notices but the disk."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import mounts, oci_layout, tree
from support.binary import Status
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout
from support.sample import IGNORED, WORKING_DIRECTORY, unpack_with_umoci
from support.small import SmallImagesTest

READERS = (mounts.kernel_mount, mounts.squashfuse_mount, mounts.unsquashed)


class DerivedTest(FunctionalTest):
    """An image upon the sample that takes its layer from there, and shadows much of it."""

    @classmethod
    def setUpClass(cls) -> None:
        sample = sample_layout()
        if shutil.which("umoci") is None:
            raise unittest.SkipTest("needs umoci, which is not installed")
        scratch = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="aic-derived-")))
        cls.layout = scratch / "layout"
        shutil.copytree(sample, cls.layout)
        delta = scratch / "delta.tar"
        delta.write_bytes(oci_layout.tar([
            oci_layout.directory("usr/share"),
            oci_layout.file("usr/share/.wh..wh..opq"),
            oci_layout.file("usr/share/new", b"new" * 100_000),
            oci_layout.file("etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n"),
            oci_layout.hardlink("etc/bash", "usr/bin/bash"),
            oci_layout.file("usr/lib/.wh.os-release"),
        ]))
        subprocess.run(
            ["umoci", "--log=error", "raw", "add-layer", "--image", f"{cls.layout}:{SAMPLE_TAG}",
             delta],
            check=True,
        )
        cls.tree = tree.enroot_profile(unpack_with_umoci(cls.layout, scratch / "bundle"))

    def setUp(self) -> None:
        super().setUp()
        self.pull(f"oci:{sample_layout()}:{SAMPLE_TAG}")
        self.reference = f"oci:{self.layout}:{SAMPLE_TAG}"
        result = self.succeed("pull", self.reference, "--json")
        (image,) = result.events[-1]["images"]
        self.assertGreater(image["taken_over"]["size_bytes"], 10_000_000)
        self.image = Path(image["path"])

    def assert_same_tree(self) -> None:
        for reader in READERS:
            with self.subTest(reader.__name__):
                with reader(self.image) as root:
                    actual = tree.read_tree(root)
                actual = tree.without(actual, *tree.IMPORTER_FILES, WORKING_DIRECTORY)
                expected = tree.without(self.tree, WORKING_DIRECTORY)
                if found := tree.differences(expected, actual, ignore=IGNORED):
                    self.fail(f"{reader.__name__}:\n{found}")

    def test_all_readers_see_the_tree_that_umoci_unpacks_of_a_spliced_image(self) -> None:
        self.assert_same_tree()

    def test_all_readers_see_the_tree_that_umoci_unpacks_of_a_compacted_image(self) -> None:
        before = self.image.stat().st_size
        self.succeed("gc", "--compact", self.reference)
        self.assertLess(self.image.stat().st_size, 0.9 * before)
        self.assert_same_tree()
        self.succeed("verify")


class CompactTest(SmallImagesTest):
    """Half of the image is a file that its second layer removes."""

    def setUp(self) -> None:
        super().setUp()
        base = oci_layout.Layer.of(oci_layout.tar([
            oci_layout.file("dead", bytes(range(256)) * 4000),
            oci_layout.file("text", b"live" * 100_000),
        ]))
        above = oci_layout.Layer.of(oci_layout.tar([oci_layout.file(".wh.dead")]))
        self.reference = self.layout.add_image([base, above], tag="half")
        self.image = self.pull(self.reference, "--compression", "none")
        self.size = self.image.stat().st_size

    def inspected(self) -> dict:
        return self.succeed("inspect", self.reference, "--json").json

    def compactions(self, *options: str | Path) -> list[dict]:
        return self.succeed("gc", *options, "--json").json["compactions"]

    def keep_by_name(self) -> None:
        self.succeed("pull", self.reference, "--compression", "none", "--name", "half")
        self.make_old(self.image, 40)

    def test_inspect_says_how_much_lives(self) -> None:
        inspected = self.inspected()
        self.assertEqual(inspected["dead_bytes"], 1_024_000)
        self.assertEqual(inspected["live_bytes"], self.size - 1_024_000)
        self.assertRegex(self.succeed("inspect", self.reference).out, r"(?m)^live data .*% is dead$")

    def test_stats_sum_what_is_dead(self) -> None:
        (owner,) = self.succeed("stats", "--json").json["owners"]
        self.assertEqual(owner["dead_bytes"], 1_024_000)

    def test_it_is_cut_out_where_that_is_asked_for(self) -> None:
        result = self.succeed("gc", "--compact", self.reference)
        self.assertIn("compacted 1 image: 1.0 MB less", result.stderr)
        self.assertLess(self.image.stat().st_size, self.size - 1_000_000)
        self.assertEqual(self.text_of(self.image), "live" * 100_000)
        self.assertEqual(self.inspected()["dead_bytes"], 0)
        self.assertTrue(self.inspected()["segments"][0]["is_cut"])
        self.succeed("verify")

    def test_a_second_time_there_is_nothing_left(self) -> None:
        self.succeed("gc", "--compact", self.reference)
        result = self.succeed("gc", "--compact", self.reference)
        self.assertRegex(result.out, r"(?m)^no .*nothing of it is dead$")

    def test_an_image_at_rest_is_compacted_by_gc(self) -> None:
        self.keep_by_name()
        (dry,) = self.compactions("--dry-run")
        self.assertTrue(dry["compact"])
        self.assertRegex(dry["reason"], r"^\d\d % of it is dead$")
        self.assertEqual(self.image.stat().st_size, self.size)
        (done,) = self.compactions()
        self.assertEqual(done["new_size_bytes"], self.image.stat().st_size)
        self.assertEqual(self.compactions(), [])

    def test_an_image_in_use_is_left_as_it_is(self) -> None:
        self.keep_by_name()
        self.succeed("path", "half")
        (choice,) = self.compactions()
        self.assertFalse(choice["compact"])
        self.assertIn("used or made", choice["reason"])
        self.assertEqual(self.image.stat().st_size, self.size)

    def test_the_file_that_was_there_is_in_the_trash_until_that_is_emptied(self) -> None:
        with self.image.open("rb") as reader:
            self.succeed("gc", "--compact", self.reference)
            (old,) = (self.aic.own / "trash").glob("*/*/*/*.sqsh")
            self.assertEqual(old.stat().st_size, self.size)
            self.succeed("gc", "--purge")
            self.assertFalse(old.exists())
            self.assertEqual(len(reader.read()), self.size)

    def test_a_file_system_that_cannot_exchange_directories_gets_two_renames(self) -> None:
        if shutil.which("strace") is None:
            self.skipTest("needs strace, which is not installed")
        tracer = ("strace", "-qq", "-f", "-o", str(self.scratch / "log"),
                  "-e", "inject=renameat2:error=EINVAL")
        self.succeed("gc", "--compact", self.reference, prefix=tracer)
        self.assertLess(self.image.stat().st_size, self.size)
        self.assertEqual(self.text_of(self.image), "live" * 100_000)
        (old,) = (self.aic.own / "trash").glob("*/*/*/*.sqsh")
        self.assertEqual(old.stat().st_size, self.size)
        self.succeed("verify")

    def test_damage_is_told_and_nothing_is_changed(self) -> None:
        damaged = bytearray(self.image.read_bytes())
        damaged[5000] ^= 1
        self.image.chmod(0o644)
        self.image.write_bytes(damaged)
        self.image.chmod(0o444)
        result = self.aic.run("gc", "--compact", self.reference)
        self.assertEqual(result.status, Status.INTEGRITY, result)
        self.assertIn("is damaged", result.stderr)
        self.assertEqual(self.image.read_bytes(), damaged)

    def test_a_killed_compaction_leaves_the_image_and_no_litter(self) -> None:
        if shutil.which("strace") is None:
            self.skipTest("needs strace, which is not installed")
        for call in ("fsync", "renameat2"):
            with self.subTest(call):
                tracer = ("strace", "-qq", "-f", "-o", str(self.scratch / "log"),
                          "-e", f"inject={call}:signal=KILL:when=1")
                self.aic.run("gc", "--compact", self.reference, prefix=tracer)
                self.assertEqual(self.text_of(self.image), "live" * 100_000)
                self.succeed("gc", "--purge")
                self.assertEqual(list((self.aic.own / "tmp").iterdir()), [])
                self.succeed("verify")

    def test_a_foreign_image_has_nothing_to_be_cut(self) -> None:
        if shutil.which("mksquashfs") is None:
            self.skipTest("needs mksquashfs, which is not installed")
        (self.scratch / "source").mkdir()
        file = self.scratch / "foreign.sqsh"
        subprocess.run(
            ["mksquashfs", self.scratch / "source", file, "-quiet", "-no-progress"],
            check=True, stdout=subprocess.DEVNULL,
        )
        self.succeed("add", file)
        # Each word is one of them, and the first is told of.
        self.assertIn("'none1'", self.fails(Status.NOT_FOUND, "gc", "--compact", "none1", "none2"))
        self.fails(Status.USAGE, "gc", "--compact", f"file:{file}")
        self.assertIsNone(self.succeed("inspect", f"file:{file}", "--json").json["dead_bytes"])
