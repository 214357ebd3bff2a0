"""Matplotlib as this project uses it: one figure in, SVG for the inside of a page out.

Colours are those of Okabe and Ito, which the colour-blind tell apart; each meaning has a hatch or a marker besides, so
that it survives a black-and-white printer. The same data give the same text.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 9.6
"""Inches of a chart's own space; a page scales it to its column."""
FONTS = ("DejaVu Sans",)
"""Texts are measured by the font that comes with Matplotlib, which is wide: whatever a reader has fits too."""
READERS_FONTS = "'Helvetica Neue', Arial, 'Liberation Sans', 'Noto Sans', 'DejaVu Sans', sans-serif"
INK, FAINT, PAPER = "#1f2933", "#9aa5b1", "#ffffff"
SETTINGS: Mapping[str, Any] = {
    "text.parse_math": False,  # a name with dollar signs in it is a name
    "svg.fonttype": "none",
    "font.family": list(FONTS),
    "font.size": 10,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True, slots=True)
class Look:
    """How one meaning is drawn: its colour, the hatch over it, and a marker where it is a point."""

    colour: str
    hatch: str = ""
    marker: str = "o"


FAMILY: Mapping[int, Look] = {4: Look("#0072B2", "", "o"), 6: Look("#009E73", "///", "^")}
STATE: Mapping[str, Look] = {
    "pass": Look("#009E73"),
    "ready": Look("#009E73"),
    "fail": Look("#D55E00", "xxx"),
    "lost": Look("#D55E00", "xxx"),
    "error": Look("#F0E442", "\\\\\\"),
    "unknown": Look("#F0E442", "\\\\\\"),
    "skip": Look("#56B4E9", "..."),
    "absent": Look("#CBD2D9", "---"),
    "unasked": Look("#ffffff", "---"),
}
TARGET = "#000000"


@contextmanager
def figure(height: float, salt: str) -> Iterator[tuple[Figure, Axes, list[str]]]:
    """A figure with one pair of axes; when the body is done, the list holds the SVG.

    ``salt`` makes the ids in it its own: several charts stand in one page.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    drawn: list[str] = []
    with mpl.rc_context(cast(Any, {**SETTINGS, "svg.hashsalt": salt})):
        made = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = made.add_subplot()
        axes.tick_params(length=0)
        yield made, axes, drawn
        out = io.StringIO()
        made.savefig(out, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    drawn.append(_inside(out.getvalue()))


def _inside(text: str) -> str:
    """Only the element: no prolog that names a DTD elsewhere, no style that would hold for the whole page."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<style[^>]*>.*?</style>", "", text, flags=re.DOTALL)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = text.replace("'DejaVu Sans'", READERS_FONTS).replace("DejaVu Sans, sans-serif", READERS_FONTS)
    text = re.sub(r'<g id="[^"]*"', "<g", text)  # figure_1, axes_1: the same in every chart of a page
    text = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", text, count=1)
    return text.replace("<svg ", '<svg class="chart" role="img" stroke-linejoin="round" stroke-linecap="butt" ', 1)
