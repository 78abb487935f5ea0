# SPDX-License-Identifier: Apache-2.0
"""What users call images: giving names, taking them away, going back."""

from __future__ import annotations

import os
import unittest
from pathlib import Path

from support.binary import Status
from support.small import SmallImagesTest


class NamingTest(SmallImagesTest):
    def test_a_named_image_is_found_by_its_name(self) -> None:
        image = self.pull_named("one", "exp")
        self.assertEqual(self.succeed("path", "exp").out.strip(), str(image))
        self.assertEqual(self.succeed("path", f"{os.getuid()}/exp").out.strip(), str(image))
        self.assertEqual(self.text_of("exp"), "one")

    def test_the_same_directory_may_set_it_again(self) -> None:
        self.pull_named("one", "exp")
        self.pull_named("two", "exp")
        self.assertEqual(self.text_of("exp"), "two")

    def test_another_directory_is_refused_unless_it_replaces(self) -> None:
        self.pull_named("one", "exp")
        elsewhere = ("env", f"--chdir={self.scratch / 'layout'}")
        result = self.aic.run("pull", self.make("two"), "--name", "exp", prefix=elsewhere)
        self.assertEqual(result.status, Status.USAGE, result)
        self.assertIn(str(Path.cwd()), result.stderr)
        self.assertIn("--replace", result.stderr)
        self.assertEqual(self.text_of("exp"), "one")
        self.succeed("pull", self.make("two"), "--name", "exp", "--replace", prefix=elsewhere)
        self.assertEqual(self.text_of("exp"), "two")

    def test_what_is_no_name_is_refused_before_anything_is_pulled(self) -> None:
        reference = self.make("one")
        for name in ("", ".exp", "a/b", "my.sqsh", "n" * 65, "a b"):
            with self.subTest(name):
                if name:
                    self.refuse(Status.USAGE, "pull", reference, "--name", name)
        self.refuse(Status.USAGE, "pull", reference, self.make("two", "2"), "--name", "exp")
        self.refuse(Status.USAGE, "pull", reference, "--replace")
        self.refuse(Status.USAGE, "pull", reference, "--name", "exp", "-o", self.scratch / "x")

    def test_a_name_wins_over_an_id_and_it_is_said(self) -> None:
        other = self.pull(self.make("other", "other"))
        prefix = self.id_of(other)[:6]
        self.pull_named("one", prefix)
        result = self.succeed("cat", prefix, "/text")
        self.assertEqual(result.out, "one")
        self.assertIn("taken for the name", result.stderr)
        self.assertEqual(self.text_of(f"sha256:{prefix}"), "other")

    def test_a_near_miss_is_pointed_out(self) -> None:
        self.pull_named("one", "experiment")
        self.assertIn("experiment", self.fails(Status.NOT_FOUND, "path", "experimnet"))

    def test_many_that_set_a_name_at_once_are_all_in_its_history(self) -> None:
        references = [self.make(str(n), str(n)) for n in range(6)]
        pulls = [self.aic.start("pull", reference, "--name", "exp") for reference in references]
        for process in pulls:
            _, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, errors)
        states = self.succeed("history", "exp", "--json").json["states"]
        self.assertEqual([state["number"] for state in states], [1, 2, 3, 4, 5, 6])
        self.assertEqual(len({state["id"] for state in states}), 6)


class RenameTest(SmallImagesTest):
    def test_the_image_has_the_new_name_only(self) -> None:
        self.pull_named("one", "exp")
        self.succeed("rename", "exp", "exp-2026")
        self.assertEqual(self.text_of("exp-2026"), "one")
        self.fails(Status.NOT_FOUND, "path", "exp")

    def test_a_name_in_use_is_not_taken(self) -> None:
        self.pull_named("one", "exp")
        self.pull_named("two", "other")
        self.assertIn("in use", self.fails(Status.USAGE, "rename", "exp", "other"))
        self.fails(Status.NOT_FOUND, "rename", "nothing", "free")
        self.fails(Status.USAGE, "rename", "exp", "a/b")


class RemoveTest(SmallImagesTest):
    def test_a_name_goes_with_its_image_and_comes_back(self) -> None:
        image = self.pull_named("one", "exp")
        self.succeed("rm", "exp")
        self.assertFalse(image.exists())
        self.assertIn("restore exp", self.fails(Status.NOT_FOUND, "path", "exp"))
        self.succeed("restore", "exp")
        self.assertEqual(self.text_of("exp"), "one")

    def test_an_image_with_another_name_stays(self) -> None:
        image = self.pull_named("one", "exp")
        self.pull_named("one", "other")
        self.assertIn("'other'", self.succeed("rm", "exp").stderr)
        self.assertTrue(image.exists())

    def test_a_held_image_goes_by_force_only(self) -> None:
        image = self.pull_named("one", "exp")
        self.succeed("pin", "exp")
        text = self.fails(Status.USAGE, "rm", self.id_of(image))
        self.assertIn("the name 'exp', a pin", text)
        self.assertTrue(image.exists())
        self.succeed("rm", "--force", self.id_of(image))
        self.assertFalse(image.exists())
        self.assertIn("not here any more", self.fails(Status.NOT_FOUND, "path", "exp"))
        self.succeed("restore", self.id_of(image)[:12])
        self.assertEqual(self.text_of("exp"), "one")

    def test_a_name_and_its_image_may_go_together(self) -> None:
        image = self.pull_named("one", "exp")
        removed = self.succeed("rm", "exp", self.id_of(image), "--json").json
        self.assertEqual(removed["names"], ["exp"])
        self.assertEqual(len(removed["removed"]), 1)

    def test_a_mistake_in_the_last_word_costs_nothing(self) -> None:
        image = self.pull_named("one", "exp")
        self.fails(Status.NOT_FOUND, "rm", "exp", "nothing")
        self.assertTrue(image.exists())
        self.assertEqual(self.text_of("exp"), "one")

    def test_an_image_is_restored_by_its_reference(self) -> None:
        reference = self.make("one")
        image = self.pull(reference)
        self.succeed("rm", reference)
        self.assertIn("restore", self.fails(Status.NOT_FOUND, "path", reference))
        self.succeed("restore", reference)
        self.assertEqual(self.succeed("path", reference).out.strip(), str(image))


