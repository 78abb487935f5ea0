# SPDX-License-Identifier: Apache-2.0
"""Runs a command where nobody answers: cut_off.py names|route COMMAND…

Wants to be root of a network and a mount namespace of its own, as `unshare -rnm` makes them.
names: a name server that takes questions and is silent. route: a network whose only other address
takes packets and is silent.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile

SILENT_ADDRESS = "10.9.0.2"


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def silence_names() -> None:
    ip("link", "set", "lo", "up")
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 53))
    server.set_inheritable(True)
    server.detach()
    with tempfile.NamedTemporaryFile("w", delete=False) as settings:
        settings.write("nameserver 127.0.0.1\n")
    subprocess.run(["mount", "--bind", settings.name, "/etc/resolv.conf"], check=True)
    os.unlink(settings.name)


def silence_route() -> None:
    ip("link", "add", "here", "type", "veth", "peer", "name", "there")
    ip("link", "set", "here", "up")
    ip("link", "set", "there", "up")
    ip("address", "add", "10.9.0.1/24", "dev", "here")
    # Without a question who has the address there is nobody to say that he has not.
    ip("neighbour", "add", SILENT_ADDRESS, "lladdr", "02:00:00:00:00:02", "dev", "here")


if __name__ == "__main__":
    {"names": silence_names, "route": silence_route}[sys.argv[1]]()
    os.execvp(sys.argv[2], sys.argv[2:])
