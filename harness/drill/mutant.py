"""A mutant: a fault goes into a green lab alone, the checks that must notice do, and all is green again afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.drill import judging
from harness.drill.as_before import remember
from harness.drill.faults import Breakage, Fault, Sign, candidate
from harness.drill.laid import laid_trees, prove_as_before
from harness.errors import CannotMeasure, HarnessError
from harness.fault.base import Fault as Broken
from harness.fault.base import applied, link_between
from harness.fault.kinds import KINDS
from harness.history.run import RunDirectory
from harness.lab.conditions import quiet
from harness.lab.converge import CONVERGE_SECONDS, Told, converge
from harness.lab.lab import Lab
from harness.render import tree as node_trees
from harness.render.tree import NodeTree, Source, TreeFile, Trees
from harness.verdict import mutant
from harness.verdict.mutant import Judgement
from harness.verdict.verdict import Finding, Outcome, Verdict
from harness.wait import Condition, Deadline, until

REACHED_SECONDS = 9.0
"""A fault that has not taken effect by then has none: FRR waits 5 s before a changed route map or prefix list is used."""
WORKER = "mutants"
MEASURED = "measured"


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of one fault. ``open`` are conditions of convergence that did not hold with it on."""

    fault: Fault
    judgement: Judgement
    verdicts: tuple[Verdict, ...]
    open: tuple[tuple[str, str], ...]
    seconds: float

    def as_data(self) -> dict[str, Any]:
        """As it stands in the JSON."""
        judged = self.judgement
        return {
            "id": self.fault.id,
            "vi": self.fault.vi,
            "en": self.fault.en,
            "outcome": judged.outcome,
            "reached": not any(each.where == mutant.REACHED for each in judged.findings),
            "caught_by": list(self.fault.caught_by),
            "stays_green": list(self.fault.stays_green),
            "red": list(judged.red),
            "green": list(judged.green),
            "not_measured": list(judged.unmeasured),
            "green_again": not any(each.where == mutant.AGAIN for each in judged.findings),
            "findings": [str(each) for each in judged.findings],
            "did_not_converge": [f"{name}: {why}" for name, why in self.open],
            "seconds": round(self.seconds, 1),
            "verdicts": [each.as_data() for each in self.verdicts],
        }


def red_before(lab: Lab, faults: Sequence[Fault], told: Told) -> dict[str, str]:
    """Checks that the faults name and that are not green on the lab as it stands: nothing can be proved by them."""
    told.phase("seeing that all is green before")
    named = dict.fromkeys(check for fault in faults for check in (*fault.caught_by, *fault.stays_green))
    found = mutant.outcomes(judging.judge(lab, tuple(named), _directory(lab) / "before", disturbing=True))
    return {check: said for check in named if (said := found.get(check, "not measured")) != "pass"}


def prove(lab: Lab, fault: Fault, told: Told, *, everything: bool = False) -> Proof:
    """Put the fault in, ask the checks, take it out and ask those that were red again.

    ``everything``: ask all checks that only look, and not only those that the fault names.
    Raises ``WrongInput`` for a fault that does not fit the lab; ``LabFailed`` if the lab is not as before afterwards:
    no further fault can go into it.
    """
    started = time.monotonic()
    out = _directory(lab) / fault.id
    with _on(lab, fault, out, told) as still_open:
        unreached = _unreached(lab, fault.reached)
        told.phase(f"{fault.id}: asking the checks")
        verdicts = () if unreached else _ask(lab, fault, out / "during", everything)
    again: dict[str, Outcome] = {}
    if not unreached:
        told.phase(f"{fault.id}: seeing it gone, and asking again what was red")
        _gone(lab, fault.reached)
        again = mutant.outcomes(judging.judge(lab, fault.caught_by, out / "after", disturbing=True))
    judgement = mutant.judge(fault.caught_by, fault.stays_green, unreached, mutant.outcomes(verdicts), again)
    proof = Proof(fault, judgement, verdicts, tuple(still_open), time.monotonic() - started)
    (out / "mutant.json").write_text(json.dumps(proof.as_data(), indent=1, ensure_ascii=False), encoding="utf-8")
    return proof


