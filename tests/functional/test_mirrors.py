# SPDX-License-Identifier: Apache-2.0
"""Mirrors of a registry, as the site's registries.conf names them."""

from __future__ import annotations

import json
import os
import unittest
from pathlib import Path

from support.binary import Status
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout
from support.locked_registry import LockedRegistry, free_port, htpasswd
from support.oci_layout import Layer, Layout, file, tar
from support.proxy import Proxy
from support.registry import Registry

MIB = 1 << 20
BLOB = 80 * MIB  # above the size from which blobs come in pieces


class MirrorsTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        self.registry = self.enterContext(Registry(self.scratch / "registry"))
        self.mirror = self.enterContext(Registry(self.scratch / "mirror"))
        self.reference = f"{self.registry.address}/lab/debian:12"

    def push_to(self, *registries: Registry, tag: str = "12") -> None:
        for registry in registries:
            registry.push(sample_layout(), SAMPLE_TAG, f"lab/debian:{tag}")
        self.asked_before = len(self.registry.requests())

    def asked(self) -> list[str]:
        """What the registry has been asked for since the image was pushed."""
        return [path for _, path, _ in self.registry.requests()[self.asked_before:]]

    def mirrors(self, *addresses: str, more: str = "") -> None:
        directory = self.scratch / ".config/containers"
        directory.mkdir(parents=True, exist_ok=True)
        text = f'[[registry]]\nlocation = "{self.registry.address}"\n'
        for address in addresses:
            text += f'[[registry.mirror]]\nlocation = "{address}"\n{more}\n'
        (directory / "registries.conf").write_text(text)

    def largest_blob(self, registry: Registry) -> Path:
        return max(registry.directory.glob("data/**/blobs/**/data"), key=lambda f: f.stat().st_size)

    def test_what_a_mirror_has_is_not_asked_of_the_registry(self) -> None:
        self.push_to(self.registry, self.mirror)
        self.mirrors(self.mirror.address)
        result = self.succeed("pull", self.reference)
        self.assertRegex(result.stderr, rf"B from {self.mirror.address}\n")
        self.assertEqual(self.asked(), [])
        listed = self.succeed("list", "--json").json["images"]
        self.assertEqual(listed[0]["reference"], self.reference)

    def test_an_image_that_no_mirror_has_comes_from_the_registry(self) -> None:
        self.push_to(self.registry)
        self.mirrors(self.mirror.address)
        result = self.succeed("pull", self.reference)
        self.assertNotIn("warning", result.stderr)
        self.assertNotIn(" from 127", result.stderr)

    def test_a_blob_that_a_mirror_lacks_comes_from_the_registry(self) -> None:
        self.push_to(self.registry, self.mirror)
        self.largest_blob(self.mirror).unlink()
        self.mirrors(self.mirror.address)
        events = self.succeed("pull", "--json", self.reference).events
        fetched = {one["from"]: one["size_bytes"] for one in events[-1]["images"][0]["fetched"]}
        self.assertIn(self.registry.address, fetched)
        self.assertEqual(len(self.asked()), 1)
        self.assertIn("/blobs/", self.asked()[0])

    def test_a_blob_that_a_mirror_has_damaged_comes_from_the_registry(self) -> None:
        self.push_to(self.registry, self.mirror)
        damaged = self.largest_blob(self.mirror)
        content = bytearray(damaged.read_bytes())
        content[len(content) // 2] ^= 1
        damaged.write_bytes(content)
        self.mirrors(self.mirror.address)
        result = self.succeed("pull", self.reference)
        self.assertRegex(result.stderr, r"warning: mirror .* instead of sha256:")
        self.assertIn("/blobs/", self.asked()[0])

    def test_tags_are_the_registrys_and_a_mirrors_where_it_does_not_answer(self) -> None:
        self.push_to(self.mirror)
        repository = self.reference.removesuffix(":12")
        self.push_to(self.registry, tag="13")
        self.mirrors(f"127.0.0.1:{free_port()}", self.mirror.address)
        listed = self.succeed("tags", "--json", repository).json
        self.assertEqual((listed["from"], listed["tags"]), (self.registry.address, ["13"]))
        self.assertIn(":13 is the newest", self.succeed("resolve", f"{repository}:1*").stderr)
        self.registry.__exit__(None, None, None)
        result = self.succeed("tags", repository)
        self.assertEqual(result.out.split(), ["12"])
        self.assertIn(f"those of the mirror {self.mirror.address}", result.stderr)
        self.pull(f"{repository}:1*")

    def test_a_mirror_that_is_not_there_is_said_once(self) -> None:
        self.push_to(self.registry)
        nobody = f"127.0.0.1:{free_port()}"
        self.mirrors(nobody)
        result = self.succeed("pull", self.reference)
        self.assertEqual(result.stderr.count(f"mirror {nobody} is left out"), 1, result)

    def test_what_a_dying_mirror_began_the_registry_ends(self) -> None:
        layout = Layout(self.scratch / "layout")
        content = [file(f"part{number}", os.urandom(8 * MIB)) for number in range(BLOB // (8 * MIB))]
        layout.add_image([Layer.of(tar(content))], tag="1")
        for registry in (self.registry, self.mirror):
            registry.push(layout.path, "1", "lab/large:1")
        with Proxy(self.mirror.address, 10 * MIB) as proxy:
            self.mirrors(proxy.address)
            process = self.aic.start("pull", "--json", f"{self.registry.address}/lab/large:1")
            proxy.wait_for(BLOB // 2)
        output, _ = process.communicate(timeout=120)
        self.assertEqual(process.returncode, Status.OK)
        result = json.loads(output.splitlines()[-1])["images"][0]
        sizes = [one["size_bytes"] for one in result["fetched"]]
        self.assertEqual(len(sizes), 2)
        # What the proxy had handed on was in part still on its way when it went.
        self.assertGreater(min(sizes), 0.1 * BLOB)
        self.assertLess(sum(sizes), 1.1 * BLOB)

    def test_mirrors_for_digests_are_not_asked_for_tags(self) -> None:
        self.push_to(self.registry, self.mirror)
        self.mirrors(self.mirror.address, more='pull-from-mirror = "digest-only"')
        digest = self.succeed("resolve", "-q", self.reference).out.strip()
        asked = self.asked()
        self.assertIn("/v2/lab/debian/manifests/12", asked)
        self.pull(f"{self.registry.address}/lab/debian@{digest}")
        self.assertEqual(self.asked(), asked)

    def test_a_mirror_that_wants_a_login_of_its_own_is_left_out(self) -> None:
        self.push_to(self.registry, self.mirror)
        locked = self.enterContext(LockedRegistry(
            self.scratch / "locked", self.scratch / "mirror/data",
            htpasswd(self.scratch, "me", "secret"),
        ))
        self.mirrors(locked.address)
        self.aic.environment |= {"AIC_IMAGE_USERNAME": "me", "AIC_IMAGE_PASSWORD": "secret"}
        result = self.succeed("pull", self.reference)
        self.assertIn(f"mirror {locked.address} is left out", result.stderr)


if __name__ == "__main__":
    unittest.main()
