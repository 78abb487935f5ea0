# SPDX-License-Identifier: Apache-2.0
"""The importer as pyxis calls it, by the letter: without pyxis, and without Slurm beside what is
called squeue and scontrol here."""

from __future__ import annotations

import signal
import subprocess
import unittest
from pathlib import Path

from support.binary import Outcome, Status, program
from support.oci_layout import Layer, Layout, file, tar
from support.registry import Registry
from support.sample import SampleTest, served_sample
from test_users import UsersTest

COLLECT = ("gc", "--older-than", "0s")


def setUpModule() -> None:
    SampleTest.sample = unittest.enterModuleContext(served_sample())


class ImporterTest(SampleTest):
    def setUp(self) -> None:
        super().setUp()
        self.job("12", step="0")
        self.importer = self.scratch / "aic-image-importer"  # as it is installed
        self.importer.symlink_to(program())

    def job(self, number: str, step: str | None) -> None:
        """A batch step has no number."""
        environment = self.aic.environment
        environment.update(SLURM_JOB_ID=number, SLURM_CLUSTER_NAME="alps")
        environment.pop("SLURM_STEP_ID", None)
        if step is not None:
            environment["SLURM_STEP_ID"] = step

    def uri(self) -> str:
        return f"docker://{self.sample.reference}"

    def start(self, *arguments: str) -> subprocess.Popen:
        return subprocess.Popen(
            [self.importer, *arguments],
            env=self.aic.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
        )

    def path_from(self, importer: subprocess.Popen) -> Path:
        """As pyxis reads it: the first line, then the pipe is closed."""
        line = importer.stdout.readline()
        importer.stdout.close()
        message = importer.stderr.read().decode()
        importer.stderr.close()
        self.assertEqual(importer.wait(60), 0, message)
        self.assertEqual(line[-1:], b"\n")
        return Path(line[:-1].decode())

    def get(self, uri: str | None = None) -> Path:
        return self.path_from(self.start("get", uri or self.uri()))

    def release(self) -> None:
        result = self.succeed("importer", "release")
        self.assertEqual((result.out, result.stderr), ("", ""))

    def refused(self, status: int, *arguments: str) -> Outcome:
        result = self.aic.run(*arguments)
        self.assertEqual((result.status, result.out), (status, ""), result)
        return result

    def leases(self) -> list[str]:
        return sorted(path.name for path in (self.aic.own / "leases").glob("*"))

    def slurm_says(self, queue: str, cluster: str = "alps") -> None:
        """Programs of Slurm's names, which tell this."""
        programs = self.scratch / "programs"
        programs.mkdir(exist_ok=True)
        for name, text in (("squeue", queue), ("scontrol", f"ClusterName = {cluster}\n")):
            (programs / f"{name}.txt").write_text(text)
            (programs / name).write_text(f"#!/bin/sh\nexec cat '{programs / name}.txt'\n")
            (programs / name).chmod(0o755)
        self.aic.environment["PATH"] = f"{programs}:{self.aic.environment['PATH']}"

    def requests(self) -> int:
        return len(self.sample.registry.requests())

    def test_what_is_not_here_is_pulled_and_what_is_here_is_handed_out_unasked(self) -> None:
        path = self.get()
        self.assertTrue(path.is_absolute() and path.is_file())
        before = self.requests()
        self.assertEqual(self.get(), path)
        self.assertEqual(self.requests(), before)

    def test_nodes_that_ask_at_once_have_it_fetched_once(self) -> None:
        before = self.requests()
        nodes = [self.start("get", self.uri()) for _ in range(8)]
        self.assertEqual(len({self.path_from(node) for node in nodes}), 1)
        fetched = [path for _, path, _ in self.sample.registry.requests()[before:]]
        blobs = [path for path in fetched if "/blobs/" in path]
        self.assertEqual(len(blobs), len(set(blobs)), blobs)

    def test_a_release_is_quiet_however_often_it_comes(self) -> None:
        self.release()
        self.get()
        self.assertEqual(len(self.leases()), 1)
        self.release()
        self.release()
        self.assertEqual(self.leases(), [])
        del self.aic.environment["SLURM_JOB_ID"]
        self.release()
        self.aic.environment["AIC_IMAGE_STORES"] = "/nowhere"
        self.release()

    def test_what_a_step_was_handed_stays_until_it_is_released(self) -> None:
        path = self.get()
        self.job("12", step=None)
        self.get()
        self.assertEqual(len(self.leases()), 2)
        self.assertIn("a lease of job 12.0 on", self.succeed(*COLLECT).out)
        self.release()
        self.succeed(*COLLECT)
        self.assertTrue(path.exists())
        self.job("12", step="0")
        self.release()
        self.succeed(*COLLECT)
        self.assertFalse(path.exists())

    def test_a_path_that_a_job_was_given_stays_until_the_job_is_over(self) -> None:
        path = self.pull(self.sample.reference)
        self.assertEqual(self.succeed("path", self.sample.reference).out.strip(), str(path))
        self.assertEqual(len(self.leases()), 1)
        self.release()
        self.slurm_says("12 12 RUNNING\n")
        self.assertRegex(self.succeed(*COLLECT).out, r"a lease of job 12 on")
        self.assertIn("a lease of job 12 on",
                      self.refused(Status.USAGE, "rm", self.sample.reference).stderr)
        self.slurm_says("12 12 COMPLETED\n")
        self.succeed("rm", self.sample.reference)
        self.assertFalse(path.exists())
        self.assertEqual(self.leases(), [])

    def test_outside_a_job_nothing_is_leased(self) -> None:
        del self.aic.environment["SLURM_JOB_ID"]
        self.pull(self.sample.reference)
        self.succeed("path", self.sample.reference)
        self.assertEqual(self.leases(), [])

    def test_rm_names_the_job_that_has_it(self) -> None:
        self.get()
        result = self.refused(Status.USAGE, "rm", self.sample.reference)
        self.assertIn("held by a lease of job 12.0 on", result.stderr)

    def test_slurm_tells_of_jobs_that_ended_without_a_release(self) -> None:
        path = self.get()
        self.slurm_says("12 12 RUNNING\n13 13 COMPLETED\n")
        self.succeed(*COLLECT)
        self.assertTrue(path.exists())
        self.slurm_says("13 13 RUNNING\n", cluster="other")
        self.succeed(*COLLECT)
        self.assertTrue(path.exists())
        self.slurm_says("12 12 CANCELLED\n13 13 RUNNING\n")
        self.succeed(*COLLECT)
        self.assertFalse(path.exists())
        self.assertEqual(self.leases(), [])

    def test_names_of_the_store_are_called_aic(self) -> None:
        first = self.pull(self.sample.reference, "--name", "exp")
        image = self.succeed("--json", "inspect", "exp").json
        prefix = image["id"].removeprefix("sha256:")[:12]
        self.assertEqual(self.get("docker://aic:exp"), first)
        self.assertEqual(self.get(f"docker://aic:exp@{prefix}"), first)
        layout = Layout(self.scratch / "layout")
        layout.add_image([Layer.of(tar([file("opt/x", b"x")]))], tag="x")
        second = self.pull(f"oci:{layout.path}:x", "--name", "exp", "--replace")
        self.assertEqual(self.get("docker://aic:exp"), second)
        self.assertEqual(self.get(f"docker://aic:exp@{prefix}"), first)
        result = self.refused(Status.NOT_FOUND, "importer", "get", "docker://aic:exp@0123456789")
        self.assertIn("hint: 'aic-image history exp'", result.stderr)
        result = self.refused(Status.NOT_FOUND, "importer", "get", "docker://aic:exq")
        self.assertIn("did you mean 'exp'?", result.stderr)

    def test_jobs_may_be_forbidden_to_pull(self) -> None:
        self.settings('[importer]\npull = "never"\n')
        before = self.requests()
        result = self.refused(Status.NOT_FOUND, "importer", "get", self.uri())
        self.assertIn(f"hint: on the head node: aic-image pull {self.sample.path_reference}",
                      result.stderr)
        self.assertEqual(self.requests(), before)
        path = self.pull(self.sample.reference)
        self.assertEqual(self.get(), path)
        self.settings('[importer]\npull = "sometimes"\n')
        result = self.refused(Status.USAGE, "importer", "get", self.uri())
        self.assertIn("always, if-missing, never", result.stderr)

    def test_where_the_registry_does_not_answer_what_is_here_is_used(self) -> None:
        layout = Layout(self.scratch / "layout")
        layout.add_image([Layer.of(tar([file("opt/x", b"x")]))], tag="x")
        self.settings('[importer]\npull = "always"\n')
        with Registry(self.scratch / "registry") as registry:
            registry.push(layout.path, "x", "lab/small:x")
            uri = f"docker://{registry.address}#lab/small:x"
            path = self.get(uri)
            before = len(registry.requests())
            self.assertEqual(self.get(uri), path)
            self.assertGreater(len(registry.requests()), before)
        self.assertEqual(self.get(uri), path)
        other = uri.removesuffix(":x") + ":y"
        result = self.refused(Status.NETWORK, "importer", "get", other)
        self.assertIn("hint: on the head node: aic-image pull", result.stderr)

    def test_what_is_no_image_is_explained(self) -> None:
        for uri, words in (
            ("dockerd://ubuntu", "an engine's"),
            ("docker:///data/x.sqsh", "looks like a file"),
            ("docker://x.sqsh", "looks like a file"),
            ("docker://aic:", "no name"),
        ):
            self.assertIn(words, self.refused(Status.USAGE, "importer", "get", uri).stderr)
        self.refused(Status.USAGE, "importer", "get")

    def test_a_cancelled_step_ends_at_once(self) -> None:
        importer = self.start("get", self.uri())
        self.addCleanup(importer.stdout.close)
        self.addCleanup(importer.stderr.close)
        importer.send_signal(signal.SIGTERM)
        self.assertIn(importer.wait(30), (128 + signal.SIGTERM, -signal.SIGTERM))
        self.get()

    def settings(self, text: str) -> None:
        path = Path(self.aic.environment["HOME"]) / ".config/aic-image/config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


class OthersLeaseTest(UsersTest):
    def test_what_another_users_job_was_handed_stays(self) -> None:
        path = self.pull_as(self.alice, self.reference())
        self.trust(self.bob, "alice")
        self.bob.environment.update(SLURM_JOB_ID="12", SLURM_STEP_ID="0")
        handed = self.run_as(self.bob, "importer", "get", f"docker://{self.reference()}")
        self.assertEqual(handed.out.strip(), str(path))
        collected = self.run_as(self.alice, *COLLECT)
        self.assertRegex(collected.out, r"a lease of job 12\.0 on \S+ of bob")
        self.assertTrue(path.exists())
        self.run_as(self.bob, "importer", "release")
        self.run_as(self.alice, *COLLECT)
        self.assertFalse(path.exists())


del UsersTest  # its own tests are not ours
