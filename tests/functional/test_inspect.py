# SPDX-License-Identifier: Apache-2.0
"""Looking at what is in the store and inside an image, and taking it away."""

from __future__ import annotations

import os
import unittest

from support import mounts, tree
from support.binary import Status
from support.sample import SampleTest, served_sample

TYPES = {"file", "directory", "symlink", "fifo"}


def setUpModule() -> None:
    SampleTest.sample = unittest.enterModuleContext(served_sample())


class PulledTest(SampleTest):
    def setUp(self) -> None:
        super().setUp()
        self.image = self.pull(self.sample.reference)


class ListTest(PulledTest):
    def test_lists_the_image_with_its_size(self) -> None:
        (entry,) = self.succeed("list", "--json").json["images"]
        self.assertEqual(entry["path"], str(self.image))
        self.assertEqual(entry["size_bytes"], self.image.stat().st_size)
        self.assertRegex(entry["id"], r"^(sha256:)?[0-9a-f]{64}$")
        self.assertIn("lab/debian:12", entry["reference"])

    def test_a_pattern_selects(self) -> None:
        self.assertEqual(len(self.succeed("list", "*debian*", "--json").json["images"]), 1)
        self.assertEqual(self.succeed("list", "*fedora*", "--json").json["images"], [])

    def test_the_table_names_the_reference(self) -> None:
        self.assertIn("lab/debian:12", self.succeed("list").out)

    def test_an_empty_store_lists_nothing(self) -> None:
        self.succeed("rm", self.sample.reference)
        self.assertEqual(self.succeed("list", "--json").json["images"], [])


class FilesTest(PulledTest):
    def entries(self, *path: str) -> dict[bytes, dict]:
        listed = self.succeed("files", self.image, *path, "--json").json["entries"]
        return {os.fsencode(entry["path"]).lstrip(b"/"): entry for entry in listed}

    def test_every_path_has_a_known_type(self) -> None:
        kinds = {entry["type"] for entry in self.entries().values()}
        self.assertLessEqual(kinds, TYPES)

    def test_attributes_are_those_of_the_mounted_image(self) -> None:
        with mounts.any_reader(self.image) as root:
            mounted = tree.read_tree(root)
        listed = self.entries("/srv/odd/files")
        for name in (b"srv/odd/files/setuid", b"srv/odd/files/sparse", b"srv/odd/files/attributes"):
            with self.subTest(name):
                entry, expected = listed[name], mounted[name]
                self.assertEqual(
                    (entry["type"], entry["size_bytes"], entry["uid"], entry["gid"]),
                    (expected.kind, expected.size, expected.uid, expected.gid),
                )
                self.assertEqual(len(entry["xattrs"]), len(expected.xattrs))

    def test_a_symlink_has_its_target(self) -> None:
        listed = self.entries("/srv/odd/links")
        self.assertEqual(listed[b"srv/odd/links/dangling"]["target"], "nowhere")

    def test_hardlinks_are_counted(self) -> None:
        self.assertEqual(self.entries("/srv/odd/links")[b"srv/odd/links/second"]["nlink"], 2)

    def test_a_path_that_is_not_there_is_not_found(self) -> None:
        self.assertEqual(self.aic.run("files", self.image, "/nowhere").status, Status.NOT_FOUND)


class CatTest(PulledTest):
    def test_prints_the_bytes_of_a_file(self) -> None:
        with mounts.any_reader(self.image) as root:
            for name in ("etc/os-release", "usr/bin/perl", "srv/odd/files/sparse"):
                with self.subTest(name):
                    expected = (root / name).read_bytes()
                    self.assertEqual(self.succeed("cat", self.image, f"/{name}").stdout, expected)

    def test_an_odd_name_is_a_name(self) -> None:
        self.succeed("cat", self.image, "/srv/odd/names/new\nline")
        self.succeed("cat", self.image, os.fsdecode(b"/srv/odd/names/latin1-\xe9"))

    def test_what_is_no_file_is_refused(self) -> None:
        self.assertEqual(self.aic.run("cat", self.image, "/nowhere").status, Status.NOT_FOUND)
        self.assertNotEqual(self.aic.run("cat", self.image, "/etc").status, Status.OK)
        self.assertNotEqual(self.aic.run("cat", self.image, "/srv/odd/links/loop-a").status, 0)


class InspectTest(PulledTest):
    def test_shows_the_configuration_of_the_image(self) -> None:
        text = self.succeed("inspect", self.sample.reference, "--json").out
        for word in ("GREETING", "/srv/work dir", "/usr/bin/env", "/srv/volume"):
            self.assertIn(word, text)

    def test_reads_for_people_too(self) -> None:
        self.assertIn("lab/debian:12", self.succeed("inspect", self.sample.reference).out)


class RemoveTest(PulledTest):
    def test_takes_the_image_away(self) -> None:
        self.succeed("rm", self.sample.reference)
        self.assertFalse(self.image.exists())
        self.assertEqual(
            self.aic.run("path", self.sample.reference).status, Status.NOT_FOUND
        )

    def test_what_is_not_there_is_not_found_and_nothing_is_removed(self) -> None:
        self.assertEqual(self.aic.run("rm", "lab/nothing:1").status, Status.NOT_FOUND)
        self.assertTrue(self.image.exists())


if __name__ == "__main__":
    unittest.main()
