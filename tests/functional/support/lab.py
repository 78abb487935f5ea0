# SPDX-License-Identifier: Apache-2.0
"""A lab in virtual machines: an NFS server and two nodes that mount its export, with 4.2 and 3.

All three run this machine's programs and see its files. A node reaches the server alone:

    node1  10.0.1.2 ── 10.0.1.1  server  10.0.2.1 ── 10.0.2.2  node2
                                 10.0.0.1
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from support.uml import Machine, need_uml

SERVER = "10.0.0.1"
DISK = "/mnt/disk"  # on the server; what it holds outlives the server
EXPORT = f"{DISK}/export"
VERSIONS = ("4.2", "3")
DISK_BYTES = 1 << 30
LEASE_SECONDS = 10  # the least there is: a rebooted server hears its old clients first
PROGRAMS = (
    "exportfs", "ip", "mkfs.ext4", "mount.nfs", "rpc.mountd", "rpc.nfsd", "rpc.statd", "rpcbind",
)
HOSTS = r"10.0.0.1 server\n10.0.1.2 node1\n10.0.2.2 node2\n"
QUOTA_SCRIPT = Path(__file__).with_name("uml_quota.py")
EXPORT_OPTIONS = "sync,no_subtree_check,root_squash,fsid=0"

SERVER_SCRIPT = """
printf '{hosts}' >> /run/hosts
ip addr add 10.0.0.1/32 dev lo
for link in 0 1; do
    ip addr add 10.0.$((link + 1)).1/24 dev vec$link
    ip link set vec$link up
done
mkdir -p {disk}
mount -o usrquota /dev/ubda {disk}
mkdir -p -m 1777 {export}
mkdir -p {disk}/nfs/v4recovery {disk}/nfs/sm {disk}/nfs/sm.bak
mount --bind {disk}/nfs /var/lib/nfs
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
mkdir -p /run/sendsigs.omit.d /run/rpcbind
rpcbind >/dev/null 2>&1
mount -t nfsd nfsd /proc/fs/nfsd
echo {lease} > /proc/fs/nfsd/nfsv4leasetime
echo {lease} > /proc/fs/nfsd/nfsv4gracetime
echo 3 > /proc/sys/fs/nfs/nlm_timeout
echo 3 > /proc/sys/fs/nfs/nlm_grace_period
rpc.statd --no-notify >/dev/null 2>&1
sm-notify >/dev/null 2>&1
rpc.nfsd --no-udp 4 >/dev/null
rpc.mountd >/dev/null 2>&1
"""

# With version 3 a node that comes back tells the server that its locks are gone. What it has to
# remember for that stands in a directory of this machine's.
NODE_SCRIPT = """
printf '{hosts}' >> /run/hosts
mount -t hostfs -o {memory} none /var/lib/nfs
ip addr add 10.0.{number}.2/24 dev vec0
ip link set vec0 up
ip route add default via 10.0.{number}.1
mkdir -p /var/lib/nfs/sm /var/lib/nfs/sm.bak /run/rpcbind
rpcbind >/dev/null 2>&1
rpc.statd --no-notify >/dev/null 2>&1
sm-notify >/dev/null 2>&1
"""


def need_lab() -> None:
    for program in PROGRAMS:
        if shutil.which(program, path="/usr/sbin:/sbin:/usr/bin") is None:
            raise unittest.SkipTest(f"needs {program}, which is not installed")
    need_uml()


def _link() -> tuple[socket.socket, socket.socket]:
    """A cable. Both ends stay open here, so that a machine may die and come back."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        end.setblocking(False)
    return ends


class Lab:
    """Runs from `with` to the end of the block."""

    lease_seconds = LEASE_SECONDS

    def __init__(self) -> None:
        need_lab()
        self.scratch = tempfile.TemporaryDirectory(prefix="aic-lab-")
        self.directory = Path(self.scratch.name)
        self.directory.chmod(0o755)
        cables = [_link(), _link()]
        self.server = Machine(
            "server", self.directory, [cable[0] for cable in cables], ("nfsd", "quota_v2"),
            self._make_disk(),
        )
        self.nodes = [
            Machine(f"node{number}", self.directory, [cable[1]], ("nfsv4", "nfsv3", "fuse"))
            for number, cable in enumerate(cables, 1)
        ]

    def _make_disk(self) -> Path:
        disk = self.directory / "disk"
        with disk.open("wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-O", "quota", disk], check=True)
        return disk

    @property
    def machines(self) -> list[Machine]:
        return [self.server, *self.nodes]

    def __enter__(self) -> Lab:
        try:
            for machine in self.machines:
                machine.boot()
            self._set_up_server()
            self.server.shell("echo Y > /proc/fs/nfsd/v4_end_grace")  # nobody was here before
            for node in self.nodes:
                self._set_up_node(node)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for machine in self.machines:
            machine.cut_power()
            for link in machine.links:
                link.close()
        self.scratch.cleanup()

    def _set_up_server(self) -> None:
        self.server.wait_until_ready()
        self.server.shell(
            SERVER_SCRIPT.format(disk=DISK, export=EXPORT, lease=LEASE_SECONDS, hosts=HOSTS)
        )
        self.export("rw")

    def _set_up_node(self, node: Machine) -> None:
        node.wait_until_ready()
        memory = self.directory / f"{node.name}.nfs"
        memory.mkdir(exist_ok=True)
        number = self.nodes.index(node) + 1
        node.shell(NODE_SCRIPT.format(number=number, memory=memory, hosts=HOSTS))
        for version in VERSIONS:
            self.mount(node, version)

    def mount(self, node: Machine, version: str, options: str = "hard") -> None:
        point = f"/mnt/nfs{version}"
        path = EXPORT if version == "3" else "/"  # the export is the root of the server's version 4
        node.shell(
            f"mkdir -p {point}; mount.nfs {SERVER}:{path} {point} -o vers={version},{options}"
        )

    def reboot_server(self) -> None:
        """A power cut, and the server is back."""
        self.server.cut_power()
        self.server.boot()
        self._set_up_server()


    def reboot_node(self, node: Machine) -> None:
        node.cut_power()
        node.boot()
        self._set_up_node(node)

    def export(self, access: str) -> None:
        """`rw` or `ro`, from now on."""
        self.server.shell(f"exportfs -o {access},{EXPORT_OPTIONS} '*:{EXPORT}'")

    def set_quota(self, uid: int, more_bytes: int) -> None:
        """Lets the user have so much more than he has; 0 is no limit."""
        self.server.succeed("python3", "-B", QUOTA_SCRIPT, "/dev/ubda", str(uid), str(more_bytes))
