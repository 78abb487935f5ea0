# SPDX-License-Identifier: Apache-2.0
"""What tests of `build` start from: a project directory, and the sample as a base."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from support.binary import Result, Status
from support.case import SAMPLE_TAG, FunctionalTest, sample_layout, sample_reference


def need_sandbox() -> None:
    for program in ("squashfuse", "unshare"):
        if shutil.which(program) is None:
            raise unittest.SkipTest(f"needs {program}, which is not installed")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        raise unittest.SkipTest("needs /dev/fuse, which is missing or not to be used here")
    if subprocess.run(["unshare", "-Ur", "true"], capture_output=True, check=False).returncode:
        raise unittest.SkipTest("needs user namespaces, which are not allowed here")


def processes(word: str) -> list[str]:
    """The command lines of what runs on this machine and has this word in them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if word in line and int(path.parent.name) != os.getpid():
                found.append(line)
    return found


def with_layer(directory: Path, tar: bytes) -> str:
    """A copy of the sample with one more layer on top; its reference."""
    shutil.copytree(sample_layout(), directory)

    def read(digest: str) -> dict:
        return json.loads((directory / "blobs/sha256" / digest.removeprefix("sha256:")).read_text())

    def store(data: bytes, media_type: str) -> dict:
        digest = hashlib.sha256(data).hexdigest()
        (directory / "blobs/sha256" / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}

    index = json.loads((directory / "index.json").read_text())
    manifest = read(index["manifests"][0]["digest"])
    config = read(manifest["config"]["digest"])
    layer = store(tar, "application/vnd.oci.image.layer.v1.tar")
    manifest["layers"].append(layer)
    config["rootfs"]["diff_ids"].append(layer["digest"])
    manifest["config"] = store(json.dumps(config).encode(), manifest["config"]["mediaType"])
    index["manifests"][0].update(store(json.dumps(manifest).encode(),
                                       index["manifests"][0]["mediaType"]))
    (directory / "index.json").write_text(json.dumps(index))
    return f"oci:{directory}:{SAMPLE_TAG}"


class BuildTest(FunctionalTest):
    """A test that builds in the directory `project`."""

    def setUp(self) -> None:
        super().setUp()
        need_sandbox()
        self.project = self.scratch / "project"
        self.project.mkdir()
        self.base = sample_reference()

    @property
    def there(self) -> tuple[str, ...]:
        return ("env", f"--chdir={self.project}")

    def script(self, text: str, name: str = "setup.sh") -> str:
        (self.project / name).write_text("#!/bin/sh\nset -e\n" + text)
        return name

    def build(self, *arguments: str | Path, base: str = "", **options: object) -> Path:
        result = self.succeed("build", base or self.base, *arguments, prefix=self.there, **options)
        self.result = result
        lines = result.out.splitlines()
        self.assertEqual(len(lines), 1, f"stdout is to be the path alone: {result}")
        self.assert_nothing_left()
        return Path(lines[0])

    def fails(self, *arguments: str | Path, status: int = Status.SYSTEM, **options: object) -> Result:
        result = self.aic.run("build", self.base, *arguments,
                              **{"prefix": self.there, **options})
        self.assertEqual(result.status, status, result)
        self.assertRegex(result.stderr, r"(?m)^error: ", result)
        self.assert_nothing_left()
        return result

    def built(self, script: str, *arguments: str, **options: object) -> Path:
        return self.build("-s", self.script(script), *arguments, **options)

    def text_of(self, image: Path, path: str) -> str:
        return self.succeed("cat", image, path).out

    def names_in(self, image: Path) -> set[str]:
        listing = subprocess.run(["unsquashfs", "-l", "-d", "", str(image)], check=True,
                                 capture_output=True).stdout.decode(errors="surrogateescape")
        return set(listing.splitlines())

    def log_of(self, result: Result) -> str:
        match = re.search(r"printed is in '([^']+)'", result.stderr)
        self.assertIsNotNone(match, result)
        return Path(match[1]).read_text(errors="replace")

    def assert_nothing_left(self) -> None:
        """No process, no mount, no file in the scratch directory."""
        self.assertEqual(processes(str(self.scratch / "spool")), [])
        self.assertNotIn(str(self.scratch), Path("/proc/self/mountinfo").read_text())
        left = [path for path in (self.aic.spool / "build").glob("*")]
        self.assertEqual(left, [])
        self.assertEqual(list((self.aic.own / "tmp").glob("*")), [])
