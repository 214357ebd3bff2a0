"""``v6lab mutants``."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from harness.cli import completing
from harness.cli.options import attach, engine_option, lab_option, lang_option, write_json
from harness.cli.progress import Screen
from harness.drill import faults as faults_of
from harness.drill.faults import Fault, Known
from harness.drill.mutant import Memory, Proof, misfit, prove, red_before
from harness.errors import EXIT_FAIL, EXIT_NOT_MEASURED, EXIT_PASS, HarnessError, LabFailed, WrongInput
from harness.history import results
from harness.lab import record
from harness.lab.converge import Told
from harness.lab.engines import engine as find_engine
from harness.lab.lab import Lab
from harness.lab.project import DEFAULT_STAGE, Project
from harness.lab.up import Wanted, own_lab
from harness.language import OUTCOMES, Language, Text
from harness.suite import catalogue

WORDS = {
    "pass": Text("bị phát hiện", "caught"),
    "fail": Text("KHÔNG CHỨNG MINH", "NOT PROVED"),
    "error": OUTCOMES["error"],
    "skip": OUTCOMES["skip"],
}
RED, GREEN = Text("đỏ: {}", "red: {}"), Text("xanh: {}", "green: {}")
NOT_TRIED = Text(", {} chưa thử", ", {} not tried")
END = Text(
    "{} trên {} lỗi bị phát hiện, {} không, {} không chứng minh được{}; trung vị {:.1f} giây, lâu nhất {:.1f} giây",
    "{} of {} faults caught, {} not, {} could not be proved{}; {:.1f} s in the middle, {:.1f} s at most",
)


@click.command()
@click.argument("ids", nargs=-1, metavar="[ID]…", shell_complete=completing.faults)
@lab_option
@click.option(
    "--stage",
    "-s",
    shell_complete=completing.stages,
    metavar="STAGE",
    help=f"The stage of an own lab. Default: {DEFAULT_STAGE}.",
)
@engine_option
@click.option(
    "--faults",
    "directory",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A directory of faults. Default: configs/faults.",
)
@click.option("--all", "everything", is_flag=True, help="Ask all checks each time, not only those that a fault names.")
@click.option(
    "--json",
    "out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what became of each there.",
)
@lang_option("en")
def command(
    ids: tuple[str, ...],
    lab: str | None,
    stage: str | None,
    engine: str | None,
    directory: Path | None,
    everything: bool,
    out: Path | None,
    language: Language,
) -> int:
    """Put faults one at a time into a lab and see whether the suite notices.

    On the lab that is up, or on one of its own. A fault is proved if it took effect, every check of its `caught_by`
    failed, every one of its `stays_green` passed, and all is green again once it is out. Exit 1: one was not noticed,
    or alarmed a check that it should not; 3: one could not be put in or measured. docs/add-a-fault.md says how to
    write one.
    """
    if out and not out.absolute().parent.is_dir():
        raise WrongInput("there is no such directory", where=out.absolute().parent, hint="make it first")
    with Screen() as screen, _lab(lab, stage, engine, Told(screen.phase, screen.met)) as found:
        chosen = _chosen(found, directory, ids)
        told = Told(screen.phase, screen.met)
        red = red_before(found, chosen, told)
        proofs = [_told(each, language) for each in _prove_all(found, chosen, red, told, everything)]
        results.keep(found.record, "mutants", {"wanted": len(chosen), "faults": [each.as_data() for each in proofs]})
    if out:
        write_json(out, [each.as_data() for each in proofs])
    return _summary(proofs, len(chosen), language)


@contextmanager
def _lab(name: str | None, stage: str | None, engine: str | None, told: Told) -> Iterator[Lab]:
    if name or (record.names() and not stage and not engine):
        yield attach(name)
        return
    project = Project.find()
    wanted = Wanted(project, project.topology_file, stage or DEFAULT_STAGE, f"mutants-{os.getpid()}")
    with own_lab(wanted, find_engine(engine), told) as own:
        yield own


def _chosen(lab: Lab, directory: Path | None, ids: Sequence[str]) -> tuple[Fault, ...]:
    """The faults that are meant, of those for the lab's stage. Raises ``WrongInput``."""
    if lab.plan is None:
        raise WrongInput(f"lab {lab.name} has no plan, and faults are made for stages", where="--lab")
    project = Project(Path(lab.record.project))
    stages = lab.plan.stage_names()
    checks = catalogue.read(project.root / "configs" / "checks", stages)
    found = faults_of.read(
        directory or project.root / "configs" / "faults", Known(stages, tuple(lab.topology.nodes), tuple(checks))
    )
    for each in ids:
        if each not in found:
            raise WrongInput(f"there is no fault {each!r}", hint="faults: " + ", ".join(found))
        if lab.stage not in found[each].stages:
            there = ", ".join(found[each].stages)
            raise WrongInput(f"{each} is no fault of stage {lab.stage}", hint=f"it is one of {there}")
    chosen = [found[each] for each in dict.fromkeys(ids)] or [
        each for each in found.values() if lab.stage in each.stages
    ]
    if not chosen:
        raise WrongInput(f"no fault here is one of stage {lab.stage}", where=directory)
    for fault in chosen:
        for check in (*fault.caught_by, *fault.stays_green):
            if lab.stage not in checks[check].stages:
                raise WrongInput(
                    f"{check} is not required at stage {lab.stage}",
                    where=fault.file,
                    hint="name it another stage or check",
                )
    return tuple(chosen)


def _prove_all(lab: Lab, faults: Sequence[Fault], red: dict[str, str], told: Told, everything: bool) -> Iterator[Proof]:
    """One after the other; after a lab that is not as before no more are put in."""
    memory = Memory()
    for fault in faults:
        started = time.monotonic()
        if spoilt := [f"{each} is {red[each]}" for each in (*fault.caught_by, *fault.stays_green) if each in red]:
            cause = WrongInput("before it was put in: " + ", ".join(spoilt))
            yield misfit(fault, cause, 0.0)
            continue
        try:
            yield prove(lab, fault, told, everything=everything, memory=memory)
        except LabFailed as error:
            yield misfit(fault, error, time.monotonic() - started)
            if lab.record.state != "at":
                return
        except HarnessError as error:
            yield misfit(fault, error, time.monotonic() - started)


def _told(proof: Proof, language: Language) -> Proof:
    judged = proof.judgement
    width = max(len(each.of(language)) for each in WORDS.values())
    parts = [
        text.of(language).format(", ".join(found))
        for text, found in ((RED, judged.red), (GREEN, judged.green))
        if found
    ]
    what = proof.fault.vi if language == "vi" else proof.fault.en
    click.echo(
        f"{proof.fault.id:8} {WORDS[judged.outcome].of(language):{width}} {proof.seconds:5.1f} s  "
        + " · ".join((*parts, what))
    )
    for finding in judged.findings:
        click.echo(f"         {finding}")
    return proof


def _summary(proofs: Sequence[Proof], wanted: int, language: Language) -> int:
    outcomes = [each.judgement.outcome for each in proofs]
    seconds = sorted(each.seconds for each in proofs)
    left = NOT_TRIED.of(language).format(wanted - len(proofs)) if wanted > len(proofs) else ""
    counted = outcomes.count("pass"), wanted, outcomes.count("fail"), outcomes.count("error")
    click.echo(END.of(language).format(*counted, left, seconds[len(seconds) // 2], seconds[-1]))
    if "fail" in outcomes:
        return EXIT_FAIL
    return EXIT_NOT_MEASURED if "error" in outcomes or left else EXIT_PASS
