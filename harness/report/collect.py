"""What there is in a run's directory, before anything is made of it: results, their bases, and what never ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from harness.errors import WrongInput
from harness.history import results
from harness.history.history import FILES
from harness.history.results import Damaged, Kept, Kind
from harness.report import basis as bases
from harness.report.basis import Basis

BEGUN: Mapping[Kind, tuple[str, ...]] = {
    "verify": ("verify/*",),
    "rehearsal": ("history-rehearsal-*.jsonl", "rehearsal/*"),
    "drill": ("history-drill-*.jsonl",),
    "mutants": ("history-mutants*.jsonl", "mutants/*"),
}
"""Kind of result → what its command leaves at once: one without a result was broken off."""
CHECKS_BEGUN = "history-*.jsonl"
"""Other commands ask checks too, so this tells of checks only where nothing tells of another command."""
TRACES = (results.RESULTS, FILES, "bundles", "trees", "record.json")
"""By one of these a directory is known as a run's, or as a desk of an exercise."""


@dataclass(frozen=True, slots=True)
class Found:
    """A result with what it was judged by."""

    kept: Kept
    basis: Basis


@dataclass(frozen=True, slots=True)
class Collected:
    """What is in the directories. ``latest`` is the basis that holds for the whole: the newest; ``unfinished`` are kinds
    of commands that began and left no result."""

    directories: tuple[Path, ...]
    found: tuple[Found, ...]
    damaged: tuple[Damaged, ...]
    unfinished: tuple[Kind, ...]

    @property
    def latest(self) -> Basis:
        """The basis of the newest result; an empty one where there is no result."""
        return self.found[-1].basis if self.found else Basis()


def collect(directories: tuple[Path, ...]) -> Collected:
    """Read the directories of one run or of several. Raises ``WrongInput`` for one that is none."""
    read_basis = cache(bases.read)
    found: list[Found] = []
    damaged: list[Damaged] = []
    unfinished: list[Kind] = []
    for directory in directories:
        _require(directory)
        kept, broken = results.read(directory)
        kept = (*kept, *_left_by_mutants(directory, kept))
        found += [Found(each, read_basis(each.basis)) for each in kept]
        damaged += broken
        unfinished += _unfinished(directory, kept)
    found.sort(key=lambda each: (each.kept.at, each.kept.file.name))
    for trouble in dict.fromkeys(text for each in found for text in each.basis.trouble):
        name, _, why = trouble.partition(": ")
        damaged.append(Damaged(Path(name), why))
    return Collected(directories, tuple(found), tuple(damaged), tuple(unfinished))


def _require(directory: Path) -> None:
    if not directory.is_dir():
        raise WrongInput("there is no such directory", where=directory, hint="give a run's directory, or a lab's name")
    if not any(any(directory.glob(each)) for each in TRACES):
        hint = "a run's directory is runs/<lab>/<time>"
        raise WrongInput("this is no run's directory", where=directory, hint=hint)


def _unfinished(directory: Path, kept: tuple[Kept, ...]) -> list[Kind]:
    """Kinds that began and have no result at all; how often one was begun its traces do not tell."""
    there = {each.kind for each in kept}
    begun: list[Kind] = [
        kind
        for kind, patterns in BEGUN.items()
        if kind not in there and any(any(directory.glob(pattern)) for pattern in patterns)
    ]
    if not kept and not begun and any(directory.glob(CHECKS_BEGUN)):
        return ["checks"]
    return begun


def _left_by_mutants(directory: Path, kept: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """The proofs that were made before ``v6lab mutants`` was broken off: each lies in a file of its own."""
    files = sorted(directory.glob("mutants/*/mutant.json"))
    if not files or any(each.kind == "mutants" for each in kept):
        return ()
    proofs = []
    for file in files:
        try:
            proofs.append(json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError):  # the one that was being written
            continue
    at = max(_changed(each) for each in files)
    model = kept[-1] if kept else Kept(directory, "mutants", at, "", "", "", directory / results.BASIS / "none", {})
    stage = next((each["stage"] for proof in proofs for each in proof.get("verdicts", ())), model.stage)
    data = {"wanted": None, "faults": proofs}
    return (replace(model, file=directory / "mutants", kind="mutants", at=at, stage=stage, data=data),)


def _changed(file: Path) -> str:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="microseconds")
