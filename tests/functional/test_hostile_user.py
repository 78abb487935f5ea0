# SPDX-License-Identifier: Apache-2.0
"""A member of the lab who wants his bytes in a colleague's job, and does what the modes allow."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from support.binary import Status
from support.seal import sealed
from support.users import GROUP_NUMBER, NUMBERS, User
from test_users import UsersTest

ALICE, BOB = NUMBERS["alice"], NUMBERS["bob"]
ROUNDS = 12

# Every way to change what stands at $1, and to put something beside or into it.
VANDALISM = """
find "$1" -print0 | while IFS= read -r -d '' path; do
    (: > "$path"); (echo evil >> "$path"); truncate -s 0 "$path"; chmod 777 "$path"
    rm -f "$path"; mv "$path" "$HOME/stolen"; ln -sfn "$HOME/evil" "$path"; cp "$HOME/evil" "$path"
    mv "$HOME/evil" "$path"; mkfifo "$path"; touch "$path/planted"; mkdir "$path/planted"
    rmdir "$path"
done
true
"""


def checksum(data: bytes) -> bytes:
    line = subprocess.run(["xxh128sum"], input=data, capture_output=True, check=True).stdout
    return bytes.fromhex(line.split()[0].decode())


def snapshot(*trees: Path) -> dict[str, object]:
    """What and whose everything there is; without times of access and change."""
    found: dict[str, object] = {}
    for path in (path for tree in trees for path in (tree, *tree.rglob("*"))):
        status = path.lstat()
        is_file = path.is_file() and not path.is_symlink()
        content = hashlib.sha256(path.read_bytes()).hexdigest() if is_file else ""
        found[str(path)] = (status.st_mode, status.st_uid, status.st_ino, content)
    return found


class HostileUserTest(UsersTest):
    def setUp(self) -> None:
        super().setUp()
        clean = self.users.user("carol", self.users.directory / "carol" / "store")
        self.clean = {tag: self.pull_as(clean, self.reference(tag)).read_bytes()
                      for tag in ("1", "2")}

    def assert_clean(self, path: Path, tag: str) -> None:
        self.assertIn(f"/u/{ALICE}/", str(path))
        self.assertEqual(path.read_bytes(), self.clean[tag])
        self.assertEqual(path.lstat().st_uid, ALICE)

    def as_bobs(self, *paths: Path) -> None:
        for path in paths:
            os.chown(path, BOB, GROUP_NUMBER, follow_symlinks=False)

    def evil_image(self) -> Path:
        """Bob's image 1 with other bytes in it, sealed and summed so that it looks whole."""
        image = self.pull_as(self.bob, self.reference("1"))
        evil = bytearray(image.read_bytes())
        record_path = image.parent / "record.json"
        record = json.loads(record_path.read_text())
        part = record["segments"][0]
        begin, end = part["offset"], part["offset"] + part["length"]
        evil[begin:end] = bytes(byte ^ 1 for byte in evil[begin:end])
        part["xxh128"] = checksum(bytes(evil[begin:end])).hex()
        for maker in (record, record["header"], record["tables"], *record["segments"]):
            for field in ("owner_uid", "producer_uid"):
                if field in maker:
                    maker[field] = ALICE
        for path, data in ((image, bytes(evil)), (record_path, sealed(record).encode())):
            path.unlink()
            path.write_bytes(data)
            path.chmod(0o444)
            self.as_bobs(path)
        return image

    def use_everything(self, user: User, *planted: Path) -> None:
        """What she types in a week; none of it may wait for anybody. `planted` is not hers to
        remove."""
        for command in (("list",), ("stats",), ("gc", "--dry-run"), ("gc",), ("inspect", "mine"),
                        ("history", "mine"), ("complete", "images"), ("path", "mine"),
                        ("rm", "mine"), ("restore", "mine")):
            outcome = user.run(*command, timeout=60)
            self.assertEqual(outcome.status, Status.OK, outcome)
        # What is wrong in the index that all share is found, and mended.
        for line in user.run("verify", timeout=60).out.splitlines():
            self.assertTrue(line.startswith("catalogue "), line)
        self.run_as(user, "verify", "--rebuild")
        left = user.run("verify", timeout=60).out.splitlines()
        self.assertEqual([line.split()[1] for line in left], list(map(str, planted)))


