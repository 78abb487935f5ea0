# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment of a pull leaves nothing half-made to be seen, and nothing for good.

AIC_TEST_KILLS sets how many moments (50), AIC_TEST_SEED which ones.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import unittest
from pathlib import Path

from support import oci_layout
from support.case import FunctionalTest
from support.oci_layout import Layer, Layout
from support.registry import Registry

KILLS = int(os.environ.get("AIC_TEST_KILLS", "50"))
SEED = int(os.environ.get("AIC_TEST_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
FULL_PULL_EVERY = 5
LAYERS = 3
LAYER_BYTES = 4 << 20
# Slow on purpose, so that there are moments to choose from.
SLOW = ("--compression", "gzip:9", "--threads", "1")


def real_files(limit: int, skip: int) -> list[tuple]:
    """Files of this machine, for data that compresses as data does."""
    entries, size = [], 0
    for number, path in enumerate(sorted(Path("/usr/bin").iterdir())):
        if number % LAYERS != skip or path.is_symlink() or not path.is_file():
            continue
        content = path.read_bytes()[:1 << 20]
        entries.append(oci_layout.file(f"layer{skip}/{path.name}", content))
        size += len(content)
        if size >= limit:
            break
    return entries


class CrashTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        layout = Layout(self.scratch / "layout")
        layers = [
            Layer.of(oci_layout.tar(real_files(LAYER_BYTES, number))) for number in range(LAYERS)
        ]
        layout.add_image(layers, tag="1")
        self.registry = self.enterContext(Registry(self.scratch / "registry"))
        self.registry.push(layout.path, "1", "lab/slow:1")
        self.reference = f"{self.registry.address}#lab/slow:1"

    def test_kills_at_random_moments(self) -> None:
        begin = time.monotonic()
        self.pull(self.reference, *SLOW)
        duration = time.monotonic() - begin
        self.succeed("rm", self.reference)
        moments = random.Random(SEED)
        killed = 0
        for number in range(1, KILLS + 1):
            moment = moments.uniform(0, duration * 1.05)
            with self.subTest(f"kill {number}", seed=SEED, moment=f"{moment:.3f} s"):
                killed += self.kill_a_pull_after(moment)
                self.assert_only_whole_images()
                if number % FULL_PULL_EVERY == 0:
                    self.assert_next_pull_cleans_up()
        self.assertGreater(killed, KILLS // 4, "pulls are too quick to be killed")

    def test_a_kill_does_not_disturb_the_images_that_are_there(self) -> None:
        image = self.pull(self.reference)
        before = image.read_bytes()
        self.kill_a_pull_after(0.3)
        self.assertEqual(image.read_bytes(), before)
        self.assertEqual(self.pull(self.reference), image)

    def kill_a_pull_after(self, seconds: float) -> bool:
        """Whether the pull was still running."""
        with self.aic.start("pull", self.reference, *SLOW) as process:
            try:
                process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        return process.returncode == -signal.SIGKILL

    def assert_only_whole_images(self) -> None:
        images = self.aic.images()
        for image in images:
            subprocess.run(["unsquashfs", "-s", image], check=True, stdout=subprocess.DEVNULL)
            for name in ("record.json", "layers.idx"):
                self.assertTrue((image.parent / name).is_file(), f"'{image}' has no {name}")
        variants = list(self.aic.own.glob("images/*/*"))
        self.assertEqual(len(variants), len(images), "a published directory has no image")
        listed = self.succeed("list", "--json").json["images"]
        self.assertEqual(sorted(entry["path"] for entry in listed), [str(path) for path in images])

    def assert_next_pull_cleans_up(self) -> None:
        image = self.pull(self.reference, *SLOW)
        self.assertEqual(self.aic.leftovers(), [])
        subprocess.run(
            ["unsquashfs", "-lls", image], check=True, stdout=subprocess.DEVNULL
        )
        self.succeed("rm", self.reference)


if __name__ == "__main__":
    unittest.main()
