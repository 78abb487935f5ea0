# SPDX-License-Identifier: Apache-2.0
"""Sets a user's quota on an ext4 of a virtual machine: uml_quota.py DEVICE UID MORE_BYTES.

He may have so much more than he has now; 0 is no limit. Debian's programs for this are one more
package.
"""

from __future__ import annotations

import ctypes
import os
import sys

Q_GETQUOTA, Q_SETQUOTA, USRQUOTA = 0x800007, 0x800008, 0
QIF_BLIMITS = 1
BLOCK_BYTES = 1024


class Dqblk(ctypes.Structure):
    """struct dqblk of <sys/quota.h>."""

    _fields_ = [
        *((name, ctypes.c_uint64) for name in (
            "bhardlimit", "bsoftlimit", "curspace", "ihardlimit", "isoftlimit", "curinodes",
            "btime", "itime",
        )),
        ("valid", ctypes.c_uint32),
    ]


def quotactl(command: int, device: str, uid: int, quota: Dqblk) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.quotactl(command << 8 | USRQUOTA, device.encode(), uid, ctypes.byref(quota)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), device)


def main() -> None:
    device, uid, more_bytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    quota = Dqblk()
    quotactl(Q_GETQUOTA, device, uid, quota)
    quota.bhardlimit = (quota.curspace + more_bytes) // BLOCK_BYTES if more_bytes else 0
    quota.valid = QIF_BLIMITS
    quotactl(Q_SETQUOTA, device, uid, quota)


if __name__ == "__main__":
    main()
