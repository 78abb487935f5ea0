# SPDX-License-Identifier: Apache-2.0
"""doctor on this machine, beside real registries, and what is called scontrol and enroot here."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Any

from support.binary import Outcome, Status, program
from support.case import FunctionalTest
from support.locked_registry import LockedRegistry, htpasswd
from support.sample import SampleTest, served_sample
from test_users import UsersTest

USER, SECRET = "me", "hunter2-Qx7"


def setUpModule() -> None:
    SampleTest.sample = unittest.enterModuleContext(served_sample())


def findings(outcome: Outcome) -> list[dict[str, Any]]:
    return [finding for section in outcome.json["sections"] for finding in section["findings"]]


def found(outcome: Outcome, subject: str) -> list[tuple[str, str, str | None]]:
    return [(finding["verdict"], finding["text"], finding["mend"])
            for finding in findings(outcome) if finding["subject"] == subject]


class DoctorCase(SampleTest):
    def doctor(self, *arguments: str) -> Outcome:
        """What is wrong with this machine is not ours to know; the status is that of the sum."""
        outcome = self.aic.run("--json", "doctor", *arguments)
        problems = sum(finding["verdict"] == "problem" for finding in findings(outcome))
        self.assertEqual(outcome.json["problems"], problems, outcome)
        self.assertEqual(outcome.status, Status.SYSTEM if problems else Status.OK, outcome)
        for finding in findings(outcome):
            self.assertEqual(finding["mend"] is None, finding["verdict"] == "ok", finding)
        return outcome

    def one(self, outcome: Outcome, subject: str) -> tuple[str, str, str | None]:
        all_of_it = found(outcome, subject)
        self.assertEqual(len(all_of_it), 1, (subject, outcome))
        return all_of_it[0]


class DoctorTest(DoctorCase):
    def test_a_store_that_is_well_is_left_as_it_is(self) -> None:
        self.succeed("pull", self.sample.reference)
        before = sorted(self.aic.store.rglob("*"))
        outcome = self.doctor("--offline")
        self.assertEqual(sorted(self.aic.store.rglob("*")), before)
        self.assertEqual(self.one(outcome, "access")[0], "ok")
        self.assertEqual(self.one(outcome, "clock")[0], "ok")
        self.assertIn("1 image, ", self.one(outcome, "catalogue")[1])

    def test_before_there_is_a_store_none_is_made(self) -> None:
        self.doctor("--offline")
        self.assertFalse(self.aic.store.exists())

    def test_a_registry_that_images_came_from_is_asked(self) -> None:
        self.succeed("pull", self.sample.reference)
        verdict, text, _ = self.one(self.doctor(), self.sample.registry.address)
        self.assertEqual((verdict, text), ("ok", "answers, to anybody"))

    def test_a_registry_that_does_not_answer_is_a_warning_and_offline_asks_none(self) -> None:
        verdict, text, _ = self.one(self.doctor("127.0.0.1:1"), "127.0.0.1:1")
        self.assertEqual(verdict, "warning", text)
        self.assertEqual(found(self.doctor("--offline", "127.0.0.1:1"), "127.0.0.1:1"), [])

    def test_settings_that_make_no_sense_are_the_only_finding(self) -> None:
        settings = self.scratch / ".config/aic-image/config.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text("[gc]\nmin_age = 3\n")
        outcome = self.doctor()
        self.assertEqual(len(findings(outcome)), 1)
        self.assertIn("gc.min_age", findings(outcome)[0]["text"])

    def test_a_damaged_catalogue_is_a_problem_with_the_command_that_mends_it(self) -> None:
        self.succeed("pull", self.sample.reference)
        for generation in (self.aic.store / "catalogue").glob("*.db"):
            generation.chmod(0o644)
            generation.write_bytes(b"damage")
        verdict, _, mend = self.one(self.doctor("--offline"), "catalogue")
        self.assertEqual(verdict, "problem")
        self.succeed(*mend.split()[1:])
        self.assertEqual(self.one(self.doctor("--offline"), "catalogue")[0], "ok")

    def test_what_people_see_ends_in_a_sum(self) -> None:
        outcome = self.aic.run("doctor", "--offline")
        self.assertRegex(outcome.out, r"(?m)^  ok +store +/.*\(AIC_IMAGE_ROOT\)$")
        self.assertRegex(outcome.stderr, r"\d problems?, \d+ warnings?\n$")


class ClusterTest(DoctorCase):
    def setUp(self) -> None:
        super().setUp()
        self.programs = self.scratch / "programs"
        self.programs.mkdir()
        self.aic.environment["PATH"] = f"{self.programs}:{self.aic.environment['PATH']}"
        self.plugstack = self.scratch / "plugstack.conf"
        self.say("scontrol", "SLURM_VERSION = 22.05.8\nClusterName = alps\n"
                             f"PlugStackConfig         = (null)\n"
                             f"SLURM_CONF              = {self.scratch}/slurm.conf\n")

    def say(self, name: str, text: str) -> None:
        (self.programs / f"{name}.txt").write_text(text)
        (self.programs / name).write_text(f"#!/bin/sh\nexec cat '{self.programs / name}.txt'\n")
        (self.programs / name).chmod(0o755)

    def plugins(self, line: str) -> None:
        self.plugstack.write_text(f"include {self.scratch}/pyxis.c*\n")
        (self.scratch / "pyxis.conf").write_text(line)

    def test_slurm_is_asked_where_its_plugins_are(self) -> None:
        outcome = self.doctor("--offline")
        self.assertEqual(self.one(outcome, "Slurm")[:2], ("ok", "22.05.8, cluster alps"))
        self.assertEqual(self.one(outcome, "pyxis")[0], "warning")

    def test_slurm_may_keep_its_plugins_elsewhere(self) -> None:
        elsewhere = self.scratch / "elsewhere.conf"
        elsewhere.write_text("optional spank_pyxis.so\n")
        self.say("scontrol", f"ClusterName = alps\nPlugStackConfig = {elsewhere}\n"
                             f"SLURM_CONF = {self.scratch}/slurm.conf\n")
        self.assertIn(str(elsewhere), self.one(self.doctor("--offline"), "pyxis")[1])

    def test_pyxis_that_calls_the_importer_is_well(self) -> None:
        importer = self.scratch / "aic-image-importer"
        importer.symlink_to(program())
        self.plugins(f"required spank_pyxis.so importer={importer} use_squashfuse=1\n")
        outcome = self.doctor("--offline")
        for subject in ("pyxis", "importer", "start"):
            self.assertEqual(self.one(outcome, subject)[0], "ok", outcome)

    def test_pyxis_without_it_is_told_the_line(self) -> None:
        self.plugins("required spank_pyxis.so\n")
        outcome = self.doctor("--offline")
        for subject, word in (("importer", "importer=/"), ("start", "use_squashfuse=1")):
            verdict, _, mend = self.one(outcome, subject)
            self.assertEqual(verdict, "warning")
            self.assertIn(word, mend)
            self.assertIn(str(self.scratch / "pyxis.conf"), mend)

    def test_an_importer_that_is_not_there_is_a_problem(self) -> None:
        self.plugins("required /no/spank_pyxis.so importer=/no/such\n")
        outcome = self.doctor("--offline")
        self.assertEqual(self.one(outcome, "importer")[0], "problem")
        self.assertIn("problem", [verdict for verdict, _, _ in found(outcome, "pyxis")])

    def test_enroots_settings_are_shown(self) -> None:
        self.say("enroot", "4.1.0\n")
        self.aic.environment["ENROOT_SYSCONF_PATH"] = str(self.scratch)
        (self.scratch / "enroot.conf").write_text("ENROOT_DATA_PATH /run/enroot/u$(id -u)\n")
        outcome = self.doctor("--offline")
        self.assertIn("4.1.0", self.one(outcome, "enroot")[1])
        self.assertEqual(self.one(outcome, "ENROOT_DATA_PATH")[0], "ok")


class CredentialsTest(FunctionalTest):
    def test_a_registry_says_what_it_makes_of_the_credentials(self) -> None:
        auth = htpasswd(self.scratch, USER, SECRET)
        with LockedRegistry(self.scratch / "locked", self.scratch / "data", auth) as registry:
            file = self.scratch / ".config/enroot/.credentials"
            self.assertIn("there are no credentials", self.said(registry.address, "ok"))
            file.parent.mkdir(parents=True)
            for password, verdict, word in ((SECRET, "ok", "accepts the password of 'me'"),
                                            ("wrong", "problem", "refuses the password of 'me'")):
                file.write_text(f"machine 127.0.0.1 login {USER} password {password}\n")
                file.chmod(0o600)
                text = self.said(registry.address, verdict)
                self.assertIn(word, text)
                self.assertIn(str(file), text)

    def test_a_file_of_credentials_that_others_may_read_is_a_problem(self) -> None:
        file = self.scratch / ".config/enroot/.credentials"
        file.parent.mkdir(parents=True)
        file.write_text(f"machine 127.0.0.1 login {USER} password {SECRET}\n")
        file.chmod(0o644)
        outcome = self.aic.run("--json", "doctor")
        [(verdict, text, mend)] = found(outcome, "credentials")
        self.assertEqual(verdict, "problem")
        self.assertIn("chmod", mend)
        self.assertNotIn(SECRET, outcome.out)

    def said(self, address: str, verdict: str) -> str:
        outcome = self.aic.run("--json", "doctor", address)
        self.assertNotIn(SECRET, outcome.out + outcome.stderr)
        [(seen, text, mend)] = found(outcome, address)
        self.assertEqual(seen, verdict, outcome)
        if verdict == "problem":
            self.assertIn("aic-image login", mend)
        return text


class MembersTest(UsersTest):
    def doctor(self, user: Any) -> Outcome:
        return user.run("--json", "doctor", "--offline")

    def test_a_member_may_write_and_is_told_whom_he_trusts(self) -> None:
        outcome = self.doctor(self.alice)
        self.assertEqual(found(outcome, "access")[0][0], "ok")
        self.assertIn("publishers", found(outcome, "trust")[0][1])

    def test_modes_that_somebody_changed_are_named_with_who_mends_them(self) -> None:
        (self.store / "claims").chmod(0o755)
        [(verdict, text, mend)] = found(self.doctor(self.alice), "modes")
        self.assertEqual(verdict, "problem")
        self.assertIn(str(self.store / "claims"), text)
        self.run_as(self.root, *mend.split(": aic-image ")[1].split())
        self.assertEqual(found(self.doctor(self.alice), "modes")[0][0], "ok")

    def test_a_subtree_that_another_user_planted_is_told(self) -> None:
        planted = self.store / "u" / "4711"
        planted.mkdir()
        [(verdict, text, _)] = found(self.doctor(self.alice), "owners")
        self.assertEqual((verdict, text.split()[0]), ("warning", "1"))


del UsersTest  # its own tests are not ours
