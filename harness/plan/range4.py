"""IPv4 ranges as the plan writes them: what follows the start of a block, so that they move with it."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network

from harness.plan.model import Block
from harness.plan.section import Section

WRITTEN = re.compile(r"(?P<octets>(?:\.\d{1,3}){1,4})/(?P<length>\d{1,2})")


def range4(entry: Section, block: Block) -> IPv4Network:
    """``.64/26`` of 203.0.113.0/24 is 203.0.113.64/26; ``.10.0/24`` of 10.192.0.0/12 is 10.192.10.0/24.

    Raises ``WrongInput`` for what is written otherwise, has host bits, or lies outside the block.
    """
    parent = block.networks.get(4)
    if not isinstance(parent, IPv4Network):
        raise entry.wrong(f"block {block.name} has no IPv4 prefix", "give the block one")
    text = entry.as_text()
    found = WRITTEN.fullmatch(text)
    if found is None:
        raise entry.wrong(f"{text!r} is no range of a block", _hint(text, parent))
    start = parent.network_address + _value(entry, found["octets"])
    try:
        network = IPv4Network(f"{start}/{found['length']}")
    except ValueError as error:
        raise entry.wrong(f"{text} of {parent}: {error}", "begin at a multiple of the range's size") from error
    if not network.subnet_of(parent):
        raise entry.wrong(f"{text} lies outside {block.title}'s {parent}", "take a range inside it")
    return network


def written(network: IPv4Network, parent: IPv4Network) -> str:
    """A range of a block as the plan writes it."""
    octets = str(IPv4Address(int(network.network_address) - int(parent.network_address))).split(".")
    kept = octets[min(parent.prefixlen // 8, 3) :]
    return "." + ".".join(kept) + f"/{network.prefixlen}"


def _value(entry: Section, octets: str) -> int:
    value = 0
    for octet in map(int, octets[1:].split(".")):
        if octet > 255:
            raise entry.wrong(f"{entry.as_text()}: {octet} is no octet", "octets go up to 255")
        value = (value << 8) + octet
    return value


def _hint(text: str, parent: IPv4Network) -> str:
    """What to write instead; of a range written in full, the same range."""
    try:
        network = IPv4Network(text)
    except ValueError:
        return f"write it as .64/26, which of {parent} is {parent.network_address + 64}/26"
    if network.subnet_of(parent):
        return f"write {written(network, parent)}: so it moves with its block"
    return f"it is not in its site's block {parent}; write ranges as what follows the start of that, as .64/26"
