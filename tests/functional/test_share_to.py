# SPDX-License-Identifier: Apache-2.0
"""An image goes from one store to another without a registry."""

from __future__ import annotations

import shutil
from pathlib import Path

from support.binary import Status
from test_users import UsersTest


class ShareToTest(UsersTest):
    def setUp(self) -> None:
        super().setUp()
        self.own_store = self.scratch / "users" / "alice-own"
        self.own_store.mkdir()
        shutil.chown(self.own_store, self.alice.number, self.alice.number)

    def mine(self, *arguments: str) -> str:
        return self.run_as(self.alice, "--store", str(self.own_store), *arguments).out.strip()

    def test_a_private_stores_image_becomes_the_labs(self) -> None:
        original = Path(self.mine("pull", "--name", "exp", self.reference()))
        copy = Path(self.mine("share", "exp", "--to", str(self.store)))
        self.assertEqual(copy.read_bytes(), original.read_bytes())
        self.assertIn(f"/lab/u/{self.alice.number}/", str(copy))
        shutil.rmtree(self.own_store)
        requests = self.blob_requests()
        self.assertEqual(self.run_as(self.bob, "path", "alice/exp").out.strip(), str(copy))
        self.trust(self.bob, "alice")
        self.assertEqual(str(self.pull_as(self.bob, self.reference())), str(copy))
        self.assertEqual(self.blob_requests(), requests)
        self.run_as(self.alice, "verify")

    def test_a_second_time_it_is_there(self) -> None:
        self.mine("pull", self.reference())
        copy = self.mine("share", self.reference(), "--to", str(self.store))
        self.assertEqual(self.mine("share", self.reference(), "--to", str(self.store)), copy)
        self.assertEqual(len(self.alice.images()), 1)

    def test_where_there_is_no_store_none_is_made(self) -> None:
        self.mine("pull", self.reference())
        nowhere = self.scratch / "users" / "typo"
        refused = self.alice.run("--store", str(self.own_store), "share", self.reference(),
                                 "--to", str(nowhere))
        self.assertEqual(refused.status, Status.NOT_FOUND, refused)
        self.assertIn("aic-image init", refused.stderr)
        self.assertFalse(nowhere.exists())

    def test_a_store_that_cannot_be_written_is_told(self) -> None:
        self.mine("pull", self.reference())
        closed = self.scratch / "closed"
        self.run_as(self.root, "--store", str(closed), "init", "--preset", "site")
        refused = self.alice.run("--store", str(self.own_store), "share", self.reference(),
                                 "--to", str(closed))
        self.assertEqual(refused.status, Status.DENIED, refused)
        same = self.alice.run("--store", str(self.own_store), "share", self.reference(),
                              "--to", str(self.own_store))
        self.assertEqual(same.status, Status.USAGE, same)


del UsersTest  # its own tests are not ours
