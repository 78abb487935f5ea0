# SPDX-License-Identifier: Apache-2.0
"""nginx before a loopback registry, with a cap on the speed of each connection."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

SETTINGS = """
daemon off;
worker_processes 1;
pid {directory}/pid;
error_log {directory}/error.log;
events {{ worker_connections 256; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server {{
    listen {address};
    location / {{
      proxy_pass http://{target};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_max_temp_file_size 0;
      limit_rate {rate};
    }}
  }}
}}
"""


def is_installed() -> bool:
    return program() is not None


def program() -> str | None:
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


class Nginx:
    """Runs from `with` to the end of the block."""

    def __init__(self, directory: Path, target: str, bytes_per_second: float) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        directory.mkdir()
        self._settings = directory / "nginx.conf"
        self._settings.write_text(SETTINGS.format(
            directory=directory, address=self.address, target=target,
            rate=int(bytes_per_second)))

    def __enter__(self) -> Nginx:
        directory = self._settings.parent
        self._process = subprocess.Popen(
            [program(), "-p", directory, "-c", self._settings], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=(directory / "stderr").open("wb"))
        end = time.monotonic() + 10
        while not self._answers():
            if time.monotonic() > end or self._process.poll() is not None:
                raise SystemExit("error: nginx: " + (directory / "stderr").read_text())
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def _answers(self) -> bool:
        host, port = self.address.split(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True
