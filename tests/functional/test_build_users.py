# SPDX-License-Identifier: Apache-2.0
"""Builds by users who have nothing but a login, and what they have of each other's."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from support import mounts, tree
from support.binary import Status
from support.building import need_sandbox, processes
from support.case import SAMPLE_TAG, sample_layout
from support.registry import Registry
from support.users import User, Users

# What Debian's packages do as root, and an ordinary user's sandbox has to allow.
PACKAGES = r"""#!/bin/bash
set -ex
echo 'Acquire::Retries "5";' > /etc/apt/apt.conf.d/80-retries
apt-get -q update
apt-get -q -y --no-install-recommends install git python3-numpy python3-pip cron libcap2-bin locales rpm dnf createrepo-c
useradd --create-home dave
echo x > /srv/daves; chown dave:dave /srv/daves
setcap cap_net_raw+ep /usr/bin/git
getcap /usr/bin/git | grep cap_net_raw
echo 'en_US.UTF-8 UTF-8' >> /etc/locale.gen; locale-gen
ldconfig
mkdir -p /tmp/top/SPECS; cat > /tmp/p.spec <<EOF
Name: lab
Version: 1
Release: 1
Summary: x
License: x
BuildArch: noarch
%description
x
%install
mkdir -p %{buildroot}/opt; echo from-rpm > %{buildroot}/opt/rpm
%post
echo post >> /opt/rpm-post
%files
/opt/rpm
EOF
rpmbuild -bb --quiet --define '_topdir /tmp/top' /tmp/p.spec
rpm -i --nodeps /tmp/top/RPMS/noarch/lab-1-1.noarch.rpm
rpm -q lab
sed -e 's|^Name: lab|Name: more\nProvides: /bin/sh|' -e 's/rpm/dnf/g' /tmp/p.spec > /tmp/more.spec
rpmbuild -bb --quiet --define '_topdir /tmp/top' /tmp/more.spec
createrepo_c --quiet /tmp/top/RPMS
dnf --quiet -y --disablerepo='*' --repofrompath=lab,/tmp/top/RPMS --nogpgcheck install more
rpm -q more; test "$(cat /opt/dnf)" = from-dnf; test -s /opt/dnf-post

cd /tmp; mkdir lab lab-1.dist-info; echo 'word = "from-wheel"' > lab/__init__.py
printf 'Metadata-Version: 2.1\nName: lab\nVersion: 1\n' > lab-1.dist-info/METADATA
printf 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n' > lab-1.dist-info/WHEEL
printf 'lab/__init__.py,,\nlab-1.dist-info/METADATA,,\nlab-1.dist-info/WHEEL,,\nlab-1.dist-info/RECORD,,\n' > lab-1.dist-info/RECORD
python3 -m zipfile -c lab-1-py3-none-any.whl lab lab-1.dist-info
python3 -m pip install --no-index --break-system-packages /tmp/lab-1-py3-none-any.whl
cd /; python3 -c 'import lab; assert lab.word == "from-wheel"'
"""


# With what packages expect of a running system, and services that are not started.
CHROOT = r"""
set -e
mount --bind "$1" "$1"; cd "$1"; mount -t proc proc proc; mount -t tmpfs tmpfs dev; mount -t tmpfs tmpfs tmp
mount -t tmpfs tmpfs run
for node in null zero full random urandom tty; do : > dev/$node; mount --bind /dev/$node dev/$node; done
ln -s /proc/self/fd dev/fd; mkdir dev/shm
printf '#!/bin/sh\nexit 101\n' > usr/sbin/policy-rc.d; chmod 755 usr/sbin/policy-rc.d
env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root LOGNAME=root \
    DEBIAN_FRONTEND=noninteractive PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 \
    chroot . /setup.sh
