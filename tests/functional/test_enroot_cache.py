# SPDX-License-Identifier: Apache-2.0
"""Layers that enroot keeps are not downloaded again, and are never believed unchecked."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from pathlib import Path

from support import oci_layout
from support.binary import Result, Status
from support.registry import Registry
from support.small import SmallImagesTest

NAME = "lab/layers"


class EnrootCacheTest(SmallImagesTest):
    """An image of two layers in a registry, and a cache as enroot's src/docker.sh writes it."""

    @classmethod
    def setUpClass(cls) -> None:
        scratch = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="aic-enroot-")))
        cls.tars = [
            oci_layout.tar([oci_layout.file("lower", b"lower" * 10_000)]),
            oci_layout.tar([oci_layout.file("text", b"upper")]),
        ]
        cls.layers = [oci_layout.Layer.of(tar) for tar in cls.tars]
        layout = oci_layout.Layout(scratch / "layout")
        layout.add_image(cls.layers, tag="1")
        cls.registry = cls.enterClassContext(Registry(scratch / "registry"))
        cls.registry.push(layout.path, "1", f"{NAME}:1")
        cls.reference = f"{cls.registry.address}#{NAME}:1"

    def setUp(self) -> None:
        super().setUp()
        self.cache = self.scratch / "enroot"
        self.cache.mkdir(mode=0o700)
        (self.cache / ".tokens.0").mkdir()
        for layer, tar in zip(self.layers, self.tars):
            self.keep(layer, tar)

    def path_of(self, layer: oci_layout.Layer) -> Path:
        return self.cache / layer.digest.removeprefix("sha256:")

    def keep(self, layer: oci_layout.Layer, tar: bytes) -> None:
        packed = subprocess.run(
            ["zstd", "-q", "-1", "-c"], input=tar, check=True, capture_output=True
        ).stdout
        self.path_of(layer).write_bytes(packed)
        self.path_of(layer).chmod(0o640)

    def add(self) -> tuple[Result, list[str]]:
        """Also the digests of the layers that were asked for."""
        before = len(self.registry.requests())
        result = self.succeed("add", f"--enroot-cache={self.cache}", self.reference)
        asked = [path for _, path, _ in self.registry.requests()[before:] if "/blobs/" in path]
        return result, [layer.digest for layer in self.layers
                        if any(path.endswith(layer.digest) for path in asked)]

    def assert_whole(self, result: Result) -> None:
        image = Path(result.out.strip())
        self.assertEqual(self.text_of(image), "upper")
        self.assertEqual(self.succeed("cat", image, "/lower").out, "lower" * 10_000)
        self.succeed("verify")

    def test_the_layers_come_from_the_cache(self) -> None:
        result, asked = self.add()
        self.assertEqual(asked, [])
        self.assertIn("2 layers", result.stderr)
        self.assertIn("taken from enroot's cache", result.stderr)
        self.assert_whole(result)

    def test_a_layer_that_is_not_there_is_fetched(self) -> None:
        self.path_of(self.layers[1]).unlink()
        result, asked = self.add()
        self.assertEqual(asked, [self.layers[1].digest])
        self.assertIn("1 layer of", result.stderr)
        self.assert_whole(result)

    def test_the_cache_of_the_settings_is_used_unless_another_is_named(self) -> None:
        self.aic.environment["ENROOT_CACHE_PATH"] = str(self.cache)
        result = self.succeed("add", "--enroot-cache", self.reference, "--name", "layers")
        self.assertIn("taken from enroot's cache", result.stderr)
        self.assertEqual(self.text_of("layers"), "upper")

    def test_a_layer_of_other_bytes_is_refused_by_its_path_and_fetched(self) -> None:
        self.keep(self.layers[0], oci_layout.tar([oci_layout.file("lower", b"hostile")]))
        result, asked = self.add()
        self.assertEqual(asked, [self.layers[0].digest])
        warnings = [line for line in result.stderr.splitlines() if "warning" in line]
        self.assertEqual(len(warnings), 1, result)
        self.assertIn(str(self.path_of(self.layers[0])), warnings[0])
        self.assertIn("1 layer of", result.stderr)
        self.assert_whole(result)

    def test_a_file_that_is_cut_short_is_refused_too(self) -> None:
        path = self.path_of(self.layers[0])
        path.write_bytes(path.read_bytes()[:-5])
        result, asked = self.add()
        self.assertEqual(asked, [self.layers[0].digest])
        self.assertIn(str(path), result.stderr)
        self.assert_whole(result)

    def test_a_pull_falls_back_as_well(self) -> None:
        self.keep(self.layers[1], b"no tar")
        self.aic.environment["ENROOT_CACHE_PATH"] = str(self.cache)
        result = self.succeed("pull", self.reference)
        self.assertIn(str(self.path_of(self.layers[1])), result.stderr)
        self.assert_whole(result)

    def test_a_cache_that_others_may_write_in_is_refused(self) -> None:
        self.cache.chmod(0o777)
        message = self.fails(
            Status.USAGE, "add", f"--enroot-cache={self.cache}", self.reference
        )
        self.assertIn("others may write in it", message)
        self.fails(Status.USAGE, "add", "--enroot-cache=/nowhere", self.reference)

    def test_what_does_not_go_together_is_refused(self) -> None:
        cache = f"--enroot-cache={self.cache}"
        self.fails(Status.USAGE, "add", cache, "--move", self.reference)
        self.fails(Status.USAGE, "add", cache, self.make("text"))
        self.fails(Status.USAGE, "add", cache, "--name", "x", self.reference, self.reference)


if __name__ == "__main__":
    unittest.main()
