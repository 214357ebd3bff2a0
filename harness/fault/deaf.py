"""A node hears nothing any more of one family, or of one port of it: a filter too many, an address that is gone."""

from __future__ import annotations

from dataclasses import dataclass

from harness.history.seen import Family
from harness.lab.lab import Lab
from harness.probe.program import run

TABLE = "v6lab-deaf"
CLEAR = f"add table inet {TABLE}\ndelete table inet {TABLE}\n"
PROTOCOLS: dict[Family, str] = {4: "ipv4", 6: "ipv6"}


@dataclass(frozen=True, slots=True)
class Deaf:
    """What is for ``node`` in a family is dropped before its programs and its filters see it, without a word.

    ``port``: UDP and TCP of this port alone; 0 is everything, neighbour discovery too. A capture still sees it come.
    """

    node: str
    family: Family
    port: int = 0

    def apply(self, lab: Lab) -> None:
        """Drop it. Raises ``CannotMeasure``."""
        run(lab.node(self.node), ("nft", "-f", "-"), CLEAR + self.rules())

    def lift(self, lab: Lab) -> None:
        """Let it in again."""
        run(lab.node(self.node), ("nft", "-f", "-"), CLEAR)

    def rules(self) -> str:
        """The table, as nft reads it."""
        what = f"meta l4proto {{ tcp, udp }} th dport {self.port} " if self.port else ""
        rule = f"meta nfproto {PROTOCOLS[self.family]} {what}counter drop"
        return (
            f"table inet {TABLE} {{\nchain in {{\ntype filter hook input priority raw; policy accept;\n{rule}\n}}\n}}\n"
        )

    def __str__(self) -> str:
        what = f"port {self.port} of IPv{self.family}" if self.port else f"IPv{self.family}"
        return f"{self.node} deaf to {what}"
