"""A step in time: what was done when, and when packets of each family were lost, for how many milliseconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.report.charts.canvas import FAINT, FAMILY, INK, figure

LANES: Mapping[int, float] = {4: 1.0, 6: 0.0}
LEAST_SHARE = 0.004
"""A loss is drawn at least so wide, or nobody would see ten milliseconds in half a minute."""
CLOSE_SHARE = 0.16
"""Names of actions that begin closer together than this share are written one above the other."""


@dataclass(frozen=True, slots=True)
class Loss:
    """The longest loss of one way: when it began after the step's beginning (seconds), and how long it was."""

    family: int
    at_s: float
    ms: float


def timeline(
    actions: Sequence[tuple[str, float]],
    losses: Sequence[Loss],
    seconds: float,
    families: Sequence[int],
    words: Mapping[str, str],
    salt: str,
) -> str:
    """The step as SVG. ``words`` has ``axis`` (the x axis), ``none`` (nothing was lost) and ``unmeasured`` (a family that
    no packet was sent in)."""
    end = max([seconds, *(at for _, at in actions), *(each.at_s for each in losses), 0.001]) * 1.02
    rows = _rows(actions, end)
    levels = max(rows, default=0) + 1
    with figure(1.25 + 0.22 * levels, salt) as (_, axes, drawn):
        for (name, at), row in zip(actions, rows, strict=True):
            high = 1.75 + 0.36 * row
            axes.plot([at, at], [-0.45, high], color=FAINT, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
            axes.text(at, high, f" {name}", fontsize=8.5, va="center", ha="left")
        for family, lane in LANES.items():
            look = FAMILY[family]
            mine = [each for each in losses if each.family == family and each.ms > 0]
            axes.plot([0, end], [lane, lane], color=look.colour, linewidth=1.6, zorder=2, linestyle="-" if family == 4 else (0, (6, 2)))  # fmt: skip
            for each in mine:
                wide = max(each.ms / 1000, end * LEAST_SHARE)
                axes.broken_barh([(each.at_s, wide)], (lane - 0.3, 0.6), facecolors="#D55E00", hatch="xxx", edgecolor=INK, linewidth=0.6, zorder=3)  # fmt: skip
            if mine:
                worst = max(mine, key=lambda each: each.ms)
                said = f"{worst.ms:.0f} ms"
            else:
                said = words["none"] if family in families else words["unmeasured"]
            axes.text(end * 1.008, lane, said, va="center", ha="left", fontsize=9.5, fontweight="bold" if mine else "normal")  # fmt: skip
        axes.set_yticks(list(LANES.values()), [f"IPv{family}" for family in LANES])
        axes.set_ylim(-0.6, 1.6 + 0.36 * levels)
        axes.set_xlim(-end * 0.005, end * 1.16)
        axes.set_xlabel(words["axis"], fontsize=9)
        axes.spines["left"].set_visible(False)
    return drawn[0]


def _rows(actions: Sequence[tuple[str, float]], end: float) -> list[int]:
    """In which row the name of each action stands: the lowest one that is free there."""
    taken: list[float] = []
    rows = []
    for name, at in actions:
        wide = max(CLOSE_SHARE, 0.0095 * len(name)) * end
        row = next((index for index, until in enumerate(taken) if until <= at), len(taken))
        taken[row : row + 1] = [at + wide]
        rows.append(row)
    return rows
