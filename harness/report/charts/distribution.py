"""A drill as a distribution: every repetition a point, the median, and the target of each measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.report.charts.canvas import FAINT, FAMILY, INK, TARGET, figure


@dataclass(frozen=True, slots=True)
class Sample:
    """One measure: its title, the family (0: none), values in ms, how often it never came about, and the most allowed."""

    title: str
    family: int
    values: tuple[float, ...]
    never: int
    median_ms: float | None
    target_ms: float


def distribution(samples: Sequence[Sample], words: Mapping[str, str], salt: str) -> str:
    """The chart as SVG. ``words`` has ``axis``, ``target``, ``median``, ``one`` (a repetition) and ``never``."""
    most = max([value for each in samples for value in (*each.values, each.target_ms)], default=0.0) or 1.0
    with figure(0.36 * len(samples) + 0.95, salt) as (made, axes, drawn):
        for place, each in enumerate(samples):
            look = FAMILY.get(each.family)
            axes.plot([0, most], [place, place], color=FAINT, linewidth=0.5, zorder=1)
            if each.values:
                axes.plot([min(each.values), max(each.values)], [place, place], color=INK, linewidth=1.0, zorder=2)
                axes.scatter(each.values, [place] * len(each.values), s=30, marker=look.marker if look else "s", color=look.colour if look else INK, edgecolors=INK, linewidths=0.5, alpha=0.85, zorder=3)  # fmt: skip
            if each.median_ms is not None:
                axes.plot([each.median_ms] * 2, [place - 0.3, place + 0.3], color=INK, linewidth=2.2, zorder=4)
            axes.plot([each.target_ms] * 2, [place - 0.42, place + 0.42], color=TARGET, linewidth=1.4, linestyle=(0, (2, 1)), zorder=4)  # fmt: skip
            if each.never:
                axes.text(most * 1.02, place, words["never"].format(n=each.never), va="center", fontsize=9, fontweight="bold")  # fmt: skip
        for family, look in FAMILY.items():
            if any(each.family == family for each in samples):
                axes.scatter([], [], s=30, marker=look.marker, color=look.colour, edgecolors=INK, linewidths=0.5, label=f"IPv{family}: {words['one']}")  # fmt: skip
        axes.plot([], [], color=INK, linewidth=2.2, label=words["median"])
        axes.plot([], [], color=TARGET, linewidth=1.4, linestyle=(0, (2, 1)), label=words["target"])
        axes.set_yticks(range(len(samples)), [each.title for each in samples], fontsize=9)
        axes.set_ylim(len(samples) - 0.4, -0.6)
        axes.set_xlim(-most * 0.015, most * (1.25 if any(each.never for each in samples) else 1.05))
        axes.set_xlabel(words["axis"], fontsize=9)
        made.legend(loc="outside upper center", ncols=4, frameon=False, fontsize=9)
    return drawn[0]
