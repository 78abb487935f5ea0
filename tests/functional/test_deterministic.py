# SPDX-License-Identifier: Apache-2.0
"""The same input gives the same bytes, however it is made and wherever it comes from."""

from __future__ import annotations

import hashlib
import os
import unittest
from pathlib import Path
from typing import Any

from support import oci_layout
from support.binary import AicImage
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout, sample_reference
from support.oci_layout import Layer, Layout
from support.registry import Registry


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def segments(document: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Diff id, digest and length of each layer's segment, as `inspect --json` reports them.

    What has no diff id is the importer's own: it names the image, and so differs.
    """
    return [
        (part["diff_id"], part["xxh128"], part["length"])
        for part in document["segments"] if part["diff_id"] is not None
    ]


class ThreadsTest(FunctionalTest):
    def test_the_number_of_threads_does_not_show(self) -> None:
        for compression in ("zstd", "lz4"):
            with self.subTest(compression):
                made = set()
                for threads in (1, 2, 8):
                    output = self.scratch / f"{compression}-{threads}.sqsh"
                    self.pull(sample_reference(), "--compression", compression,
                              "--threads", str(threads), "--output", output)
                    made.add(digest_of(output))
                self.assertEqual(len(made), 1)

    def test_two_stores_hold_the_same_file(self) -> None:
        made = []
        for name, threads in (("one", "1"), ("two", "8")):
            self.aic = AicImage(self.scratch, store=self.scratch / name)
            made.append(digest_of(self.pull(sample_reference(), "--threads", threads)))
        self.assertEqual(made[0], made[1])


class SegmentsTest(FunctionalTest):
    def segments_of(self, reference: str) -> list[tuple[str, str, int]]:
        self.pull(reference)
        found = segments(self.succeed("inspect", reference, "--json").json)
        self.assertTrue(found, "inspect --json reports no segments")
        return found

    def test_docker_and_oci_form_of_an_image_have_equal_segments(self) -> None:
        with Registry(self.scratch / "registry") as registry:
            found = []
            for manifest_format in ("v2s2", "oci"):
                name = f"lab/debian:{manifest_format}"
                registry.push_as(sample_layout(), SAMPLE_TAG, name, manifest_format)
                found.append(self.segments_of(f"{registry.address}#{name}"))
        self.assertEqual(found[0], found[1])

    def test_a_layer_has_one_segment_however_it_was_compressed(self) -> None:
        layout = Layout(self.scratch / "layout")
        data = oci_layout.tar([
            oci_layout.directory("bin"),
            oci_layout.file("bin/large", os.urandom(3 << 20)),
            oci_layout.file("bin/text", b"some words again and again\n" * 10_000),
        ])
        found = [
            self.segments_of(layout.add_image(
                [Layer.of(data, compression=compression, dialect=dialect)],
                tag=f"{compression}-{dialect}", dialect=dialect,
                # Another id for each, or the second would be the first.
                config={"Env": [f"FORM={compression}-{dialect}"]},
            ))
            for compression in ("gzip", "zstd", "none") for dialect in ("oci", "docker")
        ]
        self.assertEqual([form for form in found if form != found[0]], [])


if __name__ == "__main__":
    unittest.main()
