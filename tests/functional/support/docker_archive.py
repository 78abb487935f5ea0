# SPDX-License-Identifier: Apache-2.0
"""Archives as `docker save` writes them, made by hand."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from support import oci_layout
from support.oci_layout import sha256


def old_style(path: Path, layers: list[bytes], tags: list[str]) -> str:
    """As Docker before 25: uncompressed layers, and a link where one stands twice."""
    config = json.dumps({
        "created": oci_layout.CREATED, "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [sha256(layer) for layer in layers]},
    }).encode()
    config_name = f"{sha256(config).removeprefix('sha256:')}.json"
    names: list[str] = []
    first: dict[bytes, str] = {}
    with tarfile.open(path, "w") as archive:
        for number, layer in enumerate(layers):
            name = f"{number:064x}/layer.tar"
            names.append(name)
            if layer in first:
                archive.addfile(*_member(oci_layout.symlink(name, f"../{first[layer]}")))
            else:
                archive.addfile(*_member(oci_layout.file(name, layer)))
            first.setdefault(layer, name)
        archive.addfile(*_member(oci_layout.file(config_name, config)))
        table = [{"Config": config_name, "RepoTags": tags, "Layers": names}]
        archive.addfile(*_member(oci_layout.file("manifest.json", json.dumps(table).encode())))
    return f"docker-archive:{path}"


def docker_25(path: Path, layout: oci_layout.Layout, tag: str, name: str) -> str:
    """As Docker 25 and later: the layout that holds `tag`, and a table that names its files."""
    index = json.loads((layout.path / "index.json").read_text())
    manifest = json.loads(layout.blob_path(next(
        entry["digest"] for entry in index["manifests"] if tag in entry["annotations"].values()
    )).read_bytes())
    table = [{
        "Config": _blob(manifest["config"]), "RepoTags": [name],
        "Layers": [_blob(layer) for layer in manifest["layers"]],
    }]
    with tarfile.open(path, "w") as archive:
        archive.add(layout.path, arcname="")
        archive.addfile(*_member(oci_layout.file("manifest.json", json.dumps(table).encode())))
    return f"docker-archive:{path}"


def _blob(descriptor: dict[str, str]) -> str:
    return f"blobs/{descriptor['digest'].replace(':', '/')}"


def _member(entry: tuple[tarfile.TarInfo, bytes]) -> tuple[tarfile.TarInfo, io.BytesIO]:
    info, content = entry
    return info, io.BytesIO(content)