class RestoreTest(SmallImagesTest):
    def test_goes_back_and_forth(self) -> None:
        self.pull_named("one", "exp")
        self.pull_named("two", "exp")
        self.succeed("restore", "exp")
        self.assertEqual(self.text_of("exp"), "one")
        self.succeed("restore", "exp")
        self.assertEqual(self.text_of("exp"), "two")
        self.succeed("restore", "exp", "--to", "1")
        self.assertEqual(self.text_of("exp"), "one")

    def test_an_image_that_is_gone_is_answered_with_what_makes_it_again(self) -> None:
        image = self.pull_named("one", "exp")
        self.pull_named("two", "exp")
        self.succeed("rm", self.id_of(image))
        self.succeed("gc", "--purge")
        text = self.fails(Status.NOT_FOUND, "restore", "exp")
        self.assertIn(f"aic-image pull oci:{self.layout.path}:one --name exp", text)
        self.assertEqual(self.text_of("exp"), "two")

    def test_what_was_never_there_is_not_found(self) -> None:
        self.fails(Status.NOT_FOUND, "restore", "exp")
        self.fails(Status.NOT_FOUND, "restore", "1234abcd")
        self.fails(Status.NOT_FOUND, "history", "exp")
        self.fails(Status.USAGE, "restore", "1234abcd", "--to", "1")
        self.pull_named("one", "exp")
        self.fails(Status.NOT_FOUND, "restore", "exp")
        self.fails(Status.NOT_FOUND, "restore", "exp", "--to", "7")


class HistoryTest(SmallImagesTest):
    def test_tells_every_state(self) -> None:
        self.pull_named("one", "exp")
        self.pull_named("two", "exp")
        self.succeed("rm", "exp")
        table = self.succeed("history", "exp").out.splitlines()
        self.assertEqual(len(table), 4)
        self.assertIn("pull oci:", table[1])
        states = self.succeed("history", "exp", "--json").json["states"]
        self.assertEqual([state["state"] for state in states], ["set", "set", "removed"])
        self.assertEqual([state["image"] for state in states], ["here", "removed", "removed"])
        self.assertEqual(states[0]["directory"], str(Path.cwd()))


class ListTest(SmallImagesTest):
    def test_shows_names_and_uses(self) -> None:
        image = self.pull_named("one", "exp")
        self.pull(self.make("two", "two"))
        self.succeed("pin", "exp", "--note", "figure 2")
        lines = self.succeed("list").out.splitlines()
        self.assertEqual(lines[0].split(), ["NAME", "REFERENCE", "SIZE", "AGE", "USED", "ID"])
        self.assertEqual({line.split()[0] for line in lines[1:]}, {"-", "exp"})
        (entry,) = self.succeed("list", "exp", "--json").json["images"]
        self.assertEqual(entry["path"], str(image))
        self.assertEqual(entry["names"], ["exp"])
        self.assertEqual(entry["pin"]["note"], "figure 2")
        self.assertIsNotNone(entry["used"])
        text = self.succeed("inspect", "exp").out
        self.assertRegex(text, r"(?m)^name +exp$")
        self.assertRegex(text, r"(?m)^pinned .*figure 2$")

    def test_finds_by_name_and_id(self) -> None:
        image = self.pull_named("one", "exp")
        self.pull(self.make("two", "two"))
        for pattern in ("ex*", "exp", self.id_of(image)[:8]):
            with self.subTest(pattern):
                self.assertEqual(len(self.succeed("list", pattern, "--json").json["images"]), 1)

    def test_sorts(self) -> None:
        first = self.pull_named("one", "b")
        second = self.pull_named("two", "a")
        self.make_old(first, 10)
        self.make_old(second, 20)
        for order, expected in (("name", ["a", "b"]), ("age", ["b", "a"]), ("used", ["b", "a"])):
            with self.subTest(order):
                images = self.succeed("list", "--sort", order, "--json").json["images"]
                self.assertEqual([image["names"][0] for image in images], expected)
        self.fails(Status.USAGE, "list", "--sort", "colour")

    def test_completions_offer_names_first(self) -> None:
        self.pull_named("one", "exp")
        lines = self.succeed("complete", "images").out.splitlines()
        self.assertEqual(lines, ["exp", f"oci:{self.layout.path}:one"])
        self.succeed("rm", "exp")
        self.assertEqual(self.succeed("complete", "images").out, "")
        self.assertEqual(self.succeed("complete", "names").out, "exp\n")


if __name__ == "__main__":
    unittest.main()
