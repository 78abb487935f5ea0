# SPDX-License-Identifier: Apache-2.0
"""Images from archives, as the tools that people have write them."""

from __future__ import annotations

import gzip
import os
import shutil
import signal
import subprocess
import time
import unittest
from pathlib import Path

from support import docker_archive, mounts, oci_layout
from support.binary import Status
from support.case import FunctionalTest, sample_layout, sample_reference
from support.sample import SampleTest, served_sample


def setUpModule() -> None:
    SampleTest.sample = unittest.enterModuleContext(served_sample())


def piped(file: Path, program: str = "cat") -> tuple[str, ...]:
    """What makes the command's standard input a pipe from `program` over the file."""
    return ("sh", "-c", f'{program} < "$0" | "$@"', str(file))


def id_of(image: Path) -> str:
    return image.parent.parent.name


class SkopeoTest(SampleTest):
    def copy(self, form: str) -> str:
        """The sample in an archive that skopeo writes; its reference."""
        if shutil.which("skopeo") is None:
            raise unittest.SkipTest("needs skopeo, which is not installed")
        reference = f"{form}:{self.scratch / form}.tar:lab/debian:12"
        subprocess.run(
            ["skopeo", "--insecure-policy", "copy", "--quiet", sample_reference(), reference],
            check=True,
        )
        return reference

    def test_an_oci_archive_is_the_image_that_its_layout_is(self) -> None:
        image = self.pull(self.copy("oci-archive"))
        self.assert_same_tree(image, mounts.any_reader)
        again = self.succeed("pull", "--json", sample_reference()).events[-1]["images"][0]
        self.assertTrue(again["was_there"], again)

    def test_a_docker_archive_has_the_same_tree(self) -> None:
        reference = self.copy("docker-archive")
        image = self.pull(reference)
        self.assertTrue(image.name.startswith("debian+"), image)
        self.assert_same_tree(image, mounts.any_reader)
        record = self.succeed("inspect", "--json", reference).json
        self.assertIn("made from", record["manifest"]["annotations"]["aic-image.manifest"])
        again = self.succeed("pull", "--json", reference).events[-1]["images"][0]
        self.assertTrue(again["was_there"], again)

    def test_either_is_read_from_a_pipe(self) -> None:
        for form in ("oci-archive", "docker-archive"):
            with self.subTest(form):
                reference = self.copy(form)
                archive = Path(reference.split(":")[1])
                image = self.pull("-", prefix=piped(archive))
                self.assert_same_tree(image, mounts.any_reader)
                self.assertEqual(self.aic.leftovers(), [])
                self.assertEqual(self.pull(reference), image)

    def test_umocis_layout_in_a_tar_is_an_oci_archive(self) -> None:
        archive = self.scratch / "layout.tar"
        subprocess.run(["tar", "-C", sample_layout(), "-cf", archive, "."], check=True)
        self.assert_same_tree(self.pull(f"oci-archive:{archive}:12"), mounts.any_reader)


class ArchiveTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        self.archive = self.scratch / "x.tar"
        self.lower = oci_layout.tar([oci_layout.file("text", b"lower\n")])
        self.upper = oci_layout.tar([oci_layout.file("text", b"upper\n")])

    def text_of(self, image: Path) -> str:
        return self.succeed("cat", image, "/text").out

    def test_an_old_docker_archive_with_a_layer_that_is_there_twice(self) -> None:
        reference = docker_archive.old_style(
            self.archive, [self.lower, self.upper, self.lower], ["lab/x:1"]
        )
        image = self.pull(reference)
        self.assertEqual(self.text_of(image), "lower\n")
        self.assertEqual(self.pull(f"{reference}:lab/x:1"), image.parent / image.name)
        self.assertEqual(len(self.aic.images()), 1)

    def test_docker_25_gives_the_image_that_the_layout_gives(self) -> None:
        layout = oci_layout.Layout(self.scratch / "layout")
        plain = layout.add_image([oci_layout.Layer.of(self.lower)], tag="1")
        reference = docker_archive.docker_25(self.archive, layout, "1", "lab/x:1")
        image = self.pull(reference)
        self.assertEqual(self.text_of(image), "lower\n")
        self.assertEqual(id_of(self.pull(plain)), id_of(image))
        for other in (f"{reference}:lab/x:1", f"oci-archive:{self.archive}:1"):
            with self.subTest(other):
                self.assertEqual(self.pull(other), image)
        served = self.succeed("resolve", plain).out
        self.assertEqual(self.succeed("resolve", reference).out, served)

    def test_a_file_as_standard_input_is_read_where_it_is(self) -> None:
        docker_archive.old_style(self.archive, [self.lower], ["lab/x:1"])
        direct = ("sh", "-c", '"$@" < "$0"', str(self.archive))
        self.assertEqual(self.text_of(self.pull("-", prefix=direct)), "lower\n")
        self.assertFalse(list(self.aic.spool.glob("[!s]*")), "nothing is spooled")

    def test_compressed_archives_are_refused_with_the_command_that_helps(self) -> None:
        docker_archive.old_style(self.archive, [self.lower], ["lab/x:1"])
        compressed = self.scratch / "x.tar.gz"
        compressed.write_bytes(gzip.compress(self.archive.read_bytes()))
        for result in (
            self.refuse(Status.USAGE, "pull", f"docker-archive:{compressed}"),
            self.refuse(Status.USAGE, "pull", "-", prefix=piped(compressed)),
        ):
            self.assertIn("compressed with gzip", result.stderr)
            self.assertIn("hint: 'gzip -dc", result.stderr)
        image = self.pull("-", prefix=piped(compressed, "gzip -dc"))
        self.assertEqual(self.text_of(image), "lower\n")

    def test_a_damaged_archive_leaves_nothing(self) -> None:
        reference = docker_archive.old_style(self.archive, [self.lower], ["lab/x:1"])
        whole = self.archive.read_bytes()
        damages = {
            "cut off": whole[: whole.index(b"lower\n")],
            "where the image config says": whole.replace(b"lower\n", b"LOWER\n"),
        }
        for saying, damaged in damages.items():
            with self.subTest(saying):
                self.archive.write_bytes(damaged)
                result = self.refuse(Status.INTEGRITY, "pull", reference)
                self.assertIn(saying, result.stderr)
                self.assertEqual(self.aic.leftovers(), [])

    def test_what_is_not_there_is_said(self) -> None:
        reference = docker_archive.old_style(self.archive, [self.lower], ["lab/x:1"])
        result = self.refuse(Status.NOT_FOUND, "pull", f"{reference}:lab/y")
        self.assertIn("images there: docker.io/lab/x:1", result.stderr)
        self.refuse(Status.NOT_FOUND, "pull", f"oci-archive:{self.scratch}/nowhere.tar")
        self.refuse(Status.NOT_FOUND, "pull", f"oci-archive:{self.archive}")

    def test_a_pull_that_waits_for_a_pipe_can_be_stopped(self) -> None:
        pipe = self.scratch / "pipe"
        os.mkfifo(pipe)
        with pipe.open("r+b", buffering=0) as writer:
            writer.write(b"the beginning of an archive")
            process = self.aic.start(
                "pull", "-", prefix=("sh", "-c", 'exec "$@" < "$0"', str(pipe))
            )
            with self.assertRaises(subprocess.TimeoutExpired):
                process.wait(timeout=1)
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=10)
        self.assertEqual(process.returncode, 128 + signal.SIGINT)
        self.assertEqual(self.aic.leftovers(), [])


