# SPDX-License-Identifier: Apache-2.0
"""The images that the benchmarks read, held in memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any, NamedTuple

from measure import available_memory

# Input, an unpacked tree, two outputs: in multiples of the compressed layers.
ROOM_FACTOR = 8


class Image(NamedTuple):
    layout: Path
    tag: str

    @property
    def reference(self) -> str:
        return f"oci:{self.layout}:{self.tag}"

    @property
    def umoci(self) -> str:
        return f"{self.layout}:{self.tag}"


def load(layout: Path, memory: Path, room_factor: int = ROOM_FACTOR) -> Image:
    """Copy a layout into memory, if there is room for all that the benchmark makes of it."""
    size = _bytes_below(layout)
    status = os.statvfs(memory)
    free = min(status.f_bavail * status.f_frsize, available_memory())
    if free < size * room_factor:
        sys.exit(
            f"error: '{memory}' has room for {free / 1e9:.1f} GB,"
            f" {size * room_factor / 1e9:.1f} GB are needed"
        )
    copy = memory / "image"
    shutil.copytree(layout, copy)
    tag = _read(copy / "index.json")["manifests"][0]["annotations"][
        "org.opencontainers.image.ref.name"
    ]
    return Image(copy, tag)


def largest_layer(image: Image) -> tuple[Path, Image]:
    """The blob of the layer with the largest tar, and an image that has only this layer."""
    manifest = _read(_blob(image, _read(image.layout / "index.json")["manifests"][0]["digest"]))
    config = _read(_blob(image, manifest["config"]["digest"]))
    sizes = [_tar_size(_blob(image, layer["digest"])) for layer in manifest["layers"]]
    number = sizes.index(max(sizes))
    layer = manifest["layers"][number]
    single = Image(image.layout.with_name("one-layer"), "one")
    (single.layout / "blobs" / "sha256").mkdir(parents=True)
    os.link(_blob(image, layer["digest"]), _blob(single, layer["digest"]))

    config["rootfs"]["diff_ids"] = [config["rootfs"]["diff_ids"][number]]
    config.pop("history", None)
    manifest["config"] |= _store(single, config)
    manifest["layers"] = [layer]
    descriptor = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        **_store(single, manifest),
        "annotations": {"org.opencontainers.image.ref.name": single.tag},
    }
    (single.layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    index = {"schemaVersion": 2, "manifests": [descriptor]}
    (single.layout / "index.json").write_text(json.dumps(index))
    return _blob(single, layer["digest"]), single


def with_delta(image: Image, files: int) -> Image:
    """The image with one layer more: as many files of 1 MB, half of each random."""
    derived = Image(image.layout.parent / f"derived-{files}", image.tag)
    shutil.copytree(image.layout, derived.layout, copy_function=os.link)
    index_path = derived.layout / "index.json"
    index = _read(index_path)
    manifest = _read(_blob(derived, index["manifests"][0]["digest"]))
    config = _read(_blob(derived, manifest["config"]["digest"]))
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for number in range(files):
            entry = tarfile.TarInfo(f"opt/delta/{number}")
            entry.size = 1_000_000
            half = entry.size // 2
            tar.addfile(entry, io.BytesIO(random.Random(number).randbytes(half) + b"x" * half))
    blob = gzip.compress(data.getvalue(), 1, mtime=0)
    media_type = manifest["layers"][0]["mediaType"]
    manifest["layers"].append({"mediaType": media_type, **_store_bytes(derived, blob)})
    config["rootfs"]["diff_ids"].append(
        f"sha256:{hashlib.sha256(data.getvalue()).hexdigest()}")
    config.pop("history", None)
    manifest["config"] |= _store(derived, config)
    index["manifests"][0] |= _store(derived, manifest)
    index_path.unlink()
    index_path.write_text(json.dumps(index))
    return derived


def blob_bytes(image: Image) -> int:
    """Of all blobs of its layout."""
    return _bytes_below(image.layout / "blobs")


def inodes(squashfs: Path) -> int:
    summary = subprocess.run(
        ["unsquashfs", "-s", squashfs], check=True, capture_output=True, text=True
    ).stdout
    return next(
        int(line.split()[-1]) for line in summary.splitlines() if "Number of inodes" in line
    )


def _bytes_below(directory: Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def _tar_size(blob: Path) -> int:
    """The last four bytes of a gzip file are the length of what it holds, below 4 GiB."""
    with blob.open("rb") as file:
        file.seek(-4, os.SEEK_END)
        return int.from_bytes(file.read(4), "little")


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


def _blob(image: Image, digest: str) -> Path:
    return image.layout / "blobs" / "sha256" / digest.removeprefix("sha256:")


def _store(image: Image, document: dict[str, Any]) -> dict[str, Any]:
    return _store_bytes(image, json.dumps(document).encode())


def _store_bytes(image: Image, data: bytes) -> dict[str, Any]:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    _blob(image, digest).write_bytes(data)
    return {"digest": digest, "size": len(data)}
