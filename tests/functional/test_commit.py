# SPDX-License-Identifier: Apache-2.0
"""What was changed in a container, kept as an image."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
import unittest
from pathlib import Path

from support import mounts, tree
from support.binary import Status
from support.case import FunctionalTest, sample_reference
from support.users import GROUP_NUMBER, NUMBERS, Users

# As enroot 4 does to unpack an image and to start a container of it (src/runtime.sh, its hooks).
CREATE = """
set -e
unsquashfs -no-progress -quiet -user-xattrs -d "$2" "$1" > /dev/null
chmod -f -R u+rX "$2" || :
find "$2" -maxdepth 15 -type d ! -perm -u=w -exec chmod -f u+w {} \\+ || :
"""
START = """
set -e
cd "$1"
( flock 9 ) 9> .lock
{ printf 'root:x:0:0:root:/root:/bin/sh\\nnobody:x:65534:65534:nobody:/:/sbin/nologin\\n'
  sed '/^_apt:/d' etc/passwd; } > etc/p
chmod 600 etc/p; mv etc/p etc/passwd
mkdir -p usr/lib/driver; : > usr/lib/driver/libcuda.so.1; chmod 0 usr/lib/driver/libcuda.so.1
mkdir -m 0 mnt/data; ln -sfn /usr/share/zoneinfo/UTC etc/localtime
"""
CHANGE = """
set -e
cd "$1"
echo kept > opt/kept; ln opt/kept opt/also; ln -s kept opt/link; chmod 0750 opt/kept
rm -r usr/share/doc; rm etc/debian_version; rm -r home; echo file > home
chmod 1777 opt; rm etc/hostname; mkdir etc/hostname; echo x > etc/hostname/x
echo more >> etc/bash.bashrc; chmod 0600 etc/issue
ln -sfn elsewhere etc/os-release; mkfifo opt/fifo
echo 'dave:x:1000:1000::/home/dave:/bin/sh' >> etc/passwd
echo 'LAB=ours' >> etc/environment
# Of the same size, with the old time.
touch -r bin/true opt/time; printf XX | dd of=bin/true bs=1 seek=100 conv=notrunc status=none
touch -r opt/time bin/true; rm opt/time
head -c 300000 bin/bash > opt/large
"""


class CommitTest(FunctionalTest):
    def setUp(self) -> None:
        super().setUp()
        if shutil.which("unsquashfs") is None:
            raise unittest.SkipTest("needs unsquashfs, which is not installed")
        self.containers = self.scratch / "containers"
        self.containers.mkdir()
        self.image = self.pull(sample_reference())
        self.root = self.create("pyxis_exp", self.image)

    def create(self, name: str, image: Path) -> Path:
        root = self.containers / name
        self.sh(CREATE, image, root)
        return root

    def sh(self, script: str, *arguments: str | Path) -> None:
        subprocess.run(["bash", "-c", script, "bash", *map(str, arguments)], check=True)

    def commit(self, *arguments: str | Path) -> Path:
        self.result = self.succeed("commit", *arguments, prefix=self.there)
        (line,) = self.result.out.splitlines()
        return Path(line)

    @property
    def there(self) -> tuple[str, ...]:
        return ("env", f"ENROOT_DATA_PATH={self.containers}")

    def change(self) -> None:
        self.sh(START, self.root)
        time.sleep(0.02)  # the file system's clock has ticks
        self.sh(CHANGE, self.root)

    def test_the_image_is_as_the_container_was_left(self) -> None:
        self.change()
        image = self.commit("exp")
        self.assertEqual(self.succeed("path", "exp").out.strip(), str(image))
        expected = tree.enroot_profile(tree.read_tree(self.root))
        self.assertIn(b"etc/localtime", expected)
        expected = tree.without(expected, b".", b".lock", b"etc/localtime", b"mnt/data", b"etc/passwd",
                                b"usr/lib/driver/libcuda.so.1")
        readers = [mounts.unsquashed]
        if os.geteuid() == 0:
            readers += [mounts.kernel_mount, mounts.squashfuse_mount]
        for reader in readers:
            with self.subTest(reader.__name__), reader(image) as root:
                actual = tree.without(tree.read_tree(root), b".", b"etc/localtime", b"etc/passwd", *tree.IMPORTER_FILES)
                directories = {name for name, entry in actual.items() if entry.kind == "directory"}
                self.assertEqual(tree.differences(
                    tree.without(expected, *directories), tree.without(actual, *directories)), "")
                self.assertEqual(tree.differences(expected, actual, ignore=("mtime",)), "")
        self.assertIn("LAB=ours", self.succeed("cat", image, "/etc/environment").out)
        self.assertIn("no faults", self.succeed("verify").out + self.succeed("verify").stderr)

    def test_accounts_are_the_images_and_what_was_added(self) -> None:
        before = self.succeed("cat", self.image, "/etc/passwd").out
        self.change()
        image = self.commit("exp")
        self.assertEqual(self.succeed("cat", image, "/etc/passwd").out,
                         before + "dave:x:1000:1000::/home/dave:/bin/sh\n")
        with mounts.unsquashed(image) as root:
            self.assertEqual((root / "etc/passwd").stat().st_mode & 0o777, 0o644)

    def test_what_is_closed_and_not_empty_was_nobodys_place(self) -> None:
        closed = self.root / "opt/closed"
        closed.mkdir()
        (closed / "file").write_text("data\n")
        closed.chmod(0)
        self.assertEqual(self.succeed("cat", self.commit("exp"), "/opt/closed/file").out, "data\n")
        self.assertEqual(closed.stat().st_mode & 0o7777, 0)

    def test_a_container_that_was_only_started_is_the_image(self) -> None:
        self.assertEqual(self.commit("exp"), self.image)
        self.sh(START, self.root)
        shutil.rmtree(self.root / "usr/lib/driver")
        self.assertEqual(self.commit("exp", "--checksum"), self.image)
        self.assertIn("nothing was changed", self.result.stderr)

    def test_only_the_difference_is_put_on_top(self) -> None:
        self.change()
        image = self.commit("exp", "--name", "mine")
        below = self.succeed("inspect", "--json", sample_reference()).json["config"]["rootfs"]["diff_ids"]
        config = self.succeed("inspect", "--json", "mine").json["config"]
        self.assertEqual(config["rootfs"]["diff_ids"][:-1], below)
        self.assertEqual(config["history"][-1]["created_by"], "aic-image commit: pyxis_exp")
        (step,) = self.succeed("history", "mine", "--json").json["steps"]
        self.assertEqual(step["label"], "commit pyxis_exp")
        self.assertLess(step["layer_bytes"], 400_000)

    def test_a_container_of_a_committed_image_is_committed_again(self) -> None:
        self.change()
        first = self.commit("exp")
        root = self.create("pyxis_again", first)
        (root / "opt/kept").unlink()
        second = self.commit("again")
        with mounts.unsquashed(second) as there:
            self.assertFalse((there / "opt/kept").exists())
            self.assertEqual((there / "opt/also").read_text(), "kept\n")
            self.assertFalse((there / "usr/share/doc").exists())

    def test_a_container_of_an_image_that_others_made(self) -> None:
        file = self.scratch / "theirs.sqsh"
        rc = self.root / "etc/rc"
        rc.write_text("# enroot-provenance: docker://registry.invalid#their/image:1\nexec \"$@\"\n")
        subprocess.run(["mksquashfs", self.root, file, "-comp", "lzo", "-all-root", "-quiet",
                        "-no-progress", "-noappend"], check=True, stdout=subprocess.DEVNULL)
        base = Path(self.succeed("add", file).out.strip())
        self.root = self.create("theirs", base)
        result = self.aic.run("commit", "theirs", prefix=self.there)
        self.assertEqual(result.status, Status.NETWORK, result)
        self.assertIn("the image that the container was made from", result.stderr)
        self.assertEqual(self.commit("theirs", "--base", f"file:{file}"), base)
        self.change()
        image = self.commit("theirs", "--base", f"file:{file}")
        with mounts.unsquashed(image) as root:
            self.assertEqual((root / "opt/also").read_text(), "kept\n")
            self.assertFalse((root / "usr/share/doc").exists())
            self.assertRegex((root / "etc/rc").read_text(),
                             r"^# enroot-provenance: aic:sha256:[0-9a-f]{64}\nexec \"\$@\"\n$")
            self.assertIn("LAB=ours\n", (root / "etc/environment").read_text())

    def test_what_was_committed_stays_in_what_is_built_upon_it(self) -> None:
        self.change()
        self.commit("exp")
        (self.scratch / "b.sh").write_text("#!/bin/sh\ntrue\n")
        image = self.succeed("build", "exp", "-s", "b.sh", "--name", "more", "--env", "MORE=1",
                             prefix=("env", f"--chdir={self.scratch}")).out.strip()
        environment = self.succeed("cat", image, "/etc/environment").out
        self.assertIn("LAB=ours\nMORE=1\n", environment)
        root = self.create("again", Path(image))
        self.sh(START, root)
        (root / "opt/new").write_text("new")
        second = self.commit("again")
        self.assertEqual(self.succeed("cat", second, "/etc/environment").out, environment)

    def test_what_leads_out_of_the_container_is_not_read(self) -> None:
        for make in (os.mkfifo, lambda path: path.symlink_to("/etc/passwd")):
            (self.root / "etc/rc").unlink()
            make(self.root / "etc/rc")
            result = self.aic.run("commit", "exp", prefix=self.there, timeout=20)
            self.assertEqual(result.status, Status.USAGE, result)
        (self.root / "opt/out").symlink_to("/etc")
        with mounts.unsquashed(self.commit("exp", "--base", sample_reference())) as root:
            self.assertEqual(os.readlink(root / "opt/out"), "/etc")

    def test_mistakes_are_explained(self) -> None:
        result = self.aic.run("commit", "ex", prefix=self.there)
        self.assertEqual(result.status, Status.NOT_FOUND)
        self.assertIn("there are exp", result.stderr)
        (self.root / "etc/rc").unlink()
        result = self.aic.run("commit", "exp", prefix=self.there)
        self.assertEqual(result.status, Status.USAGE)
        self.assertIn("--base", result.stderr)
        self.assertEqual(self.aic.leftovers(), [])

    def test_the_name_of_another_directory_is_refused_before_anything_is_read(self) -> None:
        elsewhere = self.scratch / "elsewhere"
        elsewhere.mkdir()
        self.commit("exp")
        result = self.aic.run("commit", "exp",
                              prefix=("env", f"--chdir={elsewhere}", *self.there[1:]))
        self.assertEqual(result.status, Status.USAGE, result)
        self.assertIn("--replace", result.stderr)

    def test_enroots_own_settings_say_where_containers_are(self) -> None:
        settings = self.scratch / "enroot"
        settings.mkdir()
        (settings / "enroot.conf").write_text(
            f"#ENROOT_DATA_PATH /nowhere\nENROOT_DATA_PATH {self.scratch}/${{WHERE}}\n")
        self.succeed("commit", "exp", prefix=(
            "env", f"ENROOT_SYSCONF_PATH={settings}", "WHERE=containers"))


class UsersContainerTest(FunctionalTest):
    """A user owns all that he unpacks, and has no set-user-id bits."""

    def test_only_what_he_changed_is_a_change(self) -> None:
        self.scratch.chmod(0o755)
        users = Users(self.scratch / "users")
        store = self.scratch / "lab"
        self.assertEqual(
            users.root(store).run("init", "--preset", "lab", "--group", "aiclab",
                                  "--trust", "group").status, Status.OK)
        layout = self.scratch / "layout"
        shutil.copytree(sample_reference().split(":")[1], layout)
        subprocess.run(["chmod", "-R", "a+rX", layout], check=True)
        alice = users.user("alice", store)
        pulled = alice.run("pull", "-q", f"oci:{layout}:12")
        self.assertEqual(pulled.status, Status.OK, pulled)
        containers = alice.home / "containers"
        done = alice.shell('mkdir "$2"; set -e; ' + CREATE.replace('"$2"', '"$2/pyxis_exp"')
                           + 'touch "$2/pyxis_exp/.lock"', pulled.out.strip(), containers)
        self.assertEqual(done.returncode, 0, done)
        there = ("env", f"ENROOT_DATA_PATH={containers}")
        same = alice.run("commit", "exp", "--checksum", prefix=there)
        self.assertEqual(same.out, pulled.out, same)
        # Also with what something was mounted on, which is closed to its owner too.
        done = alice.shell('mkdir -m 0 "$1/pyxis_exp/place"; echo mine > "$1/pyxis_exp/opt/mine"',
                           containers)
        self.assertEqual(done.returncode, 0, done)
        image = alice.run("commit", "exp", prefix=there)
        self.assertEqual(image.status, Status.OK, image)
        self.assertIn("1 files and directories", image.stderr)
        self.assertEqual(image.stderr.count("the image is private"), 1)
        self.assertEqual(Path(image.out.strip()).stat().st_mode & 0o077, 0)
        with mounts.unsquashed(Path(image.out.strip())) as root:
            mine = (root / "opt/mine").stat()
            self.assertEqual((mine.st_uid, mine.st_gid), (0, 0))
            self.assertNotIn(NUMBERS["alice"], {mine.st_uid, GROUP_NUMBER})


if __name__ == "__main__":
    unittest.main()
