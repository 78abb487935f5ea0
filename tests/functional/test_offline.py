# SPDX-License-Identifier: Apache-2.0
"""What is here is enough when no registry may be asked, and is made anew when that is asked for."""

from __future__ import annotations

import shutil
import unittest

from support.binary import Status
from support.sample import NAME, SampleTest, served_sample


def setUpModule() -> None:
    SampleTest.sample = unittest.enterModuleContext(served_sample())


class OfflineTest(SampleTest):
    def setUp(self) -> None:
        super().setUp()
        self.image = self.pull(self.sample.reference)
        self.before = len(self.sample.registry.requests())
        self.addCleanup(self.assert_nobody_was_asked)

    def assert_nobody_was_asked(self) -> None:
        self.assertEqual(self.sample.registry.requests()[self.before :], [])

    def test_a_pull_gives_what_is_here_and_says_of_when_it_is(self) -> None:
        result = self.succeed("pull", "--offline", self.sample.reference)
        self.assertEqual(result.out.strip(), str(self.image))
        self.assertRegex(result.stderr, r"already here: .*, as the reference was on \d{4}-\d\d-\d\d")
        image = self.succeed(
            "--offline", "--json", "pull", self.sample.path_reference
        ).events[-1]["images"][0]
        self.assertRegex(image["resolved"], r"^\d{4}-\d\d-\d\dT.*Z$")

    def test_an_insecure_registry_is_not_even_asked_for_tls(self) -> None:
        (self.scratch / ".config/containers").mkdir(parents=True)
        (self.scratch / ".config/containers/registries.conf").write_text(
            '[[registry]]\nlocation = "registry.lab:5000"\ninsecure = true\n')
        if shutil.which("strace") is None:
            self.skipTest("needs strace, which is not installed")
        trace = self.scratch / "trace"
        for verb in ("pull", "resolve"):
            result = self.aic.run(verb, "--offline", "registry.lab:5000/lab/x:1",
                                  prefix=("strace", "-f", "-e", "trace=connect", "-o", str(trace)))
            self.assertEqual(result.status, Status.NOT_FOUND, result)
            self.assertNotIn("AF_INET", trace.read_text())

    def test_the_environment_forbids_it_as_well(self) -> None:
        self.aic.environment["AIC_IMAGE_OFFLINE"] = "1"
        self.assertEqual(self.pull(self.sample.reference), self.image)
        result = self.aic.run("tags", f"{self.sample.registry.address}/{NAME}")
        self.assertEqual(result.status, Status.NETWORK, result)
        self.aic.environment["AIC_IMAGE_OFFLINE"] = "perhaps"
        result = self.aic.run("pull", self.sample.reference)
        self.assertEqual(result.status, Status.USAGE, result)

    def test_a_pattern_chooses_among_what_was_pulled(self) -> None:
        pattern = f"{self.sample.registry.address}#{NAME}:1*"
        self.assertEqual(self.pull(pattern, "--offline"), self.image)

    def test_what_is_not_here_is_not_found(self) -> None:
        result = self.aic.run("pull", "--offline", f"{self.sample.registry.address}/{NAME}:13")
        self.assertEqual(result.status, Status.NOT_FOUND, result)
        self.assertIn("hint: leave out --offline", result.stderr)

    def test_resolve_prints_what_it_was(self) -> None:
        offline = self.succeed("resolve", "--offline", "--json", self.sample.reference).json
        self.assertIsNotNone(offline.pop("resolved"))
        self.assert_nobody_was_asked()
        now = self.succeed("resolve", "--json", self.sample.reference).json
        self.assertIsNone(now.pop("resolved"))
        self.assertEqual(offline, now)
        self.before = len(self.sample.registry.requests())

    def test_login_needs_the_registry(self) -> None:
        result = self.aic.run("login", "--offline", "-u", "me", self.sample.registry.address)
        self.assertEqual(result.status, Status.NETWORK, result)


class RefreshTest(SampleTest):
    def test_everything_is_fetched_again_and_comes_out_the_same(self) -> None:
        image = self.pull(self.sample.reference)
        right = image.read_bytes()
        image.chmod(0o644)
        image.write_bytes(right[:5000] + b"damage" + right[5006:])
        self.assertEqual(self.pull(self.sample.reference), image)
        self.assertNotEqual(image.read_bytes(), right)
        before = len(self.sample.registry.requests())
        self.assertEqual(self.pull(self.sample.reference, "--refresh"), image)
        self.assertEqual(image.read_bytes(), right)
        asked = self.sample.registry.requests()[before:]
        layers = self.succeed("resolve", "--json", self.sample.reference).json["layers"]
        blobs = [path for method, path, status in asked if "/blobs/" in path and status == 200]
        self.assertEqual(len(set(blobs)), layers + 1, asked)
        self.assertEqual(self.aic.leftovers(), [])
        self.assertEqual(self.succeed("verify").status, Status.OK)

    def test_refresh_and_offline_exclude_each_other(self) -> None:
        result = self.aic.run("pull", "--refresh", "--offline", self.sample.reference)
        self.assertEqual(result.status, Status.USAGE, result)


if __name__ == "__main__":
    unittest.main()
