# SPDX-License-Identifier: Apache-2.0
"""Images of people who have left go over to the store's owner."""

from __future__ import annotations

import shutil
from pathlib import Path

from support.binary import Status
from test_users import UsersTest


class AdoptTest(UsersTest):
    def subtree(self) -> Path:
        return self.store / "u" / str(self.alice.number)

    def leave(self) -> None:
        """What an administrator does, sooner or later."""
        shutil.rmtree(self.subtree())

    def test_images_references_and_names_go_over(self) -> None:
        self.pull_as(self.alice, "--name", "exp", self.reference("1"))
        self.pull_as(self.alice, self.reference("2"))
        adopted = self.run_as(self.root, "--json", "adopt", "alice").json
        self.assertEqual((len(adopted["images"]), adopted["failed"]), (2, 0))
        self.assertEqual(adopted["names"], [{"before": "exp", "now": "exp"}])
        self.leave()
        requests = self.blob_requests()
        for user in (self.root, self.bob):  # who has to trust nobody: root is believed
            path = Path(self.run_as(user, "path", self.reference("2")).out.strip())
            self.assertIn("/u/0/", str(path))
            self.pull_as(user, self.reference("1"))
        self.run_as(self.bob, "path", "root/exp")
        self.assertEqual(self.blob_requests(), requests)
        self.run_as(self.root, "verify")
        self.assertEqual(self.run_as(self.root, "--json", "verify", "--rebuild").json,
                         {"rebuilt": []})

    def test_a_second_time_everything_is_there(self) -> None:
        self.pull_as(self.alice, "--name", "exp", self.reference())
        self.run_as(self.root, "adopt", "alice")
        before = sorted(self.root.images())
        again = self.run_as(self.root, "--json", "adopt", str(self.alice.number)).json
        self.assertEqual([image["was_there"] for image in again["images"]], [True])
        self.assertEqual(sorted(self.root.images()), before)

    def test_a_name_that_is_taken_gets_its_owner_in_front(self) -> None:
        self.pull_as(self.alice, "--name", "exp", self.reference("1"))
        mine = self.pull_as(self.root, "--name", "exp", self.reference("2"))
        outcome = self.run_as(self.root, "adopt", "alice")
        self.assertIn("'alice-exp' is yours now; it was 'exp'", outcome.stderr)
        self.assertEqual(self.run_as(self.root, "path", "exp").out.strip(), str(mine))
        self.assertNotEqual(self.run_as(self.root, "path", "alice-exp").out.strip(), str(mine))

    def test_what_is_damaged_is_told_and_left(self) -> None:
        path = self.pull_as(self.alice, self.reference("1"))
        self.pull_as(self.alice, self.reference("2"))
        damaged = bytearray(path.read_bytes())
        damaged[5000] ^= 1
        path.chmod(0o644)
        path.write_bytes(damaged)
        path.chmod(0o444)
        outcome = self.root.run("--json", "adopt", "alice")
        self.assertEqual(outcome.status, Status.INTEGRITY, outcome)
        self.assertEqual((len(outcome.json["images"]), outcome.json["failed"]), (1, 1))
        self.assertRegex(outcome.stderr, r"warning: copying .*: .+")
        self.assertEqual(len(self.root.images()), 1)
        self.assertEqual(list((self.store / "u/0/tmp").iterdir()), [])

    def test_a_private_image_stays_private(self) -> None:
        path = self.pull_as(self.alice, "--name", "exp", self.reference())
        self.run_as(self.alice, "unshare", "exp")
        self.run_as(self.root, "adopt", "alice")
        copy = Path(self.run_as(self.root, "path", "exp").out.strip())
        self.assertNotEqual(copy, path)
        self.assertEqual(copy.stat().st_mode & 0o777, 0o400)
        self.leave()
        self.assertEqual(self.bob.run("path", "root/exp").status, Status.DENIED)

    def test_only_the_stores_owner_adopts(self) -> None:
        self.pull_as(self.alice, self.reference())
        refused = self.bob.run("adopt", "alice")
        self.assertEqual(refused.status, Status.DENIED, refused)
        self.assertEqual(self.root.run("adopt", "root").status, Status.USAGE)
        self.assertEqual(self.root.run("adopt", "bob").status, Status.NOT_FOUND)
        self.assertEqual(self.root.run("adopt", "nobody-of-this-name").status, Status.NOT_FOUND)


del UsersTest  # its own tests are not ours
