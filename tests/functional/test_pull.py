# SPDX-License-Identifier: Apache-2.0
"""A real image, from a real registry, comes out exactly as an independent unpacker sees it."""

from __future__ import annotations

import os
import subprocess
import unittest

from support import mounts, tree
from support.binary import Status
from support.sample import SampleTest, served_sample


def setUpModule() -> None:
    SampleTest.sample = unittest.enterModuleContext(served_sample())


class ReadersTest(SampleTest):
    def test_the_kernel_sees_the_tree_that_umoci_unpacks(self) -> None:
        self.assert_same_tree(self.pull(self.sample.reference), mounts.kernel_mount)

    def test_squashfuse_sees_the_tree_that_umoci_unpacks(self) -> None:
        self.assert_same_tree(self.pull(self.sample.reference), mounts.squashfuse_mount)

    def test_unsquashfs_sees_the_tree_that_umoci_unpacks(self) -> None:
        self.assert_same_tree(self.pull(self.sample.reference), mounts.unsquashed)

    def test_rdsquashfs_lists_every_path(self) -> None:
        image = self.pull(self.sample.reference)
        listing = subprocess.run(
            ["rdsquashfs", "--describe", image], check=True, capture_output=True
        ).stdout
        # Names with a newline take two lines; every entry starts with its type. The root has none.
        kinds = (b"dir ", b"file ", b"slink ", b"pipe ", b"link ")
        found = sum(line.startswith(kinds) for line in listing.splitlines())
        with mounts.any_reader(image) as root:
            self.assertEqual(found + 1, len(tree.read_tree(root)))

    def test_keep_ids_keeps_the_owners(self) -> None:
        mounts.need_root()
        self.assert_same_tree(
            self.pull(self.sample.reference, "--keep-ids"), mounts.any_reader, keep_ids=True
        )

    def test_every_compression_gives_the_same_tree(self) -> None:
        for compression in ("zstd", "zstd:3", "lz4", "gzip", "none"):
            with self.subTest(compression):
                image = self.pull(self.sample.reference, "--compression", compression)
                self.assert_same_tree(image, mounts.any_reader)

    def test_other_block_sizes_give_the_same_tree(self) -> None:
        for size in ("4K", "1M"):
            with self.subTest(size):
                image = self.pull(self.sample.reference, "--block-size", size)
                self.assert_same_tree(image, mounts.any_reader)

    def test_an_output_file_has_the_same_tree_and_leaves_no_image_in_the_store(self) -> None:
        output = self.scratch / "debian.sqsh"
        self.assertEqual(self.pull(self.sample.reference, "--output", output), output)
        self.assert_same_tree(output, mounts.any_reader)
        self.assertEqual(self.aic.images(), [])


class ImporterFilesTest(SampleTest):
    def setUp(self) -> None:
        super().setUp()
        self.image = self.pull(self.sample.reference)

    def read(self, path: str) -> str:
        return self.succeed("cat", self.image, path).out

    def test_an_output_that_is_no_regular_file_is_not_replaced(self) -> None:
        fifo, folder = self.scratch / "fifo", self.scratch / "folder"
        os.mkfifo(fifo)
        folder.mkdir()
        for path in (fifo, folder):
            result = self.aic.run("pull", self.sample.reference, "--output", path)
            self.assertEqual(result.status, Status.USAGE, result)
            self.assertIn("is not written over", result.stderr)
        self.assertTrue(fifo.is_fifo())
        self.assertEqual(list(folder.iterdir()), [])

    def test_rc_is_a_script_that_sh_accepts(self) -> None:
        script = self.read("/etc/rc")
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)
        self.assertIn("# enroot-provenance: ", script)

    def test_no_text_of_the_image_becomes_shell(self) -> None:
        # The label's value has a newline before `exit 1`.
        lines = self.read("/etc/rc").splitlines()
        self.assertNotIn("exit 1", [line.strip() for line in lines])

    def test_rc_changes_to_the_working_directory_and_runs_the_entrypoint(self) -> None:
        with mounts.any_reader(self.image) as root:
            self.assertTrue((root / "srv/work dir").is_dir())
        script = self.read("/etc/rc")
        self.assertIn("srv/work dir", script)
        self.assertIn("/usr/bin/env", script)

    def test_environment_has_only_assignments_and_drops_what_enroot_would_not_take(self) -> None:
        lines = self.read("/etc/environment").splitlines()
        for line in lines:
            self.assertRegex(line, r"^[A-Za-z_][A-Za-z0-9_]*=")
        names = {line.split("=", 1)[0] for line in lines}
        self.assertLessEqual({"PATH", "GREETING"}, names)
        self.assertTrue(names.isdisjoint({"ENROOT_DROPPED", "with-dash"}))

    def test_fstab_mounts_the_volume(self) -> None:
        self.assertIn(
            "${ENROOT_ROOTFS}/srv/volume /srv/volume none x-create=dir,bind,rw,nosuid,nodev",
            self.read("/etc/fstab"),
        )

    def test_the_files_are_executable_or_readable_by_all(self) -> None:
        with mounts.any_reader(self.image) as root:
            for name in ("rc", "rc.local", "environment", "fstab"):
                status = (root / "etc" / name).stat()
                self.assertEqual(status.st_mode & 0o444, 0o444, name)


