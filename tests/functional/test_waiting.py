# SPDX-License-Identifier: Apache-2.0
"""What is seen while a registry lets us wait, and messages beside redrawn lines."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.binary import program
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout
from support.registry import Registry

SECONDS = 3


class BusyFront:
    """Sends everybody on to a registry, once it has answered 429 to the first request for a
    manifest."""

    def __init__(self, registry: str) -> None:
        owner = self
        self.is_busy = True

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                waits = owner.is_busy and "/manifests/" in self.path
                self.send_response(429 if waits else 307)
                if waits:
                    owner.is_busy = False
                    self.send_header("Retry-After", str(SECONDS))
                else:
                    self.send_header("Location", f"http://{registry}{self.path}")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                """Say nothing among the tests' lines."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> BusyFront:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class WaitingTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        registry = self.enterContext(Registry(self.scratch / "registry"))
        registry.push(sample_layout(), SAMPLE_TAG, "lab/debian:12")
        self.front = self.enterContext(BusyFront(registry.address))
        self.reference = f"{self.front.address}#lab/debian:12"

    def on_terminal(self, *arguments: str) -> str:
        """What comes on a terminal of a run that has to succeed."""
        ours, theirs = pty.openpty()
        shown = bytearray()

        def read() -> None:
            try:
                while piece := os.read(ours, 65536):
                    shown.extend(piece)
            except OSError:
                return  # EIO: the other end is closed

        reader = threading.Thread(target=read)
        reader.start()
        process = subprocess.Popen(
            [program(), *arguments], env={**self.aic.environment, "TERM": "xterm"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs)
        os.close(theirs)
        try:
            process.communicate(timeout=120)
        finally:
            process.kill()
        reader.join()
        os.close(ours)
        text = shown.decode(errors="replace").replace("\r\n", "\n")
        self.assertEqual(process.returncode, 0, text)
        return text

    def test_programs_are_told_by_an_event(self) -> None:
        events = self.succeed("--json", "pull", self.reference).events
        waits = [event for event in events if event["event"] == "wait"]
        self.assertEqual(len(waits), 1, events)
        self.assertIn("429 from 127.0.0.1", waits[0]["reason"])
        self.assertIn("lab/debian:12", waits[0]["what"])
        self.assertGreaterEqual(waits[0]["seconds"], SECONDS)
        self.assertLessEqual(waits[0]["seconds"], SECONDS + 1)

    def test_without_a_terminal_it_is_a_line(self) -> None:
        result = self.succeed("--progress=plain", "pull", self.reference)
        self.assertRegex(result.stderr, r"(?m)^  429 from 127\.0\.0\.1\S*, [34] s left$")

    def test_on_a_terminal_the_seconds_are_counted_down(self) -> None:
        shown = self.on_terminal("pull", self.reference)
        left = [int(seconds) for seconds in re.findall(r"429 from 127\S*, (\d+) s left", shown)]
        self.assertLessEqual({1, 2, 3}, set(left), shown)
        self.assertEqual(left, sorted(left, reverse=True))

    def test_messages_stand_above_the_lines_that_are_redrawn(self) -> None:
        shown = self.on_terminal("--log-level=debug", "pull", self.reference)
        told = len(re.findall("came from", shown))
        self.assertGreater(told, 0, shown)
        # Each after the lines have been taken away, and not at the end of one of them.
        self.assertEqual(len(re.findall(r"\r\x1b\[Jsha256:\S+ came from [^\x1b]*\n", shown)), told,
                         shown)


if __name__ == "__main__":
    unittest.main()
