# SPDX-License-Identifier: Apache-2.0
"""A file tree as data: read from a directory, changed as a profile would, compared."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import stat
from pathlib import Path

MAX_SQUASHFS_TIME = 2**32 - 1
# Written by the importer; looked at by tests of their own.
IMPORTER_FILES = (b"etc/rc", b"etc/rc.local", b"etc/environment", b"etc/fstab")
DROPPED_XATTRS = (b"user.overlay.", b"user.fuseoverlayfs.", b"user.rootlesscontainers")


@dataclasses.dataclass(frozen=True)
class Entry:
    """What one path is. `group` is the first path of its hardlinks, or None without others."""

    kind: str
    mode: int
    uid: int
    gid: int
    mtime: int
    size: int = 0
    target: bytes = b""
    content: str = ""
    group: bytes | None = None
    xattrs: tuple[tuple[bytes, bytes], ...] = ()


Tree = dict[bytes, Entry]

KINDS = {
    stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo", stat.S_IFCHR: "char", stat.S_IFBLK: "block", stat.S_IFSOCK: "socket",
}


def read_tree(root: Path) -> Tree:
    """Everything below a directory; the directory itself is b"."."""
    tree: Tree = {}
    inodes: dict[tuple[int, int], list[bytes]] = {}
    base = os.fsencode(root)
    pending = [b"."]
    while pending:
        name = pending.pop()
        path = os.path.join(base, name)
        status = os.lstat(path)
        tree[name] = _read_entry(path, status)
        if stat.S_ISDIR(status.st_mode):
            pending += [child if name == b"." else name + b"/" + child for child in os.listdir(path)]
        elif status.st_nlink > 1:
            inodes.setdefault((status.st_dev, status.st_ino), []).append(name)
    for names in inodes.values():
        _set_group(tree, names)
    return tree


def _set_group(tree: Tree, names: list[bytes]) -> None:
    group = min(names) if len(names) > 1 else None
    for name in names:
        tree[name] = dataclasses.replace(tree[name], group=group)


def _read_entry(path: bytes, status: os.stat_result) -> Entry:
    kind = KINDS[stat.S_IFMT(status.st_mode)]
    return Entry(
        kind=kind,
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        mtime=status.st_mtime_ns // 1_000_000_000,
        size=status.st_size if kind == "file" else 0,
        target=os.readlink(path) if kind == "symlink" else b"",
        content=_hash(path) if kind == "file" else "",
        xattrs=_read_xattrs(path),
    )


def _hash(path: bytes) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_xattrs(path: bytes) -> tuple[tuple[bytes, bytes], ...]:
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError:
        return ()
    return tuple(
        (os.fsencode(name), os.getxattr(path, name, follow_symlinks=False))
        for name in sorted(names)
    )


def enroot_profile(tree: Tree, *, keep_ids: bool = False) -> Tree:
    """What the importer makes of a tree, but for the files that it writes."""
    kept = {
        name: _profiled(entry, keep_ids)
        for name, entry in tree.items()
        if entry.kind not in ("char", "block", "socket") and not name.startswith(b"dev/")
    }
    return regrouped(without(kept, *IMPORTER_FILES))


def _profiled(entry: Entry, keep_ids: bool) -> Entry:
    mode = entry.mode
    if entry.kind != "symlink":
        mode |= stat.S_IRUSR
        if entry.kind == "directory":
            mode |= stat.S_IWUSR | stat.S_IXUSR
        elif mode & 0o111:
            mode |= stat.S_IXUSR
    return dataclasses.replace(
        entry,
        mode=mode,
        uid=entry.uid if keep_ids else 0,
        gid=entry.gid if keep_ids else 0,
        mtime=min(max(entry.mtime, 0), MAX_SQUASHFS_TIME),
        xattrs=tuple(
            (name, value) for name, value in entry.xattrs
            if name.startswith(b"user.") and not name.startswith(DROPPED_XATTRS)
        ),
    )


def without(tree: Tree, *names: bytes) -> Tree:
    return {name: entry for name, entry in tree.items() if name not in names}


def regrouped(tree: Tree) -> Tree:
    """Hardlink groups of what is left after entries were taken out."""
    groups: dict[bytes, list[bytes]] = {}
    for name, entry in tree.items():
        if entry.group is not None:
            groups.setdefault(entry.group, []).append(name)
    result = dict(tree)
    for names in groups.values():
        _set_group(result, names)
    return result


def differences(
    expected: Tree, actual: Tree, *, ignore: tuple[str, ...] = (), limit: int = 40
) -> str:
    """One line per difference, empty when the trees are equal but for the ignored fields."""
    lines = [f"missing: {name!r}" for name in sorted(expected.keys() - actual.keys())]
    lines += [f"too many: {name!r}" for name in sorted(actual.keys() - expected.keys())]
    fields = [f.name for f in dataclasses.fields(Entry) if f.name not in ignore]
    for name in sorted(expected.keys() & actual.keys()):
        wanted, got = expected[name], actual[name]
        if wanted == got:
            continue
        lines += [
            f"{name!r}: {field} is {_show(field, getattr(got, field))},"
            f" expected {_show(field, getattr(wanted, field))}"
            for field in fields if getattr(wanted, field) != getattr(got, field)
        ]
    if len(lines) > limit:
        lines[limit:] = [f"… and {len(lines) - limit} more"]
    return "\n".join(lines)


def _show(field: str, value: object) -> str:
    return f"{value:04o}" if field == "mode" else repr(value)
