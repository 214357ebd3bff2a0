"""Bars of what became of many things: a bar a row, a piece a state, each with its number in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.report.charts.canvas import INK, PAPER, STATE, figure

ROW_INCHES, FRAME_INCHES = 0.42, 0.55
NARROW = 0.045
"""A piece of less than this share of the chart has no room for a number."""
DARK = ("pass", "ready", "fail", "lost")


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: its title, state → how many, and what is written behind the bar."""

    title: str
    counts: Mapping[str, int]
    said: str


def stacked(bars: Sequence[Bar], states: Mapping[str, str], salt: str) -> str:
    """The chart as SVG. ``states`` are in order, each with its name for the legend. Every bar is as long as its whole is
    against the largest, so that few look few."""
    most = max((sum(bar.counts.values()) for bar in bars), default=0) or 1
    shown = [state for state in states if any(bar.counts.get(state) for bar in bars)]
    with figure(ROW_INCHES * len(bars) + FRAME_INCHES, salt) as (made, axes, drawn):
        for place, bar in enumerate(bars):
            left = 0
            for state in states:
                if not (n := bar.counts.get(state, 0)):
                    continue
                look = STATE[state]
                axes.barh(place, n, left=left, height=0.62, color=look.colour, hatch=look.hatch, edgecolor=INK, linewidth=0.6)  # fmt: skip
                if n / most >= NARROW:
                    box = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.2, "alpha": 0.92}
                    axes.text(left + n / 2, place, str(n), ha="center", va="center", fontsize=9, bbox=box)
                left += n
            axes.text(left + most * 0.012, place, bar.said, ha="left", va="center", fontsize=9.5)
        for state in shown:
            look = STATE[state]
            axes.barh(0, 0, color=look.colour, hatch=look.hatch, edgecolor=INK, linewidth=0.6, label=states[state])
        axes.set_yticks(range(len(bars)), [bar.title for bar in bars])
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.set_xlim(0, most * 1.24)
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        made.legend(loc="outside lower center", ncols=len(shown), frameon=False, fontsize=9, handlelength=1.6)
    return drawn[0]
