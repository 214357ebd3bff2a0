"""Linux capabilities by name and number, and the set that Docker gives a container (capabilities(7))."""

from __future__ import annotations

from collections.abc import Iterable

from harness.errors import WrongInput

# fmt: off
NAMES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
)
"""In the order of their numbers, from 0."""

DOCKER_DEFAULT = frozenset((
    "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE",
    "NET_RAW", "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP",
))
# fmt: on


def granted(added: Iterable[str], key: str = "cap-add") -> tuple[str, ...]:
    """Docker's default set and ``added`` (any case, with or without ``CAP_``; ``ALL`` is all), in order of number.

    ``key`` names the place in the user's file for the error of an unknown name (``WrongInput``).
    """
    wanted = set(DOCKER_DEFAULT)
    for written in added:
        name = written.upper().removeprefix("CAP_")
        if name == "ALL":
            wanted.update(NAMES)
        elif name in NAMES:
            wanted.add(name)
        else:
            raise WrongInput(f"there is no capability {written!r}", key=key, hint="see capabilities(7) for the names")
    return tuple(name for name in NAMES if name in wanted)


def mask(names: Iterable[str]) -> int:
    """The capabilities as the kernel's bit set; ``CAP_`` prefixes are allowed."""
    return sum(1 << NAMES.index(name.removeprefix("CAP_")) for name in names)
