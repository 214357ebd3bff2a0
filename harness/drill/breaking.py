"""What a drill or a fault breaks, as it is written in its file, and as the breakage of a lab."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.fault.base import Fault, link_between
from harness.fault.deaf import Deaf
from harness.fault.kernel_setting import KernelSetting
from harness.fault.kinds import KINDS, NODES, SIDED
from harness.fault.service import SERVICE_NAMES, ServiceStopped
from harness.fault.together import Together
from harness.lab.lab import Lab
from harness.plan.model import FAMILIES, Family
from harness.plan.section import Section

SERVICE, SETTING, DEAF = "service-stopped", "sysctl", "deaf"
"""The kinds that break a daemon of a node, a setting of its kernel, and what it hears."""


@dataclass(frozen=True, slots=True)
class Breaking:
    """One thing to break: a ``kind`` of ``harness/fault/kinds.py`` at a link (``at`` one end), or at a node, or
    ``service-stopped`` a ``service`` of a node, ``sysctl`` a ``setting`` (name, value) of it, or ``deaf``, which lets
    it ``miss`` a family or one port of it (0: all)."""

    kind: str
    link: tuple[str, str] | None
    node: str = ""
    at: str = ""
    service: str = ""
    setting: tuple[str, str] = ("", "")
    miss: tuple[Family, int] | None = None

    def fault(self, lab: Lab) -> Fault:
        """The breakage in a lab. Raises ``WrongInput`` if the lab has no such link or node."""
        if self.service:
            return ServiceStopped(lab.node(self.node).name, self.service)
        if self.kind == SETTING:
            return KernelSetting(lab.node(self.node).name, *self.setting)
        if self.miss:
            return Deaf(lab.node(self.node).name, *self.miss)
        if self.link is None:
            return NODES[self.kind](lab.node(self.node).name)
        link = link_between(lab, *self.link)
        return SIDED[self.kind](link, self.at) if self.at else KINDS[self.kind](link)

    @property
    def renews(self) -> bool:
        """Whether the node has another handle afterwards: whoever watched it must watch anew."""
        return self.kind == "killed"


def together(lab: Lab, breaks: Sequence[Breaking]) -> Fault:
    """All of them as one breakage of a lab."""
    faults = tuple(each.fault(lab) for each in breaks)
    return faults[0] if len(faults) == 1 else Together(faults)


def read_breaking(section: Section) -> Breaking:
    """One breakage as it is written. Raises ``WrongInput`` with file, line and key."""
    kind = section.child("kind")
    if (name := kind.one_of((*KINDS, *NODES, SERVICE, SETTING, DEAF), "kind")) in NODES:
        section.only(("kind", "node"))
        return Breaking(name, None, node=section.text("node"))
    if name == SERVICE:
        section.only(("kind", "node", "service"))
        return Breaking(
            name, None, node=section.text("node"), service=section.child("service").one_of(SERVICE_NAMES, "service")
        )
    if name == SETTING:
        section.only(("kind", "node", "name", "value"))
        if not (setting := section.text("name")).startswith("net."):
            raise section.child("name").wrong(f"{setting!r} is of the whole machine", "write a setting below net.")
        return Breaking(name, None, node=section.text("node"), setting=(setting, section.text("value")))
    if name == DEAF:
        section.only(("kind", "node", "family", "port"))
        return Breaking(name, None, node=section.text("node"), miss=(_family(section), _port(section)))
    section.only(("kind", "link", "at"))
    ends = [each.as_text() for each in section.filled("link")]
    if len(set(ends)) != 2:
        raise section.child("link").wrong("a link has two ends", "write [NODE, NODE]")
    at = section.text("at") if "at" in section else ""
    if at and (at not in ends or name not in SIDED):
        hint = f"write one of {' and '.join(ends)}; kinds with one end: {', '.join(SIDED)}"
        raise section.child("at").wrong(f"{name} cannot be at {at}", hint)
    return Breaking(name, (ends[0], ends[1]), at=at)


def _family(section: Section) -> Family:
    found = section.child("family").as_int()
    for family in FAMILIES:
        if found == family:
            return family
    raise section.child("family").wrong("there are families 4 and 6 only", "write 4 or 6")


def _port(section: Section) -> int:
    if "port" not in section:
        return 0
    if not 0 < (port := section.child("port").as_int()) < 1 << 16:
        raise section.child("port").wrong(f"{port} is no port", "write 1 to 65535, or leave it out: all")
    return port
