# SPDX-License-Identifier: Apache-2.0
"""Two nodes that change one store on NFS at the same time: no update is lost, no reader fails.

AIC_TEST_SEED sets what they do, AIC_TEST_LAB_SECONDS for how long (12).
"""

from __future__ import annotations

import collections
import concurrent.futures
import os
import random
import time
import unittest

from support.binary import Outcome, Status
from support.lab import Lab
from support.lab_case import LabTest

SECONDS = float(os.environ.get("AIC_TEST_LAB_SECONDS", "12"))
SEED = int(os.environ.get("AIC_TEST_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
WORKERS = 2  # on each node, and one that only reads
TEXTS = ("one", "two", "three", "four")
SHARED_NAMES = ("alpha", "beta", "gamma")
SENSIBLE = {Status.OK, Status.USAGE, Status.NOT_FOUND, Status.BUSY}
NEVER_SAID = "(?i)stale|damaged|not as recorded|of no use"
COMMAND_SECONDS = 60


def setUpModule() -> None:
    LabTest.lab = unittest.enterModuleContext(Lab())
    LabTest.prepare_nodes()


class Races:
    """What has to hold with either version."""

    def setUp(self) -> None:
        super().setUp()
        self.references = {text: self.make(text) for text in TEXTS}
        self.succeed(self.first, "pull", *self.references.values())
        self.end = time.monotonic() + SECONDS

    def work(self, worker: int) -> list[Outcome]:
        """Commands on names that all share, and in between on a name of its own."""
        node, choices = self.lab.nodes[worker % 2], random.Random(f"{SEED} {worker}")
        done = []
        while time.monotonic() < self.end:
            text, name = choices.choice(TEXTS), choices.choice(SHARED_NAMES)
            command = choices.choice((
                ("pull", self.references[text], "--name", name),
                ("pull", self.references[text], "--name", f"own-{worker}"),
                ("rename", *choices.sample(SHARED_NAMES, 2)),
                ("rm", name),
                ("restore", name),
                ("pin", name),
                ("unpin", name),
                ("gc",),
                ("verify",),
            ))
            done.append(self.aic(node, *command, seconds=COMMAND_SECONDS))
        return done

    def read(self, worker: int) -> list[Outcome]:
        """Looks at what there is; a name may be gone, but nothing is ever half there."""
        node, choices = self.lab.nodes[worker % 2], random.Random(f"{SEED} reader {worker}")
        done = []
        while time.monotonic() < self.end:
            name = choices.choice((*SHARED_NAMES, "own-0", "own-1"))
            command = choices.choice((("list",), ("path", name), ("cat", name, "/text")))
            done.append(self.aic(node, *command, seconds=COMMAND_SECONDS))
        return done

    def test_commands_on_both_nodes_undo_nothing_of_one_another(self) -> None:
        workers = 2 * WORKERS
        with concurrent.futures.ThreadPoolExecutor(workers + 2) as pool:
            done = [*pool.map(self.work, range(workers)), *pool.map(self.read, range(2))]
        for outcome in (outcome for outcomes in done for outcome in outcomes):
            with self.subTest(" ".join(outcome.command), seed=SEED):
                self.assertIn(outcome.status, SENSIBLE, outcome)
                self.assertNotRegex(outcome.stderr, NEVER_SAID, outcome)
                if outcome.command[1] == "cat" and outcome.status == Status.OK:
                    self.assertIn(outcome.out, TEXTS)
        for node in self.lab.nodes:
            self.assert_sound(node)
        for worker in range(workers):
            self.assert_own_name(worker, done[worker])
        self.assert_updates_are_kept([outcome for outcomes in done for outcome in outcomes])

    def states(self, name: str) -> list[dict]:
        return self.succeed(self.second, "history", name, "--json").json["states"]

    def assert_own_name(self, worker: int, done: list[Outcome]) -> None:
        """Nobody else touches it, so it stands for what its owner pulled last."""
        own = [
            outcome.command[2] for outcome in done
            if outcome.status == Status.OK and outcome.command[-1] == f"own-{worker}"
        ]
        if own:
            with self.subTest(f"own-{worker}", seed=SEED):
                text = self.succeed(self.second, "cat", f"own-{worker}", "/text").out
                self.assertEqual(self.references[text], own[-1])

    def assert_updates_are_kept(self, done: list[Outcome]) -> None:
        """A pull of what a name stands for already writes nothing; the others do."""
        updates = collections.Counter()
        for outcome in done:
            _, verb, *arguments = outcome.command
            if outcome.status == Status.OK and verb in ("rm", "restore", "rename"):
                updates[arguments[-1]] += 1
        for name, count in updates.items():
            with self.subTest(name, seed=SEED):
                self.assertGreaterEqual(self.states(name)[-1]["number"], count)

    def test_a_reader_keeps_its_image_when_the_other_node_removes_it(self) -> None:
        path = self.succeed(self.second, "path", self.references["one"]).out.strip()
        reader = self.second.start(
            "sh", "-euc", f"exec 3<'{path}'; sleep 4; exec cat <&3", uid=self.user
        )
        time.sleep(1)
        self.succeed(self.first, "rm", self.references["one"])
        self.succeed(self.first, "gc")
        outcome = reader.wait()
        self.assertEqual((outcome.status, outcome.stderr), (0, ""), outcome)
        self.assertEqual(outcome.stdout[:4], b"hsqs")


class RacesTest(Races, LabTest):
    version = "4.2"


class RacesVersion3Test(Races, LabTest):
    version = "3"


if __name__ == "__main__":
    unittest.main()