# At every name that is there, and at some that are about to be; until it is killed.
RAGE = r"""
cd "$1"; mkdir -p -m 777 "$HOME/trap"; echo evil > "$HOME/evil"; n=0
while :; do
    for place in claims catalogue u u/61001/tmp u/61001/images; do
        for name in $(ls "$place" 2>/dev/null) 00000042.db 0123456789abcdef61001; do
            n=$((n + 1)); at="$place/$name"
            rm -rf "$at"; mv "$at" "$place/.$n"
            case $((n % 5)) in
                0) ln -s "$HOME/trap" "$at" ;;
                1) mkfifo "$at" ;;
                2) mkdir -m 777 "$at" ;;
                3) ln "$HOME/evil" "$at" ;;
                4) cp "$HOME/evil" "$at" ;;
            esac
            rm -rf "$place/.$n"
        done
    done
done 2>/dev/null
"""


class VandalTest(HostileUserTest):
    def test_while_he_rages_she_gets_what_the_registry_has(self) -> None:
        self.pull_as(self.bob, self.reference("2"))
        vandal = subprocess.Popen(
            [*self.users.prefix(BOB), "/bin/bash", "-c", RAGE, "bash", str(self.store)],
            env=self.bob.environment, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            for number in range(ROUNDS):
                tag = "12"[number % 2]
                path = self.pull_as(self.alice, "--name", "mine", self.reference(tag), "--replace")
                self.assert_clean(path, tag)
                self.assertEqual(self.run_as(self.alice, "path", "mine").out.strip(), str(path))
                self.run_as(self.alice, "rm", "mine")
                self.run_as(self.alice, "gc", "--purge")
            self.assertIsNone(vandal.poll())
        finally:
            os.killpg(vandal.pid, signal.SIGKILL)
            vandal.wait()

    def test_nothing_of_hers_can_be_changed(self) -> None:
        path = self.pull_as(self.alice, "--name", "mine", self.reference("1"))
        self.run_as(self.alice, "pin", "mine")
        self.pull_as(self.bob, self.reference("2"))
        hers = (self.alice.own, *(entry for shared in ("claims", "catalogue")
                                  for entry in (self.store / shared).iterdir()
                                  if entry.lstat().st_uid == ALICE))
        before = snapshot(*hers)
        (self.bob.home / "evil").write_bytes(b"evil")
        for tree in hers:
            self.assertEqual(self.bob.shell(VANDALISM, tree).returncode, 0)
        self.assertEqual(snapshot(*hers), before)
        # Nor what the store is.
        frame = [self.store, *(self.store / name for name in ("u", "claims", "catalogue"))]
        described = (self.store / "store.json").read_text()
        self.bob.shell('mv "$1/u" "$1/v"; rm -f "$1/store.json"; echo x > "$1/store.json"; '
                       'mv "$1/u/61001" "$1/u/61009"; rm -rf "$1/catalogue"; chmod 777 "$1/u"',
                       self.store)
        self.assertEqual((self.store / "store.json").read_text(), described)
        self.assertTrue(all(place.is_dir() for place in (*frame, self.alice.own)))
        self.assert_clean(path, "1")
        self.use_everything(self.alice)

    def test_a_part_of_the_store_that_he_made_for_her_is_refused(self) -> None:
        trap = self.store / "u" / str(ALICE)
        for script in ('mkdir -m 777 "$1"', 'mkdir -m 777 "$HOME/trap"; ln -s "$HOME/trap" "$1"',
                       ': > "$1"', 'mkfifo "$1"'):
            made = self.bob.shell(script, trap)
            self.assertEqual(made.returncode, 0, made.stderr)
            outcome = self.alice.run("pull", "--name", "mine", self.reference("1"))
            self.assertNotEqual(outcome.status, Status.OK, outcome)
            self.assertIn(str(trap), outcome.stderr)
            self.assertEqual(self.run_as(self.alice, "list").out, "")
            self.assertEqual(list(self.bob.home.glob("trap/*")), [])
            self.bob.shell('rm -rf "$1"', trap)
        self.assert_clean(self.pull_as(self.alice, "--name", "mine", self.reference("1")), "1")


class ForgerTest(HostileUserTest):
    def test_his_image_under_the_right_id_is_not_used(self) -> None:
        evil = self.evil_image()
        self.assertNotEqual(evil.read_bytes(), self.clean["1"])
        outcome = self.run_as(self.alice, "pull", "--name", "mine", self.reference("1"))
        self.assert_clean(Path(outcome.out.strip()), "1")
        self.assert_clean(self.pull_as(self.alice, self.reference("2")), "2")
        self.use_everything(self.alice)

    def test_nor_for_her_who_trusts_somebody_else(self) -> None:
        self.evil_image()
        self.trust(self.alice, "carol")
        self.assert_clean(self.pull_as(self.alice, "--name", "mine", self.reference("1")), "1")

    def test_rows_of_his_in_the_catalogue_lead_nowhere(self) -> None:
        evil = self.evil_image()
        self.run_as(self.alice, "pull", "--name", "hers", self.reference("2"))
        self.run_as(self.alice, "gc")  # folds
        newest = max((self.store / "catalogue").glob("0*.db"))
        database = self.bob.home / "evil.db"
        database.write_bytes(newest.read_bytes()[:-16])
        with sqlite3.connect(database) as rows:
            rows.execute("PRAGMA writable_schema=OFF")
            for table in ("images", "refs"):
                rows.execute(f"UPDATE OR REPLACE {table} SET owner_uid = ? WHERE owner_uid = ?",
                             (ALICE, BOB))
            rows.execute("DELETE FROM names")
        data = database.read_bytes()
        number = int(newest.stem) + 7
        planted = newest.with_name(f"{number:08}.db")
        planted.write_bytes(data + checksum(data))
        self.as_bobs(planted)
        planted.chmod(0o444)
        self.assertNotIn(str(evil), self.run_as(self.alice, "list").out)
        self.run_as(self.alice, "rm", "hers")
        self.run_as(self.alice, "gc", "--purge")
        for tag in ("1", "2"):
            self.assert_clean(self.pull_as(self.alice, "--name", "mine", self.reference(tag)), tag)
        self.use_everything(self.alice)

    def test_his_layer_index_and_entries_lead_nowhere(self) -> None:
        evil = self.evil_image()
        index = evil.parent / "layers.idx"
        index.unlink()
        index.write_bytes(os.urandom(5000))
        pending = self.bob.own / "pending"
        for number, key in enumerate((f"../../{ALICE}/images/x", "/etc/passwd", "..", "a\n\x00")):
            entry = pending / f"host.1.{number:016x}.done"
            entry.write_text(sealed({"version": 1, "kind": "image", "key": key}))
            self.as_bobs(entry)
        (pending / "host.1.00000000000000aa.done").symlink_to("/dev/zero")
        self.as_bobs(index, pending / "host.1.00000000000000aa.done")
        self.assert_clean(self.pull_as(self.alice, "--name", "mine", self.reference("1")), "1")
        self.assert_clean(self.pull_as(self.alice, self.reference("2")), "2")
        self.use_everything(self.alice)


class BlockerTest(HostileUserTest):
    def test_pipes_keep_nobody_waiting(self) -> None:
        image = self.pull_as(self.bob, "--name", "trap", self.reference("1"))
        self.run_as(self.bob, "pin", "trap")
        self.pull_as(self.alice, "--name", "mine", self.reference("2"))
        for directory in ("names", "pins", "refs", "uses", "pending"):
            for path in (self.bob.own / directory).rglob("*"):
                if path.is_file():
                    path.unlink()
                    os.mkfifo(path)
                    self.as_bobs(path)
        for path in (image.parent / "record.json", image):
            path.unlink()
            os.mkfifo(path)
            self.as_bobs(path)
        generation = self.store / "catalogue" / "00009999.db"
        for path in (generation, self.store / "claims" / "00000001.x"):
            os.mkfifo(path)
            self.as_bobs(path)
        self.assert_clean(self.pull_as(self.alice, "--name", "mine", self.reference("1")), "1")
        self.use_everything(self.alice, generation)
        self.trust(self.alice, "bob")  # even then
        self.use_everything(self.alice, generation)

    def stopped_in_his_claim(self) -> subprocess.Popen:
        """A pull of bob's that stands still and holds the claim to make image 1."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            pull = self.bob.start("pull", "--refresh", self.reference("1"))
            while pull.poll() is None:
                if list((self.store / "claims").glob("0*")):
                    pull.send_signal(signal.SIGSTOP)
                    if list((self.store / "claims").glob("0*")):
                        return pull
                    pull.send_signal(signal.SIGCONT)
            pull.communicate()
        raise AssertionError("no claim of his was ever seen")

    def test_a_claim_of_his_keeps_nobody_waiting(self) -> None:
        pull = self.stopped_in_his_claim()
        try:
            begin = time.monotonic()
            self.assert_clean(self.pull_as(self.alice, self.reference("1")), "1")
            self.assertLess(time.monotonic() - begin, 20)
        finally:
            pull.send_signal(signal.SIGCONT)
            pull.communicate(timeout=60)

    def test_a_number_of_his_that_leaves_none_above_it(self) -> None:
        self.pull_as(self.alice, "--name", "mine", self.reference("1"))
        newest = max((self.store / "catalogue").glob("0*.db"), default=None)
        for name in ("18446744073709551615.db", "9223372036854775807.db", "99999999.db"):
            planted = self.store / "catalogue" / name
            if newest:
                shutil.copyfile(newest, planted)
            else:
                planted.touch()
            self.as_bobs(planted)
        self.assert_clean(self.pull_as(self.alice, self.reference("2")), "2")
        self.use_everything(self.alice)


del UsersTest, HostileUserTest  # what only others are made of
