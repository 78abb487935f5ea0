# SPDX-License-Identifier: Apache-2.0
"""Debian's docker-registry on the lab's server, for its nodes."""

from __future__ import annotations

from pathlib import Path

from support.lab import SERVER, Lab
from support.registry import REQUEST, Registry

PORT = 5000
ADDRESS = f"{SERVER}:{PORT}"
LOG = "/run/registry.log"
CONFIG = f"""version: 0.1
log: {{level: warn}}
storage:
  filesystem: {{rootdirectory: "%s/data"}}
  maintenance: {{uploadpurging: {{enabled: false}}, readonly: {{enabled: true}}}}
http: {{addr: "{ADDRESS}"}}
"""


class LabRegistry:
    """Serves what `images` are, layouts by the names they get, from `with` to the end of the block.
    They are pushed to a registry of this machine's, whose files the server sees."""

    def __init__(self, lab: Lab, images: dict[str, Path]) -> None:
        self.server = lab.server
        self.directory = lab.directory / "registry"
        with Registry(self.directory) as registry:
            for name, layout in images.items():
                registry.push(layout, "latest", name)
        (self.directory / "lab.yml").write_text(CONFIG % self.directory)

    def __enter__(self) -> LabRegistry:
        # Go interrupts its own threads many times a second, which takes this kernel long.
        self.running = self.server.start(
            "sh", "-c", "GODEBUG=asyncpreemptoff=1 exec docker-registry serve "
            f"{self.directory}/lab.yml >{LOG} 2>&1", seconds=600)
        try:
            self.server.shell(
                f"until curl -fs -o /dev/null http://{ADDRESS}/v2/; do sleep 0.2; done", seconds=60)
        except BaseException:
            self.running.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.running.kill()

    def requests(self) -> list[tuple[str, str, int]]:
        """Method, path and status of every request so far."""
        log = self.server.shell(f"cat {LOG}").out
        return [(match["method"], match["path"], int(match["status"])) for match in REQUEST.finditer(log)]
