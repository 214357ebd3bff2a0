"""The legend: every line, badge and shape of the drawing, once, with what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.report.drawing import elements, sizes
from harness.report.drawing.layout import Point
from harness.report.drawing.model import Condition, Drawing, Families, FamilyState, Kind, States, nothing

_ROW, _SAMPLE, _GAP = 30.0, 44.0, 26.0
_ON4, _ON6 = FamilyState(4, "on"), FamilyState(6, "on")


@dataclass(frozen=True, slots=True)
class Entry:
    """A sample, drawn around the middle of its place (x from the left, y), and what it means."""

    sample: Callable[[float, float], str]
    meaning: str

    @property
    def width(self) -> float:
        """How much room it takes in a row."""
        return _SAMPLE + 6 + sizes.text(self.meaning, sizes.MEANING)


def rows(drawing: Drawing, states: States, width: float) -> tuple[tuple[Entry, ...], ...]:
    """The entries, as many in a row as there is room for."""
    filled: list[list[Entry]] = [[]]
    for entry in _entries(drawing, states):
        if filled[-1] and sum(each.width + _GAP for each in filled[-1]) + entry.width > width:
            filled.append([])
        filled[-1].append(entry)
    return tuple(map(tuple, filled))


def height(shown: tuple[tuple[Entry, ...], ...]) -> float:
    """How high the legend is, its heading with it."""
    return _ROW * (len(shown) + 1)


def draw(drawing: Drawing, shown: tuple[tuple[Entry, ...], ...], x: float, y: float) -> str:
    """The legend; ``x``, ``y`` is its upper left corner."""
    inside = [elements.words(drawing.words.legend, x, y + 14, "zone-title")]
    for index, row in enumerate(shown):
        left, middle = x, y + _ROW * (index + 1) + 8
        for entry in row:
            inside.append(entry.sample(left, middle))
            inside.append(elements.words(entry.meaning, left + _SAMPLE + 6, middle + 4, "legend-text"))
            left += entry.width + _GAP
    return elements.group("legend", "legend", inside)


def _entries(drawing: Drawing, states: States) -> Iterator[Entry]:
    """What is in no drawing is in no legend: changes where there are none, what is to come where all is there."""
    say = drawing.words
    coming = drawing.coming()
    later = (coming,) if coming else ()
    yield Entry(_line((_ON4,)), say.only.format(4))
    yield Entry(_line((_ON6,)), say.only.format(6))
    yield Entry(_line((_ON4, _ON6)), say.both)
    yield from (Entry(_line((each,)), say.later.format(each.family, each.stage)) for each in later)
    if any(nothing(link.families) for link in drawing.links):
        yield Entry(_line((FamilyState(6, "off"),)), say.neither)
    yield Entry(_badges((_ON4, _ON6)), say.both)
    yield from (Entry(_badges((each,)), say.later.format(each.family, each.stage)) for each in later)
    if drawing.changed():
        yield Entry(_changed(FamilyState(6, "new")), say.new.format(drawing.against))
        yield Entry(_changed(FamilyState(4, "gone")), say.gone.format(drawing.against))
    for kind in sorted({node.kind for node in drawing.nodes}, key=list(say.kinds).index):
        yield Entry(_node(kind), say.kinds[kind])
    for condition in sorted({state.condition for state in states.values()}):
        yield Entry(_sign(condition), say.conditions[condition])


def _course(x: float, y: float) -> tuple[Point, Point]:
    return Point(x, y), Point(x + _SAMPLE, y)


def _line(families: Families) -> Callable[[float, float], str]:
    return lambda x, y: "".join(elements.strands(families, _course(x, y)))


def _badges(families: Families) -> Callable[[float, float], str]:
    def sample(x: float, y: float) -> str:
        return "".join(elements.badges(families, x + _SAMPLE - sizes.badges(families), y - sizes.BADGE_HEIGHT / 2))

    return sample


def _changed(state: FamilyState) -> Callable[[float, float], str]:
    """A link with a halo, and its badge."""

    def sample(x: float, y: float) -> str:
        course = _course(x, y)
        lines = [elements.line("halo", course), *elements.strands((state,) if state.here else (_ON6,), course)]
        mark = elements.badge(state, x + (_SAMPLE - sizes.badge(state)) / 2, y - sizes.BADGE_HEIGHT / 2)
        return f'<g class="changed">{"".join(lines)}{mark}</g>'

    return sample


def _node(kind: Kind) -> Callable[[float, float], str]:
    def sample(x: float, y: float) -> str:
        outline = elements.shape(kind, x + 4, y - 11, _SAMPLE - 4, 22)
        picture = elements.icon(kind, x + (_SAMPLE + 4 - sizes.ICON) / 2, y - sizes.ICON / 2)
        return f'<g class="{kind}">{outline}{picture}</g>'

    return sample


def _sign(condition: Condition) -> Callable[[float, float], str]:
    return lambda x, y: elements.sign(condition, x + _SAMPLE - 12, y)
