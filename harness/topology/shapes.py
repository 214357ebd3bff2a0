"""Every key that containerlab 0.79 knows in a topology file, and what may stand behind it.

Data only: ``source`` reads a file against these shapes, so that a key that is not here is an error with the list of
those that are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ScalarKind = Literal["text", "integer", "number", "boolean", "duration", "any"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value; ``any`` stands for whatever YAML can say. ``optional`` tells nothing from the empty text."""

    kind: ScalarKind
    optional: bool = False


@dataclass(frozen=True, slots=True)
class ListOf:
    """A sequence of values of one shape."""

    item: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping with names of the user's choice."""

    value: Shape


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping with known keys."""

    keys: Mapping[str, Shape]


Shape = Scalar | ListOf | MapOf | Record

TEXT, INTEGER, NUMBER = Scalar("text"), Scalar("integer"), Scalar("number")
BOOLEAN, DURATION, ANY = Scalar("boolean"), Scalar("duration"), Scalar("any")
TEXTS, TEXT_MAP, ANY_MAP = ListOf(TEXT), MapOf(TEXT), MapOf(ANY)

_STAGE = Record(
    {
        "wait-for": ListOf(Record({"node": TEXT, "stage": TEXT})),
        "exec": ListOf(Record({"command": TEXT, "target": TEXT, "phase": TEXT})),
    }
)
_CARDS = ListOf(Record({"slot": INTEGER, "type": TEXT}))

NODE = Record(
    {
        "aliases": TEXTS,
        "auto-remove": BOOLEAN,
        "binds": TEXTS,
        "cap-add": TEXTS,
        "certificate": Record({"issue": BOOLEAN, "key-size": INTEGER, "validity-duration": DURATION, "sans": TEXTS}),
        "cgroup-parent": TEXT,
        "cgroupns-mode": TEXT,
        "cmd": TEXT,
        "components": ListOf(
            Record(
                {
                    "slot": TEXT,
                    "type": TEXT,
                    "env": TEXT_MAP,
                    "sfm": TEXT,
                    "xiom": ListOf(Record({"slot": INTEGER, "type": TEXT, "mda": _CARDS})),
                    "mda": _CARDS,
                }
            )
        ),
        "config": Record({"vars": ANY_MAP}),
        "cpu": NUMBER,
        "cpu-set": TEXT,
        "credentials": Record({"username": TEXT, "password": TEXT, "identity-file": TEXT}),
        "devices": TEXTS,
        "dns": Record({"servers": TEXTS, "options": TEXTS, "search": TEXTS}),
        "enforce-startup-config": BOOLEAN,
        "entrypoint": TEXT,
        "env": TEXT_MAP,
        "env-files": TEXTS,
        "exec": TEXTS,
        "extras": Record(
            {
                "srl-agents": TEXTS,
                "mysocket-proxy": TEXT,
                "ceos-copy-to-flash": TEXTS,
                "k8s_kind": Record({"deploy": Record({"kubeconfig": TEXT, "wait": TEXT})}),
            }
        ),
        "group": TEXT,
        "healthcheck": Record(
            {"test": TEXTS, "interval": INTEGER, "timeout": INTEGER, "retries": INTEGER, "start-period": INTEGER}
        ),
        "hostname": TEXT,
        "image": TEXT,
        "image-pull-policy": TEXT,
        "kind": TEXT,
        "labels": TEXT_MAP,
        "license": TEXT,
        "link-apply-mode": TEXT,
        "memory": TEXT,
        "mgmt-ipv4": TEXT,
        "mgmt-ipv6": TEXT,
        "network-mode": TEXT,
        "password": TEXT,
        "pid-mode": TEXT,
        "ports": TEXTS,
        "position": TEXT,
        "privileged": BOOLEAN,
        "restart-policy": TEXT,
        "runtime": TEXT,
        "security-opts": TEXTS,
        "shm-size": TEXT,
        "stages": Record(dict.fromkeys(("create", "create-links", "configure", "healthy", "exit"), _STAGE)),
        "startup-config": TEXT,
        "startup-delay": INTEGER,
        "suppress-startup-config": BOOLEAN,
        "sysctls": TEXT_MAP,
        "tmpfs": TEXT_MAP,
        "type": TEXT,
        "user": TEXT,
        "username": TEXT,
        "volumes": TEXTS,
    }
)
"""A node, a kind, a group or the defaults: one set of keys for all four."""

FILE = Record(
    {
        "name": TEXT,
        "prefix": Scalar("text", optional=True),
        "mgmt": Record(
            {
                "network": TEXT,
                "bridge": TEXT,
                "ipv4-subnet": TEXT,
                "ipv4_subnet": TEXT,
                "ipv4-gw": TEXT,
                "ipv4-range": TEXT,
                "ipv6-subnet": TEXT,
                "ipv6_subnet": TEXT,
                "ipv6-gw": TEXT,
                "ipv6-range": TEXT,
                "mtu": INTEGER,
                "external-access": BOOLEAN,
                "skip-when-unused": BOOLEAN,
                "driver-opts": TEXT_MAP,
            }
        ),
        "settings": Record(
            {
                "certificate-authority": Record(
                    {"cert": TEXT, "key": TEXT, "key-size": INTEGER, "validity-duration": DURATION}
                )
            }
        ),
        "topology": Record(
            {
                "defaults": NODE,
                "kinds": MapOf(NODE),
                "groups": MapOf(NODE),
                "nodes": MapOf(NODE),
                "links": ListOf(ANY),  # each is read again against the shape of its type
            }
        ),
        "debug": BOOLEAN,
    }
)

_LINK: Mapping[str, Shape] = {
    "type": TEXT,
    "mtu": INTEGER,
    "labels": TEXT_MAP,
    "ipv4": TEXTS,
    "ipv6": TEXTS,
    "vars": ANY_MAP,
}
_END = Record({"node": TEXT, "interface": TEXT, "mac": TEXT, "ipv4": TEXT, "ipv6": TEXT, "vars": ANY_MAP})
_HOSTED: Mapping[str, Shape] = {**_LINK, "host-interface": TEXT, "endpoint": _END}
_TUNNEL = Record(
    {
        **_LINK,
        "endpoint": _END,
        "remote": TEXT,
        "vni": INTEGER,
        "udp-port": INTEGER,
        "dst-port": INTEGER,
        "src-port": INTEGER,
        "parent-interface": TEXT,
    }
)

LINKS: Mapping[str, Record] = {
    "brief": Record({**_LINK, "endpoints": TEXTS}),
    "veth": Record({**_LINK, "endpoints": ListOf(_END)}),
    "veth-stitch": Record({**_LINK, "endpoints": ListOf(_END)}),
    "host": Record(_HOSTED),
    "mgmt-net": Record(_HOSTED),
    "macvlan": Record({**_HOSTED, "mode": TEXT}),
    "vxlan": _TUNNEL,
    "vxlan-stitch": _TUNNEL,
    "dummy": Record({**_LINK, "endpoint": _END}),
}
"""The types of links; one without a type is ``brief``."""
