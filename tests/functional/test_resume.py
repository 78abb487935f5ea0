# SPDX-License-Identifier: Apache-2.0
"""What came of a blob before a kill, a stop or a cut is not downloaded again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import unittest

from support.case import FunctionalTest
from support.oci_layout import Layer, Layout, file, tar
from support.proxy import Proxy
from support.registry import Registry

MIB = 1 << 20
# Incompressible, and above the size from which blobs come in pieces.
BLOB = 80 * MIB
SLOW = 10 * MIB
FAST = 1000 * MIB


class ResumeTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        layout = Layout(self.scratch / "layout")
        content = [file(f"part{number}", os.urandom(8 * MIB)) for number in range(BLOB // (8 * MIB))]
        layout.add_image([Layer.of(tar(content))], tag="1")
        self.registry = self.enterContext(Registry(self.scratch / "registry"))
        self.registry.push(layout.path, "1", "lab/large:1")
        self.proxy = self.enterContext(Proxy(self.registry.address, SLOW))
        self.reference = f"{self.proxy.address}#lab/large:1"

    def end_at_half(self, sign: signal.Signals) -> subprocess.CompletedProcess:
        process = self.aic.start("pull", self.reference)
        self.proxy.wait_for(BLOB // 2)
        process.send_signal(sign)
        stdout, stderr = process.communicate(timeout=60)
        return subprocess.CompletedProcess((), process.returncode, stdout, stderr.decode())

    def assert_rest_is_less_than(self, share: float) -> None:
        before = self.proxy.received
        self.proxy.bytes_per_second = FAST
        image = self.pull(self.reference)
        self.assertLess((self.proxy.received - before) / BLOB, share)
        subprocess.run(["unsquashfs", "-lls", image], check=True, stdout=subprocess.DEVNULL)
        self.assertEqual(self.aic.leftovers(), [])

    def test_a_kill_at_half_costs_less_than_a_twentieth(self) -> None:
        result = self.end_at_half(signal.SIGKILL)
        self.assertEqual(result.returncode, -signal.SIGKILL)
        self.assert_rest_is_less_than(0.55)

    def test_a_stop_at_half_says_what_is_kept(self) -> None:
        result = self.end_at_half(signal.SIGINT)
        self.assertRegex(result.stderr, r"kept \d+ MB; the same command goes on")
        self.assert_rest_is_less_than(0.55)

    def test_cut_connections_cost_about_the_time_that_they_are_down(self) -> None:
        with self.aic.start("pull", self.reference) as process:
            for tenth in (2, 4, 6):
                self.proxy.wait_for(BLOB * tenth // 10)
                self.proxy.cut()
            begin = time.monotonic()
            stdout, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, stderr.decode())
        self.assertLess(time.monotonic() - begin, 30)
        self.assertLess(self.proxy.received, BLOB * 1.1)

    def test_several_connections_are_faster_than_one(self) -> None:
        self.proxy.bytes_per_second = 4 * MIB
        begin = time.monotonic()
        self.pull(self.reference)
        alone = BLOB / self.proxy.bytes_per_second
        self.assertLess(time.monotonic() - begin, alone / 2)


if __name__ == "__main__":
    unittest.main()
