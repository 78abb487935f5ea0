# SPDX-License-Identifier: Apache-2.0
"""Users of one group, known to nobody but the commands that are run as them."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import unittest
from pathlib import Path

from support.binary import AicImage, program

GROUP = "aiclab"
GROUP_NUMBER = 61500
NUMBERS = {"alice": 61001, "bob": 61002, "carol": 61003}

# In a mount namespace of its own, so that this machine keeps its users. The program, $3, may stand
# where only root gets, and so is run from $4.
KNOW = (
    'mount --bind "$1" /etc/passwd && mount --bind "$2" /etc/group && mount --bind "$3" "$4" && '
    'if test -e "$5"; then mount --bind "$5" /dev/fuse; fi && exec "${@:6}"'
)


class Users:
    """Their user database, and a home for each."""

    def __init__(self, directory: Path) -> None:
        if os.getuid() != 0:
            raise unittest.SkipTest("needs root, who alone can act as several users")
        for tool in ("unshare", "setpriv", "mount"):
            if shutil.which(tool) is None:
                raise unittest.SkipTest(f"needs {tool}, which is not installed")
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
            raise unittest.SkipTest("needs mount namespaces, which are not allowed here")
        self.directory = directory
        directory.mkdir()
        directory.chmod(0o755)
        lines = [f"{name}:x:{number}:{GROUP_NUMBER}::{directory / name}:/bin/sh\n"
                 for name, number in NUMBERS.items()]
        self.passwd = directory / "passwd"
        self.passwd.write_text(Path("/etc/passwd").read_text() + "".join(lines))
        self.group = directory / "group"
        self.group.write_text(
            Path("/etc/group").read_text() + f"{GROUP}:x:{GROUP_NUMBER}:{','.join(NUMBERS)}\n")
        self.program = directory / "aic-image"
        self.program.touch()
        # Everybody's, as udev makes it; not every machine has udev.
        self.fuse = directory / "fuse"
        if Path("/dev/fuse").exists():
            os.mknod(self.fuse, stat.S_IFCHR, os.stat("/dev/fuse").st_rdev)
            self.fuse.chmod(0o666)

    @property
    def knowing(self) -> tuple[str, ...]:
        """In front of a command: they are this machine's users to it, and the program is where they
        get at it."""
        return ("unshare", "--mount", "bash", "-c", KNOW, "bash", str(self.passwd), str(self.group),
                program(), str(self.program), str(self.fuse))

    def prefix(self, number: int) -> tuple[str, ...]:
        """In front of a command that one of them runs."""
        return (*self.knowing, "setpriv", "--reuid", str(number), "--regid", str(GROUP_NUMBER),
                "--clear-groups", "--no-new-privs", "--")

    def root(self, store: Path) -> User:
        """Root, who knows them."""
        return User(self, "root", 0, store)

    def user(self, name: str, store: Path) -> User:
        return User(self, name, NUMBERS[name], store)


class User(AicImage):
    """aic-image as one of them uses it."""

    def __init__(self, users: Users, name: str, number: int, store: Path) -> None:
        home = users.directory / name
        super().__init__(home, store=store)
        self.users, self.name, self.number, self.home = users, name, number, home
        if not home.exists():
            home.mkdir()
            os.chown(home, number, GROUP_NUMBER if number else 0)

    @property
    def own(self) -> Path:
        return self.store / "u" / str(self.number)

    def start(self, *arguments: str | Path, prefix: tuple[str, ...] = ()) -> subprocess.Popen:
        return super().start(*arguments, prefix=(*prefix, *self.users.prefix(self.number)),
                             executable=self.users.program)

    def shell(self, script: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """What else somebody may try: `bash -c` with these as $1 and on."""
        return subprocess.run(
            [*self.users.prefix(self.number), "/bin/bash", "-c", script, "bash",
             *map(str, arguments)],
            env=self.environment, cwd=self.home, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=120, check=False)

    def settings(self, text: str) -> None:
        path = self.home / ".config" / "aic-image" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
