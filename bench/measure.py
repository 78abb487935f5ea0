# SPDX-License-Identifier: Apache-2.0
"""Run a command and say what it cost: time, processor, memory, bytes written."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

POLL_SECONDS = 0.01
# What a contestant may take at most: an unpacked image and the file that is made of it.
READY_BYTES = 6_000_000_000
MIB = bytes(1 << 20)


@dataclasses.dataclass(frozen=True)
class Cost:
    """Of a command and all its children. Memory is the peak of what is not a file's."""

    wall: float
    user: float
    cpu: float
    peak_anonymous: int
    written: int


def measure(command: list[str | Path], environment: dict[str, str] | None = None) -> Cost:
    """Run to the end; a failure ends the benchmark with what the command said."""
    begin = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    said: list[bytes] = []
    # Drained all the time, or a talkative command waits for us.
    drain = threading.Thread(target=lambda: said.append(process.stderr.read()))
    drain.start()
    poll = _MemoryPoll(process.pid)
    poll.start()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    wall = time.monotonic() - begin
    # A process that is not yet reaped still shows the sums of itself and its children.
    written = _written(process.pid)
    poll.stop()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    drain.join()
    if process.returncode != 0:
        words = " ".join(map(str, command))
        sys.exit(f"error: status {process.returncode}: {words}\n{said[0].decode(errors='replace')}")
    return Cost(wall, usage.ru_utime, usage.ru_utime + usage.ru_stime, poll.peak, written)


def ready_memory() -> None:
    """Use and free memory, so that the contestant that is next is not the first to touch it.

    A virtual machine may hand what is freed back to its host, and then pays for every page that
    it gets again: seconds for some GB, which are of the machine and of no contestant.
    """
    status = os.statvfs("/dev/shm")
    size = min(READY_BYTES, status.f_bavail * status.f_frsize // 2, available_memory() // 2)
    with tempfile.TemporaryFile(dir="/dev/shm") as file:
        for _ in range(size // len(MIB)):
            file.write(MIB)


def available_memory() -> int:
    return _field("/proc/meminfo", "MemAvailable:") * 1024


class _MemoryPoll(threading.Thread):
    """Watches the anonymous memory of a process and its descendants."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._pid = pid
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(POLL_SECONDS):
            self.peak = max(self.peak, sum(map(_anonymous, _family(self._pid))))

    def stop(self) -> None:
        self._done.set()
        self.join()


def _family(pid: int) -> list[int]:
    family, pending = [], [pid]
    while pending:
        family.append(member := pending.pop())
        try:
            for task in os.listdir(f"/proc/{member}/task"):
                children = Path(f"/proc/{member}/task/{task}/children").read_text()
                pending += map(int, children.split())
        except OSError:
            continue
    return family


def _anonymous(pid: int) -> int:
    return _field(f"/proc/{pid}/status", "RssAnon:") * 1024


def _written(pid: int) -> int:
    return _field(f"/proc/{pid}/io", "wchar:")


def _field(path: str, name: str) -> int:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            for line in file:
                if line.startswith(name):
                    return int(line.split()[1])
    except OSError:
        pass
    return 0
