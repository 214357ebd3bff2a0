"""Which daemon reads which files of a node, and how it tests them: the one table of what a change sets in motion.

A service of a node is a file of ``/usr/local/lib/v6lab/services`` in its image; run once more it takes over what has
changed, as far as the daemon can without a restart, and run with ``stop`` it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from harness.errors import WrongInput

SERVICES = "/usr/local/lib/v6lab/services"
RADVD = "/etc/radvd.conf"
CERTIFICATES = "etc/ssl/v6lab/*"


@dataclass(frozen=True, slots=True)
class Service:
    """A daemon: ``needs`` is the file with which it runs on a node, ``reads`` patterns of further paths, ``test`` the
    command by which it judges its own configuration (empty: it has none). ``one_by_one``: it restarts to take a change
    over, and another node's is there for its clients meanwhile, so a change goes round one node at a time."""

    name: str
    needs: str
    reads: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    one_by_one: bool = False

    def concerned(self, path: str) -> bool:
        """Whether a file (without the leading slash) is one that it reads."""
        return path == self.needs or any(fnmatchcase(path, pattern) for pattern in self.reads)


TABLE: tuple[Service, ...] = (
    Service("10-nftables", "etc/nftables.conf", (), ("nft", "-c", "-f", "/etc/nftables.conf")),
    Service("20-network", "etc/network/ip.batch"),
    Service("30-frr", "etc/frr/frr.conf", ("etc/frr/*",), ("vtysh", "-C")),
    Service("40-bind", "etc/bind/named.conf", ("etc/bind/*",), ("named-checkconf",)),
    Service(
        "42-unbound",
        "etc/unbound/unbound.conf",
        ("etc/unbound/root.*",),
        ("unbound-checkconf", "/etc/unbound/unbound.conf"),
        one_by_one=True,
    ),
    Service(
        "43-unbound-dns64",
        "etc/unbound/unbound-dns64.conf",
        ("etc/unbound/root.*",),
        ("unbound-checkconf", "/etc/unbound/unbound-dns64.conf"),
        one_by_one=True,
    ),
    Service("45-postgres", "etc/postgresql/17/main/postgresql.conf", ("etc/postgresql/*",)),
    Service("50-tayga", "etc/tayga.conf"),
    # A gateway without IPv6 has a file without an interface, which radvd would refuse and the node does not start.
    Service("52-radvd", "etc/radvd.conf", (), ("sh", "-c", f"! grep -q ^interface {RADVD} || radvd -c -C {RADVD}")),
    Service("54-kea-dhcp4", "etc/kea/kea-dhcp4.conf", (), ("kea-dhcp4", "-t", "/etc/kea/kea-dhcp4.conf")),
    Service("55-kea-dhcp6", "etc/kea/kea-dhcp6.conf", (), ("kea-dhcp6", "-t", "/etc/kea/kea-dhcp6.conf")),
    Service("60-app", "etc/default/app", ("srv/*/app.py", "etc/dvc/*", "etc/qlvb/*")),
    Service("62-nginx", "etc/nginx/nginx.conf", ("etc/nginx/*", CERTIFICATES), ("nginx", "-t", "-q")),
    Service("64-dovecot", "etc/dovecot/dovecot.conf", ("etc/dovecot/*", CERTIFICATES), ("doveconf", "-n")),
    Service("66-postfix", "etc/postfix/main.cf", ("etc/postfix/*", CERTIFICATES), ("postfix", "check")),
    Service("70-chrony", "etc/chrony/chrony.conf", ("etc/chrony/*",)),
    Service("72-stayrtr", "etc/stayrtr/rpki.json"),
    Service("80-dhcpcd", "etc/dhcpcd.conf", ("etc/dhcpcd.exit-hook", "etc/v6lab/leases")),
)
"""In the order in which a node starts them, and in which a change goes round all nodes."""

READ_WHEN_USED = ("etc/hosts", "etc/resolv.conf", "etc/v6lab/*", "srv/www/*", CERTIFICATES)
"""Files that no daemon holds in memory."""

NETWORK = "20-network"
"""The one service that is changed line by line: a second run would find its addresses there already."""


def services(node: str, changed: Iterable[str], there: Sequence[str]) -> tuple[Service, ...]:
    """The services of a node that read one of the changed files; ``there`` are all files of its tree, old and new.

    Raises ``WrongInput`` for a file of which nobody knows what reads it.
    """
    paths = tuple(changed)
    running = [service for service in TABLE if service.needs in there]
    for path in paths:
        if any(service.concerned(path) for service in running):
            continue
        if not any(fnmatchcase(path, pattern) for pattern in READ_WHEN_USED):
            raise WrongInput(
                "nothing on this node is known to read this file, so a running lab cannot take it over",
                where=f"{node}:{path}",
                hint="take the lab down and up again, or add its daemon to harness/lab/reload.py",
            )
    return tuple(service for service in running if any(service.concerned(path) for path in paths))


def parser(path: str) -> tuple[str, ...]:
    """The command that tests a configuration file; empty if there is none."""
    return next((service.test for service in TABLE if service.needs == path), ())