class DockerEngineTest(FunctionalTest):
    """There is no daemon here: a program stands in for docker's client, and then for none."""

    def install_docker(self, script: str) -> None:
        directory = self.scratch / "bin"
        directory.mkdir(exist_ok=True)
        (directory / "docker").write_text(f"#!/bin/sh\n{script}\n")
        (directory / "docker").chmod(0o755)
        self.aic.environment["PATH"] = f"{directory}:/usr/bin:/bin"

    def test_what_docker_saves_is_pulled(self) -> None:
        layer = oci_layout.tar([oci_layout.file("etc/motd", b"docker")])
        archive = self.scratch / "saved.tar"
        reference = docker_archive.old_style(archive, [layer], ["lab/x:1"])
        identity = "sha256:" + 64 * "a"
        self.install_docker(f'''case "$*" in
"image inspect --format {{{{.Id}}}} lab/x") echo {identity};;
"save {identity}") exec cat {archive};;
*) exit 9;;
esac''')
        image = self.pull("dockerd://lab/x", "--name", "x")
        self.assertTrue(image.name.startswith("x+"), image)
        self.assertEqual(self.succeed("cat", "x", "/etc/motd").out, "docker")
        self.assertEqual(self.pull(reference), image)

    def test_what_docker_has_is_no_nodes_business(self) -> None:
        result = self.refuse(Status.USAGE, "pull", "--on-cluster", "dockerd://lab/x")
        self.assertIn("leave out --on-cluster", result.stderr)

    def test_what_docker_has_today_is_not_what_it_had(self) -> None:
        for text in ("one", "another"):
            archive = self.scratch / "saved.tar"
            layer = oci_layout.tar([oci_layout.file("etc/motd", text.encode())])
            docker_archive.old_style(archive, [layer], ["lab/x:1"])
            self.install_docker(f'test "$1" = save && exec cat {archive}')
            result = self.succeed("pull", "dockerd://lab/x:1", "--name", text)
            self.assertNotIn("has moved", result.stderr)
            self.assertEqual(self.succeed("cat", text, "/etc/motd").out, text)

    def test_docker_that_fails_midway_leaves_nothing(self) -> None:
        self.install_docker("echo begun; echo one >&2; echo 'the disk is broken' >&2; exit 3")
        result = self.refuse(Status.SYSTEM, "pull", "dockerd://lab/x:1")
        self.assertIn("'docker save lab/x:1' ended with 3: the disk is broken", result.stderr)
        self.assertEqual(self.aic.leftovers(), [])

    def test_docker_that_is_stopped_is_ended(self) -> None:
        note = self.scratch / "pid"
        self.install_docker(f"echo $$ > {note}.new; mv {note}.new {note}; exec sleep 60")
        process = self.aic.start("pull", "dockerd://lab/x:1")
        deadline = time.monotonic() + 20
        while not note.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
        self.assertEqual(process.returncode, 128 + signal.SIGINT)
        self.assertFalse(Path("/proc", note.read_text().strip()).exists())

    def test_no_docker_is_said_with_what_to_do(self) -> None:
        self.aic.environment["PATH"] = str(self.scratch)
        result = self.refuse(Status.NOT_FOUND, "pull", "dockerd://lab/x:1")
        self.assertIn("docker is not installed here", result.stderr)
        self.assertIn("docker-archive:FILE", result.stderr)


if __name__ == "__main__":
    unittest.main()
