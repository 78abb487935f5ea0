# SPDX-License-Identifier: Apache-2.0
"""What a registry has, and what a reference points at, without pulling it."""

from __future__ import annotations

import os
import subprocess
import unittest

from support.binary import Status
from support.case import FunctionalTest
from support.oci_layout import Layer, Layout, directory, file, tar
from support.registry import Registry

OLDEST_FIRST = ["latest", "1.9-slim", "1.10-rc1", "1.10", "1.10-slim"]


class RegistryTest(FunctionalTest):
    """Two images under five tags."""

    def setUp(self) -> None:
        super().setUp()
        layout = Layout(self.scratch / "layout")
        for tag in ("old", "new"):
            data = tar([directory("etc"), file("etc/tag", os.urandom(64))])
            layout.add_image([Layer.of(data)], tag=tag)
        self.registry = self.enterContext(Registry(self.scratch / "registry"))
        self.registry.push(layout.path, "old", "lab/tool:1.9-slim")
        for tag in ("1.10-rc1", "1.10", "1.10-slim", "latest"):
            self.registry.push(layout.path, "new", f"lab/tool:{tag}")

    def tool(self, tag: str = "") -> str:
        return f"{self.registry.address}/lab/tool{tag}"


class TagsTest(RegistryTest):
    def test_the_newest_version_comes_last(self) -> None:
        self.assertEqual(self.succeed("tags", self.tool()).out.split(), OLDEST_FIRST)

    def test_a_pattern_selects(self) -> None:
        result = self.succeed("tags", self.tool(), "1.*-slim")
        self.assertEqual(result.out.split(), ["1.9-slim", "1.10-slim"])
        self.assertEqual(self.succeed("tags", self.tool(":1.*-slim")).out, result.out)

    def test_enroots_spelling_and_json(self) -> None:
        found = self.succeed("tags", f"{self.registry.address}#lab/tool", "--json").json
        self.assertEqual(found, {"repository": self.tool(), "from": self.registry.address, "tags": OLDEST_FIRST})

    def test_a_pattern_that_nothing_fits(self) -> None:
        result = self.refuse(Status.NOT_FOUND, "tags", self.tool(), "2.*")
        self.assertIn("none of the 5 tags", result.stderr)

    def test_a_repository_that_is_not_there(self) -> None:
        result = self.refuse(Status.NOT_FOUND, "tags", f"{self.registry.address}/lab/nosuch")
        self.assertIn("has no repository lab/nosuch", result.stderr)

    def test_an_image_is_no_repository(self) -> None:
        for suffix in (":1.10", ":latest", "@sha256:" + "0" * 64):
            with self.subTest(suffix):
                self.refuse(Status.USAGE, "tags", self.tool(suffix))
        self.refuse(Status.USAGE, "tags", f"oci:{self.scratch / 'layout'}")


class ResolveTest(RegistryTest):
    def digest_that_skopeo_sees(self, tag: str) -> str:
        return subprocess.run(
            ["skopeo", "inspect", "--tls-verify=false", "--format={{.Digest}}",
             f"docker://{self.tool(tag)}"], check=True, capture_output=True, text=True,
        ).stdout.strip()

    def test_the_digest_is_the_one_that_skopeo_sees(self) -> None:
        for tag in (":1.9-slim", ":1.10"):
            with self.subTest(tag):
                result = self.succeed("resolve", self.tool(tag))
                self.assertEqual(result.out.strip(), self.digest_that_skopeo_sees(tag))
        self.assertEqual(self.aic.images(), [])

    def test_the_digest_can_be_pulled_and_is_the_image_that_json_names(self) -> None:
        resolved = self.succeed("resolve", self.tool(":1.10"), "--json").json
        (image,) = self.succeed(
            "pull", self.tool("@" + resolved["digest"]), "--json"
        ).events[-1]["images"]
        self.assertEqual(image["id"], resolved["id"])
        self.assertEqual(image["manifest_digest"], resolved["manifest_digest"])
        self.assertEqual(resolved["layers"], 1)

    def test_a_pattern_is_the_newest_version_that_fits(self) -> None:
        for pattern, tag in ((":*", "1.10-slim"), (":1.9*", "1.9-slim"), (":1.?0", "1.10")):
            with self.subTest(pattern):
                resolved = self.succeed("resolve", self.tool(pattern), "--json").json
                self.assertEqual(resolved["reference"], self.tool(f":{tag}"))
        self.refuse(Status.NOT_FOUND, "resolve", self.tool(":2.*"))

    def test_a_pattern_is_pulled_and_remembered_by_its_tag(self) -> None:
        self.pull(self.tool(":1.*-slim"))
        (image,) = self.succeed("list", "--json").json["images"]
        self.assertEqual(image["reference"], self.tool(":1.10-slim"))

    def test_a_tag_that_is_not_there(self) -> None:
        result = self.refuse(Status.NOT_FOUND, "resolve", self.tool(":1.11"))
        self.assertIn("nearest tags: 1.10", result.stderr)

    def test_a_layout_has_digests_too(self) -> None:
        layout = self.scratch / "layout"
        self.assertRegex(
            self.succeed("resolve", "-q", f"oci:{layout}:new").out, r"^sha256:[0-9a-f]{64}\n$"
        )


class MovedTest(RegistryTest):
    def test_a_tag_that_has_moved_is_pulled_again_with_a_warning(self) -> None:
        first = self.succeed("pull", self.tool(":1.9-slim"))
        again = self.succeed("pull", self.tool(":1.9-slim"))
        self.assertNotIn("has moved", first.stderr + again.stderr)
        digests = [self.digest(tag) for tag in (":1.9-slim", ":1.10")]
        self.registry.push(self.scratch / "layout", "new", "lab/tool:1.9-slim")
        moved = self.succeed("pull", self.tool(":1.9-slim"))
        self.assertIn(
            f"1.9-slim has moved since it was last pulled: from {digests[0]} to {digests[1]}",
            moved.stderr,
        )
        self.assertNotEqual(moved.out, first.out)

    def test_it_is_told_with_refresh_and_when_the_image_is_gone_too(self) -> None:
        self.succeed("pull", self.tool(":1.9-slim"))
        self.assertNotIn("has moved", self.succeed("pull", "--refresh", self.tool(":1.9-slim")).stderr)
        self.registry.push(self.scratch / "layout", "new", "lab/tool:1.9-slim")
        self.assertIn("has moved", self.succeed("pull", "--refresh", self.tool(":1.9-slim")).stderr)
        self.registry.push(self.scratch / "layout", "old", "lab/tool:1.9-slim")
        self.succeed("pull", "--block-size", "64K", self.tool(":1.10"))
        moved = self.succeed("pull", "--block-size", "64K", self.tool(":1.9-slim"))
        self.assertIn("has moved", moved.stderr)

    def digest(self, tag: str) -> str:
        return self.succeed("resolve", "-q", self.tool(tag)).out.strip()


if __name__ == "__main__":
    unittest.main()
