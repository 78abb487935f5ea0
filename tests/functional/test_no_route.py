# SPDX-License-Identifier: Apache-2.0
"""Where there is no way to the registry, that is said within ten seconds."""

from __future__ import annotations

import socket
import subprocess
import sys
import unittest
from pathlib import Path

from support.binary import Result, Status
from support.case import FunctionalTest
from support.cut_off import SILENT_ADDRESS

CUT_OFF = Path(__file__).parent / "support" / "cut_off.py"
LIMIT_SECONDS = 10


class NoRouteTest(FunctionalTest):
    def refuse_soon(self, *arguments: str, prefix: tuple[str, ...] = ()) -> Result:
        result = self.refuse(Status.NETWORK, *arguments, prefix=prefix)
        self.assertLess(result.seconds, LIMIT_SECONDS, result)
        self.assertIn("hint: ", result.stderr)
        return result

    def cut_off(self, what: str) -> tuple[str, ...]:
        prefix = ("unshare", "-rnm", sys.executable, "-B", str(CUT_OFF), what)
        try:
            subprocess.run([*prefix, "true"], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise unittest.SkipTest(f"needs namespaces, ip and veth: {error}") from error
        return prefix

    def test_an_address_that_swallows_packets(self) -> None:
        result = self.refuse_soon(
            "pull", f"{SILENT_ADDRESS}:5000/lab/x", prefix=self.cut_off("route")
        )
        self.assertIn(f"connecting to {SILENT_ADDRESS}", result.stderr)

    def test_a_network_that_is_not_there(self) -> None:
        result = self.refuse_soon("pull", "192.0.2.1/lab/x", prefix=self.cut_off("route"))
        self.assertIn("connecting to 192.0.2.1", result.stderr)

    def test_a_name_server_that_is_silent(self) -> None:
        result = self.refuse_soon("pull", "registry.example/x", prefix=self.cut_off("names"))
        self.assertIn("registry.example", result.stderr)

    def test_a_name_that_is_none(self) -> None:
        result = self.refuse_soon("pull", "nowhere.invalid/x")
        self.assertIn("nowhere.invalid", result.stderr)

    def test_a_port_where_nobody_listens(self) -> None:
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            self.refuse_soon("pull", f"127.0.0.1:{reserved.getsockname()[1]}/x")

    def test_a_proxy_that_swallows_packets(self) -> None:
        prefix = self.cut_off("route")
        self.aic.environment["HTTPS_PROXY"] = f"http://{SILENT_ADDRESS}:3128"
        self.refuse_soon("pull", "192.0.2.1/lab/x", prefix=prefix)

    def test_what_takes_a_connection_and_never_speaks_tls(self) -> None:
        # A name and not an address of loopback, which is asked without TLS.
        name = socket.gethostname()
        with socket.create_server((socket.gethostbyname(name), 0)) as mute:
            self.refuse_soon("pull", f"{name}:{mute.getsockname()[1]}/x")


if __name__ == "__main__":
    unittest.main()
