# SPDX-License-Identifier: Apache-2.0
"""A virtual machine as an ordinary process: Debian's user-mode-linux.

Its root is this machine's, read-only. It has nothing of this machine's network: its only links are
pairs of sockets between virtual machines.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import unittest
import zlib
from pathlib import Path

from support.binary import Outcome

PROGRAM = "linux.uml"
MODULES = Path("/usr/lib/uml/modules")
INIT = Path(__file__).with_name("uml_init.py")
MEMORY = "256M"
BOOT_SECONDS = 90
POLL_SECONDS = 0.2
COMMAND_SECONDS = 120
GRACE_SECONDS = 30  # between the time limit that a machine keeps itself and our own
DEAD = 137  # the status of a command whose machine died under it


def need_uml() -> None:
    if shutil.which(PROGRAM) is None or not any(MODULES.glob("*/modules.dep")):
        raise unittest.SkipTest("needs user-mode-linux, which is not installed")


class Running:
    """A command that a machine runs."""

    def __init__(self, machine: Machine, number: int, command: tuple[str, ...]) -> None:
        self.machine = machine
        self.number = number
        self.command = command
        self.begin = time.monotonic()
        self.ended = threading.Event()
        self.outcome: Outcome | None = None

    def end(self, status: int, stdout: bytes = b"", stderr: str = "", seconds: float = 0) -> None:
        self.outcome = Outcome(self.command, status, stdout, stderr, seconds)
        self.ended.set()

    def wait(self, seconds: float = COMMAND_SECONDS) -> Outcome:
        if not self.ended.wait(seconds + GRACE_SECONDS):
            raise AssertionError(
                f"{self.machine.name} does not answer: {self.command}\n{self.machine.console()}"
            )
        assert self.outcome is not None
        return self.outcome

    def kill(self) -> Outcome:
        """kill -9 of the command and its children."""
        self.machine.send(kill=self.number)
        return self.wait()


def _ending_with_us() -> list[str]:
    """What a command is run under so that a test which is killed leaves no machine behind: its
    process numbers are its own, and all of them end with the first."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--pdeathsig", "KILL", "unshare", "--pid", "--fork", "--kill-child"]


def _registers() -> Path:
    """What lets the kernel run on processors with more registers than it knows of."""
    return Path(os.environ["AIC_BUILD_DIR"]) / "tests" / "functional" / "uml_registers.so"


class Machine:
    """Off until boot(). `links` are sockets to other machines, `disk` is a file."""

    def __init__(
        self, name: str, directory: Path, links: list[socket.socket], modules: tuple[str, ...],
        disk: Path | None = None,
    ) -> None:
        self.name = name
        self.directory = directory
        self.links = links
        self.modules = modules
        self.disk = disk
        self.process: subprocess.Popen | None = None
        self.line: socket.socket | None = None
        self.listener: threading.Thread | None = None
        self.ready = threading.Event()
        self.sending = threading.Lock()
        self.taken = threading.Event()
        self.running: dict[int, Running] = {}
        self.last_number = 0

    def boot(self) -> None:
        """Begins to. wait_until_ready() waits for the end."""
        self.line, theirs = socket.socketpair()
        self.ready.clear()
        descriptors = [theirs.fileno(), *(link.fileno() for link in self.links)]
        with theirs, (self.directory / f"{self.name}.console").open("ab") as console:
            self.process = subprocess.Popen(
                self._command(theirs.fileno()), pass_fds=descriptors, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=console, stderr=console,
            )
        self.listener = threading.Thread(target=self._listen, args=(self.line,), daemon=True)
        self.listener.start()

    def _command(self, line: int) -> list[str]:
        modules = next(MODULES.glob("*/modules.dep")).parent
        return [
            *_ending_with_us(), "env", f"LD_PRELOAD={_registers()}",
            PROGRAM, f"mem={MEMORY}", f"umid={self.name}", f"uml_dir={self.directory}",
            "rootfstype=hostfs", "rootflags=/", "ro", f"init={INIT}", "quiet", "raid=noautodetect",
            "con=null", "con0=null,fd:1", f"ssl0=fd:{line},fd:{line}",
            *(f"vec{number}:transport=fd,fd={link.fileno()},vec=0,mac={self._address(number)}"
              for number, link in enumerate(self.links)),
            *([f"ubd0={self.disk}"] if self.disk else []),
            f"lab_host_name={self.name}", f"lab_modules_in={modules}",
            f"lab_modules={','.join(self.modules)}",
        ]

    def _address(self, link: int) -> str:
        """The same after a reboot, so that the others do not go on with the old one for a while."""
        return f"02:00:{zlib.crc32(self.name.encode()).to_bytes(4).hex(':')[3:]}:{link:02x}"

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while not self.ready.wait(POLL_SECONDS):
            assert self.process is not None
            if self.process.poll() is None and time.monotonic() < deadline:
                continue
            # The kernel traces the processes it runs, which a container may forbid.
            if "ptrace :" in self.console():
                raise unittest.SkipTest("needs ptrace, which is not allowed here")
            raise AssertionError(f"{self.name} does not boot:\n{self.console()}")

    def start(
        self, *command: str | Path, uid: int = 0, gid: int | None = None,
        seconds: float = COMMAND_SECONDS,
        environment: dict[str, str] | None = None,
    ) -> Running:
        with self.sending:
            self.last_number += 1
            number = self.last_number
        running = Running(self, number, tuple(map(str, command)))
        self.running[number] = running
        self.send(
            number=number, command=running.command, uid=uid, gid=uid if gid is None else gid, seconds=seconds,
            environment=environment or {},
        )
        return running

    def run(
        self, *command: str | Path, uid: int = 0, seconds: float = COMMAND_SECONDS,
        environment: dict[str, str] | None = None,
    ) -> Outcome:
        running = self.start(*command, uid=uid, seconds=seconds, environment=environment)
        return running.wait(seconds)

    def succeed(self, *command: str | Path, **how: object) -> Outcome:
        outcome = self.run(*command, **how)
        if outcome.status != 0:
            raise AssertionError(f"on {self.name}: {outcome}\n{self.console()}")
        return outcome

    def shell(self, script: str, **how: object) -> Outcome:
        return self.succeed("sh", "-euc", script, **how)

    def cut_power(self) -> None:
        """What its disk's file does not hold by now is lost."""
        if self.process is None:
            return
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        assert self.listener is not None
        self.listener.join()

    def console(self) -> str:
        text = (self.directory / f"{self.name}.console").read_text(errors="replace")
        return f"the console of {self.name}:\n{text[-3000:]}"

    def send(self, **request: object) -> None:
        assert self.line is not None
        with self.sending:
            # One at a time: a line of this kernel's whose buffer was full once reads no more.
            self.taken.clear()
            self.line.sendall(json.dumps(request).encode() + b"\n")
            if not self.taken.wait(GRACE_SECONDS):
                raise AssertionError(f"{self.name} takes no command:\n{self.console()}")

    def _listen(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as answers, contextlib.suppress(ConnectionResetError):
            for text in answers:
                if text.startswith(b"{"):  # before the first answer it may echo
                    self._take(json.loads(text))
        self.taken.set()
        for number in list(self.running):
            self.running.pop(number).end(DEAD, stderr="its machine died")

    def _take(self, answer: dict) -> None:
        if "ready" in answer:
            self.ready.set()
            return
        if "taken" in answer:
            self.taken.set()
            return
        self.running.pop(answer["number"]).end(
            answer["status"], base64.b64decode(answer["stdout"]),
            base64.b64decode(answer["stderr"]).decode(errors="replace"), answer["seconds"],
        )
