# SPDX-License-Identifier: Apache-2.0
"""A store on NFS when its server or a node dies, has no room, or does not let the caller write.

AIC_TEST_LAB_POWER_CUTS sets how often the server loses its power after a pull (once).
"""

from __future__ import annotations

import os
import time
import unittest

from support.binary import Status
from support.lab import Lab
from support.lab_case import USER, LabTest

POWER_CUTS = int(os.environ.get("AIC_TEST_LAB_POWER_CUTS", "1"))
IMAGE_BYTES = 24 << 20
ROOM_BYTES = 4 << 20  # for an image that needs more


def setUpModule() -> None:
    LabTest.lab = unittest.enterModuleContext(Lab())
    LabTest.prepare_nodes()


class Faults:
    """What has to hold with either version."""

    def assert_nothing_half_made(self) -> None:
        """The user's temporary directories are empty, and every image has its three files."""
        self.assertEqual(self.on_server(f"ls -A u/{USER}/tmp"), "")
        for variant in self.on_server(f"ls -d u/{USER}/images/*/*").split():
            self.assertEqual(len(self.on_server(f"ls -A {variant}").split()), 3, variant)

    def test_what_was_acknowledged_survives_a_power_cut_of_the_server(self) -> None:
        for number in range(POWER_CUTS):
            with self.subTest(number):
                path = self.pull_named(self.first, f"text-{number}", f"image-{number}")
                self.lab.reboot_server()
                found = self.succeed(self.second, "path", f"image-{number}").out.strip()
                self.assertEqual(found, path)
                self.assert_sound(self.second)
        names = [f"image-{number}" for number in range(POWER_CUTS)]
        for node in self.lab.nodes:
            for name in names:
                self.assertEqual(
                    self.succeed(node, "cat", name, "/text").out, name.replace("image", "text")
                )

    def test_a_pull_goes_on_when_the_server_is_back(self) -> None:
        reference = self.make("large", size_bytes=IMAGE_BYTES)
        pull = self.start(self.first, "pull", reference, "--name", "large")
        self.wait_for(f"u/{USER}/tmp/*/.lock")
        self.lab.reboot_server()
        outcome = pull.wait()
        self.assertEqual(outcome.status, Status.OK, outcome)
        self.assert_sound(self.second)

    def test_others_go_on_when_a_node_dies_in_the_middle_of_a_pull(self) -> None:
        reference = self.make("large", size_bytes=IMAGE_BYTES)
        self.start(self.first, "pull", reference)
        self.wait_for(f"u/{USER}/tmp/*/.lock")
        self.first.cut_power()
        try:
            self.pull_named(self.second, "other", "other")
            self.succeed(self.second, "pull", reference, "--name", "large")
            self.assert_sound(self.second)
        finally:
            self.lab.reboot_node(self.first)
            self.prepare_node(self.first)
        self.assert_sound(self.first)
        self.wait_for_lease()
        self.succeed(self.second, "gc")
        self.assert_nothing_half_made()

    def test_others_go_on_when_a_pull_is_killed(self) -> None:
        reference = self.make("large", size_bytes=IMAGE_BYTES)
        pull = self.start(self.first, "pull", reference)
        self.wait_for(f"u/{USER}/tmp/*/.lock")
        pull.kill()
        self.succeed(self.second, "pull", reference, "--name", "large")
        time.sleep(1)  # the server frees the lock a moment later
        self.succeed(self.second, "gc")
        self.assert_nothing_half_made()
        self.assert_sound(self.second)

    def test_a_store_that_can_only_be_read_is_used(self) -> None:
        path = self.pull_named(self.first, "text", "text")
        self.lab.export("ro")
        try:
            for node in self.lab.nodes:
                self.assertEqual(self.succeed(node, "path", "text").out.strip(), path)
                self.assertEqual(self.succeed(node, "cat", "text", "/text").out, "text")
                self.assertIn("text", self.succeed(node, "list").out)
                self.succeed(node, "verify")
            errors = self.refuse(Status.DENIED, self.second, "pull", self.make("new"))
            self.assertIn("Read-only file system", errors)
            self.assertRegex(errors, r"(?m)^hint: .*--store")
            errors = self.refuse(Status.DENIED, self.second, "rm", "text")
            self.assertIn("Read-only file system", errors)
        finally:
            self.lab.export("rw")
        self.assert_sound(self.first)

    def test_a_full_server_is_said_and_nothing_is_half_made(self) -> None:
        path = self.pull_named(self.first, "text", "text")
        self.on_server(
            f"fallocate -l $(($(df -B1 --output=avail . | tail -1) - {ROOM_BYTES})) ../fill"
        )
        try:
            self.assert_no_room("full")
            self.assertEqual(self.succeed(self.second, "path", "text").out.strip(), path)
        finally:
            self.on_server("rm ../fill")
        self.succeed(self.second, "pull", self.make("later", size_bytes=IMAGE_BYTES))
        self.assert_sound(self.first)

    def test_a_full_quota_is_said_and_nothing_is_half_made(self) -> None:
        self.pull_named(self.first, "text", "text")
        self.lab.set_quota(USER, ROOM_BYTES)
        try:
            self.assert_no_room("quota")
            self.succeed(self.second, "path", "text")
        finally:
            self.lab.set_quota(USER, 0)
        self.succeed(self.second, "pull", self.make("later", size_bytes=IMAGE_BYTES))
        self.assert_sound(self.first)

    def assert_no_room(self, text: str) -> None:
        reference = self.make(text, size_bytes=IMAGE_BYTES)
        for node in self.lab.nodes:
            errors = self.refuse(Status.NO_SPACE, node, "pull", reference)
            self.assertIn(self.store, errors)
            self.assertRegex(errors, r"(?m)^hint: ")
        self.assert_nothing_half_made()

    def test_root_is_nobody_and_told_so(self) -> None:
        self.pull_named(self.first, "text", "text")
        reference = self.make("root")
        for store in (self.store, f"{self.store}-of-root"):
            with self.subTest(store):
                errors = self.refuse(
                    Status.DENIED, self.second, "pull", reference, uid=0, store=store
                )
                self.assertIn(store, errors)
                self.assertRegex(errors, r"(?m)^hint: .*root may be nobody")
        self.on_server("rm -rf ../*-of-root")
        self.assert_sound(self.first)

    def wait_for_lease(self) -> None:
        """What a dead node held is free afterwards."""
        time.sleep(2 * self.lab.lease_seconds)


class FaultsTest(Faults, LabTest):
    version = "4.2"


class FaultsVersion3Test(Faults, LabTest):
    version = "3"


if __name__ == "__main__":
    unittest.main()
