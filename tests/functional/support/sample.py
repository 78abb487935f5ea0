# SPDX-License-Identifier: Apache-2.0
"""The sample image in a registry, and its tree as umoci unpacks it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import unittest
from collections.abc import Iterator
from pathlib import Path

from support import mounts, tree
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout
from support.registry import Registry

NAME = "lab/debian"
WORKING_DIRECTORY = b"srv/work dir"
# Without root neither umoci nor unsquashfs can set owners.
IGNORED = () if os.geteuid() == 0 else ("uid", "gid")


class Sample:
    """A registry that serves the sample image, and what the image has to look like."""

    def __init__(self, registry: Registry, reference_tree: tree.Tree) -> None:
        self.registry = registry
        self.tree = reference_tree
        self.reference = f"{registry.address}#{NAME}:{SAMPLE_TAG}"
        self.path_reference = f"{registry.address}/{NAME}:{SAMPLE_TAG}"


@contextlib.contextmanager
def served_sample() -> Iterator[Sample]:
    layout = sample_layout()
    with tempfile.TemporaryDirectory(prefix="aic-sample-") as scratch:
        reference_tree = unpack_with_umoci(layout, Path(scratch) / "bundle")
        with Registry(Path(scratch) / "registry") as registry:
            registry.push(layout, SAMPLE_TAG, f"{NAME}:{SAMPLE_TAG}")
            yield Sample(registry, reference_tree)


def unpack_with_umoci(layout: Path, bundle: Path) -> tree.Tree:
    if shutil.which("umoci") is None:
        raise unittest.SkipTest("needs umoci, which is not installed")
    rootless = [] if os.geteuid() == 0 else ["--rootless"]
    subprocess.run(
        ["umoci", "--log=error", "unpack", *rootless, "--image", f"{layout}:{SAMPLE_TAG}", bundle],
        check=True,
    )
    return tree.read_tree(bundle / "rootfs")


class SampleTest(FunctionalTest):
    """A test on the served sample, which `setUpModule` of the test's file puts here."""

    sample: Sample

    def assert_same_tree(
        self, image: Path, reader: mounts.Reader, *, keep_ids: bool = False
    ) -> None:
        expected = tree.enroot_profile(self.sample.tree, keep_ids=keep_ids)
        with reader(image) as root:
            actual = tree.read_tree(root)
        actual = tree.without(actual, *tree.IMPORTER_FILES, WORKING_DIRECTORY)
        if found := tree.differences(expected, actual, ignore=IGNORED):
            self.fail(f"{reader.__name__}:\n{found}")
