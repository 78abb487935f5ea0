# SPDX-License-Identifier: Apache-2.0
"""Damage is found and named, and repairing leads back to a whole store."""

from __future__ import annotations

import csv
import io
import shutil
import unittest
from pathlib import Path

from support.binary import Status
from support.small import SmallImagesTest


def flip(path: Path, offset: int) -> None:
    """Damage one bit; size and mode stay."""
    mode = path.stat().st_mode
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(mode & 0o7777)


class VerifyTest(SmallImagesTest):
    def setUp(self) -> None:
        super().setUp()
        self.image = self.pull_named("one", "exp")
        self.other = self.pull(self.make("two", "two"))

    def find(self, *options: str) -> str:
        """Verify has to find faults; its standard output."""
        result = self.aic.run("verify", *options)
        self.assertEqual(result.status, Status.INTEGRITY, result)
        return result.out

    def test_a_whole_store_has_no_faults(self) -> None:
        result = self.succeed("verify")
        self.assertEqual(result.out, "")
        self.assertIn("2 images", result.stderr)
        found = self.succeed("verify", "--json").json
        self.assertEqual((found["images"], found["faults"], found["notes"]), (2, [], []))

    def test_damage_is_found_mended_and_made_again(self) -> None:
        flip(self.image, 4096)
        self.assertIn(str(self.image), self.find())
        self.succeed("verify", "--quick")
        result = self.succeed("verify", "--repair", "--no-fetch")
        self.assertIn(str(self.image), result.out)
        self.assertIn("aic-image pull ", result.stderr)
        self.assertFalse(self.image.exists())
        self.assertTrue(self.other.exists())
        self.assertIn("leads nowhere", self.succeed("verify").stderr)
        self.pull(self.make("one", "one"))
        self.assertEqual(self.succeed("verify").out, "")
        self.assertEqual(self.text_of("exp"), "one")

    def test_what_a_repair_takes_out_is_pulled_again(self) -> None:
        whole = self.image.read_bytes()
        flip(self.image, 4096)
        result = self.succeed("verify", "--repair")
        self.assertIn("pulled again: ", result.stderr)
        self.assertEqual(self.image.read_bytes(), whole)
        self.assertEqual(self.text_of("exp"), "one")
        self.assertEqual(self.succeed("verify").out, "")

    def test_what_cannot_be_pulled_again_is_told_of(self) -> None:
        flip(self.image, 4096)
        flip(self.other, 4096)
        self.make("something else", "one")
        result = self.aic.run("verify", "--repair", "--json")
        self.assertEqual(result.status, Status.NOT_FOUND, result)
        self.assertIn("another image now", result.stderr)
        self.assertEqual([image["path"] for image in result.json["fetched"]], [str(self.other)])
        self.assertFalse(self.image.exists())

    def test_only_what_was_asked_for(self) -> None:
        flip(self.image, 4096)
        self.succeed("verify", self.id_of(self.other))
        self.assertIn(str(self.image), self.find("exp"))

    def test_every_file_of_the_store_counts(self) -> None:
        own = self.aic.own
        self.succeed("pin", "exp")
        for path in (
            self.image.parent / "record.json", self.image.parent / "layers.idx",
            *own.glob("refs/*"), *own.glob("names/exp/*"), *own.glob("pins/*"),
            *(self.aic.store / "catalogue").glob("*.db"),
        ):
            size = path.stat().st_size
            for offset in (0, size // 3, size // 2, 2 * size // 3, size - 2):
                with self.subTest(path.name, offset=offset):
                    flip(path, offset)
                    self.assertIn(str(path), self.find())
                    flip(path, offset)
        self.succeed("verify")

    def test_a_squashfs_that_was_added_is_whole(self) -> None:
        copy = self.scratch / "copy.sqsh"
        shutil.copy(self.image, copy)
        added = Path(self.succeed("add", copy).out.strip())
        self.succeed("verify")
        flip(added, added.stat().st_size - 1)
        self.assertIn(str(added), self.find())
        self.assertIn(f"aic-image add {copy}", self.succeed("verify", "--repair").stderr)

    def test_a_catalogue_that_is_gone_is_made_anew(self) -> None:
        shutil.rmtree(self.aic.store / "catalogue")
        self.succeed("verify")
        self.succeed("verify", "--rebuild")
        self.assertTrue(list((self.aic.store / "catalogue").glob("*.db")))
        self.assertEqual(self.succeed("verify", "--rebuild").out, "")
        self.assertEqual(self.succeed("verify", "--rebuild", "--json").json["rebuilt"], [])

    def test_a_rebuild_prints_what_was_wrong(self) -> None:
        shutil.rmtree(self.image.parent)
        self.assertIn("stale  u/", self.succeed("verify", "--rebuild").out)
        self.fails(Status.USAGE, "verify", "--rebuild", "--quick")

    def test_a_store_that_does_not_exist_is_not_made(self) -> None:
        nowhere = self.scratch / "nowhere"
        self.succeed("verify", "--store", nowhere)
        self.fails(Status.NOT_FOUND, "verify", "--rebuild", "--store", nowhere)
        self.succeed("stats", "--store", nowhere)
        self.assertFalse(nowhere.exists())

    def test_statistics(self) -> None:
        self.succeed("pin", "exp")
        self.succeed("rm", self.id_of(self.other))
        (owner,) = self.succeed("stats", "--json").json["owners"]
        counted = {key: owner[key] for key in ("images", "names", "pins", "trash_images")}
        self.assertEqual(counted, {"images": 1, "names": 1, "pins": 1, "trash_images": 1})
        self.assertEqual(owner["size_bytes"], self.image.stat().st_size)
        (row,) = csv.DictReader(io.StringIO(self.succeed("stats", "--csv").out))
        self.assertEqual(row, {key: str(value) for key, value in owner.items()})
        self.assertRegex(self.succeed("stats").out, r"(?m)^OWNER +IMAGES ")


if __name__ == "__main__":
    unittest.main()
