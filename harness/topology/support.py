"""What a file may ask of containerlab and the embedded engine does not give: named, never ignored.

Each key of a node is one of three:

- *honoured*: kind (linux), group, image, entrypoint, cmd, env, binds, exec, sysctls, cap-add, devices, labels, hostname,
  ``network-mode: none``, ``privileged: false``; of a link its ends, mtu and mac;
- *harmless*: it changes nothing that a linux node or its neighbours can see (``HARMLESS``), or has its default value;
- *refused*: everything else, an error with the key, the reason and what to do.

Absent keys whose default differs (the management network, privileged mode) give one note each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from harness.topology.binds import MODES, parse_bind
from harness.topology.merge import Given, Levels, is_set
from harness.topology.model import Finding, Severity

HONOURED = frozenset(
    {"binds", "cap-add", "cmd", "devices", "entrypoint", "env", "exec", "group", "hostname", "image", "kind", "labels"}
    | {"mgmt-ipv4", "mgmt-ipv6", "network-mode", "privileged", "sysctls"}
)
"""Keys that the embedded engine carries out (of kind, mgmt-*, network-mode and privileged as far as
``_special`` says)."""

HARMLESS: Mapping[str, str] = {
    "aliases": "names on the management network",
    "components": "cards of router kinds",
    "config": "variables of `containerlab config`",
    "credentials": "for inventories and ssh_config",
    "enforce-startup-config": "nothing without startup-config",
    "extras": "options of other kinds",
    "image-pull-policy": "images are not pulled",
    "link-apply-mode": "for `containerlab apply`",
    "password": "for inventories and ssh_config",
    "position": "for drawings",
    "suppress-startup-config": "nothing without startup-config",
    "type": "a label only for linux nodes",
    "username": "for inventories and ssh_config",
}
"""Keys that may be passed over, and why."""

NETWORK_ADMIN = ("NET_ADMIN", "SYS_ADMIN")
"""What a node gets of which the file does not say ``privileged``: enough for ``ip``, ``sysctl -w net.…`` and FRR, which
does not start without SYS_ADMIN, in the node's own namespaces."""

_ELSEWHERE = "take it out, or deploy with --engine containerlab"


class Rule(NamedTuple):
    """When a key is refused, why, and what to do about it."""

    applies: Callable[[Any], bool]
    why: str
    hint: str = _ELSEWHERE


def _given(value: Any) -> bool:
    return is_set(value) and value is not False


def _stages(value: Any) -> bool:
    return any(stage and any(stage.values()) for stage in (value or {}).values())


REFUSED: Mapping[str, Rule] = {
    "auto-remove": Rule(_given, "a node that ends is kept until the lab is taken down"),
    "certificate": Rule(lambda value: bool(value and value.get("issue")), "no certificates are issued", "bind them"),
    "cgroup-parent": Rule(_given, "the lab's cgroups are its own"),
    "cgroupns-mode": Rule(_given, "the cgroup namespace is fixed"),
    "cpu": Rule(_given, "CPU time is not limited"),
    "cpu-set": Rule(_given, "nodes are not tied to CPUs"),
    "dns": Rule(lambda value: any((value or {}).values()), "resolv.conf is not written", "bind an etc/resolv.conf"),
    "env-files": Rule(_given, "files of variables are not read", "write the variables under env"),
    "healthcheck": Rule(_given, "no health checks run"),
    "license": Rule(_given, "it is for nodes with a licence, not linux"),
    "memory": Rule(_given, "memory is not limited"),
    "pid-mode": Rule(_given, "each node has a PID namespace of its own"),
    "ports": Rule(_given, "nothing of a lab is published on the host", "measure from inside the lab, or take it out"),
    "restart-policy": Rule(lambda value: value not in (None, "", "no"), "a node that ends is not started again"),
    "runtime": Rule(lambda value: value not in (None, "", "docker"), "nodes are run by runc"),
    "security-opts": Rule(_given, "the security profile is fixed"),
    "shm-size": Rule(_given, "/dev/shm has its default size"),
    "stages": Rule(_stages, "nodes start side by side, without waiting for one another"),
    "startup-config": Rule(_given, "it is for router kinds, not linux", "bind the file to where the daemon reads it"),
    "startup-delay": Rule(_given, "nodes start at once"),
    "tmpfs": Rule(_given, "no tmpfs is mounted but the usual ones"),
    "user": Rule(_given, "a node's command runs as root"),
    "volumes": Rule(_given, "there are no volumes", "use binds"),
}
"""Keys that the embedded engine cannot carry out."""


@dataclass(frozen=True, slots=True)
class Account:
    """Collects findings over all nodes of a file, each place of the file once."""

    file: Path
    lines: Mapping[str, int]
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)

    def add(self, severity: Severity, key: str, text: str, hint: str = "") -> None:
        """Add a finding unless the same was said of this key."""
        finding = Finding(severity, text, self.file, self.lines.get(key), key, hint)
        self.findings.setdefault((key, text), finding)

    def node(self, name: str, kind: str, levels: Levels) -> None:
        """Add what one node asks for."""
        if kind != "linux":
            self.add("error", levels.scalar("kind").key, f"kind {kind} is not run, only linux", _ELSEWHERE)
            return
        for key, rule in REFUSED.items():
            value, path = levels.scalar(key, None)
            if rule.applies(value):
                self.add("error", path, f"not supported by the embedded engine: {rule.why}", rule.hint)
        for key, text, hint in _special(levels):
            self.add("error", key, text, hint)
        self._defaults(levels)

    def _defaults(self, levels: Levels) -> None:
        if levels.scalar("network-mode").value == "":
            text = "nodes without network-mode get no eth0: there is no management network here"
            self.add("note", "topology", text, "write network-mode: none to have the same everywhere")
        if levels.scalar("privileged", None).value is None:
            text = f"nodes without privileged get {' and '.join(NETWORK_ADMIN)} beside Docker's default capabilities"
            self.add("note", "topology", text, "write privileged: false and the cap-add that is needed")


def _special(levels: Levels) -> Iterator[tuple[str, str, str]]:
    """(key, what, hint) of keys that depend on their value or on one another."""
    mode, mode_key = levels.scalar("network-mode")
    shared = mode.lower().partition(":")[0]
    if shared in ("host", "container"):
        yield mode_key, f"network-mode {mode}: each node has a network namespace of its own", "write network-mode: none"
    elif shared not in ("", "none"):
        yield mode_key, f"network-mode {mode}: there is no management network", "write network-mode: none"
    privileged, key = levels.scalar("privileged", None)
    if privileged:
        yield key, "nodes are not run privileged", "write privileged: false and the cap-add that is needed"
    own = levels.levels[0]
    for name in ("mgmt-ipv4", "mgmt-ipv6"):
        if own.body.get(name) and shared != "none":
            yield f"{own.key}.{name}", "there is no management network", "give the address on a link of the lab"
    for item in levels.items("binds"):
        yield from _bind_options(item)


def _bind_options(item: Given) -> Iterator[tuple[str, str, str]]:
    options = parse_bind(item.value)[2]
    if unknown := sorted(set(options.split(",")) - MODES):
        yield item.key, f"bind option {', '.join(unknown)}: only ro and rw are given", _ELSEWHERE
