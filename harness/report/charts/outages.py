"""The longest outage of each step in both families, side by side, against what is allowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.report.charts.canvas import FAMILY, INK, TARGET, figure

BAR = 0.34


@dataclass(frozen=True, slots=True)
class Outage:
    """One step: its title, family → ms, ``None`` where nothing was measured."""

    title: str
    ms: Mapping[int, float | None]


def outages(steps: Sequence[Outage], target_ms: float, words: Mapping[str, str], salt: str) -> str:
    """The chart as SVG. ``words`` has ``axis``, ``target`` and ``unmeasured``."""
    known = [ms for step in steps for ms in step.ms.values() if ms is not None]
    most = max([target_ms, *known, 1.0])
    with figure(0.66 * len(steps) + 0.95, salt) as (made, axes, drawn):
        for place, step in enumerate(steps):
            for index, (family, look) in enumerate(FAMILY.items()):
                ms, high = step.ms.get(family), place + (index - 0.5) * BAR
                axes.barh(high, ms or 0, height=BAR * 0.88, color=look.colour, hatch=look.hatch, edgecolor=INK, linewidth=0.6, label=f"IPv{family}" if place == 0 else None)  # fmt: skip
                said = words["unmeasured"] if ms is None else f"{ms:.0f} ms"
                axes.text((ms or 0) + most * 0.008, high, f"IPv{family}: {said}", va="center", ha="left", fontsize=9)
        axes.axvline(target_ms, color=TARGET, linewidth=1.2, linestyle=(0, (5, 2)), label=words["target"])
        axes.set_yticks(range(len(steps)), [step.title for step in steps])
        axes.set_ylim(len(steps) - 0.45, -0.55)
        axes.set_xlim(0, most * 1.2)
        axes.set_xlabel(words["axis"], fontsize=9)
        made.legend(loc="outside upper center", ncols=3, frameon=False, fontsize=9)
    return drawn[0]
