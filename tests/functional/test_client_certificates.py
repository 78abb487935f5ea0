# SPDX-License-Identifier: Apache-2.0
"""Registries that ask their clients for certificates, which lie in certs.d."""

from __future__ import annotations

import unittest
import urllib.request
from pathlib import Path

from support.binary import Status
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout
from support.certificates import Authority, Certificate
from support.registry import Registry
from support.tls_registry import TlsRegistry, own_name
from support.tls_web import Reply, TlsWeb, Visit

MANIFEST_TYPES = (
    "application/vnd.oci.image.manifest.v1+json,"
    "application/vnd.docker.distribution.manifest.v2+json"
)


def relayed(registry: Registry, path: str) -> Reply:
    request = urllib.request.Request(
        f"http://{registry.address}{path}", headers={"Accept": MANIFEST_TYPES}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        kept = ("Content-Type", "Docker-Content-Digest")
        headers = {name: answer.headers[name] for name in kept if name in answer.headers}
        return Reply(answer.status, headers, answer.read())


class ClientCertificateTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        self.open = self.enterContext(Registry(self.scratch / "open"))
        self.open.push(sample_layout(), SAMPLE_TAG, "lab/debian:12")

    def trust(self, address: str, authority: Authority) -> Path:
        directory = self.scratch / ".config/containers/certs.d" / address
        directory.mkdir(parents=True)
        (directory / "ca.crt").write_bytes(authority.file.read_bytes())
        return directory

    def hand_out(self, directory: Path, client: Certificate) -> None:
        (directory / "client.cert").write_bytes(client.file.read_bytes())
        (directory / "client.key").touch(mode=0o600)
        (directory / "client.key").write_bytes(client.key.read_bytes())

    def test_a_registry_that_demands_a_certificate_is_shown_it(self) -> None:
        registry = self.enterContext(
            TlsRegistry(self.scratch / "tls", self.scratch / "open/data", demands_clients=True)
        )
        reference = f"{registry.address}/lab/debian:12"
        directory = self.trust(registry.address, registry.authority)
        refused = self.refuse(Status.DENIED, "pull", reference)
        self.assertIn("certs.d", refused.stderr)
        self.hand_out(directory, registry.authority.issue("me", "client"))
        self.pull(reference)

    def test_the_certificate_is_shown_to_nobody_else(self) -> None:
        name = own_name()
        authority = Authority(self.scratch / "tls")
        server = authority.issue(name)

        def elsewhere_answers(method: str, visit: Visit) -> Reply:
            if visit.path.startswith("/token"):
                return Reply(200, {"Content-Type": "application/json"}, b'{"token": "t"}')
            return relayed(self.open, visit.path)

        elsewhere = self.enterContext(TlsWeb(name, server, authority.file, elsewhere_answers))

        def registry_answers(method: str, visit: Visit) -> Reply:
            if visit.authorization != "Bearer t":
                realm = f"https://{elsewhere.address}/token"
                return Reply(401, {"WWW-Authenticate": f'Bearer realm="{realm}"'})
            if "/blobs/" in visit.path:
                return Reply(307, {"Location": f"https://{elsewhere.address}{visit.path}"})
            return relayed(self.open, visit.path)

        registry = self.enterContext(
            TlsWeb(name, server, authority.file, registry_answers, required=True)
        )
        directory = self.trust(registry.address, authority)
        self.hand_out(directory, authority.issue("me", "client"))
        self.pull(f"{registry.address}/lab/debian:12")
        self.assertEqual({visit.user for visit in registry.visits}, {"me"})
        self.assertEqual({visit.user for visit in elsewhere.visits}, {None})
        paths = [visit.path for visit in elsewhere.visits]
        self.assertTrue(any(path.startswith("/token") for path in paths), paths)
        self.assertTrue(any("/blobs/" in path for path in paths), paths)

    def test_a_key_that_others_may_read_is_refused(self) -> None:
        directory = self.trust("r.io", Authority(self.scratch / "tls"))
        (directory / "client.cert").write_text("certificate")
        (directory / "client.key").touch(mode=0o644)
        result = self.refuse(Status.DENIED, "pull", "r.io/x")
        self.assertIn("chmod 600", result.stderr)

    def test_certificate_and_key_that_are_none_are_said_before_anything_is_sent(self) -> None:
        authority = Authority(self.scratch / "tls")
        server = authority.issue(own_name())
        registry = self.enterContext(
            TlsWeb(own_name(), server, authority.file, lambda *_: Reply(404, {}))
        )
        directory = self.trust(registry.address, authority)
        mine = authority.issue("me", "client")
        self.hand_out(directory, Certificate(mine.file, authority.own.key))
        result = self.refuse(Status.USAGE, "pull", f"{registry.address}/x")
        self.assertIn("client.cert", result.stderr)
        self.assertEqual(registry.visits, [])


if __name__ == "__main__":
    unittest.main()
