# SPDX-License-Identifier: Apache-2.0
"""Images that nobody needs go, and no others."""

from __future__ import annotations

import time
import unittest

from support.binary import Status
from support.small import DAY, SmallImagesTest


class GcTest(SmallImagesTest):
    def setUp(self) -> None:
        super().setUp()
        self.old = self.pull(self.make("old", "old"))
        self.make_old(self.old, 40)

    def verdicts(self, *options: str) -> dict[str, str]:
        """By the beginning of the id."""
        images = self.succeed("gc", *options, "--json").json["images"]
        return {image["id"].removeprefix("sha256:"): image["verdict"] for image in images}

    def settings(self, text: str) -> None:
        path = self.scratch / ".config/aic-image/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def test_what_was_not_used_for_long_goes_and_can_be_restored(self) -> None:
        new = self.pull(self.make("new", "new"))
        result = self.succeed("gc")
        self.assertFalse(self.old.exists())
        self.assertTrue(new.exists())
        self.assertRegex(result.out, r"(?m)^remove .*not used for 40 d$")
        self.assertIn("removed 1 image", result.stderr)
        self.succeed("restore", self.id_of(self.old)[:8])
        self.assertEqual(self.text_of(self.old), "old")

    def test_a_dry_run_changes_nothing(self) -> None:
        result = self.succeed("gc", "--dry-run")
        self.assertIn("would remove 1 image", result.stderr)
        self.assertTrue(self.old.exists())
        self.assertTrue(self.succeed("gc", "--dry-run", "--json").json["dry_run"])

    def test_names_pins_and_uses_keep_images(self) -> None:
        named, earlier = self.pull_named("named", "exp"), self.pull_named("earlier", "exp")
        pinned = self.pull(self.make("pinned", "pinned"))
        self.succeed("pin", self.id_of(pinned))
        for image in (named, earlier, pinned):
            self.make_old(image, 400)
        self.succeed("path", self.id_of(self.old))
        self.assertEqual(set(self.verdicts().values()), {"keep"})
        self.succeed("unpin", self.id_of(pinned))
        self.assertEqual(self.verdicts()[self.id_of(pinned)], "remove")

    def test_an_age_may_be_shorter_than_the_settings(self) -> None:
        new = self.pull(self.make("new", "new"))
        self.make_old(new, 3)
        self.assertEqual(self.verdicts("--older-than", "4d")[self.id_of(new)], "keep")
        self.assertEqual(self.verdicts("--older-than", "2d")[self.id_of(new)], "remove")

    def test_a_size_takes_the_least_recently_used(self) -> None:
        older = self.pull(self.make("older", "older"))
        self.make_old(older, 50)
        size = self.old.stat().st_size
        self.assertEqual(set(self.verdicts("--max-size", f"{3 * size}").values()), {"keep"})
        verdicts = self.verdicts("--max-size", f"{size}")
        self.assertEqual(verdicts[self.id_of(older)], "remove")
        self.assertEqual(verdicts[self.id_of(self.old)], "keep")

    def test_the_newest_of_a_repository_stay(self) -> None:
        older = self.pull(self.make("older", "older"))
        self.make_old(older, 50)
        verdicts = self.verdicts("--keep", "1")
        self.assertEqual(verdicts[self.id_of(older)], "remove")
        self.assertEqual(verdicts[self.id_of(self.old)], "keep")

    def test_settings_say_how_long_and_how_much(self) -> None:
        self.settings('[gc]\nmin_age = "60d"\n')
        self.assertEqual(set(self.verdicts().values()), {"keep"})
        self.settings('[gc]\nmin_age = "1d"\nmax_size = "1T"\n')
        self.assertEqual(set(self.verdicts().values()), {"keep"})
        self.settings('[gc]\nmin_age = "soon"\n')
        self.assertIn("gc.min_age", self.fails(Status.USAGE, "gc"))

    def test_values_that_options_do_not_take(self) -> None:
        for option, value in (("--older-than", "30"), ("--max-size", "big"), ("--keep", "-1")):
            with self.subTest(option):
                self.fails(Status.USAGE, "gc", option, value)
        self.assertTrue(self.old.exists())

    def test_the_trash_is_emptied_after_a_time_or_at_once(self) -> None:
        self.succeed("gc")
        (entry,) = (self.aic.own / "trash").iterdir()
        then = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - 8 * DAY))
        entry.rename(entry.with_name(f"{then}.{entry.name.split('.', 1)[1]}"))
        self.assertEqual(self.succeed("gc", "--json").json["unlinked_images"], 1)
        self.assertEqual(list((self.aic.own / "trash").iterdir()), [])
        self.assertEqual(list((self.aic.own / "refs").iterdir()), [])
        again = self.pull(self.make("old", "old"))
        self.make_old(again, 40)
        self.succeed("gc", "--purge")
        self.assertEqual(list((self.aic.own / "trash").iterdir()), [])
        self.fails(Status.NOT_FOUND, "restore", self.id_of(again))

    def test_where_a_use_cannot_be_noted_the_path_is_given_all_the_same(self) -> None:
        uses = self.aic.own / "uses"
        uses.rename(self.aic.own / "elsewhere")
        uses.write_text("no directory")
        self.assertEqual(self.succeed("path", self.id_of(self.old)).stderr, "")

    def test_beside_pulls_nothing_that_is_named_goes(self) -> None:
        self.settings('[gc]\nmin_age = "0s"\n')
        collectors = [self.aic.start("gc") for _ in range(4)]
        for text in ("a", "b", "c"):
            self.pull_named(text, text)
        for process in collectors:
            process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0)
        for text in ("a", "b", "c"):
            self.assertEqual(self.text_of(text), text)


if __name__ == "__main__":
    unittest.main()
