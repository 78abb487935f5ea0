# SPDX-License-Identifier: Apache-2.0
"""Several users of one store: what they share, and what they keep to themselves."""

from __future__ import annotations

import stat
from pathlib import Path

from support.binary import Outcome, Status
from support.case import FunctionalTest
from support.locked_registry import LockedRegistry, htpasswd
from support.oci_layout import Layer, Layout, directory, file, tar
from support.registry import Registry
from support.users import GROUP, GROUP_NUMBER, User, Users


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


class UsersTest(FunctionalTest):
    """A lab's store that root has set up, a registry for everybody, and two members."""

    init: tuple[str, ...] = ()

    def setUp(self) -> None:
        super().setUp()
        self.scratch.chmod(0o755)
        self.users = Users(self.scratch / "users")
        self.store = self.scratch / "lab"
        self.root = self.users.root(self.store)
        self.run_as(self.root, "init", "--preset", "lab", "--group", GROUP, *self.init)
        self.alice = self.users.user("alice", self.store)
        self.bob = self.users.user("bob", self.store)
        layout = Layout(self.scratch / "layout")
        common = Layer.of(tar([directory("opt"), file("opt/common", b"common" * 10000)]))
        layout.add_image([common, Layer.of(tar([file("opt/one", b"one")]))], tag="1")
        layout.add_image([common, Layer.of(tar([file("opt/two", b"two")]))], tag="2")
        self.registry = self.enterContext(Registry(self.scratch / "registry"))
        for tag in ("1", "2"):
            self.registry.push(layout.path, tag, f"lab/small:{tag}")

    def reference(self, tag: str = "1") -> str:
        return f"{self.registry.address}#lab/small:{tag}"

    def run_as(self, user: User, *arguments: str | Path) -> Outcome:
        outcome = user.run(*arguments)
        self.assertEqual(outcome.status, Status.OK, outcome)
        return outcome

    def pull_as(self, user: User, *arguments: str) -> Path:
        return Path(self.run_as(user, "pull", *arguments).out.strip())

    def trust(self, user: User, *others: str) -> None:
        words = ", ".join(f'"{other}"' for other in others)
        user.settings(f"publishers = [{words}]\n")

    def blob_requests(self) -> int:
        return sum("/blobs/" in path for _, path, _ in self.registry.requests())


