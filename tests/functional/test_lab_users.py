# SPDX-License-Identifier: Apache-2.0
"""Two users of one lab on two nodes, and the file server between them."""

from __future__ import annotations

import unittest

from support.binary import Outcome, Status
from support.lab import Lab
from support.lab_case import HOME, LabTest

GROUP = 61500
ALICE, BOB, STRANGER = 2001, 2002, 2003
TRUSTING_HOME = "/var/tmp/trusting"  # of who uses what alice made
VANDALISM = """
find "$1" | while read -r path; do
    echo evil >> "$path"; chmod 777 "$path"; rm -f "$path"; mv "$path" /tmp/stolen
    ln -sfn /etc/passwd "$path"; mkfifo "$path"; touch "$path/planted"; rmdir "$path"
done 2>/dev/null
true
"""


def setUpModule() -> None:
    LabTest.lab = unittest.enterModuleContext(Lab())
    LabTest.prepare_nodes()
    for node in LabTest.lab.nodes:
        node.shell(
            f"mkdir -p {TRUSTING_HOME}/.config/aic-image; "
            f"""echo 'publishers = ["{ALICE}"]' > {TRUSTING_HOME}/.config/aic-image/config.toml; """
            f"chmod -R a+rX {TRUSTING_HOME}")


class LabUsers:
    """What has to hold with either version. alice is on the first node, bob on the second."""

    def setUp(self) -> None:
        super().setUp()
        self.as_alice("init", "--preset", "lab", "--group", str(GROUP))

    def as_alice(self, *arguments: str) -> Outcome:
        return self.succeed(self.first, *arguments, uid=ALICE, gid=GROUP)

    def as_bob(self, *arguments: str, trusts: bool = True) -> Outcome:
        home = TRUSTING_HOME if trusts else HOME
        return self.aic(self.second, *arguments, uid=BOB, gid=GROUP, home=home)

    def share(self, text: str, name: str) -> str:
        path = self.as_alice("pull", self.make(text), "--name", name).out.strip()
        self.as_alice("share", name)
        return path

    def test_what_is_shared_is_used_on_the_other_node(self) -> None:
        self.assertEqual(self.on_server("stat -c %a . u claims catalogue").split(),
                         ["2755", "3775", "3775", "3775"])
        self.assertEqual(self.as_bob("path", f"{ALICE}/exp").status, Status.NOT_FOUND)
        path = self.share("text", "exp")
        for word in (f"{ALICE}/exp", self.make_reference("text")):
            outcome = self.as_bob("path", word)
            self.assertEqual(outcome.out.strip(), path, outcome)
        self.assertEqual(self.as_bob("cat", f"{ALICE}/exp", "/text").out, "text")
        pulled = self.as_bob("pull", self.make_reference("text"))
        self.assertEqual(pulled.out.strip(), path, pulled)
        self.assertIn("already here", pulled.stderr)

    def test_what_is_not_trusted_is_made_again(self) -> None:
        path = self.share("text", "exp")
        outcome = self.as_bob("pull", self.make_reference("text"), trusts=False)
        self.assertEqual(outcome.status, Status.OK, outcome)
        self.assertIn(f"/u/{BOB}/", outcome.out)
        self.assertIn(f"{ALICE} has this image", outcome.stderr)
        sums = self.on_server("sha256sum u/*/images/*/*/*.sqsh").splitlines()
        self.assertEqual(len(sums), 2)
        self.assertEqual(len({line.split()[0] for line in sums}), 1, sums)
        self.as_alice("path", path)

    def test_what_is_private_the_server_keeps_from_others(self) -> None:
        path = self.as_alice("pull", self.make("text"), "--name", "exp").out.strip()
        self.assertEqual(self.second.start("cat", path, uid=BOB, gid=GROUP).wait().status, 1)
        self.assertEqual(self.as_bob("path", f"{ALICE}/exp").status, Status.DENIED)
        self.as_alice("share", "exp")
        self.assertEqual(self.as_bob("path", f"{ALICE}/exp").out.strip(), path)
        self.as_alice("unshare", "exp")
        self.assertEqual(self.as_bob("path", f"{ALICE}/exp").status, Status.DENIED)

    def test_nothing_of_hers_can_be_changed(self) -> None:
        self.share("text", "exp")
        self.as_alice("pin", "exp")
        look = (f"find u/{ALICE} -type f -exec sha256sum {{}} + | sort; "
                f"find u/{ALICE} -printf '%p %m %U\\n' | sort")
        before = self.on_server(look)
        for directory in (f"u/{ALICE}", "u", "claims", "catalogue", "store.json"):
            self.second.start("bash", "-c", VANDALISM, "bash", f"{self.store}/{directory}",
                              uid=BOB, gid=GROUP).wait()
        self.assertEqual(self.on_server(look), before)
        self.as_alice("path", "exp")
        self.as_alice("verify")

    def test_who_is_no_member_reads_and_root_is_nobody(self) -> None:
        path = self.share("text", "exp")
        for uid in (STRANGER, 0):
            with self.subTest(uid):
                found = self.aic(self.second, "path", f"{ALICE}/exp", uid=uid)
                self.assertEqual(found.out.strip(), path, found)
                refused = self.aic(self.second, "pull", self.make(f"new-{uid}"), uid=uid)
                self.assertEqual(refused.status, Status.DENIED, refused)
                self.assertIn("hint: ", refused.stderr)

    def test_what_a_job_on_another_node_was_handed_stays_until_it_is_released(self) -> None:
        path = self.share("text", "exp")
        as_job = {"uid": BOB, "gid": GROUP, "home": TRUSTING_HOME, "job": "12"}
        got = self.succeed(self.second, "importer", "get", f"docker://aic:{ALICE}/exp", **as_job)
        self.assertEqual(got.out.strip(), path)
        self.assertIn("held by a lease of job 12.0", self.as_alice("rm", "exp").stderr)
        reading = self.second.start("sh", "-c", f"exec 3<{path}; sleep 3; cat <&3 | wc -c",
                                    uid=BOB, gid=GROUP)
        kept = self.as_alice("gc", "--older-than", "0s", "--purge")
        self.assertRegex(kept.out, rf"a lease of job 12\.0 on \S+ of {BOB}")
        read = reading.wait()
        self.assertEqual(read.status, Status.OK, read)
        self.succeed(self.second, "importer", "release", **as_job)
        self.as_alice("gc", "--older-than", "0s", "--purge")
        self.assertEqual(self.on_server("find u -name '*.sqsh'"), "")

    def test_the_stores_owner_adopts_what_a_member_leaves(self) -> None:
        self.as_alice("list")
        pulled = self.as_bob("pull", self.make("text"), "--name", "exp")
        self.assertEqual(pulled.status, Status.OK, pulled)
        self.assertEqual(self.as_bob("share", "exp").status, Status.OK)
        self.as_alice("adopt", str(BOB))
        self.on_server(f"rm -rf u/{BOB}")
        path = self.as_alice("path", "exp").out.strip()
        self.assertIn(f"/u/{ALICE}/", path)
        self.as_alice("verify")
        self.assertEqual(self.as_bob("path", f"{ALICE}/exp").out.strip(), path)

    def test_doctor_sees_what_the_store_lies_on(self) -> None:
        self.share("text", "exp")
        outcome = self.as_bob("--json", "doctor", "--offline")
        store = outcome.json["sections"][1]
        self.assertIn(self.store, store["title"])
        found = {finding["subject"]: finding for finding in store["findings"]}
        self.assertRegex(found["file system"]["text"], f"^nfs4? .*vers={self.version}")
        for subject in ("access", "modes", "owners", "clock", "locks", "catalogue"):
            self.assertEqual(found[subject]["verdict"], "ok", found[subject])
        self.assertEqual("version" in found, self.version == "3", found)
        self.assertEqual(self.on_server("find u -name '.*' -o -path '*/tmp/*'"), "")

    def make_reference(self, text: str) -> str:
        return f"oci:{self.lab.directory / 'images' / self.store_name / text}:latest"


class LabUsersTest(LabUsers, LabTest):
    version = "4.2"


class LabUsersVersion3Test(LabUsers, LabTest):
    version = "3"


if __name__ == "__main__":
    unittest.main()