def _ask(lab: Lab, fault: Fault, out: Path, everything: bool) -> tuple[Verdict, ...]:
    """The verdicts with the fault in. What could not be measured is asked once more: an ISP that keeps news back for
    30 s may still have held back what the fault before it had set in motion."""
    named = (*fault.caught_by, *fault.stays_green)
    found = judging.judge(lab, None if everything else named, out, disturbing=not everything)
    if left := [check for check in named if mutant.outcomes(found).get(check, "error") == "error"]:
        asked = judging.judge(lab, left, out / "once-more", disturbing=True)
        return (*(each for each in found if each.check not in left), *asked)
    return found


def _gone(lab: Lab, signs: Sequence[Sign]) -> None:
    """Wait until a fault that is out shows no longer; what is still wrong then the checks will say."""

    def unmet() -> str | None:
        return None if any(_looking(lab, sign)() for sign in signs) else "its signs are still there"

    until([Condition("the fault is gone", unmet)], Deadline.after(REACHED_SECONDS))


def _directory(lab: Lab) -> Path:
    return Path(lab.record.run) / WORKER


@contextmanager
def _on(lab: Lab, fault: Fault, out: Path, told: Told) -> Iterator[list[tuple[str, str]]]:
    if fault.breakage:
        with _broken(lab, made(lab, fault.breakage), told):
            yield []
        return
    own = node_trees.read(Path(lab.record.trees))
    laid_over = mutated(own, candidate(fault, own, out / "candidate"))
    with laid_trees(lab, laid_over, told, cause=f"the fault {fault.id} is in it") as laid:
        yield list(laid.pending)


def mutated(own: Trees, overlay: Path) -> Trees:
    """The trees with the files of a candidate in them."""
    found = dict(own)
    for root in sorted((overlay / "nodes").iterdir()):
        files = dict(own[root.name].files)
        for file in sorted(each for each in root.rglob("*") if each.is_file()):
            mode = files[path].mode if (path := str(file.relative_to(root))) in files else 0o644
            files[path] = TreeFile(file.read_bytes(), mode, Source(overlay.name, file))
        found[root.name] = NodeTree(root.name, files)
    return found


def made(lab: Lab, breakage: Breakage) -> Broken:
    """The breakage of this lab's link, with the end first that the fault's file names first."""
    link = link_between(lab, *breakage.link)
    if link.a.node != breakage.link[0]:
        link = replace(link, a=link.b, b=link.a)
    return KINDS[breakage.kind](link)


@contextmanager
def _broken(lab: Lab, fault: Broken, told: Told) -> Iterator[None]:
    told.phase("remembering how all is")
    before = remember(lab)
    told.phase(str(fault))
    history = RunDirectory(Path(lab.record.run)).history(WORKER)
    try:
        with quiet.watch(lab) as routes:
            with applied(fault, lab, history):
                until([quiet.condition(routes)], Deadline.after(REACHED_SECONDS))
                yield
            told.phase("mended: waiting for convergence")
            converge(lab, told, Deadline.after(CONVERGE_SECONDS), time.monotonic(), routes)
    finally:
        history.close()
    prove_as_before(lab, before)


def _unreached(lab: Lab, signs: Sequence[Sign]) -> tuple[str, ...]:
    """Why the fault is not known to have taken effect; empty if every sign of it is there."""
    wanted = [Condition(f"{number}", _looking(lab, sign)) for number, sign in enumerate(signs, 1)]
    return tuple(why for _, why in until(wanted, Deadline.after(REACHED_SECONDS)).pending)


def _looking(lab: Lab, sign: Sign) -> Callable[[], str | None]:
    def unmet() -> str | None:
        answer = lab.exec(sign.node, *sign.command)
        if answer.code:
            return f"{sign} ended with {answer.code}: {(answer.err or answer.out).strip()[:200]}"
        return sign.missing(answer.out)

    return unmet


def misfit(fault: Fault, error: HarnessError, seconds: float) -> Proof:
    """The proof of a fault that could not be put in, judged or taken out: none. The error says which."""
    where = MEASURED if isinstance(error, CannotMeasure) else mutant.REACHED
    return Proof(fault, Judgement("error", (Finding(where, str(error)),)), (), (), seconds)
