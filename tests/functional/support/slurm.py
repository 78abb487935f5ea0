# SPDX-License-Identifier: Apache-2.0
"""A Slurm cluster of this machine's own: slurmctld, munge and two slurmd, ended by their pids."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
import unittest
from pathlib import Path

from support.users import Users

PLUGIN = Path(__file__).with_name("spank_containers.c")
NEEDED = ("slurmctld", "slurmd", "srun", "sbatch", "squeue", "munged", "cc")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Slurm:
    """`containers`: srun has pyxis' options and starts containers, see spank_containers.c, whose
    images `importer` gets. `users` may have jobs besides root."""

    def __init__(self, directory: Path, *, containers: bool = True,
                 importer: Path | None = None, users: Users | None = None) -> None:
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root, who alone can start slurmd")
        for program in NEEDED:
            if shutil.which(program) is None:
                raise unittest.SkipTest(f"needs {program}, which is not installed")
        if not Path("/usr/include/slurm/spank.h").exists():
            raise unittest.SkipTest("needs slurm/spank.h (libslurm-dev), which is not installed")
        self.directory, self.containers, self.importer = directory, containers, importer
        self.knowing = users.knowing if users else ()
        self.processes: list[subprocess.Popen] = []

    @property
    def variables(self) -> dict[str, str]:
        return {"SLURM_CONF": str(self.directory / "slurm.conf")}

    @property
    def local(self) -> Path:
        """A directory that each node has on a disk of its own."""
        return self.directory / "local"

    def __enter__(self) -> Slurm:
        self.directory.mkdir()
        self.directory.chmod(0o755)
        self._write()
        try:
            self._start_munge()
            self._start(*self.knowing, "slurmctld", "-D", "-c")
            for node in ("n1", "n2"):
                # With a disk of its own, on which nothing of the other node's is.
                self._start(*self.knowing, "unshare", "--mount", "--propagation=slave", "sh", "-c",
                            f"mount -t tmpfs -o mode=1777 tmpfs {self.local} && SLURMD_NODENAME={node} exec slurmd -D -N {node}")
            self._wait_until_idle()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in reversed(self.processes):
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _write(self) -> None:
        host = socket.gethostname().split(".")[0]
        control, first, second = _free_ports(3)
        there = self.directory
        for name in ("state", "spool-n1", "spool-n2", "local"):
            (there / name).mkdir()
        (there / "slurm.conf").write_text(f"""
ClusterName=testlab
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmUser=root
SlurmdUser=root
SlurmdParameters=config_overrides
AuthType=auth/munge
AuthInfo=socket={there}/munge/socket
StateSaveLocation={there}/state
SlurmdSpoolDir={there}/spool-%n
SlurmctldPidFile={there}/slurmctld.pid
SlurmdPidFile={there}/slurmd-%n.pid
SlurmctldLogFile={there}/slurmctld.log
SlurmdLogFile={there}/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
KillWait=3
NodeName=n1,n2 NodeHostname={host} NodeAddr=127.0.0.1 Port={first},{second} CPUs=32 State=UNKNOWN
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
""")
        if self.containers:
            plugin = there / "spank_pyxis.so"
            subprocess.run(["cc", "-shared", "-fPIC", "-o", plugin, PLUGIN], check=True)
            importer = f" importer={self.importer}" if self.importer else ""
            (there / "plugstack.conf").write_text(
                f"required {plugin} data={there}/data use_squashfuse=1{importer}\n")

    def _start_munge(self) -> None:
        there = self.directory / "munge"
        there.mkdir()
        (there / "key").write_bytes(os.urandom(1024))
        (there / "key").chmod(0o400)
        self._start("munged", "--foreground", "--force", f"--key-file={there}/key",
                    f"--socket={there}/socket", f"--pid-file={there}/pid",
                    f"--log-file={there}/log", f"--seed-file={there}/seed")
        self._wait(lambda: (there / "socket").exists(), "munged")

    def _start(self, *command: str) -> None:
        with (self.directory / f"{command[0]}-{len(self.processes)}.out").open("w") as log:
            self.processes.append(subprocess.Popen(
                command, env={**os.environ, **self.variables}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT))

    def _wait(self, is_so: object, what: str) -> None:
        deadline = time.monotonic() + 60
        while not is_so():
            for process in self.processes:
                if process.poll() is not None:
                    logs = "\n".join(path.read_text(errors="replace")[-2000:]
                                     for path in self.directory.glob("*.out"))
                    raise AssertionError(f"{process.args[0]} has ended:\n{logs}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} is not ready within a minute")
            time.sleep(0.1)

    def _wait_until_idle(self) -> None:
        self._wait(lambda: self.run("sinfo", "-h", "-o", "%T").stdout.split() == ["idle"], "Slurm")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env={**os.environ, **self.variables}, capture_output=True,
                              text=True, timeout=60, check=False)

    def running(self, beginning: str) -> list[int]:
        """Those of this cluster, and of no other on this machine, whose line begins so."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                if (line.startswith(beginning.encode())
                        and f"SLURM_CONF={self.directory}/".encode()
                        in (process / "environ").read_bytes()):
                    found.append(int(process.name))
        return found

    def wait_for(self, job: str) -> None:
        """Until the job, or the whole array, is over."""
        self._wait(lambda: not self.run("squeue", "-h", "-j", job).stdout.strip(), f"job {job}")
