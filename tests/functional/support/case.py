# SPDX-License-Identifier: Apache-2.0
"""What every functional test starts from."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path

from support.binary import AicImage, Result, Status

SAMPLE_TAG = "12"


def sample_layout() -> Path:
    """The sample image that scripts/sample-image made, once for all tests."""
    path = Path(os.environ.get("AIC_TEST_SAMPLE", "missing"))
    if not (path / "index.json").exists():
        raise unittest.SkipTest("needs the sample image: AIC_TEST_SAMPLE names no OCI layout")
    return path


def sample_reference() -> str:
    return f"oci:{sample_layout()}:{SAMPLE_TAG}"


class FunctionalTest(unittest.TestCase):
    """A test with a scratch directory, and an aic-image whose store is in it."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory(prefix="aic-test-", ignore_cleanup_errors=True)
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.aic = AicImage(self.scratch)

    def succeed(self, *arguments: str | Path, **options: object) -> Result:
        result = self.aic.run(*arguments, **options)
        self.assertEqual(result.status, Status.OK, result)
        return result

    def refuse(self, status: int, *arguments: str | Path, **options: object) -> Result:
        """The command has to fail with this status, an `error:` line and nothing half-made."""
        result = self.aic.run(*arguments, **options)
        self.assertEqual(result.status, status, result)
        if "--json" in arguments:
            self.assertIn("error", result.events[-1], result)
        else:
            self.assertRegex(result.stderr, r"(?m)^error: ", result)
        self.assertEqual(self.aic.images(), [], result)
        return result

    def pull(self, reference: str, *options: str | Path, **how: object) -> Path:
        """Pull one image and return the path that was printed."""
        lines = self.succeed("pull", reference, *options, **how).out.splitlines()
        self.assertEqual(len(lines), 1, f"stdout is to be the path alone: {lines}")
        image = Path(lines[0])
        self.assertTrue(image.is_absolute() and image.is_file(), lines)
        return image
