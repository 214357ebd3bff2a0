"""Faults that were put in to see whether the suite notices, as ``v6lab mutants`` left them."""

from __future__ import annotations

from dataclasses import dataclass

from harness.language import Text
from harness.report.collect import Found
from harness.report.made.base import Made, texts, title


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault that was put in to see whether the suite notices."""

    id: str
    title: Text
    outcome: str
    reached: bool
    caught_by: tuple[str, ...]
    stays_green: tuple[str, ...]
    red: tuple[str, ...]
    green_again: bool
    findings: tuple[str, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Mutants(Made):
    """All faults of one run. ``wanted``: how many there were to be; ``None``: it was broken off, nobody knows."""

    wanted: int | None
    faults: tuple[Mutant, ...]

    @property
    def untried(self) -> int:
        """Faults that were to be put in and were not."""
        return (self.wanted or len(self.faults)) - len(self.faults)


def mutants(found: Found) -> Mutants:
    """A result of ``v6lab mutants``."""
    data = found.kept.data
    faults = tuple(
        Mutant(
            str(each["id"]),
            title(each),
            str(each["outcome"]),
            bool(each["reached"]),
            texts(each["caught_by"]),
            texts(each["stays_green"]),
            texts(each["red"]),
            bool(each["green_again"]),
            texts(each["findings"]),
            float(each["seconds"]),
        )
        for each in data["faults"]
    )
    outcomes = {each.outcome for each in faults}
    wanted = data["wanted"]
    whole = wanted is not None and wanted <= len(faults) and bool(faults)
    outcome = "fail" if "fail" in outcomes else "pass" if whole and outcomes == {"pass"} else "error"
    return Mutants(found, outcome, None if wanted is None else int(wanted), faults)
