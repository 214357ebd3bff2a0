"""Where a node belongs: the box that it stands in, what kind it is, and how far to the right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from harness.plan import derive
from harness.plan.model import Plan, Site
from harness.report.drawing.model import Kind, Zone
from harness.topology.model import NodeSpec

KINDS: Mapping[str, Kind] = {
    "isp": "router",
    "ix": "router",
    "edge": "router",
    "core": "router",
    "tslcd": "router",
    "level1": "router",
    "gateway": "router",
    "router": "router",
    "firewall": "firewall",
    "switch": "switch",
    "nat64": "translator",
    "client": "client",
    "mobile": "handset",
}
"""Role → kind; whatever has another role serves something."""

WHOLE = ("dc", "tslcd", "world")
"""Zones that are one box, however many sites they have; of the others each site is a box."""

LEFT = "agency to the left"
FROM_LEFT = ("world", "isp", "dc", LEFT, "tslcd", "level1", "agency")
"""The Internet on the left, the data centre in the middle; agencies on both sides of the TSLCD, so that many find room."""
MIRRORED = ("world", "isp", LEFT)
"""Zones with their hosts on the left: what they are connected to lies on the right of them."""

TIERS: Mapping[str, int] = {"edge": 0, "core": 1, "firewall": 2, "switch": 4}
ROUTER_TIER, HOST_TIER = 3, 5


@dataclass(frozen=True, slots=True)
class Places:
    """The sites of a plan as boxes, and the site of each node."""

    plan: Plan
    sites: Mapping[str, str]

    @classmethod
    def of(cls, plan: Plan) -> Places:
        """A node is where its LAN is; a router without one where its loopback is, or else its first link's pool."""
        sites: dict[str, str] = {}
        for lan in plan.lans.values():
            members = (*lan.hosts, *lan.gateways, *((lan.switch,) if lan.switch else ()))
            sites |= {node: lan.site for node in members if node not in sites}
        for loopback in plan.loopbacks.values():
            sites.setdefault(loopback.node, plan.pools[loopback.pool].site)
        for link in plan.links:
            for node in (link.a, link.b):
                sites.setdefault(node, plan.pools[link.pool].site)
        return cls(plan, sites)

    def zones(self, nodes: Iterable[str]) -> tuple[Zone, ...]:
        """The boxes that some of the nodes are in, from left to right, then in the plan's order."""
        used = {self.zone(node) for node in nodes}
        boxes = [self._zone(box) for box in dict.fromkeys(map(self._box, self.plan.sites.values())) if box in used]
        return tuple(sorted(boxes, key=lambda zone: self._order(zone.id)))

    def zone(self, node: str) -> str | None:
        """The id of the box that a node is in; ``None`` for a node that the plan does not know."""
        return self._box(self.plan.sites[self.sites[node]]) if node in self.sites else None

    def subnet(self, node: str) -> str | None:
        """The id of the LAN that a node is a host of, where the LAN has a switch and so a box."""
        lan = derive.lan_of(self.plan, node)
        return subnet_id(lan.name) if lan and lan.switch else None

    def column(self, node: str, role: str) -> tuple[int, int]:
        """How far to the right a node is: by zone, and in its zone."""
        if node not in self.sites:
            return len(FROM_LEFT), 0
        zone = self._side(self.plan.sites[self.sites[node]])
        host = derive.lan_of(self.plan, node) is not None
        tier = HOST_TIER if host else TIERS.get(role, ROUTER_TIER)
        return FROM_LEFT.index(zone), -tier if zone in MIRRORED else tier

    def _side(self, site: Site) -> str:
        """The zone of a site; of the agencies the latter half is to the left."""
        agencies = [each.name for each in self.plan.sites.values() if each.zone == "agency"]
        left = agencies[(len(agencies) + 1) // 2 :]
        return LEFT if site.name in left else site.zone

    def _box(self, site: Site) -> str:
        return f"zone-{site.zone if site.zone in WHOLE else site.name}"

    def _order(self, box: str) -> int:
        return min(FROM_LEFT.index(site.zone) for site in self.plan.sites.values() if self._box(site) == box)

    def _zone(self, box: str) -> Zone:
        """A box is called as its site; as the first of them that has LANs where it has several."""
        sites = [site for site in self.plan.sites.values() if self._box(site) == box]
        peopled = {lan.site for lan in self.plan.lans.values()}
        chief = next((site for site in sites if site.name in peopled), sites[0])
        return Zone(box, chief.title, derive.is_own(self.plan, chief.name))


def subnet_id(lan: str) -> str:
    """The id of a LAN's box."""
    return f"lan-{lan}"


def kind(spec: NodeSpec) -> Kind:
    """What a node is, by its role."""
    return KINDS.get(spec.role, "server")
