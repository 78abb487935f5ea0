# SPDX-License-Identifier: Apache-2.0
"""Very many commands on one store at once: none fails without a reason, and none undoes another.

AIC_TEST_SEED sets what they do, AIC_TEST_STORE_MOMENTS how many processes there are (64).
"""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import os
import random
import unittest

from support.binary import Status
from support.whole import WholeStoreTest, moments

WORKERS = 64
SCRIPTS = moments(WORKERS)
SEED = int(os.environ.get("AIC_TEST_SEED", "0")) or random.SystemRandom().randrange(1 << 32)
COMMANDS_EACH = 3
TEXTS = ("one", "two", "three", "four", "five")
SHARED_NAMES = ("alpha", "beta", "gamma", "delta")
SENSIBLE = {Status.OK, Status.USAGE, Status.NOT_FOUND, Status.BUSY}
COMMAND_SECONDS = 120


@dataclasses.dataclass(frozen=True)
class Done:
    arguments: tuple[str, ...]
    status: int
    errors: str


class StressTest(WholeStoreTest):
    def setUp(self) -> None:
        super().setUp()
        self.references = {text: self.make(text, text) for text in TEXTS}
        # Nothing is too new to be collected; what was removed stays in the trash.
        self.settings('[gc]\nmin_age = "0s"\ntrash_age = "1d"\n')

    def script(self, worker: int) -> list[tuple[str, ...]]:
        """What one worker does: some on names that all share, some on a name of its own."""
        choices = random.Random(f"{SEED} {worker}")

        def a_name() -> str:
            return choices.choice(SHARED_NAMES)

        def a_pull(name: str, text: str) -> tuple[str, ...]:
            return "pull", self.references[text], "--name", name

        shared = [
            lambda: a_pull(a_name(), choices.choice(TEXTS)),
            lambda: a_pull(a_name(), choices.choice(TEXTS)),
            lambda: ("pull", self.references[choices.choice(TEXTS)]),
            lambda: ("rename", *choices.sample(SHARED_NAMES, 2)),
            lambda: ("rm", a_name()),
            lambda: ("restore", a_name()),
            lambda: ("pin", a_name()),
            lambda: ("unpin", a_name()),
            lambda: ("gc",),
            lambda: ("list",),
        ]
        first, second = choices.sample(TEXTS, 2)
        own = f"own-{worker}"
        commands = [a_pull(own, first), *(choices.choice(shared)() for _ in range(COMMANDS_EACH))]
        commands.insert(choices.randint(1, len(commands)), a_pull(own, second))
        if worker % 2:
            commands += [("rename", own, f"{own}-renamed"), ("restore", own)]
        return commands

    def work(self, worker: int) -> list[Done]:
        done = []
        for arguments in self.script(worker):
            with self.aic.start(*arguments) as process:
                try:
                    _, errors = process.communicate(timeout=COMMAND_SECONDS)
                finally:
                    process.kill()
            done.append(Done(arguments, process.returncode, errors.decode(errors="replace")))
        return done

    def test_many_processes_share_a_store(self) -> None:
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as workers:
            done = [one for all_of_it in workers.map(self.work, range(SCRIPTS)) for one in all_of_it]
        for one in done:
            with self.subTest(" ".join(one.arguments), seed=SEED):
                self.assertIn(one.status, SENSIBLE, one.errors)
                if one.status != Status.OK:
                    self.assertRegex(one.errors, r"(?m)^error: ")
                else:
                    self.assertNotRegex(one.errors, r"(?m)^error: ")
        self.assert_updates_are_kept([one.arguments for one in done if one.status == Status.OK])
        self.assert_own_names()
        self.assert_names_lead_to_images()
        for image in self.assert_whole():
            self.assert_readable(image)
        self.assert_catalogue_is_right()
        self.succeed("gc")
        self.assert_nothing_in_tmp()

    def states(self, name: str) -> list[dict]:
        return self.succeed("history", name, "--json").json["states"]

    def assert_updates_are_kept(self, successes: list[tuple[str, ...]]) -> None:
        """A pull of what a name stands for already writes nothing; the others do."""
        updates = collections.Counter()
        for arguments in successes:
            if arguments[0] in ("rm", "restore"):
                updates[arguments[1]] += 1
            elif arguments[0] == "rename":
                updates[arguments[2]] += 1
        for name in SHARED_NAMES:
            with self.subTest(name, seed=SEED):
                if updates[name]:
                    self.assertGreaterEqual(self.states(name)[-1]["number"], updates[name])

    def assert_own_names(self) -> None:
        """Nobody else touched these, so their whole history is known."""
        for worker in range(SCRIPTS):
            own = f"own-{worker}"
            with self.subTest(own, seed=SEED):
                ways = [state["how"].split()[0] for state in self.states(own)]
                texts = [
                    arguments[1].rsplit(":", 1)[1] for arguments in self.script(worker)
                    if arguments[0] == "pull" and arguments[-1] == own
                ]
                if worker % 2:
                    self.assertEqual(ways, ["pull", "pull", "rename", "restore"])
                    self.assertEqual(self.text_of(f"{own}-renamed"), texts[1])
                else:
                    self.assertEqual(ways, ["pull", "pull"])
                    self.assertEqual(self.text_of(own), texts[1])

    def assert_names_lead_to_images(self) -> None:
        """Names are removed and images collected beside their being named; none is lost for it."""
        for name in self.succeed("complete", "names").out.split():
            with self.subTest(name, seed=SEED):
                if self.states(name)[-1]["state"] == "set":
                    self.assertTrue(self.leads_somewhere(name))


if __name__ == "__main__":
    unittest.main()
