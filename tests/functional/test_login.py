# SPDX-License-Identifier: Apache-2.0
"""Logging in, pulling with what was saved, logging out; and no secret ever shows."""

from __future__ import annotations

import base64
import json
import os
import pty
import signal
import stat
import subprocess
import termios
import time
import unittest
from pathlib import Path

from support.binary import Result, Status, program
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout
from support.locked_registry import LockedRegistry, TokenServer, htpasswd
from support.registry import Registry

USER = "me"
SECRET = "hunter2-Qx7"
WRONG = "wrong-Zk3"


class LoginTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        self.outputs: list[str] = []
        self.addCleanup(self.no_output_holds_a_secret)

    def no_output_holds_a_secret(self) -> None:
        for output in self.outputs:
            self.assertNotIn(SECRET, output)
            self.assertNotIn(WRONG, output)

    @property
    def file(self) -> Path:
        return self.scratch / ".config/enroot/.credentials"

    def image_data(self) -> Path:
        """What a registry with the sample image in it stores."""
        with Registry(self.scratch / "open") as registry:
            registry.push(sample_layout(), SAMPLE_TAG, "lab/debian:12")
        return self.scratch / "open/data"

    def aic_image(self, *arguments: str, password: str = "") -> Result:
        """Runs with the password on standard input, and keeps all that was said."""
        finished = subprocess.run(
            [program(), "--log-level=debug", *arguments], env=self.aic.environment,
            input=f"{password}\n".encode(), capture_output=True, timeout=120,
        )
        stderr = finished.stderr.decode(errors="replace")
        self.outputs += [stderr, finished.stdout.decode(errors="replace")]
        return Result(("aic-image", *arguments), finished.returncode, finished.stdout, stderr, 0, 0)

    def log_in(self, address: str, password: str = SECRET, *options: str) -> Result:
        return self.aic_image(
            "login", "--username", USER, "--password-stdin", *options, address, password=password
        )

    def walk_through(self, address: str) -> None:
        """Denied, logged in, pulled, logged out, denied."""
        reference = f"{address}#lab/debian:12"
        denied = self.aic_image("pull", reference)
        self.assertEqual(denied.status, Status.DENIED, denied)
        self.assertIn("aic-image login", denied.stderr)

        refused = self.log_in(address, WRONG)
        self.assertEqual(refused.status, Status.DENIED, refused)
        self.assertIn("(401)", refused.stderr)
        self.assertFalse(self.file.exists())

        accepted = self.log_in(address)
        self.assertEqual(accepted.status, Status.OK, accepted)
        self.assertIn("accepts", accepted.stderr)
        self.assertEqual(stat.S_IMODE(self.file.stat().st_mode), 0o600)
        self.assertEqual(
            self.file.read_text(), f"machine 127.0.0.1 login {USER} password {SECRET}\n"
        )
        pulled = self.aic_image("pull", reference)
        self.assertEqual(pulled.status, Status.OK, pulled)
        self.assertNotIn("warning", pulled.stderr)

        self.assertEqual(self.aic_image("logout", address).status, Status.OK)
        self.assertEqual(self.file.read_text(), "")
        again = self.aic_image("pull", "--output", str(self.scratch / "x.sqsh"), reference)
        self.assertEqual(again.status, Status.DENIED, again)

    def test_with_htpasswd(self) -> None:
        auth = htpasswd(self.scratch, USER, SECRET)
        with LockedRegistry(self.scratch / "locked", self.image_data(), auth) as registry:
            self.walk_through(registry.address)

    def test_with_tokens(self) -> None:
        with TokenServer(self.scratch, USER, SECRET) as tokens, LockedRegistry(
            self.scratch / "locked", self.image_data(), tokens.settings()
        ) as registry:
            self.walk_through(registry.address)
            self.assertIn("incorrect username or password", "".join(self.outputs))

    def test_an_identity_token_of_dockers_is_exchanged(self) -> None:
        with TokenServer(self.scratch, USER, WRONG) as tokens, LockedRegistry(
            self.scratch / "locked", self.image_data(), tokens.settings()
        ) as registry:
            settings = self.scratch / ".docker/config.json"
            settings.parent.mkdir()
            settings.write_text(
                json.dumps({"auths": {registry.address: {"identitytoken": SECRET}}})
            )
            settings.chmod(0o600)
            reference = f"{registry.address}#lab/debian:12"
            refused = self.aic_image("pull", reference)
            self.assertEqual(refused.status, Status.DENIED, refused)
            self.assertIn("refuses the identity token", refused.stderr)
            tokens.identity_token = SECRET
            pulled = self.aic_image("pull", reference)
            self.assertEqual(pulled.status, Status.OK, pulled)
            self.assertNotIn(SECRET, "".join(tokens.paths))

    def test_json_says_what_was_found(self) -> None:
        auth = htpasswd(self.scratch, USER, SECRET)
        with LockedRegistry(self.scratch / "locked", self.scratch / "data", auth) as registry:
            login = self.log_in(registry.address, SECRET, "--json").json["login"]
            self.assertEqual(
                login, {"registry": registry.address, "user": USER, "key_kind": "password",
                        "proof": "accepted", "file": str(self.file)},
            )
            listed = self.aic_image("login", "--list", "--json").json["credentials"]
            self.assertEqual(
                listed, [{"registry": "127.0.0.1", "user": USER, "kind": "password",
                          "origin": f"'{self.file}'"}],
            )
            listed = self.aic_image("login", "--list", registry.address)
            self.assertIn(USER, listed.out)
            listed = self.aic_image("login", "--list", "nvcr.io")
            self.assertEqual((listed.status, listed.out), (Status.OK, ""))
            self.assertIn("no credentials for nvcr.io", listed.stderr)

    def test_a_file_that_cannot_be_used_does_not_hide_the_others(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text("machine r.io login me password x\n")
        self.file.chmod(0o644)
        docker = self.scratch / ".docker"
        docker.mkdir()
        auth = base64.b64encode(f"{USER}:{SECRET}".encode()).decode()
        (docker / "config.json").write_text(json.dumps({"auths": {"other.io": {"auth": auth}}}))
        (docker / "config.json").chmod(0o600)
        listed = self.aic_image("login", "--list")
        self.assertIn("other.io", listed.out, listed)
        self.assertIn("chmod", listed.stderr)
        self.assertNotIn(SECRET, listed.out + listed.stderr)
        self.file.chmod(0o600)
        self.file.write_text("machine authn.nvidia.com login $oauthtoken password x\n"
                             "machine registry.lab:5000 login me password x\n")
        for registry, shown in (("nvcr.io", "authn.nvidia.com"), ("registry.lab", "registry.lab"),
                                ("me@registry.lab:5000", "registry.lab"), ("other.io:99", "other.io")):
            self.assertIn(shown, self.aic_image("login", "--list", registry).out, registry)
        self.assertEqual(self.aic_image("login", "--list", "you@registry.lab").out, "")

    def test_a_registry_that_asks_nobody_is_said_to(self) -> None:
        with Registry(self.scratch / "open") as registry:
            self.assertIn("unproven", self.log_in(registry.address).stderr)

    def test_what_goes_wrong_is_told(self) -> None:
        for arguments in (
            ("login", "--password-stdin", "r.io"), ("login", "-u", "me", "a b"),
            ("login", "--list", "-u", "me"), ("login", "--list", "a b"), ("login", "-u", "me", "--password-stdin", "127.0.0.1:1"),
        ):
            with self.subTest(" ".join(arguments)):
                result = self.aic_image(*arguments)  # the line on standard input is empty
                self.assertEqual(result.status, Status.USAGE, result)
        self.assertEqual(self.aic_image("logout", "r.io").status, Status.NOT_FOUND)

    def test_a_helper_is_asked_and_gets_no_secret_of_ours(self) -> None:
        """Its arguments and environment are what /proc would show."""
        spy = self.scratch / "spy"
        helper = self.scratch / "bin/docker-credential-spy"
        helper.parent.mkdir()
        helper.write_text(
            "#!/bin/sh\n"
            f"tr '\\0' '\\n' < /proc/$$/cmdline > {spy}\n"
            f"tr '\\0' '\\n' < /proc/$$/environ >> {spy}\n"
            f"cat >> {spy}\n"
            f"echo '{{\"Username\":\"{USER}\",\"Secret\":\"{SECRET}\"}}'\n"
        )
        helper.chmod(0o755)
        settings = self.scratch / ".docker/config.json"
        settings.parent.mkdir()
        settings.write_text('{"credsStore": "spy"}')
        self.aic.environment["PATH"] = f"{helper.parent}:{self.aic.environment['PATH']}"
        for name in ("NGC_API_KEY", "NGC_CLI_API_KEY", "AIC_IMAGE_PASSWORD"):
            self.aic.environment[name] = WRONG
        auth = htpasswd(self.scratch, USER, SECRET)
        with LockedRegistry(self.scratch / "locked", self.image_data(), auth) as registry:
            pulled = self.aic_image("pull", f"{registry.address}#lab/debian:12")
            self.assertEqual(pulled.status, Status.OK, pulled)
            seen = spy.read_text()
            self.assertIn("get\n", seen)
            self.assertTrue(seen.endswith(registry.address), seen)
            self.outputs.append(seen)


class PromptTest(FunctionalTest):
    def start(self, *arguments: str) -> tuple[subprocess.Popen, int]:
        """On a terminal of its own, whose other end is returned."""
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)

        def take_terminal() -> None:
            os.setsid()
            os.close(os.open(os.ttyname(theirs), os.O_RDWR))

        process = subprocess.Popen(
            [program(), *arguments], env=self.aic.environment, stdin=theirs, stdout=theirs,
            stderr=theirs, preexec_fn=take_terminal,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.theirs = theirs
        self.addCleanup(os.close, theirs)
        return process, ours

    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self.theirs)[3] & termios.ECHO)

    def wait_for_question(self) -> None:
        deadline = time.monotonic() + 20
        while self.echoes():
            self.assertLess(time.monotonic(), deadline, "the echo stays on")
            time.sleep(0.02)

    def test_what_is_typed_does_not_show(self) -> None:
        auth = htpasswd(self.scratch, USER, SECRET)
        with LockedRegistry(self.scratch / "locked", self.scratch / "data", auth) as registry:
            process, terminal = self.start("login", "-u", USER, registry.address)
            self.wait_for_question()
            os.write(terminal, f"{SECRET}\n".encode())
            self.assertEqual(process.wait(timeout=60), Status.OK)
        shown = os.read(terminal, 65536).decode()
        self.assertIn("Password or token", shown)
        self.assertNotIn(SECRET, shown)
        self.assertTrue(self.echoes())

    def test_a_signal_gives_the_terminal_back(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            process, _ = self.start("login", "-u", USER, "127.0.0.1:1")
            self.wait_for_question()
            process.send_signal(number)
            self.assertEqual(process.wait(timeout=60), 128 + number)
            self.assertTrue(self.echoes())


class AliasTest(FunctionalTest):
    def test_nvcrlogin_is_login_to_nvcr_io(self) -> None:
        alias = self.scratch / "nvcrlogin"
        alias.symlink_to(program())
        finished = subprocess.run(
            [alias, "--password-stdin"], env=self.aic.environment, input=b"\n",
            capture_output=True, timeout=60,
        )
        self.assertEqual(finished.returncode, Status.USAGE)
        self.assertIn(b"the password is empty", finished.stderr)


if __name__ == "__main__":
    unittest.main()
