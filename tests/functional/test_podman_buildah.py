# SPDX-License-Identifier: Apache-2.0
"""What podman and buildah push and save, in every format that they write."""

from __future__ import annotations

import json
import os
import subprocess
import unittest
import urllib.request
from pathlib import Path

from support.binary import Status
from support.case import FunctionalTest
from support.containers import Containers
from support.registry import Registry

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


class PodmanBuildahTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        self.containers = Containers(self.scratch / "containers")

    def make(self, name: str, manifest_format: str = "oci") -> str:
        """Two layers, of which the upper one replaces a file; the text of `name` tells it apart."""
        lower, upper = self.scratch / f"{name}-lower", self.scratch / f"{name}-upper"
        for directory in (lower, upper):
            (directory / "usr/share").mkdir(parents=True)
        # Of a length of its own: the storage tells changes by size and time.
        (lower / "usr/share/text").write_text("what is below")
        (lower / "usr/share/data").write_bytes(os.urandom(300_000))
        (lower / "usr/share/link").symlink_to("text")
        (upper / "usr/share/text").write_text(name)
        return self.containers.build(f"lab/{name}", [lower, upper], manifest_format)

    def check(self, reference: str, name: str) -> None:
        tree = self.scratch / "tree"
        subprocess.run(
            ["unsquashfs", "-q", "-n", "-d", tree, self.pull(reference)],
            check=True, stdout=subprocess.DEVNULL,
        )
        self.assertEqual((tree / "usr/share/text").read_text(), name)
        self.assertEqual((tree / "usr/share/data").read_bytes(),
                         (self.scratch / f"{name}-lower/usr/share/data").read_bytes())
        self.assertEqual(os.readlink(tree / "usr/share/link"), "text")

    def layer_types(self, registry: Registry, name: str) -> set[str]:
        request = urllib.request.Request(
            f"http://{registry.address}/v2/lab/{name}/manifests/1",
            headers={"Accept": OCI_MANIFEST})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return {layer["mediaType"] for layer in json.load(answer)["layers"]}

    def push_and_check(self, name: str, program: str, *options: str) -> Registry:
        registry = self.enterContext(Registry(self.scratch / "registry"))
        image = self.make(name)
        push = self.containers.buildah if program == "buildah" else self.containers.podman
        push("push", "-q", "--tls-verify=false", *options, image,
             f"docker://{registry.address}/lab/{name}:1")
        self.check(f"{registry.address}#lab/{name}:1", name)
        return registry

    def test_buildah_pushes_oci(self) -> None:
        self.push_and_check("oci", "buildah", "--format", "oci")

    def test_buildah_pushes_docker_schema_2(self) -> None:
        self.push_and_check("v2s2", "buildah", "--format", "v2s2")

    def test_buildah_saves_layers_that_are_not_compressed(self) -> None:
        image = self.make("not-compressed")
        layout = self.scratch / "layout"
        self.containers.buildah("push", "-q", "--disable-compression", image, f"oci:{layout}:1")
        self.check(f"oci:{layout}:1", "not-compressed")

    def test_podman_pushes_zstd(self) -> None:
        registry = self.push_and_check("zstd", "podman", "--compression-format", "zstd")
        self.assertEqual(self.layer_types(registry, "zstd"),
                         {"application/vnd.oci.image.layer.v1.tar+zstd"})

    def test_podman_pushes_zstd_chunked(self) -> None:
        registry = self.push_and_check("chunked", "podman", "--compression-format", "zstd:chunked")
        self.assertEqual(self.layer_types(registry, "chunked"),
                         {"application/vnd.oci.image.layer.v1.tar+zstd"})

    def test_podman_pushes_a_list_for_several_platforms(self) -> None:
        registry = self.enterContext(Registry(self.scratch / "registry"))
        self.containers.podman("manifest", "create", "lab/list:1")
        for name, architecture in (("other", "arm64"), ("list", "amd64")):
            self.containers.podman("manifest", "add", "--arch", architecture, "--os", "linux",
                                   "lab/list:1", f"containers-storage:{self.make(name)}")
        self.containers.podman("manifest", "push", "-q", "--all", "--tls-verify=false", "lab/list:1",
                               f"docker://{registry.address}/lab/list:1")
        resolved = self.succeed("resolve", "--json", f"{registry.address}/lab/list:1").json
        self.assertNotEqual(resolved["digest"], resolved["manifest_digest"])  # an index's
        self.check(f"{registry.address}/lab/list:1", "list")

    def test_podman_pushes_docker_schema_2(self) -> None:
        self.push_and_check("docker", "podman", "--format", "v2s2")

    def save(self, image: str, archive_format: str) -> Path:
        archive = self.scratch / archive_format
        self.containers.podman("save", "-q", "--format", archive_format, "-o", archive, image)
        return archive

    def test_podman_saves_an_oci_archive(self) -> None:
        self.check(f"oci-archive:{self.save(self.make('saved'), 'oci-archive')}", "saved")

    def test_podman_saves_a_docker_archive(self) -> None:
        self.check(f"docker-archive:{self.save(self.make('saved'), 'docker-archive')}", "saved")

    def test_podman_saves_an_oci_layout(self) -> None:
        self.check(f"oci:{self.save(self.make('saved'), 'oci-dir')}", "saved")

    def test_what_podman_has_is_pulled_from_it(self) -> None:
        image = self.make("had")
        self.aic.environment["CONTAINERS_STORAGE_CONF"] = str(self.containers.storage_conf())
        self.check(f"podman://{image}", "had")
        self.assertIn("already here", self.succeed("pull", f"podman://{image}").stderr)
        missing = self.aic.run("pull", "podman://localhost/lab/none:1")
        self.assertEqual(missing.status, Status.NOT_FOUND, missing)
        self.assertRegex(missing.stderr, r"podman save .* ended with 125: .*localhost/lab/none:1: image not known")
        self.assertEqual(self.aic.leftovers(), [])

    def test_podman_saves_several_in_one_archive(self) -> None:
        images = [self.make("one"), self.make("two", "docker")]
        archive = self.scratch / "several.tar"
        self.containers.podman("save", "-q", "-m", "-o", archive, *images)
        self.check(f"docker-archive:{archive}:localhost/lab/two:latest", "two")


if __name__ == "__main__":
    unittest.main()