class SharingTest(UsersTest):
    def test_who_trusts_another_uses_his_image(self) -> None:
        path = self.pull_as(self.alice, self.reference())
        self.assertIn(f"/u/{self.alice.number}/", str(path))
        requests = self.blob_requests()
        self.trust(self.bob, "alice")
        self.assertEqual(self.pull_as(self.bob, self.reference()), path)
        self.assertEqual(self.blob_requests(), requests)
        self.assertEqual(self.bob.images(), [])
        self.assertEqual(self.run_as(self.bob, "path", self.reference()).out.strip(), str(path))
        listed = self.run_as(self.bob, "list")
        self.assertIn("OWNER", listed.out)
        self.assertIn("alice", listed.out)
        self.assertEqual(self.run_as(self.bob, "list", "--mine").out, "")

    def test_who_does_not_trust_makes_it_again_and_is_told(self) -> None:
        first = self.pull_as(self.alice, self.reference())
        outcome = self.run_as(self.bob, "pull", self.reference())
        second = Path(outcome.out.strip())
        self.assertIn("alice has this image", outcome.stderr)
        self.assertIn(f"/u/{self.bob.number}/", str(second))
        self.assertEqual(first.read_bytes(), second.read_bytes())
        self.assertNotIn("OWNER", self.run_as(self.bob, "list").out)

    def test_segments_come_from_those_who_are_trusted(self) -> None:
        self.pull_as(self.alice, self.reference("1"))
        self.trust(self.bob, "alice")
        images = self.run_as(self.bob, "--json", "pull", self.reference("2")).events[-1]["images"]
        self.assertGreater(images[0]["taken_over"]["size_bytes"], 0, images)
        # A third who trusts bob alone does not get at alice's by way of him.
        carol = self.users.user("carol", self.store)
        self.trust(carol, "bob")
        self.assertIn("/u/61003/", str(self.pull_as(carol, self.reference("2"))))
        self.trust(carol, "bob", "alice")
        self.run_as(carol, "rm", self.reference("2"))
        self.assertIn("/u/61002/", str(self.pull_as(carol, self.reference("2"))))

    def test_a_name_belongs_to_its_owner(self) -> None:
        path = self.pull_as(self.alice, "--name", "exp", self.reference())
        self.assertEqual(self.run_as(self.bob, "path", "alice/exp").out.strip(), str(path))
        self.assertEqual(self.bob.run("path", "exp").status, Status.NOT_FOUND)
        self.pull_as(self.bob, "--name", "exp", self.reference("2"))
        self.assertNotEqual(self.run_as(self.bob, "path", "exp").out.strip(), str(path))
        self.assertEqual(self.run_as(self.alice, "path", "alice/exp").out.strip(), str(path))
        self.assertIn("pull", self.run_as(self.bob, "history", "alice/exp").out)
        self.trust(self.bob, "alice")
        self.assertIn("alice/exp", self.run_as(self.bob, "list").out)
        self.assertIn("alice/exp\n", self.run_as(self.bob, "complete", "images").out)

    def test_only_the_owner_removes_an_image(self) -> None:
        self.pull_as(self.alice, "--name", "exp", self.reference())
        self.trust(self.bob, "alice")
        for command in (("rm",), ("verify",), ("gc", "--compact"), ("share",)):
            for word in (self.reference(), "alice/exp"):
                outcome = self.bob.run(*command, word)
                self.assertEqual(outcome.status, Status.DENIED, outcome)
                self.assertIn("an image of alice", outcome.stderr)

    def test_what_others_hold_stays(self) -> None:
        self.pull_as(self.alice, self.reference())
        self.trust(self.bob, "alice")
        self.run_as(self.bob, "pull", "--name", "mine", self.reference())
        refused = self.alice.run("rm", self.reference())
        self.assertEqual(refused.status, Status.USAGE, refused)
        self.assertIn("the name 'bob/mine'", refused.stderr)
        self.run_as(self.bob, "rm", "mine")
        self.run_as(self.alice, "rm", self.reference())

    def test_of_two_users_at_once_one_makes_the_image(self) -> None:
        for user, other in ((self.alice, "bob"), (self.bob, "alice")):
            self.trust(user, other)
        pulls = [user.start("pull", self.reference()) for user in (self.alice, self.bob) * 4]
        paths = set()
        for pull in pulls:
            out, error = pull.communicate(timeout=120)
            self.assertEqual(pull.returncode, 0, error.decode())
            paths.add(out.decode().strip())
        self.assertEqual(len(paths), 1, paths)

    def test_stats_name_the_owners(self) -> None:
        self.pull_as(self.alice, self.reference())
        self.pull_as(self.bob, self.reference())
        owners = self.run_as(self.root, "--json", "stats").json["owners"]
        self.assertLessEqual({"alice", "bob"}, {owner["owner"] for owner in owners})

    def test_stats_tell_what_sharing_saved(self) -> None:
        path = self.pull_as(self.alice, self.reference("1"))
        self.pull_as(self.alice, self.reference("2"))
        self.trust(self.bob, "alice")
        self.pull_as(self.bob, self.reference("1"))
        self.pull_as(self.bob, self.reference("1"))
        saved = {
            owner["owner"]: owner["saved_bytes"]
            for owner in self.run_as(self.root, "--json", "stats").json["owners"]
        }
        self.assertEqual((saved["alice"], saved["bob"]), (0, path.stat().st_size))
        self.assertIn("SAVED", self.run_as(self.bob, "stats").out)


