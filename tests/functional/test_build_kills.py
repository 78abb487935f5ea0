# SPDX-License-Identifier: Apache-2.0
"""A build that is ended at any moment, by kill -9 or by Ctrl-C: nothing runs on, nothing stays
mounted, and the next build is whole.

AIC_TEST_KILLS sets how many moments of each kind (20).
"""

from __future__ import annotations

import os
import signal
import time
import unittest
from pathlib import Path

from support.building import BuildTest, processes

KILLS = int(os.environ.get("AIC_TEST_KILLS", "20"))
# A layer that takes some time to be read, compressed and put on top.
WORK = """
mkdir /opt/many; i=0
while test $i -lt 200; do head -c 60000 /bin/bash > /opt/many/$i; i=$((i + 1)); done
sleep 0.05
"""
SLOW = ("--threads", "1")


class BuildKillsTest(BuildTest):
    def setUp(self) -> None:
        super().setUp()
        self.pull(self.base)
        self.script(WORK)

    def measured(self) -> float:
        begin = time.monotonic()
        self.build("-s", "setup.sh", "--no-cache", *SLOW)
        return time.monotonic() - begin

    def moments(self) -> list[float]:
        whole = max(self.measured(), self.measured())
        return [whole * 1.1 * number / KILLS for number in range(KILLS)]

    def end_after(self, seconds: float, number: signal.Signals) -> int:
        process = self.aic.start("build", self.base, "-s", "setup.sh", "--no-cache", *SLOW,
                                 prefix=self.there)
        time.sleep(seconds)
        process.send_signal(number)
        process.communicate(timeout=30)
        return process.returncode

    def wait_until_nothing_runs(self) -> None:
        deadline = time.monotonic() + 10
        while processes(str(self.aic.spool)) and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(processes(str(self.aic.spool)), [])
        self.assertNotIn(str(self.scratch), Path("/proc/self/mountinfo").read_text())

    def assert_the_next_is_whole(self) -> None:
        image = self.build("-s", "setup.sh", "--no-cache", *SLOW)
        self.assertEqual(sum(name.startswith("/opt/many/") for name in self.names_in(image)), 200)
        verified = self.succeed("verify")
        self.assertIn("no faults", verified.out + verified.stderr)

    def test_a_kill_at_any_moment(self) -> None:
        ended = []
        for seconds in self.moments():
            ended.append(self.end_after(seconds, signal.SIGKILL))
            self.wait_until_nothing_runs()
        self.assertGreater(ended.count(-signal.SIGKILL), KILLS // 2, ended)
        self.assert_the_next_is_whole()

    def test_an_interrupt_at_any_moment(self) -> None:
        ended = []
        for seconds in self.moments():
            ended.append(self.end_after(seconds, signal.SIGINT))
            self.assertIn(ended[-1], (0, 130, -signal.SIGINT))
            self.wait_until_nothing_runs() # one that the first moments ended has nobody to wait
            self.assert_nothing_left()
        self.assertGreater(len(ended) - ended.count(0), KILLS // 2, ended)
        self.assert_the_next_is_whole()


if __name__ == "__main__":
    unittest.main()
