# SPDX-License-Identifier: Apache-2.0
"""What every test in the lab starts from: aic-image on two nodes, with one store."""

from __future__ import annotations

import random
import unittest
from pathlib import Path

from support import oci_layout
from support.binary import Outcome, Status, program
from support.lab import EXPORT, Lab
from support.lab_registry import ADDRESS
from support.uml import Machine, Running

USER = 1234
PROGRAM = "/run/aic-image"
HOME = "/var/tmp/home"
# Nothing is too new to be collected.
SETTINGS = f'insecure_registries = ["{ADDRESS}"]\n[gc]\nmin_age = "0s"\ntrash_age = "1d"\n'
NODE_SCRIPT = f"""
touch {PROGRAM}
mount --bind {{program}} {PROGRAM}
mkdir -p {HOME}/.config/aic-image
echo '{SETTINGS}' > {HOME}/.config/aic-image/config.toml
chmod -R a+rX {HOME}
"""


class LabTest(unittest.TestCase):
    """The lab is `lab`, which the module's setUpModule puts there; a store for each test."""

    lab: Lab
    version = "4.2"
    user = USER

    @classmethod
    def prepare_nodes(cls) -> None:
        for node in cls.lab.nodes:
            cls.prepare_node(node)

    @classmethod
    def prepare_node(cls, node: Machine) -> None:
        node.shell(NODE_SCRIPT.format(program=program()))

    def setUp(self) -> None:
        self.store_name = self.id().rsplit(".", 2)[-2] + "." + self.id().rsplit(".", 1)[-1]
        self.store = f"/mnt/nfs{self.version}/{self.store_name}"
        self.export = f"{EXPORT}/{self.store_name}"
        self.first, self.second = self.lab.nodes
        self.addCleanup(self.lab.server.shell, f"rm -rf {self.export}")

    def start(
        self, node: Machine, *arguments: str | Path, uid: int = USER, gid: int | None = None,
        store: str | None = None, home: str = HOME, job: str | None = None, seconds: float = 120,
    ) -> Running:
        environment = {
            "HOME": home, "AIC_IMAGE_ROOT": store or self.store,
            "AIC_IMAGE_SPOOL": f"/var/tmp/spool-{uid}",
        }
        if job is not None:
            environment.update(SLURM_JOB_ID=job, SLURM_STEP_ID="0")
        return node.start(
            PROGRAM, *arguments, uid=uid, gid=gid, environment=environment, seconds=seconds)

    def aic(self, node: Machine, *arguments: str | Path, **how: object) -> Outcome:
        return self.start(node, *arguments, **how).wait()

    def succeed(self, node: Machine, *arguments: str | Path, **how: object) -> Outcome:
        outcome = self.aic(node, *arguments, **how)
        self.assertEqual(outcome.status, Status.OK, outcome)
        self.assertNotRegex(outcome.stderr, r"(?m)^(error|warning): ", outcome)
        return outcome

    def refuse(self, status: int, node: Machine, *arguments: str | Path, **how: object) -> str:
        """The command has to fail with this status; what it says on standard error."""
        outcome = self.aic(node, *arguments, **how)
        self.assertEqual(outcome.status, status, outcome)
        self.assertRegex(outcome.stderr, r"(?m)^error: ", outcome)
        return outcome.stderr

    def make(self, text: str, *, size_bytes: int = 0) -> str:
        """An image that holds `text`; its reference. Each has a layout of its own: what a node
        has read of the host's files it does not read again."""
        directory = self.lab.directory / "images" / self.store_name / text
        directory.parent.mkdir(parents=True, exist_ok=True)
        files = [oci_layout.file("text", text.encode())]
        if size_bytes:
            files.append(oci_layout.file("data", random.Random(text).randbytes(size_bytes)))
        layer = oci_layout.Layer.of(oci_layout.tar(files), compression="none")
        return oci_layout.Layout(directory).add_image([layer], tag="latest")

    def pull_named(self, node: Machine, text: str, name: str) -> str:
        return self.succeed(node, "pull", self.make(text), "--name", name).out.strip()

    def on_server(self, script: str) -> str:
        return self.lab.server.shell(f"cd {self.export}; {script}").out

    def wait_for(self, pattern: str) -> None:
        """For a file on the server, of which a test knows that it is about to appear."""
        # No process is made for a look: the file may not stay for long.
        self.lab.server.shell(
            f"while :; do for file in {self.export}/{pattern}; do"
            ' [ ! -e "$file" ] || exit 0; done; done', seconds=30,
        )

    def assert_sound(self, node: Machine) -> None:
        """Every byte is as recorded, and the catalogue as the files say."""
        self.succeed(node, "verify")
        self.assertEqual(self.succeed(node, "verify", "--rebuild", "--json").json["rebuilt"], [])
