"""A mutant: a fault goes into a green lab alone, the checks that must notice do, and all is green again afterwards."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.drill import judging
from harness.drill.as_before import remember
from harness.drill.breaking import together
from harness.drill.faults import Fault, Sign, candidate
from harness.drill.laid import laid_trees, prove_as_before, require_at
from harness.drill.patience import SERVICES_STILL_SECONDS, STILL_SECONDS
from harness.errors import CannotMeasure, HarnessError
from harness.fault.base import applied
from harness.history.run import RunDirectory
from harness.lab import record as records
from harness.lab.conditions import quiet
from harness.lab.converge import CONVERGE_SECONDS, Told, converge
from harness.lab.lab import Lab
from harness.probe.snapshot import Snapshot
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
ROUTING = "etc/frr/"
"""A change of what is below may reset sessions, which come up again by themselves."""


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


@dataclass(slots=True)
class Memory:
    """How all of a lab is while no fault is in it. After each fault it is proven to be so again, so that it need not
    be looked at before the next."""

    before: Snapshot | None = None


def prove(lab: Lab, fault: Fault, told: Told, *, everything: bool = False, memory: Memory | None = None) -> Proof:
    """Put the fault in, ask the checks, take it out and ask those that were red again.

    ``everything``: ask all checks that only look, and not only those that the fault names. ``memory`` is of the
    faults before it on the same lab.
    Raises ``WrongInput`` for a fault that does not fit the lab; ``LabFailed`` if the lab is not as before afterwards:
    no further fault can go into it.
    """
    started = time.monotonic()
    out, memory = _directory(lab) / fault.id, memory or Memory()
    again: dict[str, Outcome] = {}
    with ExitStack() as runs:  # each run of checks is started while something else is waited for
        checks = None if everything else _named(fault)
        during = runs.enter_context(judging.ready(lab, checks, out / "during", disturbing=not everything))
        with _on(lab, fault, out, told, memory) as still_open:
            unreached = unreached_by(lab, fault.reached)
            verdicts: tuple[Verdict, ...] = ()
            if not unreached:
                told.phase(f"{fault.id}: asking the checks")
                verdicts = _ask(lab, fault, out, during, settled=not (still_open or fault.breakage))
                after = runs.enter_context(judging.ready(lab, fault.caught_by, out / "after", disturbing=True))
        if not unreached:
            told.phase(f"{fault.id}: seeing it gone, and asking again what was red")
            _gone(lab, fault.reached)
            again = mutant.outcomes(after.verdicts())
    judgement = mutant.judge(fault.caught_by, fault.stays_green, unreached, mutant.outcomes(verdicts), again)
    proof = Proof(fault, judgement, verdicts, tuple(still_open), time.monotonic() - started)
    (out / "mutant.json").write_text(json.dumps(proof.as_data(), indent=1, ensure_ascii=False), encoding="utf-8")
    return proof


def _named(fault: Fault) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*fault.caught_by, *fault.stays_green)))


def _ask(lab: Lab, fault: Fault, out: Path, during: judging.Ready, *, settled: bool) -> tuple[Verdict, ...]:
    """The verdicts with the fault in. What could not be measured is asked once more: an ISP that keeps news back for
    30 s may still have held back what the fault before it had set in motion. So is what is not as it must be in a lab
    that does not converge with the fault in it: nobody could say when it was at rest."""
    found = during.verdicts()
    said = mutant.outcomes(found)
    expected = dict.fromkeys(fault.caught_by, "fail") | dict.fromkeys(fault.stays_green, "pass")
    left = [
        check
        for check, outcome in expected.items()
        if said.get(check, "error") == "error" or (not settled and said[check] != outcome)
    ]
    if not left:
        return found
    asked = judging.judge(lab, left, out / "once-more", disturbing=True)
    return (*(each for each in found if each.check not in left), *asked)


def _gone(lab: Lab, signs: Sequence[Sign]) -> None:
    """Wait until a fault that is out shows no longer; what is still wrong then the checks will say."""

    def unmet() -> str | None:
        return None if any(_looking(lab, sign)() for sign in signs) else "its signs are still there"

    until([Condition("the fault is gone", unmet)], Deadline.after(REACHED_SECONDS))


def _directory(lab: Lab) -> Path:
    return Path(lab.record.run) / WORKER


@contextmanager
def _on(lab: Lab, fault: Fault, out: Path, told: Told, memory: Memory) -> Iterator[list[tuple[str, str]]]:
    if fault.breakage:
        with _broken(lab, fault, told, memory):
            yield []
        return
    own = node_trees.read(Path(lab.record.trees))
    laid_over = mutated(own, candidate(fault, own, out / "candidate"))
    routing = any(edit.path.startswith(ROUTING) for edit in fault.edits)
    still = STILL_SECONDS if routing else SERVICES_STILL_SECONDS
    before, memory.before = memory.before, None
    with laid_trees(lab, laid_over, told, cause=f"the fault {fault.id} is in it", still=still, before=before) as laid:
        yield list(laid.pending)
    memory.before = laid.before


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


@contextmanager
def _broken(lab: Lab, fault: Fault, told: Told, memory: Memory) -> Iterator[None]:
    require_at(lab)
    if memory.before is None:
        told.phase("remembering how all is")
    before, memory.before = memory.before or remember(lab), None
    breakage = together(lab, fault.breakage)
    told.phase(str(breakage))
    history = RunDirectory(Path(lab.record.run)).history(WORKER)
    try:
        with quiet.watch(lab) as routes:
            lab.record = lab.record.between(f"the fault {fault.id} is in it")
            records.save(lab.record)
            with applied(breakage, lab, history):
                wanted = [Condition(f"{number}", _looking(lab, sign)) for number, sign in enumerate(fault.reached, 1)]
                until([*wanted, quiet.condition(routes)], Deadline.after(REACHED_SECONDS))
                until([quiet.condition(routes)], Deadline.after(REACHED_SECONDS))
                yield
            told.phase("mended: waiting for convergence")
        with quiet.watch(lab) as routes:  # anew: a node that was killed is another one now
            converge(lab, told, Deadline.after(CONVERGE_SECONDS), time.monotonic(), routes)
    finally:
        history.close()
    prove_as_before(lab, before)
    memory.before = before


def unreached_by(lab: Lab, signs: Sequence[Sign]) -> tuple[str, ...]:
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
