"""What the gate found of a change, and what follows from it. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.drill.changed import Changed
from harness.errors import EXIT_FAIL, EXIT_NOT_MEASURED, EXIT_PASS, EXIT_WRONG_INPUT
from harness.verdict.readiness import Outcome as Made
from harness.verdict.verdict import Outcome, Verdict, worst

EXIT: dict[str, int] = {
    "pass": EXIT_PASS,
    "fail": EXIT_FAIL,
    "wrong input": EXIT_WRONG_INPUT,
    "error": EXIT_NOT_MEASURED,
}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything about one change. ``refused``: why it could not be laid over a lab at all; ``trouble``: what kept it
    from being measured; ``left``: what was not as before after undoing; ``pending``: conditions of convergence that
    did not hold; ``journeys``: what became of what people do; ``already``: the red checks and lost journeys that are so
    without the change too (their names, as in ``red`` and ``lost``); ``verdict_s`` is without the undoing; ``run`` is
    the directory of the lab's run, which the evidence of verdicts lies in."""

    candidate: str
    stage: str = ""
    lab: str = ""
    changed: tuple[Changed, ...] = ()
    pending: tuple[tuple[str, str], ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    journeys: tuple[Made, ...] = ()
    already: frozenset[str] = frozenset()
    refused: str = ""
    trouble: str = ""
    left: str = ""
    verdict_s: float = 0.0
    undone_s: float = 0.0
    engine: str = ""
    run: str = ""

    @property
    def outcome(self) -> str:
        """``pass``, ``fail``, ``wrong input`` or ``error``; that a change is bad counts more than what it left."""
        if self.refused:
            return "wrong input"
        if self.pending or self.red or self.lost:
            return "fail"
        if self.trouble or self.left or self.already or self.unmeasured or self.unmade:
            return "error"
        return "pass"

    @property
    def exit_code(self) -> int:
        """As design and ``harness.errors`` have it."""
        return EXIT[self.outcome]

    @property
    def red(self) -> dict[str, Verdict]:
        """The checks that went red with the change, each with its first failing verdict."""
        return {check: each for check, each in self.failing.items() if check not in self.already}

    @property
    def failing(self) -> dict[str, Verdict]:
        """The checks that are red with the change on the lab, whether or not they are so without it."""
        return _first(self.verdicts, "fail")

    @property
    def lost(self) -> tuple[Made, ...]:
        """The journeys that the change lost."""
        return tuple(each for each in self.journeys if each.fate == "lost" and name_of(each) not in self.already)

    @property
    def unmade(self) -> tuple[Made, ...]:
        """The journeys that could not be measured."""
        return tuple(each for each in self.journeys if each.fate == "not measured")

    @property
    def unmeasured(self) -> dict[str, Verdict]:
        """Checks that could not be measured and are not red elsewhere."""
        return {check: each for check, each in _first(self.verdicts, "error").items() if check not in self.failing}

    @property
    def cause(self) -> str:
        """The first thing that is wrong; empty if nothing is."""
        if self.refused or self.trouble:
            return self.refused or self.trouble
        for name, why in self.pending[:1]:
            return f"{name}: {why}"
        for check, each in (*self.red.items(), *self.unmeasured.items()):
            return f"{check} at {each.where}: {each.findings[0] if each.findings else 'it says no more'}"
        for made in (*self.lost, *self.unmade):
            return str(made)
        if self.already:
            return f"red without the change too: {', '.join(sorted(self.already))}"
        return self.left

    @property
    def suspects(self) -> tuple[Changed, ...]:
        """The changed files of the node that is named first in what is wrong; all of them if they are of one node."""
        nodes = tuple(dict.fromkeys(each.node for each in self.changed))
        said = [f"{name}: {why}" for name, why in self.pending]
        said += [line for each in self.red.values() for line in each.findings]
        said += [str(each) for each in self.lost]
        if not said:
            return ()
        node = first_named(said, nodes) or (nodes[0] if len(nodes) == 1 else "")
        return tuple(each for each in self.changed if each.node == node)

    def as_data(self) -> dict[str, Any]:
        """As it stands in the JSON."""
        checks: dict[str, list[Outcome]] = {}
        for each in self.verdicts:
            checks.setdefault(each.check, []).append(each.outcome)
        return {
            "candidate": self.candidate,
            "stage": self.stage,
            "lab": self.lab,
            "run": self.run,
            "outcome": self.outcome,
            "exit_code": self.exit_code,
            "cause": self.cause,
            "where": [each.place for each in self.suspects],
            "changed": [
                {"node": each.node, "path": each.path, "source": each.source, "line": each.line}
                for each in self.changed
            ],
            "did_not_converge": [f"{name}: {why}" for name, why in self.pending],
            "red": list(self.red),
            "not_measured": list(self.unmeasured),
            "journeys_made": len(self.journeys),
            "journeys_lost": [name_of(each) for each in self.lost],
            "journeys_not_measured": [name_of(each) for each in self.unmade],
            "red_without_it": sorted(self.already),
            "checks": {check: worst(outcomes) for check, outcomes in sorted(checks.items())},
            "refused": self.refused,
            "trouble": self.trouble,
            "not_as_before": self.left,
            "verdict_s": round(self.verdict_s, 1),
            "undone_s": round(self.undone_s, 1),
            "verdicts": [each.as_data() for each in self.verdicts],
            "journeys": [each.as_data() for each in self.journeys],
        }


def name_of(journey: Made) -> str:
    """Which journey of whom it was."""
    return f"{journey.journey} from {journey.host} ({journey.manner})"


def first_named(said: Sequence[str], nodes: Sequence[str]) -> str:
    """The node that is named first in the lines; empty if none is."""
    for line in said:
        found = [(match.start(), node) for node in nodes if (match := re.search(rf"(?<![\w-]){node}(?![\w-])", line))]
        if found:
            return min(found)[1]
    return ""


def _first(verdicts: Sequence[Verdict], outcome: Outcome) -> dict[str, Verdict]:
    found: dict[str, Verdict] = {}
    for each in verdicts:
        if each.outcome == outcome:
            found.setdefault(each.check, each)
    return found
