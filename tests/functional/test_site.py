# SPDX-License-Identifier: Apache-2.0
"""What the site says of registries, in the files that containers' tools and Docker read."""

from __future__ import annotations

import unittest
from pathlib import Path

from support.binary import Status
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout
from support.certificates import Authority
from support.connect_proxy import connect_proxy
from support.registry import Registry
from support.tls_registry import TlsRegistry, own_name
from support.tls_web import Reply, TlsWeb, Visit


class SiteTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        self.containers = self.scratch / ".config/containers"

    def settings(self, text: str) -> None:
        self.containers.mkdir(parents=True, exist_ok=True)
        (self.containers / "registries.conf").write_text(text)

    def open_registry(self) -> Registry:
        registry = self.enterContext(Registry(self.scratch / "open"))
        registry.push(sample_layout(), SAMPLE_TAG, "lab/debian:12")
        return registry

    def tls_registry(self) -> TlsRegistry:
        with Registry(self.scratch / "open") as registry:
            registry.push(sample_layout(), SAMPLE_TAG, "lab/debian:12")
        return self.enterContext(TlsRegistry(self.scratch / "tls", self.scratch / "open/data"))

    def trust(self, place: Path, registry: TlsRegistry) -> None:
        directory = place / "certs.d" / registry.address
        directory.mkdir(parents=True)
        (directory / "ca.crt").write_bytes(registry.authority.file.read_bytes())

    def test_an_authority_of_the_sites_own_is_trusted_for_its_registry(self) -> None:
        registry = self.tls_registry()
        reference = f"{registry.address}/lab/debian:12"
        refused = self.refuse(Status.NETWORK, "pull", reference)
        self.assertIn("certificate", refused.stderr)
        self.trust(self.containers, registry)
        self.pull(reference)

    def test_dockers_directory_is_read_too(self) -> None:
        registry = self.tls_registry()
        self.trust(self.scratch / ".config/docker", registry)
        self.succeed("resolve", f"{registry.address}/lab/debian:12")

    def test_an_image_comes_through_the_sites_proxy(self) -> None:
        registry = self.tls_registry()
        self.aic.environment["SSL_CERT_FILE"] = str(registry.authority.file)
        with connect_proxy() as proxy:
            self.aic.environment["HTTPS_PROXY"] = proxy.url
            self.pull(f"{registry.address}/lab/debian:12")
            self.assertEqual(set(proxy.asked), {registry.address})
            asked = len(proxy.asked)
            self.aic.environment["NO_PROXY"] = registry.name
            self.succeed("pull", "--refresh", f"{registry.address}/lab/debian:12")
            self.assertEqual(len(proxy.asked), asked)

    def test_what_a_proxy_refuses_is_said_at_once(self) -> None:
        for status, advice in ((403, "NO_PROXY"), (407, "USER:PASSWORD")):
            with connect_proxy(refuses_with=status) as proxy:
                self.aic.environment["HTTPS_PROXY"] = proxy.url
                result = self.refuse(Status.DENIED, "pull", "registry.example/lab/x:1")
                self.assertIn(f"the proxy refuses the way to registry.example: {status}", result.stderr)
                self.assertIn(advice, result.stderr)
                self.assertEqual(proxy.asked, ["registry.example:443"])

    def test_a_certificate_authority_is_named_by_the_environment(self) -> None:
        registry = self.tls_registry()
        reference = f"{registry.address}/lab/debian:12"
        self.refuse(Status.NETWORK, "pull", reference)
        self.aic.environment["SSL_CERT_FILE"] = str(registry.authority.file)
        self.pull(reference)

    def test_metadata_comes_over_http_2_and_layers_over_http_1(self) -> None:
        registry = self.tls_registry()
        self.trust(self.containers, registry)
        self.pull(f"{registry.address}/lab/debian:12")
        log = (registry.directory / "log").read_text()
        self.assertRegex(log, r"GET /v2/lab/debian/manifests/\S+ HTTP/2")
        self.assertRegex(log, r"GET /v2/lab/debian/blobs/\S+ HTTP/1\.1")

    def test_a_redirect_from_https_to_http_is_not_followed(self) -> None:
        authority = Authority(self.scratch / "tls")
        plain = self.open_registry()

        def answer(method: str, visit: Visit) -> Reply:
            return Reply(307, {"Location": f"http://{plain.address}{visit.path}"})

        server = authority.issue(own_name())
        registry = self.enterContext(TlsWeb(own_name(), server, authority.file, answer))
        directory = self.containers / "certs.d" / registry.address
        directory.mkdir(parents=True)
        (directory / "ca.crt").write_bytes(authority.file.read_bytes())
        before = len(plain.requests())
        result = self.refuse(Status.NETWORK, "pull", f"{registry.address}/lab/debian:12")
        self.assertIn("from https to http", result.stderr)
        self.assertEqual(plain.requests()[before:], [])

    def test_a_prefix_stands_for_another_place(self) -> None:
        registry = self.open_registry()
        self.settings(
            f'[[registry]]\nprefix = "cluster.invalid/images"\nlocation = "{registry.address}/lab"\n'
        )
        self.pull("cluster.invalid/images/debian:12")
        listed = self.succeed("list", "--json").json["images"]
        self.assertEqual(listed[0]["reference"], "cluster.invalid/images/debian:12")
        tags = self.succeed("tags", "cluster.invalid/images/debian").out.split()
        self.assertEqual(tags, ["12"])

    def test_nobody_logs_in_to_what_is_blocked(self) -> None:
        registry = self.open_registry()
        self.settings(f'[[registry]]\nlocation = "{registry.address}"\nblocked = true\n')
        asked = len(registry.requests())
        result = self.refuse(Status.DENIED, "login", "-u", "me", "--password-stdin", registry.address,
                             prefix=("sh", "-c", 'echo pw | "$@"', "sh"))
        self.assertIn("block", result.stderr)
        self.assertEqual(len(registry.requests()), asked)
        self.assertFalse((self.scratch / ".config/enroot/.credentials").exists())

    def test_what_is_blocked_is_never_asked(self) -> None:
        registry = self.open_registry()
        before = len(registry.requests())
        self.settings(f'[[registry]]\nlocation = "{registry.address}/lab"\nblocked = true\n')
        result = self.refuse(Status.DENIED, "pull", f"{registry.address}/lab/debian:12")
        self.assertIn("block", result.stderr)
        self.assertEqual(registry.requests()[before:], [])

    def test_an_insecure_registry_without_tls_is_asked_plainly(self) -> None:
        registry = self.open_registry()
        address = f"{own_name()}:{registry.address.split(':')[1]}"
        reference = f"{address}/lab/debian:12"
        self.refuse(Status.NETWORK, "pull", reference)
        self.settings(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')
        self.pull(reference)

    def test_an_insecure_registry_may_show_any_certificate(self) -> None:
        registry = self.tls_registry()
        reference = f"{registry.address}/lab/debian:12"
        self.refuse(Status.NETWORK, "pull", reference)
        self.settings(f'[[registry]]\nlocation = "{registry.address}"\ninsecure = true\n')
        self.pull(reference)
        self.assertRegex((registry.directory / "log").read_text(), "GET /v2/lab/debian/blobs/")

    def test_what_an_insecure_registry_redirects_to_has_to_be_secure(self) -> None:
        registry = self.tls_registry()
        authority = Authority(self.scratch / "other")

        def answer(method: str, visit: Visit) -> Reply:
            if visit.path == "/v2/":
                return Reply(200, {})
            return Reply(307, {"Location": f"https://{registry.address}{visit.path}"})

        server = authority.issue(own_name())
        first = self.enterContext(TlsWeb(own_name(), server, authority.file, answer))
        self.settings(f'[[registry]]\nlocation = "{first.address}"\ninsecure = true\n')
        result = self.refuse(Status.NETWORK, "pull", f"{first.address}/lab/debian:12")
        self.assertIn("certificate", result.stderr)

    def test_a_file_that_is_wrong_is_named(self) -> None:
        self.settings('[[registry]]\nlocation = "r.io"\nblocked = "yes"\n')
        result = self.refuse(Status.USAGE, "pull", "r.io/x")
        self.assertIn("registries.conf': line 3: 'blocked' is not true or false", result.stderr)


if __name__ == "__main__":
    unittest.main()
