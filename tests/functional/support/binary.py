# SPDX-License-Identifier: Apache-2.0
"""The program under test, and what came of running it."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

DEFAULT_TIMEOUT = 120


class Status:
    """Exit statuses, as the manual has them."""

    OK = 0
    SYSTEM = 1
    USAGE = 2
    NOT_FOUND = 3
    DENIED = 4
    NETWORK = 5
    INTEGRITY = 6
    BUSY = 7
    NO_SPACE = 8
    NO_PLATFORM = 9


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of one command, wherever it ran."""

    command: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: str
    seconds: float

    @property
    def out(self) -> str:
        return self.stdout.decode(errors="surrogateescape")

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    def __str__(self) -> str:
        return (
            f"$ {' '.join(self.command)}\nstatus {self.status} after {self.seconds:.1f} s\n"
            f"stdout: {self.out[-2000:]}\nstderr: {self.stderr[-4000:]}"
        )


@dataclasses.dataclass(frozen=True)
class Result(Outcome):
    """One finished run on this machine. `peak_memory` is the largest resident set, in bytes."""

    peak_memory: int

    def __str__(self) -> str:
        return f"{super().__str__()}\npeak {self.peak_memory >> 20} MiB"


def program() -> str:
    """Path of the binary, which the environment has to name: tests never guess."""
    path = os.environ.get("AIC_IMAGE_BIN", "")
    if not os.access(path, os.X_OK):
        raise RuntimeError("AIC_IMAGE_BIN does not name the aic-image to test")
    return path


class AicImage:
    """aic-image with a store, a spool and a home of its own."""

    def __init__(self, home: Path, *, store: Path | None = None, spool: Path | None = None) -> None:
        self.store = store or home / "store"
        self.spool = spool or home / "spool"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home),
            "LC_ALL": "C",
            "AIC_IMAGE_ROOT": str(self.store),
            "AIC_IMAGE_SPOOL": str(self.spool),
            # Sanitizers and the like are told what to do through these.
            **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")},
        }

    def start(self, *arguments: str | Path, prefix: tuple[str, ...] = (),
              executable: Path | None = None) -> subprocess.Popen:
        return subprocess.Popen(
            [*prefix, str(executable or program()), *map(str, arguments)], env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def run(
        self, *arguments: str | Path, timeout: float = DEFAULT_TIMEOUT,
        prefix: tuple[str, ...] = (), **how: Path,
    ) -> Result:
        begin = time.monotonic()
        # GNU time measures this one process; getrusage would give the largest of all so far.
        measure = ("/usr/bin/time", "--quiet", "--format=%M")
        report = Path(self.environment["HOME"]) / "peak-memory"
        process = self.start(
            *arguments, prefix=(*measure, f"--output={report}", *prefix), **how
        )
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as expired:
            process.kill()
            process.communicate()
            raise AssertionError(f"{arguments} still runs after {timeout} s") from expired
        return Result(
            command=("aic-image", *map(str, arguments)),
            status=process.returncode,
            stdout=stdout,
            stderr=stderr.decode(errors="replace"),
            seconds=time.monotonic() - begin,
            peak_memory=int(report.read_text().split()[-1]) * 1024,
        )

    @property
    def own(self) -> Path:
        """The caller's subtree of the store."""
        return self.store / "u" / str(os.getuid())

    def images(self) -> list[Path]:
        return sorted(self.own.glob("images/*/*/*.sqsh"))

    def leftovers(self) -> list[Path]:
        """What a finished or abandoned pull should not have left in tmp/ and the spool."""
        return sorted(
            path for place in (self.own / "tmp", self.spool) for path in place.rglob("*")
            if not path.is_dir()
        )