class TrustedGroupTest(UsersTest):
    init = ("--trust", "group")

    def test_all_members_use_what_any_of_them_made(self) -> None:
        path = self.pull_as(self.alice, self.reference())
        self.assertEqual(self.pull_as(self.bob, self.reference()), path)

    def test_who_is_no_member_is_not_believed(self) -> None:
        # By root's hand, as if the group had let somebody go.
        self.pull_as(self.alice, self.reference())
        lines = self.users.group.read_text().replace("alice,", "")
        self.users.group.write_text(lines)
        passwd = self.users.passwd.read_text()
        self.users.passwd.write_text(
            passwd.replace(f"alice:x:61001:{GROUP_NUMBER}", "alice:x:61001:100"))
        self.assertIn(f"/u/{self.bob.number}/", str(self.pull_as(self.bob, self.reference())))


class PrivateImagesTest(UsersTest):
    def setUp(self) -> None:
        super().setUp()
        self.locked = self.enterContext(LockedRegistry(
            self.scratch / "locked", self.scratch / "registry" / "data",
            htpasswd(self.scratch, "alice", "her password")))
        self.secret = f"{self.locked.address}#lab/small:1"
        self.alice.environment["AIC_IMAGE_USERNAME"] = "alice"
        self.alice.environment["AIC_IMAGE_PASSWORD"] = "her password"
        self.trust(self.bob, "alice")

    def test_what_not_everybody_may_pull_is_its_pullers(self) -> None:
        outcome = self.run_as(self.alice, "pull", "--name", "secret", self.secret)
        path = Path(outcome.out.strip())
        self.assertIn("private", outcome.stderr)
        self.assertEqual(mode_of(path), 0o400)
        self.assertEqual(mode_of(path.parent), 0o700)
        image_id = path.parent.parent.name[:12]
        self.assertNotEqual(self.bob.shell('cat "$1"', path).returncode, 0)
        self.assertEqual(self.bob.run("path", image_id).status, Status.NOT_FOUND)
        result = self.bob.run("path", "alice/secret")
        self.assertEqual(result.status, Status.DENIED)
        self.assertIn("alice can share a private one: 'aic-image share secret'", result.stderr)
        self.assertEqual(self.bob.run("pull", self.secret).status, Status.DENIED)
        self.assertNotIn(image_id, self.run_as(self.bob, "list").out)
        self.assertIn("its owner alone", self.run_as(self.alice, "inspect", "secret").out)

    def test_share_opens_it_and_unshare_shuts_it(self) -> None:
        path = self.pull_as(self.alice, "--name", "secret", self.secret)
        self.run_as(self.alice, "share", "secret")
        self.assertEqual(mode_of(path), 0o444)
        self.assertEqual(self.run_as(self.bob, "path", "alice/secret").out.strip(), str(path))
        self.run_as(self.alice, "unshare", "secret")
        self.assertEqual(mode_of(path), 0o400)
        self.assertEqual(self.bob.run("path", "alice/secret").status, Status.DENIED)

    def test_what_anybody_may_pull_is_open_even_to_who_has_credentials(self) -> None:
        open_image = self.pull_as(self.alice, self.reference())
        self.assertEqual(mode_of(open_image), 0o444)

    def test_a_private_image_is_whole_to_its_owner(self) -> None:
        self.pull_as(self.alice, self.secret)
        self.run_as(self.alice, "verify")
        owners = self.run_as(self.alice, "--json", "stats").json["owners"]
        hers = next(owner for owner in owners if owner["owner"] == "alice")
        self.assertEqual(hers["images"], 1)
        # Its layers go on to her other images, which are private too where they have to be.
        other = f"{self.locked.address}#lab/small:2"
        images = self.run_as(self.alice, "--json", "pull", other).events[-1]["images"]
        self.assertGreater(images[0]["taken_over"]["size_bytes"], 0, images)


