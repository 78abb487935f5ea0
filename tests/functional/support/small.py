# SPDX-License-Identifier: Apache-2.0
"""Small images of which a test needs several: they differ in one file."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from support import oci_layout
from support.case import FunctionalTest
from support.seal import sealed

DAY = 86400


class SmallImagesTest(FunctionalTest):
    """A test with a layout to which images are added as they are needed."""

    def setUp(self) -> None:
        super().setUp()
        self.layout = oci_layout.Layout(self.scratch / "layout")

    def make(self, text: str, tag: str = "latest") -> str:
        """An image that holds `text`; its reference. A tag that is there moves to it."""
        layer = oci_layout.Layer.of(oci_layout.tar([oci_layout.file("text", text.encode())]))
        return self.layout.add_image([layer], tag=tag)

    def pull_named(self, text: str, name: str, *options: str) -> Path:
        return self.pull(self.make(text, text), "--name", name, *options)

    def id_of(self, image: Path) -> str:
        return image.parent.parent.name

    def text_of(self, image: str | Path) -> str:
        return self.succeed("cat", image, "/text").out

    def make_old(self, image: Path, days: int) -> None:
        """As if it had been pulled so long ago, and last used then."""
        then = time.time() - days * DAY
        record = image.parent / "record.json"
        document = json.loads(record.read_text())
        document["created"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(then))
        record.chmod(0o644)
        record.write_text(sealed(document))
        for use in (self.aic.own / "uses").glob(f"{self.id_of(image)}.*"):
            os.utime(use, (then, then))

    def fails(self, status: int, *arguments: str | Path) -> str:
        """The command has to fail with this status; what it says on standard error."""
        result = self.aic.run(*arguments)
        self.assertEqual(result.status, status, result)
        self.assertRegex(result.stderr, r"(?m)^error: ", result)
        return result.stderr
