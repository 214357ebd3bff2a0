"""A drawing as one HTML page: the SVG inside it, and what changes once more in words, for those who read."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from harness.report.drawing.layout import Layout
from harness.report.drawing.model import Drawing, Families, States, changes
from harness.report.drawing.svg import svg

_NO_STATES: States = {}
_STYLE = """
body { font-family: Arial, "Liberation Sans", "DejaVu Sans", sans-serif; margin: 1rem; color: #1a1a1a; background: #fff }
.drawing { overflow: auto; border: 1px solid #ccc }
.drawing svg { max-width: 100%; height: auto; display: block }
.drawing:target svg, .drawing.whole svg { max-width: none }
table { border-collapse: collapse } td, th { border: 1px solid #bbb; padding: .2rem .6rem; text-align: left }
@media print { .drawing { border: 0; overflow: visible } h2, table { break-before: auto } }
""".strip()


def page(drawing: Drawing, layout: Layout, states: States = _NO_STATES) -> str:
    """The page: no script, nothing from elsewhere. The drawing is as wide as the window; a click on it shows it whole."""
    title = escape(f"{drawing.title} – {drawing.subtitle}")
    lines = [
        "<!doctype html>",
        f'<html lang="{drawing.words.language}">',
        f'<head><meta charset="utf-8"><title>{title}</title>',
        f"<style>\n{_STYLE}\n</style></head>",
        "<body>",
        f'<div class="drawing" id="drawing"><a href="#drawing" aria-label="{escape(drawing.words.picture)}">',
        svg(drawing, layout, states) + "</a></div>",
        *_changes(drawing),
        *_states(drawing, states),
        "</body></html>",
        "",
    ]
    return "\n".join(lines)


def _changes(drawing: Drawing) -> Iterator[str]:
    say = drawing.words
    if drawing.against is None:
        return
    yield f"<h2>{escape(say.changes.format(drawing.against))}</h2>"
    rows = list(_changed(drawing))
    yield from _table(rows) if rows else [f"<p>{escape(say.no_changes)}</p>"]


def _changed(drawing: Drawing) -> Iterator[tuple[str, str, str]]:
    say = drawing.words
    for subnet in drawing.subnets:
        yield from _row(say.lan, subnet.name, subnet.families)
    for link in drawing.links:
        yield from _row(say.link, " – ".join(link.ends), link.families)
    for node in drawing.nodes:
        yield from _row(say.kinds[node.kind], node.name, node.families)


def _row(what: str, name: str, families: Families) -> Iterator[tuple[str, str, str]]:
    if changed := changes(families):
        yield what, name, " ".join(f"{each.label[0]}IPv{each.family}" for each in changed)


def _states(drawing: Drawing, states: States) -> Iterator[str]:
    names = {node.id: node.name for node in drawing.nodes} | {link.id: " – ".join(link.ends) for link in drawing.links}
    rows = [
        (names[each], drawing.words.conditions[state.condition], state.text)
        for each, state in states.items()
        if each in names
    ]
    if rows:
        yield f"<h2>{escape(drawing.words.states)}</h2>"
        yield from _table(rows)


def _table(rows: list[tuple[str, str, str]]) -> Iterator[str]:
    yield "<table>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
    yield "</table>"
