# SPDX-License-Identifier: Apache-2.0
"""OCI layouts made by hand: right ones, and wrong ones in exactly one respect."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

MTIME = 1_735_689_600
CREATED = "2025-01-01T00:00:00Z"
OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."
INDEX_TYPE = {"oci": OCI + "index.v1+json", "docker": DOCKER + "distribution.manifest.list.v2+json"}
MANIFEST_TYPE = {
    "oci": OCI + "manifest.v1+json", "docker": DOCKER + "distribution.manifest.v2+json",
}
CONFIG_TYPE = {"oci": OCI + "config.v1+json", "docker": DOCKER + "container.image.v1+json"}
LAYER_TYPE = {
    ("oci", "gzip"): OCI + "layer.v1.tar+gzip",
    ("oci", "zstd"): OCI + "layer.v1.tar+zstd",
    ("oci", "none"): OCI + "layer.v1.tar",
    ("docker", "gzip"): DOCKER + "image.rootfs.diff.tar.gzip",
    ("docker", "zstd"): DOCKER + "image.rootfs.diff.tar.zstd",
    ("docker", "none"): DOCKER + "image.rootfs.diff.tar",
}


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def compress(data: bytes, compression: str) -> bytes:
    if compression == "gzip":
        return gzip.compress(data, 6, mtime=0)
    if compression == "zstd":
        return subprocess.run(
            ["zstd", "-q", "-3", "-c"], input=data, check=True, capture_output=True
        ).stdout
    return data


def file(name: str, content: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = _info(name, tarfile.REGTYPE, fields)
    info.size = len(content)
    return info, content


def directory(name: str, **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    return _info(name, tarfile.DIRTYPE, {"mode": 0o755, **fields}), b""


def symlink(name: str, target: str, **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    return _info(name, tarfile.SYMTYPE, {"mode": 0o777, "linkname": target, **fields}), b""


def hardlink(name: str, target: str, **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    return _info(name, tarfile.LNKTYPE, {"linkname": target, **fields}), b""


def _info(name: str, kind: bytes, fields: dict[str, Any]) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.mtime = kind, 0o644, MTIME
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def tar(entries: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def tar_of_empty_files(names: Iterable[str]) -> bytes:
    """A tar of very many empty files, quicker than `tar` by far. Names: ASCII, below 100 bytes."""
    header = bytearray(file("")[0].tobuf(tarfile.USTAR_FORMAT))
    rest = sum(header[:148]) + sum(header[156:]) + 8 * ord(" ")
    archive = bytearray()
    for name in names:
        encoded = name.encode("ascii")
        header[:100] = encoded.ljust(100, b"\0")
        header[148:156] = b"%06o\0 " % (rest + sum(encoded))
        archive += header
    return bytes(archive) + bytes(1024)


@dataclasses.dataclass
class Layer:
    """A layer as a manifest and a config tell of it; what is told may be made wrong."""

    media_type: str
    blob: bytes
    digest: str
    diff_id: str
    size: int

    @classmethod
    def of(cls, data: bytes, *, compression: str = "gzip", dialect: str = "oci") -> Layer:
        blob = compress(data, compression)
        return cls.of_blob(blob, sha256(data), compression=compression, dialect=dialect)

    @classmethod
    def of_blob(
        cls, blob: bytes, diff_id: str, *, compression: str = "gzip", dialect: str = "oci"
    ) -> Layer:
        """A layer that is compressed already."""
        media_type = LAYER_TYPE[dialect, compression]
        return cls(media_type, blob, sha256(blob), diff_id, len(blob))

    @property
    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": self.media_type, "digest": self.digest, "size": self.size}


class Layout:
    """A directory in the OCI layout format that images are added to."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blobs = path / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        self._manifests: list[dict[str, Any]] = []
        (path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        self._write_index()

    def blob_path(self, digest: str) -> Path:
        return self.blobs / digest.removeprefix("sha256:")

    def add_blob(self, data: bytes, media_type: str) -> dict[str, Any]:
        self.blob_path(sha256(data)).write_bytes(data)
        return {"mediaType": media_type, "digest": sha256(data), "size": len(data)}

    def manifest(
        self, layers: list[Layer], *, dialect: str = "oci", architecture: str = "amd64",
        config: dict[str, Any] | None = None, diff_ids: list[str] | None = None,
    ) -> dict[str, Any]:
        """Write an image's blobs and return the descriptor of its manifest."""
        for layer in layers:
            self.blob_path(layer.digest).write_bytes(layer.blob)
        wanted = [layer.diff_id for layer in layers] if diff_ids is None else diff_ids
        config_document = {
            "created": CREATED, "architecture": architecture, "os": "linux",
            "config": config or {}, "rootfs": {"type": "layers", "diff_ids": wanted},
        }
        document = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE[dialect],
            "config": self.add_blob(json.dumps(config_document).encode(), CONFIG_TYPE[dialect]),
            "layers": [layer.descriptor for layer in layers],
        }
        return self.add_blob(json.dumps(document).encode(), MANIFEST_TYPE[dialect])

    def tag(self, descriptor: dict[str, Any], tag: str = "latest") -> str:
        """Give a manifest or an index a name, taking it from another; return its reference."""
        annotations = {"org.opencontainers.image.ref.name": tag}
        self._manifests = [entry for entry in self._manifests if entry["annotations"] != annotations]
        self._manifests.append({**descriptor, "annotations": annotations})
        self._write_index()
        return f"oci:{self.path}:{tag}"

    def add_image(self, layers: list[Layer], *, tag: str = "latest", **options: Any) -> str:
        return self.tag(self.manifest(layers, **options), tag)

    def add_index(
        self, platforms: dict[str, list[Layer]], *, tag: str = "latest", dialect: str = "oci"
    ) -> str:
        """An image for each of several platforms, such as {"linux/arm64/v8": layers}."""
        manifests = []
        for platform, layers in platforms.items():
            system, architecture, *variant = platform.split("/")
            described = {"os": system, "architecture": architecture}
            if variant:
                described["variant"] = variant[0]
            manifest = self.manifest(layers, dialect=dialect, architecture=architecture)
            manifests.append({**manifest, "platform": described})
        index = {
            "schemaVersion": 2, "mediaType": INDEX_TYPE[dialect], "manifests": manifests,
        }
        return self.tag(self.add_blob(json.dumps(index).encode(), INDEX_TYPE[dialect]), tag)

    def _write_index(self) -> None:
        index = {"schemaVersion": 2, "manifests": self._manifests}
        (self.path / "index.json").write_text(json.dumps(index))


def layer_of_zeros(size: int) -> Layer:
    """A layer with one file of that many zeros, never whole in memory: a bomb when large."""
    info, _ = file("zeros")
    info.size = size
    chunk = bytes(1 << 20)
    compressor, diff_id, blob = zlib.compressobj(1, wbits=31), hashlib.sha256(), io.BytesIO()
    for data in [info.tobuf(tarfile.PAX_FORMAT), *[chunk] * (size >> 20), bytes(1024)]:
        diff_id.update(data)
        blob.write(compressor.compress(data))
    blob.write(compressor.flush())
    return Layer.of_blob(blob.getvalue(), f"sha256:{diff_id.hexdigest()}")
