#!/usr/bin/python3 -B
# SPDX-License-Identifier: Apache-2.0
"""The first process of a virtual machine (see uml.py): makes it usable, then runs what comes in.

The root is the host's, read-only; what has to be written stands in memory. Requests are lines of
JSON on the serial line, and so are the answers; any number of commands run at once.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import tty
from pathlib import Path

SERIAL_LINE = "/dev/ttyS0"
WRITABLE = ("/run", "/mnt", "/var/tmp", "/var/lib/nfs")
LARGEST_OUTPUT = 1 << 20
KILLED_BY_TIMEOUT = 124
NOT_STARTED = 127
SYS_FINIT_MODULE = 313  # x86-64; glibc has no function for it
POWER_OFF = 0x4321FEDC
libc = ctypes.CDLL(None, use_errno=True)


def mount(kind: str, place: str, options: str = "") -> None:
    if libc.mount(kind.encode(), place.encode(), kind.encode(), 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), f"mounting a {kind} on {place}")


def load_modules(directory: Path, wanted: list[str]) -> None:
    """With what they depend on. There may be no modprobe, nor a need for one."""
    needs = {}
    for line in (directory / "modules.dep").read_text().splitlines():
        path, dependencies = line.split(":")
        needs[Path(path).stem] = [*reversed(dependencies.split()), path]
    loaded = set()
    for path in (path for name in wanted for path in needs[name]):
        if path not in loaded:
            loaded.add(path)
            with open(directory / path, "rb") as module:
                if libc.syscall(SYS_FINIT_MODULE, module.fileno(), b"", 0) != 0:
                    raise OSError(ctypes.get_errno(), f"loading {path}")


def put_over(place: str, text: str) -> None:
    """A text in the place of a file of the host's."""
    if os.path.exists(place):
        ours = Path("/run", Path(place).name)
        ours.write_text(text)
        subprocess.run(["mount", "--bind", ours, place], check=True)


def set_up() -> None:
    mount("proc", "/proc")
    mount("sysfs", "/sys")
    for place in WRITABLE:
        mount("tmpfs", place, "mode=755")
    os.chmod("/var/tmp", 0o1777)
    os.environ.update(
        PATH="/usr/sbin:/usr/bin:/sbin:/bin", HOME="/run", TMPDIR="/var/tmp", LC_ALL="C"
    )
    load_modules(Path(os.environ["lab_modules_in"]), os.environ["lab_modules"].split(","))
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    name = os.environ["lab_host_name"]
    socket.sethostname(name)
    # Names lead nowhere outside, and nobody waits for an answer.
    put_over("/etc/hosts", "127.0.0.1 localhost\n")
    put_over("/etc/resolv.conf", "")


class Agent:
    """Runs commands for whoever is at the other end of the line."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.writing = threading.Lock()
        self.running: dict[int, subprocess.Popen] = {}

    def send(self, **answer: object) -> None:
        data = json.dumps(answer).encode() + b"\n"
        with self.writing:
            while data:
                data = data[os.write(self.line, data):]

    def serve(self) -> None:
        self.send(ready=True)
        with open(self.line, "rb", closefd=False) as requests:
            for request in map(json.loads, requests):
                self.send(taken=True)
                if "kill" in request:
                    self.kill(self.running.get(request["kill"]))
                else:
                    self.start(request)

    def kill(self, process: subprocess.Popen | None) -> None:
        if process is not None and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)

    def start(self, request: dict) -> None:
        number, begin = request["number"], time.monotonic()
        try:
            process = subprocess.Popen(
                request["command"], env={**os.environ, **request["environment"]}, cwd="/",
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                user=request["uid"], group=request["gid"], extra_groups=[], umask=0o022,
                start_new_session=True,
            )
        except OSError as error:
            self.answer(number, NOT_STARTED, b"", str(error).encode(), begin)
            return
        self.running[number] = process
        arguments = (number, process, request["seconds"], begin)
        threading.Thread(target=self.finish, args=arguments, daemon=True).start()

    def finish(
        self, number: int, process: subprocess.Popen, seconds: float, begin: float
    ) -> None:
        status = None
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill(process)
            stdout, stderr = process.communicate()
            status = KILLED_BY_TIMEOUT
        del self.running[number]
        self.answer(number, process.returncode if status is None else status, stdout, stderr, begin)

    def answer(
        self, number: int, status: int, stdout: bytes, stderr: bytes, begin: float
    ) -> None:
        self.send(
            number=number, status=status, seconds=time.monotonic() - begin,
            stdout=base64.b64encode(stdout[-LARGEST_OUTPUT:]).decode(),
            stderr=base64.b64encode(stderr[-LARGEST_OUTPUT:]).decode(),
        )


def main() -> None:
    set_up()
    if os.fork() != 0:
        while True:  # the first process inherits the orphans
            os.wait()
    line = os.open(SERIAL_LINE, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)
    Agent(line).serve()


if __name__ == "__main__":
    try:
        main()
    except Exception as error:  # noqa: BLE001 - the console is all that is left
        print(f"init: {error}", file=sys.stderr, flush=True)
        libc.reboot(ctypes.c_int(POWER_OFF))
