# SPDX-License-Identifier: Apache-2.0
"""Images that lie about themselves are refused, and hostile names stay inside the image."""

from __future__ import annotations

import dataclasses
import gzip
import os
import tarfile
import unittest

from support import mounts, tree
from support.binary import Status
from support.case import FunctionalTest
from support.oci_layout import Layer, Layout, directory, file, hardlink, sha256, symlink, tar

HELLO = tar([directory("etc"), file("etc/hello", b"hello\n")])
OTHER = sha256(b"something else")


class BadImageTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        self.layout = Layout(self.scratch / "layout")

    def refuse_image(self, layers: list[Layer], **options: object) -> str:
        """Refused for its integrity, with nothing left behind; gives the message."""
        reference = self.layout.add_image(layers, **options)
        message = self.refuse(Status.INTEGRITY, "pull", reference).stderr
        self.assertEqual(self.aic.leftovers(), [])
        return message

    def tree_of(self, *layers: bytes) -> tree.Tree:
        image = self.pull(self.layout.add_image([Layer.of(data) for data in layers]))
        with mounts.any_reader(image) as root:
            return tree.without(tree.read_tree(root), *tree.IMPORTER_FILES)


class DigestTest(BadImageTest):
    def test_a_blob_that_is_not_its_digest(self) -> None:
        layer = dataclasses.replace(Layer.of(HELLO), digest=OTHER)
        self.assertIn(OTHER[:19], self.refuse_image([layer]))

    def test_a_layer_that_is_not_its_diff_id(self) -> None:
        layer = dataclasses.replace(Layer.of(HELLO), diff_id=OTHER)
        self.assertIn(OTHER[:19], self.refuse_image([layer]))

    def test_a_wrong_layer_above_a_right_one(self) -> None:
        upper = dataclasses.replace(Layer.of(tar([file("x")])), diff_id=OTHER)
        self.refuse_image([Layer.of(HELLO), upper])

    def test_a_blob_shorter_than_its_descriptor(self) -> None:
        whole = Layer.of(HELLO)
        self.refuse_image([dataclasses.replace(whole, blob=whole.blob[:-20])])

    def test_a_blob_longer_than_its_descriptor(self) -> None:
        whole = Layer.of(HELLO)
        self.refuse_image([dataclasses.replace(whole, blob=whole.blob + bytes(20))])

    def test_a_compressed_stream_that_ends_too_early(self) -> None:
        self.refuse_image([Layer.of_blob(gzip.compress(HELLO)[:-20], sha256(HELLO))])

    def test_a_compressed_stream_that_is_damaged(self) -> None:
        blob = bytearray(gzip.compress(HELLO))
        blob[len(blob) // 2] ^= 0xFF
        self.refuse_image([Layer.of_blob(bytes(blob), sha256(HELLO))])

    def test_a_layer_that_is_no_tar(self) -> None:
        self.refuse_image([Layer.of(b"this is no archive " * 1000)])

    def test_a_tar_that_ends_within_a_file(self) -> None:
        data = tar([file("large", bytes(range(256)) * 400)])
        self.refuse_image([Layer.of(data[:4096])])

    def test_more_diff_ids_than_layers(self) -> None:
        layer = Layer.of(HELLO)
        self.refuse_image([layer], diff_ids=[layer.diff_id, OTHER])

    def test_fewer_diff_ids_than_layers(self) -> None:
        layers = [Layer.of(HELLO), Layer.of(tar([file("x")]))]
        self.refuse_image(layers, diff_ids=[layers[0].diff_id])

    def test_diff_ids_in_another_order(self) -> None:
        layers = [Layer.of(HELLO), Layer.of(tar([file("x")]))]
        self.refuse_image(layers, diff_ids=[layer.diff_id for layer in reversed(layers)])


class OddStreamTest(BadImageTest):
    """Layers that registries do hold, and that every unpacker takes."""

    def test_a_tar_without_end_blocks(self) -> None:
        self.assertIn(b"etc/hello", self.tree_of(HELLO[:3 * tarfile.BLOCKSIZE]))

    def test_a_tar_that_ends_with_the_last_byte_of_a_file(self) -> None:
        # As `umoci insert` writes them: not even the last block is padded.
        made = self.tree_of(HELLO[:2 * tarfile.BLOCKSIZE + len(b"hello\n")])
        self.assertEqual(made[b"etc/hello"].size, len(b"hello\n"))

    def test_bytes_after_the_end_of_the_archive(self) -> None:
        self.assertIn(b"etc/hello", self.tree_of(HELLO + b"trailing bytes" * 100))


class HostileNameTest(BadImageTest):
    def test_a_name_above_the_root_is_refused(self) -> None:
        self.assertIn("..", self.refuse_image([Layer.of(tar([file("../../x")]))]))

    def test_an_absolute_name_is_below_the_root(self) -> None:
        self.assertIn(b"etc/evil", self.tree_of(tar([file("/etc/evil")])))

    def test_a_parent_that_is_a_symlink_leads_inside_the_root(self) -> None:
        made = self.tree_of(
            tar([symlink("up", "../../../.."), symlink("root", "/"), directory("etc")]),
            tar([file("up/one"), file("root/etc/two")]),
        )
        self.assertLessEqual({b"one", b"etc/two"}, made.keys())
        self.assertEqual(made[b"up"].kind, "symlink")

    def test_a_loop_of_symlinks_as_parent_is_refused(self) -> None:
        lower = tar([symlink("a", "b"), symlink("b", "a")])
        self.refuse_image([Layer.of(lower), Layer.of(tar([file("a/x")]))])

    def test_a_hardlink_to_nothing_is_refused_by_name(self) -> None:
        message = self.refuse_image([Layer.of(tar([hardlink("here", "not/there")]))])
        self.assertIn("not/there", message)

    def test_a_hardlink_above_the_root_stays_inside(self) -> None:
        made = self.tree_of(tar([file("etc/passwd", b"ours"), hardlink("x", "../../etc/passwd")]))
        self.assertEqual(made[b"x"].group, b"etc/passwd")

    def test_whiteouts_of_dots_are_refused(self) -> None:
        for name in (".wh.", ".wh..", ".wh..."):
            with self.subTest(name):
                self.refuse_image([Layer.of(tar([directory("d"), file(f"d/{name}")]))])

    def test_control_characters_do_not_reach_the_terminal(self) -> None:
        message = self.refuse_image([Layer.of(tar([hardlink("x", "\x1b[2J\x07gone")]))])
        self.assertNotIn("\x1b", message)


class PlatformTest(BadImageTest):
    def index(self) -> str:
        return self.layout.add_index({
            "linux/s390x": [Layer.of(HELLO)], "linux/mips64le": [Layer.of(HELLO)],
        })

    def test_a_platform_that_is_missing_is_said_with_those_there_are(self) -> None:
        result = self.refuse(Status.NO_PLATFORM, "pull", self.index())
        self.assertIn("linux/s390x", result.stderr)
        self.assertIn("linux/mips64le", result.stderr)

    def test_a_platform_that_is_asked_for_is_taken(self) -> None:
        self.pull(self.index(), "--platform", "linux/s390x")

    def test_an_image_for_one_platform_is_for_no_other_here_or_not(self) -> None:
        machine = os.uname().machine
        other = "linux/amd64" if machine == "aarch64" else "linux/arm64"
        reference = self.layout.tag(
            self.layout.manifest([Layer.of(HELLO)], architecture=other.removeprefix("linux/")))
        for _ in range(2):  # made, and there already
            result = self.succeed("pull", reference)
            self.assertIn(f"the image is for {other}, and this machine is", result.stderr)
        for word in ("linux/ppc64le", "foo/bar", "linux/amd64" if other != "linux/amd64" else "linux/arm64"):
            for verb in ("pull", "resolve"):
                result = self.aic.run(verb, "--platform", word, reference)
                self.assertEqual(result.status, Status.NO_PLATFORM, result)
                self.assertIn(f"the image is for {other}, not for", result.stderr)
        self.succeed("pull", "--platform", other, reference)
        self.assertEqual(self.succeed("resolve", "--json", "--platform", other, reference).json["platform"],
                         other)

    def test_attestations_are_no_platform(self) -> None:
        reference = self.layout.add_index(
            {"unknown/unknown": [Layer.of(HELLO)], "linux/s390x": [Layer.of(HELLO)]}, tag="x"
        )
        result = self.refuse(Status.NO_PLATFORM, "pull", reference)
        self.assertNotIn("unknown/unknown", result.stderr)


if __name__ == "__main__":
    unittest.main()
