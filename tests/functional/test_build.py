# SPDX-License-Identifier: Apache-2.0
"""Setup scripts onto a base: what a step may do, and what becomes of it."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

from support import mounts, oci_layout, tree
from support.binary import Status, program
from support.building import BuildTest, processes, with_layer

# What a Debian system has of its own, and scripts may do to it.
ODD = r"""
rm -r /usr/share/doc
rm -r /var/lib/systemd; echo now a file > /var/lib/systemd
rm -r /srv/odd/links; mkdir /srv/odd/links; echo inside > /srv/odd/links/new
mv /etc/profile.d /etc/moved
ln -sfn ../moved /etc/through
echo appended >> /etc/debian_version
chmod 0640 /etc/hostname
chmod 0000 /etc/shells
touch -d @1234567890 /etc/host.conf
mkdir -p "/opt/two
lines/-x" "/opt/latin1-$(printf '\351')" /opt/closed
echo deep > "/opt/two
lines/-x/file"
echo one > /opt/one; ln /opt/one /opt/two; ln /opt/one /opt/closed/three
chmod 0000 /opt/closed
ln /srv/odd/files/one-block /opt/of-the-base
mkfifo /opt/fifo
truncate -s 20M /opt/sparse; printf end >> /opt/sparse
head -c 3000000 /bin/bash > /opt/blocks
rm /opt/replaced -r; ln -s one /opt/replaced
"""


class Typist:
    """Who sits at a terminal and types what comes next when he has read what he waits for."""

    def __init__(self, terminal: int) -> None:
        self.terminal = terminal
        self.shown = ""

    def read(self, seconds: float) -> bool:
        if not select.select([self.terminal], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.terminal, 4096)
        except OSError:  # the other end is closed
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)

    def type(self, *turns: str | bytes | None) -> str:
        for turn in turns:
            if isinstance(turn, bytes):
                os.write(self.terminal, turn)
                continue
            deadline = time.monotonic() + (30 if turn else 1)
            while time.monotonic() < deadline and not (turn and turn in self.shown):
                self.read(0.2)
        while self.read(10):
            pass
        return self.shown


class BuildingTest(BuildTest):
    def test_a_step_is_in_the_image_and_nothing_of_the_sandbox_is(self) -> None:
        image = self.built("""
            test "$(id -u):$(pwd):$HOME" = 0:/workspace:/root
            test -s /etc/resolv.conf -a -s /etc/hosts -a -d /proc/self
            cp data /opt/data
            echo > /tmp/gone; echo > /run/gone; echo > /dev/shm/gone
            echo cached > /root/.cache/pip/gone
            echo kept > /root/kept
            """ if (self.project / "data").write_text("from the project") else "")
        self.assertEqual(self.text_of(image, "/opt/data"), "from the project")
        names = self.names_in(image)
        self.assertIn("/root/kept", names)
        for name in ("/workspace", "/tmp/gone", "/run/gone", "/dev/null", "/root/.cache",
                     "/usr/sbin/policy-rc.d", "/etc/apt/apt.conf.d/zz-aic-image",
                     "/etc/dpkg/dpkg.cfg.d/zz-aic-image", "/run/aic-image"):
            self.assertNotIn(name, names)
        self.assertEqual(self.succeed("path", "project").out.strip(), str(image))
        self.assertIn("no faults", self.succeed("verify").stderr + self.succeed("verify").out)

    def test_the_image_is_what_the_same_script_makes_of_a_chroot(self) -> None:
        mounts.need_root()
        self.script(ODD)
        with mounts.unsquashed(self.pull(self.base)) as root:
            shutil.copy(self.project / "setup.sh", root / "setup.sh")
            (root / "setup.sh").chmod(0o755)
            subprocess.run(["chroot", root, "/setup.sh"], check=True)
            (root / "setup.sh").unlink()
            expected = tree.enroot_profile(tree.read_tree(root))
        expected = tree.without(expected, b".")
        image = self.build("-s", "setup.sh")
        for reader in (mounts.kernel_mount, mounts.squashfuse_mount, mounts.unsquashed):
            with self.subTest(reader.__name__), reader(image) as root:
                actual = tree.without(tree.read_tree(root), b".", *tree.IMPORTER_FILES)
                changed = {name for name in actual if name.startswith((b"opt", b"etc"))}
                found = tree.differences(expected, actual, ignore=("mtime",))
                self.assertEqual(found, "")
                self.assertEqual(actual[b"etc/host.conf"].mtime, 1234567890)
                self.assertIn(b"opt/two\nlines/-x/file", changed)

    def test_steps_build_on_each_other_and_are_run_once(self) -> None:
        self.script("""
            echo one >> /opt/steps; rm -r /usr/share/doc
            rm -r /etc/skel; mkdir /etc/skel; echo one > /opt/linked; ln /opt/linked /opt/other
            """, "a.sh")
        self.script("""
            echo two >> /opt/steps; test ! -e /usr/share/doc; mkdir /usr/share/doc
            test -z "$(ls -A /etc/skel)"; echo new > /etc/skel/new; cmp /opt/linked /opt/other
            """, "b.sh")
        image = self.build("-s", "a.sh", "-s", "b.sh")
        self.assertEqual(self.text_of(image, "/opt/steps"), "one\ntwo\n")
        self.assertIn("/usr/share/doc", self.names_in(image))
        self.assertNotIn("/usr/share/doc/bash", self.names_in(image))
        self.assertEqual({name for name in self.names_in(image) if name.startswith("/etc/skel/")},
                         {"/etc/skel/new"})
        again = self.build("-s", "a.sh", "-s", "b.sh")
        self.assertEqual(again, image)
        self.assertIn("already built", self.result.stderr)

    def test_a_step_that_others_share_is_not_run_again(self) -> None:
        self.script("date +%N > /opt/when", "a.sh")
        self.script("true", "b.sh")
        one = self.build("-s", "a.sh")
        two = self.build("-s", "a.sh", "-s", "b.sh", "--name", "two")
        self.assertIn("step 1/2  a.sh  already here", self.result.stderr)
        self.assertEqual(self.text_of(one, "/opt/when"), self.text_of(two, "/opt/when"))
        three = self.build("-s", "a.sh", "--no-cache", "--name", "three")
        self.assertNotEqual(self.text_of(one, "/opt/when"), self.text_of(three, "/opt/when"))

    def test_a_changed_input_runs_the_step_again(self) -> None:
        (self.project / "list").write_text("one")
        image = self.built("cp list /opt/list")
        (self.project / "list").write_text("two")
        changed = self.build("-s", "setup.sh")
        self.assertEqual((self.text_of(image, "/opt/list"), self.text_of(changed, "/opt/list")),
                         ("one", "two"))

    def test_dry_run_says_what_would_run_and_runs_nothing(self) -> None:
        self.script("echo > /opt/a", "a.sh")
        self.script("echo > /opt/b", "b.sh")
        self.build("-s", "a.sh", "--name", "a")
        before = self.aic.images()
        lines = self.succeed("build", self.base, "-s", "a.sh", "-s", "b.sh", "--dry-run",
                             prefix=self.there).out.splitlines()
        self.assertEqual(lines, ["step 1/2  a.sh  already here", "step 2/2  b.sh  would run",
                                 "the image would be put together"])
        self.assertEqual(self.aic.images(), before)

    def test_nothing_is_pulled_for_a_dry_run(self) -> None:
        self.script("true")
        out = self.succeed("build", self.base, "-s", "setup.sh", "--dry-run", prefix=self.there).out
        self.assertIn("would be pulled", out)
        self.assertIn("setup.sh  would run", out)
        self.assertEqual(self.aic.images(), [])
        self.assertIsNone(self.succeed("--json", "build", self.base, "-s", "setup.sh", "--dry-run",
                                       prefix=self.there).json["base"])

    def test_variables_are_seen_and_kept(self) -> None:
        image = self.built("""
            test "$GREETING" = 'hi there'
            grep -q 'GREETING=hi there' /etc/environment
            echo ADDED=1 >> /etc/environment
            """, "--env", "GREETING=hi there", "--workdir", "/opt", "--entrypoint",
            '["/bin/sh", "-c"]', "--label", "lab=ours")
        environment = self.text_of(image, "/etc/environment")
        self.assertIn("GREETING=hi there\n", environment)
        self.assertIn("ADDED=1\n", environment)
        rc = self.text_of(image, "/etc/rc")
        self.assertIn("cd -- '/opt'", rc)
        self.assertIn("lab", rc)

    def test_a_failing_step_shows_its_log_and_leaves_nothing(self) -> None:
        self.script("echo before; echo > /opt/x; exit 3")
        result = self.fails("-s", "setup.sh")
        self.assertIn("step 1 (setup.sh): the script ended with status 3", result.stderr)
        self.assertEqual(self.log_of(result), "before\n")
        self.assertEqual(len(self.aic.images()), 1, "the base alone")

    def test_a_full_disk_is_told_of(self) -> None:
        mounts.need_root()
        self.aic.spool.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "tmpfs", self.aic.spool], check=True)
        self.addCleanup(subprocess.run, ["umount", self.aic.spool], check=False)
        self.script("echo kept > /opt/x; head -c 500000000 /dev/zero > /opt/large")
        result = self.aic.run("build", self.base, "-s", "setup.sh", prefix=self.there)
        self.assertEqual(result.status, Status.SYSTEM, result)
        self.assertIn(f"'{self.aic.spool}' is full", result.stderr)
        self.assertEqual(list((self.aic.spool / "build").glob("*")), [])

        # A script that goes on all the same has made something that is cut short.
        self.script("head -c 500000000 /dev/zero > /opt/large || true")
        result = self.aic.run("build", self.base, "-s", "setup.sh", prefix=self.there)
        self.assertEqual(result.status, Status.NO_SPACE, result)
        self.assertIn("may be cut short", result.stderr)
        self.assertEqual(self.aic.run("path", "project").status, Status.NOT_FOUND)

    def test_a_step_needs_no_log(self) -> None:
        (self.scratch / "state").write_text("in the way of a directory")
        self.aic.environment["XDG_STATE_HOME"] = str(self.scratch / "state")
        self.built("echo said; echo made > /opt/made")
        self.assertIn("is not kept", self.result.stderr)

    def test_nobody_has_to_read_what_is_said(self) -> None:
        self.script("echo said")
        process = self.aic.start("build", self.base, "-s", "setup.sh", "--progress", "plain",
                                 prefix=self.there)
        process.stderr.close()
        process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(60), 0)

    def test_the_terminal_may_close_several_times(self) -> None:
        self.script("echo > /started; trap '' HUP; sleep 100")
        process = self.aic.start("build", self.base, "-s", "setup.sh", prefix=self.there)
        self.wait_for("sleep 100")
        for _ in range(3):
            process.send_signal(signal.SIGHUP)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 129)
        self.assert_nothing_left()

    def test_a_step_that_takes_its_own_libraries_away_is_contained(self) -> None:
        self.built("rm -rf /usr/lib /usr/lib64")
        self.script("true", "more.sh")
        result = self.aic.run("build", "project", "-s", "more.sh", "--name", "more",
                              prefix=self.there)
        self.assertEqual(result.status, Status.NOT_FOUND, result)
        self.assertIn("running 'more.sh' inside: its interpreter", result.stderr)
        self.assert_nothing_left()

    def test_ids_that_are_not_there_can_be_had(self) -> None:
        image = self.built("""
            useradd -m alice
            echo x > /opt/x; chown alice:alice /opt/x
            su alice -c true
            mknod /opt/null c 1 3
            """)
        self.assertIn("alice:x:1000:", self.text_of(image, "/etc/passwd"))
        self.assertIn("/home/alice", self.names_in(image))

    def test_what_a_step_must_not_do_it_cannot(self) -> None:
        (self.project / "mine").write_text("mine")
        self.script("""
            refuse() { if sh -c "$1"; then echo "allowed: $1"; exit 1; fi; }
            refuse 'echo theirs > mine'
            refuse 'echo theirs > new'
            refuse 'perl -e "\$n = q(none); \$m = q(/mnt); \$t = q(tmpfs); \$o = q(); exit(syscall(165, \$n, \$m, \$t, 0, \$o) != 0)"'
            refuse 'echo 1 > /proc/sys/kernel/panic'
            refuse 'echo x > /etc/resolv.conf'
            refuse 'cat /proc/*/cmdline | grep squash[f]use'
            refuse 'ls /tmp | grep aic-test'
            refuse 'tr "\\\\0" "\\\\n" < /proc/1/environ | grep SECRET'
            refuse 'ls /proc/1/fd/4'
            refuse 'unshare -Ur true'
            refuse 'chmod 600 /dev/null'
            refuse 'kill -PIPE $$'
            kill -9 1; test -d /proc/1
            """)
        self.aic.environment["AIC_TEST_SECRET"] = "SECRET"
        self.build("-s", "setup.sh", timeout=60)
        self.assertEqual((self.project / "mine").read_text(), "mine")
        self.assertFalse((self.project / "new").exists())

    def test_symlinks_of_a_strangers_base_lead_nowhere_outside(self) -> None:
        elsewhere = self.scratch / "elsewhere"
        elsewhere.mkdir()
        inside = [str(path)[1:] for path in [*elsewhere.parents, elsewhere] if len(path.parts) > 1]
        base = with_layer(self.scratch / "layout", oci_layout.tar(
            [oci_layout.directory(name) for name in sorted(inside) if name != "tmp"]
            + [oci_layout.symlink(name, str(elsewhere)) for name in
             ("dev", "run", "proc", "root", "workspace", "etc/resolv.conf")]))
        self.script("echo > /opt/x")
        self.aic.run("build", base, "-s", "setup.sh", prefix=self.there)  # it may well fail
        self.assertEqual(list(elsewhere.rglob("*")), [])
        self.assert_nothing_left()

    def test_a_directory_in_a_symlinks_place_hides_nothing_elsewhere(self) -> None:
        self.script("mkdir /opt/real; echo kept > /opt/real/file; ln -s /opt/real /opt/link", "a.sh")
        self.script("rm /opt/link; mkdir /opt/link; echo new > /opt/link/new", "b.sh")
        image = self.build("-s", "a.sh", "-s", "b.sh")
        self.assertEqual(self.text_of(image, "/opt/real/file"), "kept\n")
        self.assertEqual(self.text_of(image, "/opt/link/new"), "new\n")

    def test_names_that_no_layer_can_hold_are_left_out_and_told_of(self) -> None:
        image = self.built("mkdir /opt/odd; i=0; while [ $i -lt 2000 ]; do "
                           "echo > /opt/odd/.wh.$i-$(printf 'n%.0s' $(seq 60)); i=$((i+1)); done",
                           timeout=60)
        self.assertIn("a deletion", self.result.stderr)
        self.assertIn("1980 more are left out", self.result.stderr)
        self.assertIn("/opt/odd", self.names_in(image))

    def test_a_resolver_that_leads_into_run_is_served(self) -> None:
        base = with_layer(self.scratch / "layout", oci_layout.tar(
            [oci_layout.symlink("etc/resolv.conf", "../run/systemd/resolve/stub-resolv.conf")]))
        self.build("-s", self.script("test -s /etc/resolv.conf"), base=base)

    def test_a_machine_that_renames_without_pause_makes_no_build_fail(self) -> None:
        # meanwhile the kernel refuses, now and then, to follow a symlink that goes up
        base = with_layer(self.scratch / "layout", oci_layout.tar(
            [oci_layout.symlink("etc/resolv.conf", "../" * 400 + "run/resolver/resolv.conf")]))
        rename = "import os, sys\nwhile True: os.rename('a', 'b'); os.rename('b', 'a')"
        (self.scratch / "a").touch()
        renaming = subprocess.Popen([sys.executable, "-c", rename], cwd=self.scratch)
        self.addCleanup(renaming.wait)
        self.addCleanup(renaming.kill)
        for number in range(3):
            self.build("-s", self.script(f"test -s /etc/resolv.conf # {number}"), base=base)
        self.assertIsNone(renaming.poll())

    def test_what_a_step_leaves_running_ends_with_it(self) -> None:
        self.built("(sleep 4711 &) ; setsid sleep 4711 & ")
        self.assertEqual(processes("sleep 4711"), [])

    def test_a_workspace_that_may_be_written_is_and_is_not_shared(self) -> None:
        self.script("echo made > made")
        self.build("-s", "setup.sh", "--writable-workspace")
        self.assertEqual((self.project / "made").read_text(), "made\n")
        (self.project / "made").unlink()
        self.build("-s", "setup.sh", "--writable-workspace")
        self.assertTrue((self.project / "made").exists())

    def test_a_project_that_is_too_large_is_not_shown(self) -> None:
        with (self.project / "data").open("wb") as file:
            file.truncate(65 << 20)
        self.script("cat data")
        result = self.fails("-s", "setup.sh")
        self.assertIn("/workspace was empty", result.stderr)

    def test_files_that_change_meanwhile_are_no_inputs(self) -> None:
        self.script("echo started; while ! test -e changed; do sleep 0.05; done")
        process = self.aic.start("build", self.base, "-s", "setup.sh", prefix=self.there)
        said = b""
        while b"started" not in said:
            said += (line := process.stderr.readline())
            self.assertTrue(line, said)
        (self.project / "changed").touch()
        said += process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, Status.BUSY, said.decode())
        self.assert_nothing_left()

    def test_what_is_added_is_in_the_image_and_its_content_counts(self) -> None:
        (self.project / "src").mkdir()
        (self.project / "src/a.py").write_text("one")
        (self.project / "src/run").write_text("#!/bin/sh")
        (self.project / "src/run").chmod(0o750)
        image = self.build("--add", "src:/opt/lab/src", "--add", "src/a.py:/opt/lab/")
        self.assertEqual(self.text_of(image, "/opt/lab/src/a.py"), "one")
        self.assertEqual(self.text_of(image, "/opt/lab/a.py"), "one")
        with mounts.any_reader(image) as root:
            self.assertEqual((root / "opt/lab/src/run").stat().st_mode & 0o777, 0o750)
        (self.project / "other").write_text("is no input of theirs")
        self.assertEqual(
            self.build("--add", "src:/opt/lab/src", "--add", "src/a.py:/opt/lab/"), image)
        (self.project / "src/a.py").write_text("two")
        changed = self.build("--add", "src:/opt/lab/src", "--add", "src/a.py:/opt/lab/")
        self.assertEqual(self.text_of(changed, "/opt/lab/src/a.py"), "two")

    def test_of_a_large_project_what_is_named_is_shown(self) -> None:
        with (self.project / "data").open("wb") as file:
            file.truncate(65 << 20)
        (self.project / "list").write_text("named")
        self.script("cp list /opt/list; ! test -e data; ! cp /opt/list list 2>&1; test -e list")
        image = self.build("-s", "setup.sh", "--add", "list")
        self.assertEqual(self.text_of(image, "/opt/list"), "named")
        (self.project / "list").write_text("changed")
        again = self.build("-s", "setup.sh", "--add", "list")
        self.assertEqual(self.text_of(again, "/opt/list"), "changed")

    def test_a_secret_is_seen_and_nowhere_afterwards(self) -> None:
        secret = "s3cr3t-of-the-lab"
        elsewhere = self.scratch / "token"
        elsewhere.write_text(secret)
        self.script("test $(wc -c < /run/secrets/token) = 17; ! echo x > /run/secrets/token")
        image = self.build("-s", "setup.sh", "--secret", f"token={elsewhere}")
        found = subprocess.run(["grep", "-rla", secret, self.aic.store, self.aic.spool,
                                self.scratch / ".local"], capture_output=True, check=False)
        self.assertEqual(found.stdout, b"")
        self.assertNotIn("/run/secrets", self.names_in(image))
        elsewhere.write_text("another-secret-17")
        self.assertEqual(self.build("-s", "setup.sh", "--secret", f"token={elsewhere}"), image)

    def test_a_base_that_others_made_may_have_any_compressor(self) -> None:
        with mounts.unsquashed(self.pull(self.base)) as root:
            (root / "etc/environment").write_text("# site\nSITE='ours'\nPATH=/opt/bin:/usr/bin:/bin\n")
            (root / "etc/rc").write_text("exec \"$@\"\n")
            before = tree.read_tree(root)
            files = {}
            for compressor in ("gzip", "lzo", "xz", "lz4", "zstd"):
                files[compressor] = self.scratch / f"{compressor}.sqsh"
                subprocess.run(["mksquashfs", root, files[compressor], "-comp", compressor,
                                "-noappend", "-no-progress", "-quiet"],
                               check=True, stdout=subprocess.DEVNULL)
        self.script("""
            test "$SITE:$MORE" = ours:more; case $PATH in /opt/bin:*) ;; *) exit 1;; esac
            rm -r /usr/share/doc; head -c 300000 /bin/bash > /opt/large; echo small > /opt/small
            """)
        for compressor, file in files.items():
            with self.subTest(compressor):
                self.succeed("add", file)
                image = self.build("-s", "setup.sh", "--env", "MORE=more", "--name", compressor,
                                   base=f"file:{file}")
                image = self.build("-s", self.script("echo 2 >> /opt/small", "b.sh"), "--workdir",
                                   "/srv", "--name", compressor, base=compressor)
                for reader in (mounts.kernel_mount, mounts.unsquashed):
                    try:
                        with reader(image) as root:
                            after = tree.read_tree(root)
                            self.assertEqual((root / "opt/small").read_text(), "small\n2\n")
                            self.assertEqual((root / "etc/environment").read_text(),
                                             "# site\nSITE='ours'\nPATH=/opt/bin:/usr/bin:/bin\nMORE=more\n")
                            self.assertIn("cd -- '/srv'", (root / "etc/rc").read_text())
                        break
                    except subprocess.CalledProcessError:
                        if reader is mounts.unsquashed:
                            raise  # the kernel need not know every compressor
                gone = {name for name in before if (name + b"/").startswith(b"usr/share/doc/")}
                changed = {b".", b"opt", b"opt/large", b"opt/small", b"etc", b"usr/share",
                           *tree.IMPORTER_FILES}
                self.assertEqual(tree.differences(
                    tree.enroot_profile(tree.without(before, *gone, *changed), keep_ids=True),
                    tree.without(after, *changed)), "")
        self.assertIn("no faults", self.succeed("verify").stderr + self.succeed("verify").out)

    def test_a_base_may_have_nothing_but_a_shell(self) -> None:
        """No /etc, no /tmp, no package manager, no other program."""
        needed = subprocess.run(["ldd", "/bin/sh"], check=True, capture_output=True, text=True).stdout
        files = [Path("/bin/sh"), *map(Path, re.findall(r"(/\S+)", needed))]
        layout = oci_layout.Layout(self.scratch / "bare")
        layout.add_image([oci_layout.Layer.of(oci_layout.tar(
            oci_layout.file(str(file).lstrip("/"), file.read_bytes(), mode=0o755) for file in files
        ))], tag="1")
        self.script('echo "$(pwd)" > /made; echo > /tmp/x; test -r /etc/hosts; cd /proc/self')
        image = self.build("-s", "setup.sh", base=f"oci:{layout.path}:1")
        self.assertEqual(self.text_of(image, "/made"), "/workspace\n")
        self.assertEqual({name for name in self.names_in(image) if name.count("/") == 1},
                         {f"/{file.parts[1]}" for file in files} | {"/etc", "/made"})

    def test_steps_are_run_again_from_the_one_that_is_named(self) -> None:
        for name in ("a.sh", "b.sh", "c.sh"):
            self.script(f"date +%s%N > /opt/{name}", name)
        steps = ("-s", "a.sh", "-s", "b.sh", "-s", "c.sh")
        first = self.build(*steps)
        for word in ("2", "b.sh"):
            self.assertEqual(self.succeed("build", self.base, *steps, "--dry-run", "--refresh-from",
                                          word, prefix=self.there).out.count("would run"), 2)
            again = self.build(*steps, "--refresh-from", word)
            self.assertEqual(self.text_of(first, "/opt/a.sh"), self.text_of(again, "/opt/a.sh"))
            for name in ("/opt/b.sh", "/opt/c.sh"):
                self.assertNotEqual(self.text_of(first, name), self.text_of(again, name))
        self.assertEqual(self.build(*steps), again)
        result = self.fails(*steps, "--refresh-from", "4", status=Status.USAGE)
        self.assertIn("1 (a.sh), 2 (b.sh), 3 (c.sh)", result.stderr)

    def test_the_history_of_a_name_shows_its_steps(self) -> None:
        self.script("echo told; sleep 0.1; head -c 100000 /bin/bash > /opt/file", "a.sh")
        self.build("-s", "a.sh", "-s", self.script("true", "b.sh"))
        first, second = self.succeed("history", "project", "--json").json["steps"]
        self.assertEqual((first["label"], second["label"]), ("a.sh", "b.sh"))
        self.assertEqual(Path(first["log"]).read_text(), "told\n")
        self.assertGreater(first["layer_bytes"], 10_000)
        self.assertRegex(first["took"], r"^\d+\.\d s$")
        shown = self.succeed("history", "project").out
        self.assertRegex(shown, rf"(?m)^a\.sh .* s .* {first['log']}$")
        Path(first["log"]).unlink()
        self.assertRegex(self.succeed("history", "project").out, r"(?m)^a\.sh .* -$")

    def test_what_conda_downloads_is_kept(self) -> None:
        self.built('echo kept > "$CONDA_PKGS_DIRS/package"')
        image = self.built('cat "$CONDA_PKGS_DIRS/package" > /opt/package')
        self.assertEqual(self.text_of(image, "/opt/package"), "kept\n")
        self.assertNotIn("/root/.cache", self.names_in(image))

    def test_a_cache_is_there_for_the_next_build_and_in_no_image(self) -> None:
        mount = ("--mount", "type=cache,target=/var/lab-cache")
        image = self.built("echo kept > /var/lab-cache/file", *mount)
        self.assertNotIn("/var/lab-cache", self.names_in(image))
        self.built("cp /var/lab-cache/file /opt/file", *mount)

    def test_the_projects_file_says_it_all(self) -> None:
        self.script("echo made > /opt/made")
        (self.project / "aic-image.toml").write_text(
            f'[build]\nbase = "{self.base}"\nname = "exp"\nsteps = ["setup.sh"]\n'
            'env = { LAB = "ours" }\n')
        image = Path(self.succeed("build", prefix=self.there).out.strip())
        self.assertEqual(self.succeed("path", "exp").out.strip(), str(image))
        self.assertEqual(self.text_of(image, "/opt/made"), "made\n")
        self.assertIn("LAB=ours", self.text_of(image, "/etc/environment"))
        image = Path(self.succeed("build", image, prefix=self.there).out.strip())
        self.assertIn("LAB=ours", self.text_of(image, "/etc/environment"), "only the base is another")
        (self.project / "aic-image.toml").write_text("[build]\nbsae = 3\n")
        result = self.aic.run("build", prefix=self.there)
        self.assertEqual(result.status, Status.USAGE, result)
        self.assertIn("reading 'aic-image.toml': line 2", result.stderr)
        self.assertIn("did you mean 'base'?", result.stderr)

    def test_a_shell_opens_where_a_step_fails(self) -> None:
        self.script("echo here > /opt/here; exit 7")
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.project)
            os.execve(program(), ["aic-image", "build", self.base, "-s", "setup.sh",
                                  "--shell-on-failure"], self.aic.environment)
        shown = Typist(terminal).type("is a shell where it stopped",
                                      b"cat /opt/here; echo user-$(id -u)\n", "user-0",
                                      b"sleep 4714\n", None, b"\x03", None,
                                      b"echo still-$((6 * 7))\n", "still-42", b"exit\n")
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), Status.SYSTEM, shown)
        self.assertIn("here\r\n", shown)
        self.assertIn("the script ended with status 7", shown)
        self.assert_nothing_left()

    def test_a_shell_takes_a_terminal(self) -> None:
        self.script("exit 7")
        result = self.fails("-s", "setup.sh", "--shell-on-failure", status=Status.USAGE,
                            prefix=("setsid", *self.there))
        self.assertIn("terminal", result.stderr)

    def test_two_that_build_the_same_run_it_once(self) -> None:
        self.pull(self.base)
        self.script("sleep 1; date +%N > /opt/when")
        both = [self.aic.start("build", self.base, "-s", "setup.sh", prefix=self.there)
                for _ in range(2)]
        paths = {process.communicate(timeout=60)[0] for process in both}
        self.assertEqual([process.returncode for process in both], [0, 0])
        self.assertEqual(len(paths), 1)
        self.assertEqual(len(self.aic.images()), 3, "base, step and image")

    def test_interrupts_leave_nothing(self) -> None:
        self.pull(self.base)
        self.script("sleep 4712")
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            process = self.aic.start("build", self.base, "-s", "setup.sh", prefix=self.there)
            self.wait_for("sleep 4712")
            process.send_signal(number)
            self.assertEqual((process.communicate(timeout=30), process.returncode)[1], status)
            self.assertEqual(processes("sleep 4712"), [])
            self.assert_nothing_left()

    def test_kill_leaves_nothing_running_and_the_next_build_cleans_up(self) -> None:
        self.pull(self.base)
        self.script("mkdir -m 0 /opt/closed; sleep 4713")
        process = self.aic.start("build", self.base, "-s", "setup.sh", prefix=self.there)
        self.wait_for("sleep 4713")
        process.kill()
        process.communicate(timeout=30)
        for _ in range(100):
            if not processes("sleep 4713") and not processes("squashfuse"):
                break
            time.sleep(0.05)
        self.assertEqual(processes("sleep 4713") + processes(str(self.aic.spool)), [])
        self.script("true")
        self.build("-s", "setup.sh")

    def wait_for(self, word: str) -> None:
        for _ in range(200):
            if processes(word):
                return
            time.sleep(0.05)
        self.fail(f"'{word}' does not start")

    def test_mistakes_are_explained_before_anything_is_pulled(self) -> None:
        (self.project / "windows.sh").write_bytes(b"#!/bin/sh\r\ntrue\r\n")
        for arguments, status, words in (
            (["-s", "missing.sh"], Status.NOT_FOUND, "missing.sh"),
            (["-s", "."], Status.USAGE, "directory"),
            (["-s", self.script("true"), "--env", "a b=c"], Status.USAGE, "NAME=VALUE"),
            (["-s", "setup.sh", "--workdir", "w"], Status.USAGE, "begin with '/'"),
            (["-s", "setup.sh", "--name", "a/b"], Status.USAGE, "a/b"),
            (["-r", "/etc/passwd"], Status.USAGE, "project directory"),
            (["--entrypoint", '["/bin/sh",'], Status.USAGE, "no JSON list"),
            (["--add", "nothing:opt"], Status.NOT_FOUND, "SRC:/DST"),
            (["-s", "windows.sh"], Status.USAGE, "line ends of Windows"),
        ):
            with self.subTest(arguments):
                result = self.fails(*arguments, status=status)
                self.assertIn(words, result.stderr)
                self.assertEqual(self.aic.images(), [])

    def test_options_may_stand_before_the_base(self) -> None:
        image = self.succeed("build", "-s", self.script("echo made > /opt/made"), "--env", "A=1",
                             "--label", "l=1", self.base, prefix=self.there).out.strip()
        self.assertEqual(self.text_of(Path(image), "/opt/made"), "made\n")

    def test_ones_home_is_a_project_too(self) -> None:
        """Where this program's own log, spool and store are."""
        home = self.scratch / "home"
        home.mkdir()
        (home / "setup.sh").write_text("#!/bin/sh\ncat setup.sh > /opt/made\n")
        there = ("env", f"--chdir={home}", f"HOME={home}", f"AIC_IMAGE_ROOT={home}/images",
                 f"AIC_IMAGE_SPOOL={home}/spool")
        for said in ("built in", "already built"):
            result = self.succeed("build", self.base, "-s", "setup.sh", prefix=there)
            self.assertIn(said, result.stderr)

    def test_a_word_that_is_misspelt_is_not_only_sought_far_away(self) -> None:
        self.build("--name", "tools")
        result = self.aic.run("build", "tolls", "-s", self.script("true"), prefix=(
            "env", f"--chdir={self.project}", "HTTPS_PROXY=http://127.0.0.1:1"))
        self.assertNotEqual(result.status, 0)
        self.assertIn("did you mean 'tools'", result.stderr)

    def test_without_a_step_the_base_gets_the_name(self) -> None:
        image = self.build()
        self.assertIn("no step was named", self.result.stderr)
        self.assertEqual(self.succeed("path", "project").out.strip(), str(image))
        self.assertEqual(self.aic.images(), [image])

    def test_the_old_command_has_its_old_default(self) -> None:
        alias = self.scratch / "sbuild.sh"
        alias.symlink_to(program())
        result = self.aic.run("--offline", executable=alias, prefix=self.there)
        self.assertEqual(result.status, Status.NOT_FOUND, result)
        self.assertIn("nvidia/tensorflow", result.stderr)
        self.assertIn("*-tf2-py3", result.stderr)
        result = self.aic.run(self.base, executable=alias, prefix=self.there)
        self.assertEqual(result.status, Status.OK, result)
        self.succeed("path", "project")

    def test_the_name_of_another_directory_is_refused_before_anything_runs(self) -> None:
        self.built("true", "--name", "exp")
        other = self.scratch / "other"
        other.mkdir()
        self.project = other
        result = self.fails("-s", self.script("touch /opt/x"), "--name", "exp", status=Status.USAGE)
        self.assertIn("--replace", result.stderr)

    def test_json_has_an_event_for_each_step(self) -> None:
        result = self.succeed("build", self.base, "-s", self.script("echo hello"), "--json",
                              prefix=self.there)
        steps = [event for event in result.events if event["event"] == "step"]
        self.assertEqual([step["label"] for step in steps], ["setup.sh"])
        image = result.events[-1]["image"]
        self.assertFalse(image["was_there"])
        self.assertEqual(image["steps"][0]["layer_bytes"], steps[0]["layer_bytes"])


del BuildTest

if __name__ == "__main__":
    unittest.main()
