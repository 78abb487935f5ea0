# SPDX-License-Identifier: Apache-2.0
"""References, registries and stores that do not work are told apart, and told clearly."""

from __future__ import annotations

import os
import unittest
from pathlib import Path

from support import web
from support.binary import AicImage, Status
from support.case import FunctionalTest
from support.oci_layout import Layer, Layout, directory, file, tar
from support.registry import Registry

TAGS = ("12", "12.1", "trixie")
# Incompressible and so long that a cut falls into it.
DATA = tar([directory("etc"), file("etc/random", os.urandom(1 << 20))])
# A reference, and where in it the error is.
WRONG_REFERENCES = {
    "127.0.0.1:5000#lab/Debian:12": "D",
    "127.0.0.1:5000/lab/debian:12!": "!",
    "127.0.0.1:5000#lab/deb ian:12": " ",
    "127.0.0.1:5000#lab/debian@sha256:12zz": "z",
}


class ReferenceTest(FunctionalTest):
    def test_a_caret_stands_under_the_wrong_character(self) -> None:
        for reference, wrong in WRONG_REFERENCES.items():
            with self.subTest(reference):
                lines = self.refuse(Status.USAGE, "pull", reference).stderr.splitlines()
                carets = [number for number, line in enumerate(lines) if line.strip() == "^"]
                self.assertEqual(len(carets), 1, lines)
                shown, caret = lines[carets[0] - 1], lines[carets[0]]
                column = caret.index("^") - shown.index(reference)
                self.assertEqual(reference[column:column + 1], wrong, "\n".join(lines))

    def test_what_is_no_reference_at_all(self) -> None:
        for reference in ("", ":", "docker://", "@", "127.0.0.1:1/" + "a" * 5000, "\n"):
            with self.subTest(reference[:20]):
                self.refuse(Status.USAGE, "pull", reference)


class UnknownTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        layout = Layout(self.scratch / "layout")
        layout.add_image([Layer.of(DATA)], tag="any")
        self.registry = self.enterContext(Registry(self.scratch / "registry"))
        for tag in TAGS:
            self.registry.push(layout.path, "any", f"lab/debian:{tag}")

    def reference(self, name: str) -> str:
        return f"{self.registry.address}#{name}"

    def layer_file(self) -> Path:
        """The largest blob that the registry stores."""
        blobs = (self.registry.directory / "data").glob("docker/registry/v2/blobs/sha256/*/*/data")
        return max(blobs, key=lambda path: path.stat().st_size)

    def test_an_unknown_tag_is_answered_with_the_nearest(self) -> None:
        result = self.refuse(Status.NOT_FOUND, "pull", self.reference("lab/debian:12.2"))
        self.assertIn("12.1", result.stderr)

    def test_an_unknown_repository(self) -> None:
        result = self.refuse(Status.NOT_FOUND, "pull", self.reference("lab/nothing:1"))
        self.assertIn("lab/nothing", result.stderr)

    def test_an_unknown_digest(self) -> None:
        wanted = self.reference("lab/debian@sha256:" + "0" * 64)
        self.refuse(Status.NOT_FOUND, "pull", wanted)

    def test_a_blob_that_the_registry_has_damaged(self) -> None:
        blob = self.layer_file()
        data = bytearray(blob.read_bytes())
        data[len(data) // 2] ^= 0xFF
        blob.write_bytes(data)
        self.refuse(Status.INTEGRITY, "pull", self.reference("lab/debian:12"))

    def test_a_blob_that_the_registry_has_cut(self) -> None:
        blob = self.layer_file()
        blob.write_bytes(blob.read_bytes()[:-1000])
        self.refuse(Status.INTEGRITY, "pull", self.reference("lab/debian:12"))

    def test_a_blob_that_the_registry_has_lost(self) -> None:
        self.layer_file().unlink()
        self.refuse(Status.NOT_FOUND, "pull", self.reference("lab/debian:12"))


class NetworkTest(FunctionalTest):
    def test_nobody_listens(self) -> None:
        address = web.closed_port()
        result = self.refuse(Status.NETWORK, "pull", f"{address}#lab/debian:12")
        self.assertIn(address, result.stderr)

    def test_a_web_page_is_no_registry(self) -> None:
        page = b"<!DOCTYPE html><html><body>Please log in</body></html>"
        with web.answering(200, {"Content-Type": "text/html"}, page) as address:
            result = self.aic.run("pull", f"{address}#lab/debian:12")
        self.assertIn(result.status, (Status.NETWORK, Status.INTEGRITY), result)
        self.assertIn("not a registry", result.stderr)

    def test_json_that_is_no_manifest(self) -> None:
        for body in (b"{}", b"[]", b"{", b'{"schemaVersion":2}', b'"' + b"x" * 10_000):
            kind = {"Content-Type": "application/vnd.oci.image.manifest.v1+json"}
            with self.subTest(body[:30]), web.answering(200, kind, body) as address:
                self.refuse(Status.INTEGRITY, "pull", f"{address}#lab/debian:12")

    def test_a_manifest_without_end(self) -> None:
        with web.answering(200, {"Content-Type": "application/json"}, b" " * (8 << 20)) as address:
            self.refuse(Status.INTEGRITY, "pull", f"{address}#lab/debian:12")

    def test_access_denied(self) -> None:
        challenge = {"WWW-Authenticate": 'Basic realm="closed"'}
        for status, headers in ((401, challenge), (401, {}), (403, {})):
            with self.subTest(status), web.answering(status, headers, b"{}") as address:
                self.refuse(Status.DENIED, "pull", f"{address}#lab/debian:12")


class StoreTest(FunctionalTest):
    def test_a_store_that_may_not_be_written(self) -> None:
        layout = Layout(self.scratch / "layout")
        reference = layout.add_image([Layer.of(DATA)])
        closed = self.scratch / "closed"
        closed.mkdir(mode=0o555)
        self.aic = AicImage(self.scratch, store=closed / "store")
        # Root may write everywhere: give that up first.
        prefix: tuple[str, ...] = ()
        if os.geteuid() == 0:
            self.scratch.chmod(0o755)
            self.aic.spool.mkdir(mode=0o777)
            self.aic.spool.chmod(0o777)
            prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        result = self.refuse(Status.DENIED, "pull", reference, prefix=prefix)
        self.assertIn(str(closed), result.stderr)

    def test_a_store_that_is_a_file(self) -> None:
        layout = Layout(self.scratch / "layout")
        reference = layout.add_image([Layer.of(DATA)])
        occupied = self.scratch / "file"
        occupied.touch()
        self.aic = AicImage(self.scratch, store=occupied)
        self.assertNotEqual(self.aic.run("pull", reference).status, Status.OK)

    def test_a_layout_that_is_not_there(self) -> None:
        for reference in (f"oci:{self.scratch}/nowhere:1", f"oci:{self.scratch}:1"):
            with self.subTest(reference):
                self.refuse(Status.NOT_FOUND, "pull", reference)


if __name__ == "__main__":
    unittest.main()
