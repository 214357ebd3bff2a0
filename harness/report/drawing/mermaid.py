"""A drawing as Mermaid text, for where a Markdown page draws it; nothing is laid out here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.plan.model import Family
from harness.report.drawing import style
from harness.report.drawing.elements import SIGNS
from harness.report.drawing.model import Drawing, Families, Kind, Link, Node, States, Subnet, changes, here

_SHAPES: Mapping[Kind, tuple[str, str]] = {
    "router": ("([", "])"),
    "firewall": ("{{", "}}"),
    "switch": ("[[", "]]"),
    "translator": ("[/", "/]"),
    "server": ("[", "]"),
    "client": ("(", ")"),
    "handset": ("(", ")"),
}
_LINES: Mapping[tuple[Family, ...], str] = {(4, 6): "===", (4,): "---", (6,): "-.-", (): "~~~"}
"""Thick for both families, thin for IPv4, dotted for IPv6, unseen for neither."""

_NO_STATES: States = {}


def mermaid(drawing: Drawing, states: States = _NO_STATES) -> str:
    """The whole drawing; ids and ``states`` are those of the SVG."""
    names = _names(drawing)
    lines = ["---", f"title: {_text(f'{drawing.title} – {drawing.subtitle}')}", "---", "flowchart LR"]
    for zone in drawing.zones:
        lines += [f"  subgraph {_identity(zone.id)}[{_text(zone.title)}]"]
        lines += [_node(node, names, states, 4) for node in drawing.in_box(zone.id)]
        for subnet in drawing.subnets:
            if subnet.zone == zone.id and (hosts := drawing.in_box(zone.id, subnet.id)):
                lines += [*_subnet(subnet, hosts, names, states)]
        lines += ["  end"]
    lines += [_node(node, names, states, 2) for node in drawing.in_box(None)]
    lines += [_link(link, names, states) for link in drawing.links]
    return "\n".join((*lines, *_legend(drawing), *_classes(drawing, names, states), ""))


def _subnet(subnet: Subnet, hosts: tuple[Node, ...], names: Mapping[str, str], states: States) -> Iterator[str]:
    yield f"    subgraph {_identity(subnet.id)}[{_text(_with(subnet.name, subnet.families))}]"
    yield from (_node(node, names, states, 6) for node in hosts)
    yield "    end"


def _node(node: Node, names: Mapping[str, str], states: States, indent: int) -> str:
    before, after = _SHAPES[node.kind]
    state = states.get(node.id)
    text = _with(f"{SIGNS[state.condition]} {node.name}" if state else node.name, node.families, "<br>")
    return f"{' ' * indent}{names[node.id]}{before}{_text(text)}{after}"


def _link(link: Link, names: Mapping[str, str], states: States) -> str:
    state = states.get(link.id)
    said = [SIGNS[state.condition]] if state else []
    said += [link.label] if link.label else []
    said += [each.label for each in link.families if each.changed or each.life == "later"]
    # without a family it is a dotted line if it has something to say, and keeps its place unseen if not
    line = "-.-" if said and not here(link.families) else _LINES[here(link.families)]
    label = f"|{_text(' '.join(said))}|" if said else ""
    return f"  {names[link.a]} {line}{label} {names[link.b]}"


def _with(name: str, families: Families, gap: str = " ") -> str:
    labels = " ".join(each.label for each in families if each.label)
    return f"{name}{gap}{labels}" if labels else name


def _legend(drawing: Drawing) -> Iterator[str]:
    say = drawing.words
    yield f"  subgraph legend[{_text(say.legend)}]"
    blank = f"[{_text(' ')}]"
    lines: tuple[tuple[tuple[Family, ...], str], ...] = (
        ((4,), say.only.format(4)),
        ((6,), say.only.format(6)),
        ((4, 6), say.both),
    )
    for index, (families, meaning) in enumerate(lines):
        yield f"    l{index}a{blank} {_LINES[families]}|{_text(meaning)}| l{index}b{blank}"
    for index, (label, meaning) in enumerate(_marks(drawing)):
        yield f"    m{index}[{_text(f'{label}: {meaning}')}]"
    for index, kind in enumerate(each for each in _SHAPES if any(node.kind == each for node in drawing.nodes)):
        before, after = _SHAPES[kind]
        yield f"    k{index}{before}{_text(say.kinds[kind])}{after}"
    yield "  end"


def _marks(drawing: Drawing) -> Iterator[tuple[str, str]]:
    say = drawing.words
    if drawing.changed():
        yield from (("+6", say.new.format(drawing.against)), ("−4", say.gone.format(drawing.against)))
    if coming := drawing.coming():
        yield coming.label, say.later.format(coming.family, coming.stage)


def _classes(drawing: Drawing, names: Mapping[str, str], states: States) -> Iterator[str]:
    yield f"  classDef changed stroke:{style.YELLOW},stroke-width:4px"
    yield f"  classDef bad stroke:{style.VERMILLION},stroke-width:4px"
    changed = [names[node.id] for node in drawing.nodes if changes(node.families)]
    bad = [names[node.id] for node in drawing.nodes if node.id in states and states[node.id].condition == "bad"]
    for name, members in (("changed", changed), ("bad", bad)):
        if members:
            yield f"  class {','.join(members)} {name}"


def _names(drawing: Drawing) -> Mapping[str, str]:
    """Node → its id here: as in the SVG as far as Mermaid takes it, with a number where that would be another's too."""
    found: dict[str, str] = {}
    for index, node in enumerate(drawing.nodes):
        name = _identity(node.id)
        found[node.id] = f"{name}_{index}" if name in found.values() else name
    return found


def _identity(identity: str) -> str:
    """An id that Mermaid takes: letters, figures and underscores."""
    return "".join(each if each.isascii() and each.isalnum() else "_" for each in identity)


def _text(words: str) -> str:
    escaped = words.replace('"', "#quot;")
    return f'"{escaped}"'