class StackedStoresTest(UsersTest):
    def test_what_the_lab_has_is_used_and_what_is_new_goes_to_ones_own(self) -> None:
        path = self.pull_as(self.alice, self.reference("1"))
        mine = self.bob.home / "mine"
        self.bob.environment["AIC_IMAGE_ROOT"] = str(mine)
        self.bob.environment["AIC_IMAGE_STORES"] = str(self.store)
        self.trust(self.bob, "alice")
        self.assertEqual(self.pull_as(self.bob, self.reference("1")), path)
        new = self.pull_as(self.bob, self.reference("2"))
        self.assertTrue(new.is_relative_to(mine), new)
        self.assertEqual(self.run_as(self.bob, "path", self.reference("1")).out.strip(), str(path))
        self.assertEqual(len(self.run_as(self.bob, "--json", "list").json["images"]), 2)

    def test_a_site_is_used_without_permission_to_write(self) -> None:
        site = self.users.root(self.scratch / "site")
        self.run_as(site, "init", "--preset", "site")
        path = self.pull_as(site, self.reference())
        user = self.users.user("bob", site.store)
        self.assertEqual(self.run_as(user, "path", self.reference()).out.strip(), str(path))
        self.assertEqual(self.pull_as(user, self.reference()), path)
        refused = user.run("pull", self.reference("2"))
        self.assertEqual(refused.status, Status.DENIED, refused)
        self.assertIn("hint: ", refused.stderr)


class InitTest(UsersTest):
    def test_it_says_what_it_made_and_mends_modes(self) -> None:
        self.store.joinpath("u").chmod(0o777)
        outcome = self.run_as(self.root, "init")
        self.assertIn("members of the group", outcome.stderr)
        self.assertEqual(mode_of(self.store / "u"), 0o3775)
        self.assertEqual(outcome.out.strip(), str(self.store))
        document = self.run_as(self.root, "--json", "init").json
        self.assertEqual(document["preset"], "lab")
        self.assertEqual({entry["group"] for entry in document["directories"]}, {GROUP})

    def test_another_preset_is_an_upgrade(self) -> None:
        refused = self.root.run("init", "--preset", "site")
        self.assertEqual(refused.status, Status.USAGE, refused)
        self.assertIn("store upgrade", refused.stderr)
        self.run_as(self.root, "store", "upgrade", "--preset", "site")
        self.assertEqual(mode_of(self.store / "u"), 0o755)

    def test_a_directory_with_other_things_in_it_is_left_alone(self) -> None:
        other = self.scratch / "other"
        other.mkdir()
        (other / "thesis.tex").touch()
        refused = self.users.root(other).run("init", "--preset", "lab")
        self.assertEqual(refused.status, Status.USAGE, refused)
        self.assertIn("thesis.tex", refused.stderr)
        self.assertEqual(list(other.iterdir()), [other / "thesis.tex"])

    def test_only_its_owner_sets_a_store_up(self) -> None:
        for arguments in (("init",), ("store", "upgrade", "--preset", "site")):
            outcome = self.bob.run(*arguments)
            self.assertEqual(outcome.status, Status.DENIED, outcome)
            self.assertIn("belongs to the user", outcome.stderr)

    def test_a_private_store_is_opened_to_a_lab(self) -> None:
        own = self.users.user("alice", self.alice.home / "store")
        path = self.pull_as(own, self.reference())
        self.alice.home.chmod(0o755)
        outcome = self.run_as(own, "store", "upgrade", "--preset", "lab")
        self.assertIn("1 image of yours is private", outcome.stderr)
        self.assertEqual(mode_of(path), 0o400)
        guest = self.users.user("bob", own.store)
        self.trust(guest, "alice")
        self.assertEqual(self.run_as(guest, "list").out, "")
        self.run_as(own, "share", self.reference())
        self.assertEqual(self.run_as(guest, "path", self.reference()).out.strip(), str(path))
        self.run_as(own, "verify")
        self.assertEqual(self.run_as(own, "--json", "verify", "--rebuild").json["rebuilt"], [])
