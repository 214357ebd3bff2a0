"""The links of a topology file: brief and extended veth become ``Link``, other types are kept as refusals."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import yaml

from harness.errors import WrongInput
from harness.topology.model import DEFAULT_MTU, Endpoint, Finding, Link
from harness.topology.shapes import LINKS, TEXT
from harness.topology.source import Reader

_MAC = re.compile(r"([0-9a-f]{2}([:-])[0-9a-f]{2}(\2[0-9a-f]{2}){4}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})")
_END_HINT = "write - node: NAME and interface: PORT for each end"
_ENDS_HINT = 'write endpoints: ["nodeA:eth1", "nodeB:eth1"]'


class Links(NamedTuple):
    """What the links section gave."""

    links: tuple[Link, ...]
    refused: tuple[Finding, ...]


def read_links(node: yaml.Node | None, reader: Reader) -> Links:
    """All links of the section. Raises ``WrongInput`` for what containerlab would not read."""
    links: list[Link] = []
    refused: list[Finding] = []
    for at, item in enumerate(node.value if isinstance(node, yaml.SequenceNode) else ()):
        key = f"topology.links[{at}]"
        kind, body = _read(item, key, reader)
        reading = _READINGS.get(kind)
        link = reading(item, key, body, reader) if reading else None
        if link is None or (kind := _foreign(kind, link)):
            refused.append(_refusal(kind, key, item, reader))
        else:
            links.append(link)
    return Links(tuple(links), tuple(refused))


def _read(item: yaml.Node, key: str, reader: Reader) -> tuple[str, dict[str, Any]]:
    if not isinstance(item, yaml.MappingNode):
        raise reader.wrong(item, key, "a link is a mapping", _ENDS_HINT)
    written = next((pair.value for pair in reader.pairs(item, key) if pair.key.value == "type"), None)
    kind = "brief" if written is None else str(reader.read(written, TEXT, f"{key}.type")).strip().lower() or "brief"
    if kind not in LINKS:
        raise reader.wrong(written or item, f"{key}.type", f"unknown type of link {kind!r}", _types())
    body = reader.read(item, LINKS[kind], key)
    for family, version in (("ipv4", 4), ("ipv6", 6)):
        _check_addresses(item, f"{key}.{family}", body.get(family) or (), version, reader)
    return kind, body


def _types() -> str:
    return f"types here: {', '.join(sorted(LINKS))}; without one it is brief"


def _brief(item: yaml.Node, key: str, body: dict[str, Any], reader: Reader) -> Link:
    ends = body.get("endpoints") or []
    if len(ends) != 2:
        raise reader.wrong(item, f"{key}.endpoints", f"a link has two endpoints, not {len(ends)}", _ENDS_HINT)
    both = [_endpoint(end, f"{key}.endpoints[{at}]", reader) for at, end in enumerate(ends)]
    return Link(both[0], both[1], body.get("mtu") or DEFAULT_MTU, key=key)


def _endpoint(text: str, key: str, reader: Reader) -> Endpoint:
    node, _, port = text.partition(":")
    if not node or not port:
        raise _wrong_at(key, f"{text!r} is no endpoint", "write node:interface", reader)
    return Endpoint(node, port)


def _foreign(kind: str, link: Link) -> str:
    """The type of a link of which one end is no node but the host; empty for a link between two nodes.

    These words win over nodes of the same name, as in containerlab.
    """
    names = [end.node.strip().lower() if kind == "brief" else end.node for end in link.ends]
    words = ("macvlan", "mgmt-net", "host") if kind == "brief" else ("mgmt-net", "host")
    return next((name for name in names if name in words), "")


def _extended(item: yaml.Node, key: str, body: dict[str, Any], reader: Reader) -> Link:
    ends = body.get("endpoints") or []
    if len(ends) != 2:
        raise reader.wrong(item, f"{key}.endpoints", f"a veth has two endpoints, not {len(ends)}", _END_HINT)
    macs: dict[Endpoint, str] = {}
    both: list[Endpoint] = []
    for at, end in enumerate(ends):
        path = f"{key}.endpoints[{at}]"
        if not end or not end.get("node") or not end.get("interface"):
            raise _wrong_at(path, "an endpoint needs node and interface", _END_HINT, reader)
        both.append(Endpoint(end["node"], end["interface"]))
        for family, version in (("ipv4", 4), ("ipv6", 6)):
            _check_addresses(item, f"{path}.{family}", [end.get(family) or ""], version, reader)
        if end.get("mac"):
            macs[both[-1]] = _mac(end["mac"], f"{path}.mac", reader)
    return Link(both[0], both[1], body.get("mtu") or DEFAULT_MTU, macs, key)


def _mac(text: str, key: str, reader: Reader) -> str:
    if not _MAC.fullmatch(text.lower()):
        raise _wrong_at(key, f"{text!r} is no MAC address", "write 02:00:00:00:00:01", reader)
    digits = re.sub("[:.-]", "", text.lower())
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def _check_addresses(item: yaml.Node, key: str, texts: Any, version: int, reader: Reader) -> None:
    """containerlab wants prefixes of the family, although it gives them to no linux node."""
    for text in filter(None, (text.strip() for text in texts)):
        try:
            fits = "/" in text and ipaddress.ip_interface(text).version == version
        except ValueError:
            fits = False
        if not fits:
            raise reader.wrong(item, key, f"{text!r} is no IPv{version} address with a prefix length")


def _wrong_at(key: str, what: str, hint: str, reader: Reader) -> WrongInput:
    return WrongInput(what, where=reader.file, line=reader.lines.get(key), key=key, hint=hint)


def _refusal(kind: str, key: str, item: yaml.Node, reader: Reader) -> Finding:
    return Finding(
        "error",
        f"a link of type {kind} leaves the lab or needs the host",
        reader.file,
        reader.line(item),
        key,
        "use a veth between two nodes, or deploy with --engine containerlab",
    )


_READINGS: Mapping[str, Callable[[yaml.Node, str, dict[str, Any], Reader], Link]] = {
    "brief": _brief,
    "veth": _extended,
}