class AgainTest(SampleTest):
    def test_a_second_pull_asks_for_one_manifest_and_no_blob(self) -> None:
        first = self.pull(self.sample.reference)
        before = len(self.sample.registry.requests())
        self.assertEqual(self.pull(self.sample.reference), first)
        asked = self.sample.registry.requests()[before:]
        self.assertFalse([request for request in asked if "/blobs/" in request[1]], asked)
        manifests = [request for request in asked if "/manifests/" in request[1]]
        self.assertLessEqual(len(manifests), 1, asked)

    def test_both_grammars_name_one_image(self) -> None:
        image = self.pull(self.sample.reference)
        plain = self.sample.path_reference
        for other in (plain, f"docker://{plain}", f"docker://{self.sample.reference}"):
            with self.subTest(other):
                self.assertEqual(self.pull(other), image)
        self.assertEqual(self.aic.images(), [image])

    def test_a_removed_image_is_pulled_again(self) -> None:
        image = self.pull(self.sample.reference)
        self.succeed("rm", self.sample.reference)
        self.assertFalse(image.exists())
        self.assertEqual(self.pull(self.sample.reference), image)

    def test_json_tells_of_what_was_pulled_before_an_error(self) -> None:
        mistaken = self.sample.reference + "-mistaken"
        result = self.aic.run("--json", "--progress=none", "pull", self.sample.reference, mistaken)
        self.assertEqual(result.status, Status.NOT_FOUND, result)
        *_, done, error = result.events
        self.assertEqual([image["path"] for image in done["images"]],
                         [self.succeed("path", self.sample.reference).out.strip()])
        self.assertEqual(error["error"]["message"],
                         f"resolving {mistaken.replace('#', '/')}: lab/debian has no tag '12-mistaken'")

    def test_nothing_is_left_in_tmp_and_spool(self) -> None:
        self.pull(self.sample.reference)
        self.assertEqual(self.aic.leftovers(), [])

    def test_what_a_pull_left_that_was_killed_at_its_end_goes_with_the_next(self) -> None:
        self.pull(self.sample.reference)
        image = self.succeed("inspect", "--json", self.sample.reference).json
        blobs = [segment["blob"].removeprefix("sha256:") for segment in image["segments"]
                 if segment.get("blob")]
        self.assertTrue(blobs, image)
        for blob in blobs:
            (self.aic.spool / blob).write_bytes(b"left")
        self.pull(self.sample.reference)
        self.assertEqual(self.aic.leftovers(), [])


class StoreTest(SampleTest):
    def test_the_store_looks_as_documented(self) -> None:
        image = self.pull(self.sample.reference)
        variant = image.parent
        self.assertEqual(variant.parent.parent, self.aic.own / "images")
        self.assertTrue((variant / "record.json").is_file())
        self.assertTrue((variant / "layers.idx").is_file())
        self.assertRegex(image.name, r"^debian\+[0-9a-f]{12}\.sqsh$")
        self.assertIn(image.stat().st_mode & 0o777, (0o444, 0o400))

    def test_the_image_is_found_by_reference_id_prefix_and_path(self) -> None:
        image = self.pull(self.sample.reference)
        listed = self.succeed("list", "--json").json["images"]
        self.assertEqual([entry["path"] for entry in listed], [str(image)])
        identity = listed[0]["id"].removeprefix("sha256:")
        for name in (self.sample.reference, identity, identity[:12], str(image)):
            with self.subTest(name):
                self.assertEqual(self.succeed("path", name).out.strip(), str(image))


if __name__ == "__main__":
    unittest.main()
