"""The few system calls that Python 3.11 does not offer. Each raises ``OSError`` as ``os`` would."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = (
    0x00020000,
    0x04000000,
    0x08000000,
    0x20000000,
    0x40000000,
)
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
MNT_DETACH = 2
PR_CAPBSET_READ, PR_CAPBSET_DROP = 23, 24

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, subject: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), subject)
    return result


def unshare(flags: int) -> None:
    """unshare(2): leave the namespaces in ``flags`` for new ones."""
    _checked(_libc.unshare(flags), "unshare")


def setns(fd: int, flags: int) -> None:
    """setns(2): enter the namespace, or those of the process (a pidfd), that ``fd`` stands for."""
    _checked(_libc.setns(fd, flags), "setns")


def mount(source: str, target: Path, kind: str = "", flags: int = 0, options: str = "") -> None:
    """mount(2)."""
    _checked(
        _libc.mount(source.encode(), bytes(target), kind.encode(), ctypes.c_ulong(flags), options.encode()), str(target)
    )


def unmount(target: Path) -> None:
    """umount2(2), lazily: it is gone from the tree at once and freed with its last user."""
    _checked(_libc.umount2(bytes(target), MNT_DETACH), str(target))


def limit_capabilities(kept: int) -> None:
    """Drop what is not in the bit set ``kept`` from the bounding set: what is executed next never has more."""
    number = 0
    while _libc.prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0:  # EINVAL past the last one that this kernel knows
        if not kept >> number & 1:
            _checked(_libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0), "prctl(PR_CAPBSET_DROP)")
        number += 1
