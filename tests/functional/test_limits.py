# SPDX-License-Identifier: Apache-2.0
"""Large, deep and mean images take bounded memory and time."""

from __future__ import annotations

import subprocess
import unittest
from pathlib import Path

from support import mounts, oci_layout
from support.binary import Result, Status
from support.case import FunctionalTest
from support.oci_layout import Layer, Layout, directory, file, tar

THREADS = 2
# 64 MB, 2 MB a thread, 160 B a path, and what the program and its libraries map themselves.
FIXED_MEMORY = 64_000_000 + THREADS * 2_000_000 + 40_000_000
PATH_MEMORY = 160
MANY = 100_000
BOMB_BYTES = 4 << 30
DEPTH = 200
LAYERS = 127


class LimitsTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        self.layout = Layout(self.scratch / "layout")

    def pull_layers(self, *layers: Layer) -> Path:
        return self.pull(self.layout.add_image(list(layers)), "--threads", str(THREADS))

    def assert_bounded(self, result: Result, paths: int = 0) -> None:
        self.assertLess(result.peak_memory, FIXED_MEMORY + PATH_MEMORY * paths, result)

    def pull_bounded(self, layers: list[Layer], paths: int = 0) -> Path:
        reference = self.layout.add_image(layers)
        result = self.succeed("pull", reference, "--threads", str(THREADS))
        self.assert_bounded(result, paths)
        return Path(result.out.strip())

    def names(self, image: Path, directory_name: str) -> set[str]:
        with mounts.any_reader(image) as root:
            return {entry.name for entry in (root / directory_name).iterdir()}

    def test_many_files_in_one_directory(self) -> None:
        names = [f"many/file-{number:06}" for number in range(MANY)]
        image = self.pull_bounded([Layer.of(oci_layout.tar_of_empty_files(names))], MANY)
        self.assertEqual(self.names(image, "many"), {name.split("/")[1] for name in names})
        # One name out of many: the directory's index has to lead to it.
        self.succeed("cat", image, f"/many/file-{MANY - 1:06}")

    def test_a_deep_tree(self) -> None:
        deep = "/".join(["d"] * DEPTH)
        image = self.pull_layers(Layer.of(tar([file(f"{deep}/bottom", b"deep\n")])))
        self.assertEqual(self.succeed("cat", image, f"/{deep}/bottom").out, "deep\n")
        with mounts.any_reader(image) as root:
            self.assertEqual((root / deep / "bottom").read_text(), "deep\n")

    def test_many_layers(self) -> None:
        layers = [
            Layer.of(tar([directory("etc"), file("etc/last", b"%d" % number),
                          file(f"etc/layer-{number}")]))
            for number in range(LAYERS)
        ]
        image = self.pull_layers(*layers)
        self.assertEqual(self.succeed("cat", image, "/etc/last").out, str(LAYERS - 1))
        present = self.names(image, "etc")
        self.assertLessEqual({f"layer-{number}" for number in range(LAYERS)}, present)

    def test_a_layer_twice_in_a_manifest(self) -> None:
        one, two = Layer.of(tar([file("a", b"1")])), Layer.of(tar([file("a", b"2")]))
        image = self.pull_layers(one, two, one)
        self.assertEqual(self.succeed("cat", image, "/a").out, "1")

    def test_an_image_without_layers(self) -> None:
        self.pull_layers()

    def test_empty_layers(self) -> None:
        self.pull_layers(Layer.of(bytes(1024)), Layer.of(b""), Layer.of(tar([file("a", b"1")])))

    def test_a_bomb_of_whiteouts(self) -> None:
        names = [f"many/.wh.file-{number:06}" for number in range(2 * MANY)]
        lower = Layer.of(tar([directory("many"), file("many/file-000007"), file("many/stays")]))
        upper = Layer.of(oci_layout.tar_of_empty_files(names))
        image = self.pull_bounded([lower, upper], 2 * MANY)
        self.assertEqual(self.names(image, "many"), {"stays"})

    def test_a_bomb_of_zeros(self) -> None:
        layer = oci_layout.layer_of_zeros(BOMB_BYTES)
        reference = self.layout.add_image([layer])
        result = self.aic.run("pull", reference, "--threads", str(THREADS))
        self.assertIn(result.status, (Status.OK, Status.INTEGRITY), result)
        self.assert_bounded(result)
        if result.status == Status.OK:
            (image,) = self.aic.images()
            self.assertLess(image.stat().st_size, 16 << 20, "zeros are holes")
            subprocess.run(["unsquashfs", "-s", image], check=True, stdout=subprocess.DEVNULL)
        else:
            self.assertEqual(self.aic.images(), [])


if __name__ == "__main__":
    unittest.main()
