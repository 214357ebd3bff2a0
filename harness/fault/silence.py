"""Packets vanish and the carrier stays: what rented circuits do, in both directions or one, for all or one family."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import WrongInput
from harness.fault.base import named
from harness.history.seen import Family
from harness.lab.lab import Lab
from harness.probe.program import run
from harness.topology.model import Endpoint, Link

TABLE = "v6lab-silence"
MATCHES: dict[Family | None, str] = {
    None: "",
    4: "meta protocol { ip, arp } ",
    6: "meta protocol ip6 ",
}
"""What is dropped: everything, or one family together with the protocol that finds its neighbours."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What arrives at the ends of a link is dropped before anything of the node but a capture sees it.

    ``family`` is ``None`` for all packets. ``towards`` names the node at which nothing arrives any more, empty for
    both.
    """

    link: Link
    family: Family | None = None
    towards: str = ""

    def __post_init__(self) -> None:
        if not self.deaf:
            raise WrongInput(f"node {self.towards} is at no end of {named(self.link)}")

    @property
    def deaf(self) -> tuple[Endpoint, ...]:
        """The ends at which packets are dropped."""
        return tuple(end for end in self.link.ends if self.towards in ("", end.node))

    def apply(self, lab: Lab) -> None:
        """Drop at ingress."""
        for end in self.deaf:
            run(lab.node(end.node), ("nft", "-f", "-"), self._clear(end) + self.rules(end))

    def lift(self, lab: Lab) -> None:
        """Let everything in again."""
        for end in self.deaf:
            run(lab.node(end.node), ("nft", "-f", "-"), self._clear(end))

    def rules(self, end: Endpoint) -> str:
        """The table of one end, as nft reads it."""
        hook = f'type filter hook ingress device "{end.port}" priority -500; policy accept;'
        return f"table {self._table(end)} {{\nchain in {{\n{hook}\n{MATCHES[self.family]}counter drop\n}}\n}}\n"

    def _clear(self, end: Endpoint) -> str:
        return f"add table {self._table(end)}\ndelete table {self._table(end)}\n"

    def _table(self, end: Endpoint) -> str:
        return f"netdev {TABLE}-{end.port}"

    def __str__(self) -> str:
        what = "silence" if self.family is None else f"silence of IPv{self.family}"
        way = f" towards {self.towards}" if self.towards else ""
        return f"{what}{way} on {named(self.link)}"
