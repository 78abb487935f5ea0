# SPDX-License-Identifier: Apache-2.0
"""One store on NFS, used by two nodes: real servers and clients, in virtual machines."""

from __future__ import annotations

import unittest

from support.binary import Status
from support.lab import Lab
from support.lab_case import LabTest

PUBLICATIONS = 3


def setUpModule() -> None:
    LabTest.lab = unittest.enterModuleContext(Lab())
    LabTest.prepare_nodes()


class SharedStore:
    """What has to hold with either version."""

    def test_a_publication_is_seen_by_the_next_look_of_the_other_node(self) -> None:
        self.pull_named(self.first, "before", "before")
        self.succeed(self.second, "list")
        for number in range(PUBLICATIONS):
            with self.subTest(number):
                name, reference = f"image-{number}", self.make(f"text-{number}")
                # A look-up that fails leaves the node with an answer that will be wrong.
                for lookup in ("path", "inspect", "history"):
                    self.refuse(Status.NOT_FOUND, self.second, lookup, name)
                self.refuse(Status.NOT_FOUND, self.second, "path", reference)
                path = self.succeed(self.first, "pull", reference, "--name", name).out
                self.assertEqual(self.succeed(self.second, "path", name).out, path)
                self.assertEqual(self.succeed(self.second, "path", reference).out, path)
                self.assertEqual(
                    self.succeed(self.second, "cat", name, "/text").out, f"text-{number}"
                )
                self.assertIn(name, self.succeed(self.second, "list").out)
                self.assertIn(f"text-{number}", self.succeed(self.second, "inspect", name).out)
        self.assert_sound(self.second)

    def test_a_removal_and_a_new_name_are_seen_by_the_other_node(self) -> None:
        path = self.pull_named(self.first, "text", "old")
        self.assertEqual(self.succeed(self.second, "path", "old").out.strip(), path)
        self.succeed(self.first, "rename", "old", "new")
        self.refuse(Status.NOT_FOUND, self.second, "path", "old")
        self.assertEqual(self.succeed(self.second, "path", "new").out.strip(), path)
        self.succeed(self.second, "rm", "new", "--force")
        self.refuse(Status.NOT_FOUND, self.first, "path", "new")
        self.assertEqual(self.succeed(self.first, "list", "--json").json["images"], [])
        self.succeed(self.first, "restore", "new")
        self.assertEqual(self.succeed(self.second, "path", "new").out.strip(), path)
        self.assert_sound(self.first)


class SharedStoreTest(SharedStore, LabTest):
    version = "4.2"


class SharedStoreVersion3Test(SharedStore, LabTest):
    version = "3"


if __name__ == "__main__":
    unittest.main()