rm setup.sh usr/sbin/policy-rc.d
"""


# What is the machine's or the caches' inside the sandbox, or holds times and the like.
VARIES = (
    b"tmp", b"run", b"dev", b"etc/hosts", b"etc/resolv.conf", b"root/.cache", b"root/.rpmdb", b"var/log",
    b"var/cache/apt", b"var/cache/dnf", b"var/cache/ldconfig", b"var/lib/dnf",
    b"usr/local/lib/python3.11/dist-packages/lab/__pycache__",
)


def compared(entries: tree.Tree) -> tree.Tree:
    return {name: entry for name, entry in entries.items()
            if name != b"." and not (name + b"/").startswith(tuple(v + b"/" for v in VARIES))}


class BuildUsersTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls) -> None:
        scratch = tempfile.TemporaryDirectory(prefix="aic-registry-")
        cls.addClassCleanup(scratch.cleanup)
        registry = cls.enterClassContext(Registry(Path(scratch.name) / "registry"))
        registry.push(sample_layout(), SAMPLE_TAG, f"lab/base:{SAMPLE_TAG}")
        cls.base = f"{registry.address}#lab/base:{SAMPLE_TAG}"

    def setUp(self) -> None:
        need_sandbox()
        scratch = tempfile.TemporaryDirectory(prefix="aic-test-", ignore_cleanup_errors=True)
        self.addCleanup(scratch.cleanup)
        self.scratch = Path(scratch.name)
        self.scratch.chmod(0o755)
        self.users = Users(self.scratch / "users")
        self.store = self.scratch / "store"
        self.alice = self.users.user("alice", self.store)
        self.bob = self.users.user("bob", self.store)
        result = self.users.root(self.store).run(
            "init", "--preset", "lab", "--group", "aiclab", "--trust", "group")
        self.assertEqual(result.status, Status.OK, result)

    def build(self, user: User, script: str, *options: str, status: int = 0):
        project = user.home / "project"
        project.mkdir(exist_ok=True)
        project.chmod(0o755)
        (project / "setup.sh").write_text(script)
        result = user.run("build", self.base, "-s", "setup.sh", *options,
                          prefix=("env", f"--chdir={project}"), timeout=280)
        self.assertEqual(result.status, status, result)
        self.assertEqual(processes(str(user.spool)), [])
        return result

    def test_packages_are_installed_by_a_user_without_privileges(self) -> None:
        result = self.build(self.alice, PACKAGES)
        image = Path(result.out.strip())
        self.assertEqual(image.stat().st_uid, self.alice.number)
        names = subprocess.run(["unsquashfs", "-l", "-d", "", image], check=True,
                               capture_output=True, text=True, errors="replace").stdout.splitlines()
        for name in ("/usr/bin/git", "/usr/lib/python3/dist-packages/numpy/__init__.py",
                     "/home/dave", "/usr/lib/locale/locale-archive", "/etc/init.d/cron", "/opt/rpm",
                     "/opt/rpm-post", "/opt/dnf", "/opt/dnf-post"):
            self.assertIn(name, names)
        status = self.alice.run("cat", image, "/var/lib/dpkg/status").out
        self.assertIn("Package: rpm\nStatus: install ok installed\n", status)
        self.assertNotIn("Status: install ok unpacked", status)
        self.assertEqual([p for p in (self.alice.spool / "build").iterdir()], [])
        self.assertEqual(self.differences_to_a_chroot(image), "")

    def differences_to_a_chroot(self, image: Path) -> str:
        """Of the image, to what the same script makes of the base for a true root."""
        base = self.alice.run("path", self.base)
        with mounts.unsquashed(Path(base.out.strip())) as root:
            (root / "setup.sh").write_text(PACKAGES)
            (root / "setup.sh").chmod(0o755)
            for name in ("hosts", "resolv.conf"):
                shutil.copy(Path("/etc") / name, root / "etc" / name)
            subprocess.run(["unshare", "--mount", "--fork", "--pid", "bash", "-c", CHROOT, "bash", root],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           timeout=280)
            expected = tree.enroot_profile(tree.read_tree(root))
        with mounts.unsquashed(image) as root:
            actual = tree.without(tree.read_tree(root), *tree.IMPORTER_FILES)
        return tree.differences(compared(expected), compared(actual), ignore=("mtime",))

    def test_the_second_of_a_lab_to_build_it_has_it_at_once(self) -> None:
        script = "#!/bin/sh\ndate +%N > /opt/when\n"
        first = self.build(self.alice, script)
        second = self.build(self.bob, script)
        self.assertEqual(second.out, first.out)
        self.assertIn("already built", second.stderr)
        third = self.build(self.bob, script, "--env", "A=b", "--name", "other")
        self.assertNotEqual(third.out, first.out)

    def test_a_fork_bomb_ends_in_an_error(self) -> None:
        script = "#!/bin/bash\nset -e\nb() { b | b & }; b; sleep 3; true\nexit 5\n"
        result = self.build(self.alice, script, status=Status.SYSTEM)
        self.assertIn("ended with status", result.stderr)

    def test_a_user_who_may_not_use_fuse_is_told(self) -> None:
        if not self.users.fuse.exists():
            self.skipTest("needs /dev/fuse")
        self.users.fuse.chmod(0o600)
        result = self.build(self.alice, "#!/bin/sh\ntrue\n", status=Status.SYSTEM)
        self.assertIn("/dev/fuse", result.stderr)
        self.assertIn("aic-image doctor", result.stderr)


if __name__ == "__main__":
    unittest.main()
