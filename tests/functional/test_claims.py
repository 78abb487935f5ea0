# SPDX-License-Identifier: Apache-2.0
"""Many who want one image at once: one of them makes it, the others wait for it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time

from support.binary import AicImage
from support.case import FunctionalTest
from support.oci_layout import Layer, Layout, file, tar
from support.proxy import Proxy
from support.registry import Registry

MIB = 1 << 20
BLOB = 32 * MIB
SLOW = 4 * MIB
FAST = 1000 * MIB
PULLS = 8


class ClaimsTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        layout = Layout(self.scratch / "layout")
        content = [file(f"part{number}", os.urandom(4 * MIB)) for number in range(BLOB // (4 * MIB))]
        layout.add_image([Layer.of(tar(content))], tag="1")
        self.registry = self.enterContext(Registry(self.scratch / "registry"))
        self.registry.push(layout.path, "1", "lab/large:1")
        self.proxy = self.enterContext(Proxy(self.registry.address, SLOW))
        self.reference = f"{self.proxy.address}#lab/large:1"
        self.store = self.scratch / "shared-store"

    def rank(self, number: int) -> AicImage:
        """As on a node of its own: only the store is shared."""
        home = self.scratch / f"rank{number}"
        home.mkdir()
        return AicImage(home, store=self.store)

    def start(self, *numbers: int) -> list[subprocess.Popen]:
        ranks = [self.rank(number) for number in numbers]
        return [rank.start("--progress=plain", "pull", self.reference) for rank in ranks]

    def end(self, processes: list[subprocess.Popen]) -> tuple[list[str], list[str]]:
        outputs, errors = [], []
        for process in processes:
            stdout, stderr = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, stderr.decode())
            outputs.append(stdout.decode().strip())
            errors.append(stderr.decode())
        return outputs, errors

    def wait_for_claim(self) -> None:
        end = time.monotonic() + 60
        while not list(self.store.glob("claims/0*")):
            self.assertLess(time.monotonic(), end, "nobody claims anything")
            time.sleep(0.01)

    def test_each_blob_is_downloaded_once(self) -> None:
        outputs, errors = self.end(self.start(*range(PULLS)))
        self.assertEqual(len(set(outputs)), 1)
        self.assertLess(self.proxy.received, BLOB * 1.1)
        manifests = [path for method, path, _ in self.registry.requests()
                     if method == "GET" and "/manifests/1" in path]
        self.assertEqual(len(manifests), 1) # of which Docker Hub gives a whole campus a hundred
        self.assertEqual(sum("pulled in" in text for text in errors), 1)
        self.assertEqual(sum("already here" in text for text in errors), PULLS - 1)
        self.assertEqual(list(self.store.glob("claims/*")), [])

    def test_who_waits_is_told_who_works_and_how_far_he_is(self) -> None:
        first = self.start(0)
        self.proxy.wait_for(BLOB // 8)
        second = self.start(1)
        _, errors = self.end(first + second)
        self.assertRegex(errors[1], r"process \d+ is pulling this: \d+ %")
        self.assertNotRegex(errors[0], "is pulling this")

    def test_one_of_the_others_goes_on_when_the_first_is_killed(self) -> None:
        first = self.start(0)
        self.wait_for_claim()
        others = self.start(1, 2, 3)
        self.proxy.wait_for(BLOB // 4)
        first[0].send_signal(signal.SIGKILL)
        first[0].communicate(timeout=60)
        begin = time.monotonic()
        self.proxy.bytes_per_second = FAST
        outputs, _ = self.end(others)
        self.assertEqual(len(set(outputs)), 1)
        self.assertLess(time.monotonic() - begin, 20) # a dead one of this machine is seen at once
        self.assertLess(self.proxy.received, BLOB * 2.2)
        self.assertEqual(list(self.store.glob("claims/*")), [])

    def test_one_that_stands_still_is_overtaken(self) -> None:
        first = self.start(0)
        self.wait_for_claim()
        first[0].send_signal(signal.SIGSTOP)
        self.proxy.bytes_per_second = FAST
        outputs, _ = self.end(self.start(1))
        first[0].send_signal(signal.SIGCONT)
        late, _ = self.end(first)
        self.assertEqual(late, outputs)
        self.assertEqual(list(self.store.glob("claims/*")), [])

    def test_a_wait_ends_with_ctrl_c(self) -> None:
        first = self.start(0)
        self.wait_for_claim()
        second = self.start(1)
        time.sleep(1)
        second[0].send_signal(signal.SIGINT)
        second[0].communicate(timeout=5)
        self.assertEqual(second[0].returncode, 130)
        self.proxy.bytes_per_second = FAST
        self.end(first)

    def test_a_claim_lies_in_the_store_as_its_format_says(self) -> None:
        first = self.start(0)
        self.wait_for_claim()
        (claim,) = self.store.glob("claims/0*")
        self.assertRegex(claim.name, re.compile(r"^0{7}1\.[0-9a-f]{64}$"))
        self.assertEqual(claim.stat().st_size, 1024)
        self.proxy.bytes_per_second = FAST
        self.end(first)
