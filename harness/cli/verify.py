"""``v6lab verify``."""

from __future__ import annotations

import json
import os
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import click

from harness.cli import completing
from harness.cli.options import engine_option, lab_option, lang_option, which
from harness.cli.progress import Screen
from harness.drill import candidate as candidates
from harness.drill.gate import Report
from harness.drill.gate_report import junit, summary
from harness.drill.verify import from_base, from_candidate, verify
from harness.errors import HarnessError, LabFailed, WrongInput, require_root, usable
from harness.lab import record
from harness.lab.converge import Told
from harness.lab.engines import engine as find_engine
from harness.lab.lab import Lab, variables
from harness.lab.project import DEFAULT_STAGE, Project
from harness.lab.up import Wanted, own_lab
from harness.language import Language
from harness.plan import load as plans
from harness.render import tree as node_trees
from harness.render.render import render
from harness.topology.load import load as load_topology

file_type = click.Path(path_type=Path, dir_okay=False)
BASES = "verify-bases"
"""Below the project's runs: the configurations of the commits that were asked for."""


@click.command()
@click.option("--candidate", type=click.Path(path_type=Path), metavar="DIR", help="A directory laid out like a stage.")
@click.option("--base", metavar="GITREF", help="Judge what has changed in configs/ since this commit.")
@lab_option
@click.option("--fresh", is_flag=True, help="On a lab of its own, whatever is up; it is taken down again.")
@click.option(
    "--stage",
    "-s",
    shell_complete=completing.stages,
    metavar="STAGE",
    help=f"The stage. Default: the lab's, else {DEFAULT_STAGE}.",
)
@engine_option
@lang_option("en", " Of what is printed and of the summary.")
@click.option("--json", "json_file", type=file_type, metavar="FILE", help="Write everything there.")
@click.option("--junit", "junit_file", type=file_type, metavar="FILE", help="Write JUnit there.")
@click.option("--summary", "summary_file", type=file_type, metavar="FILE", help="Write the summary there too.")
@click.option(
    "--report", "page_file", type=file_type, metavar="FILE", help="Write a page for people (HTML, vi and en)."
)
def command(
    candidate: Path | None,
    base: str | None,
    lab: str | None,
    fresh: bool,
    stage: str | None,
    engine: str | None,
    language: Language,
    json_file: Path | None,
    junit_file: Path | None,
    summary_file: Path | None,
    page_file: Path | None,
) -> int:
    """Say whether a change of the configuration may go into production.

    It is laid over a lab as production would be changed (each daemon tests its file first), the checks judge it, it is
    undone, and the lab is proven to be as before. The lab is the one that is up, else a fresh one that is taken down
    again. Exit codes: 0 good, 1 bad, 2 it cannot be laid over a lab, 3 could not be measured.
    """
    if (candidate is None) == (base is None):
        raise WrongInput("one of --candidate and --base is needed", where="v6lab verify")
    if lab and fresh:
        raise WrongInput("a lab of its own is none that is up", where="--fresh", hint="leave --lab or --fresh out")

    def in_short(report: Report) -> str:
        return summary(report, language)

    written = {json_file: as_json, junit_file: junit, summary_file: in_short, page_file: as_page}
    for file in filter(None, written):
        if not file.absolute().parent.is_dir():
            raise WrongInput("there is no such directory", where=file.absolute().parent, hint="make it first")
    name = str(candidate or f"git diff {base}")
    report = _judged(name, candidate, base, Asked(lab, fresh, stage, engine))
    for path, text in written.items():
        if path:
            with usable(path):
                path.write_text(text(report), encoding="utf-8")
    click.echo(in_short(report), nl=False)
    return report.exit_code


def as_json(report: Report) -> str:
    """The report for other programs."""
    return json.dumps(report.as_data(), indent=1, ensure_ascii=False) + "\n"


def as_page(report: Report) -> str:
    """The report for people. What draws it is loaded only here: it costs a second."""
    from harness.cli import gate_page

    return gate_page.page(report, Project.find())


@dataclass(frozen=True, slots=True)
class Asked:
    """On which lab a change is to be judged, as far as somebody said."""

    lab: str | None
    fresh: bool
    stage: str | None
    engine: str | None


def _judged(name: str, candidate: Path | None, base: str | None, asked: Asked) -> Report:
    try:
        with Screen() as screen:
            told = Told(screen.phase, screen.met)
            if candidate:
                return _candidate(candidate, _chosen(asked), asked, told)
            assert base is not None
            return _base(name, base, asked, told)
    except WrongInput as error:
        return Report(name, refused=str(error))
    except HarnessError as error:
        return Report(name, trouble=str(error))


def _candidate(candidate: Path, standing: Lab | None, asked: Asked, told: Told) -> Report:
    began = time.monotonic()
    project = Project(Path(standing.record.project)) if standing else Project.find()
    topology = standing.topology if standing else load_topology(project.topology_file, variables(Path("/nonexistent")))
    candidates.require(candidate, topology)
    candidate = candidate.absolute()
    if standing:
        return verify(standing, lambda: from_candidate(standing, candidate), told, began)
    stage = asked.stage or DEFAULT_STAGE
    # What cannot be rendered is told before a lab is brought up for it.
    render(topology, plans.load(project.plan_file), project.configs, stage, overlays=(candidate,))
    with _fresh(project, stage, asked.engine, told) as fresh:
        began = time.monotonic()
        return verify(fresh, lambda: from_candidate(fresh, candidate), told, began)


def _base(name: str, reference: str, asked: Asked, told: Told) -> Report:
    began = time.monotonic()
    project = Project.find()
    wanted = candidates.commit(project.root, reference)
    told.phase(f"reading the configuration of {wanted[:12]}")
    root = candidates.extract(project.root, wanted, project.runs / BASES / wanted[:12])
    base = Project(root)
    candidates.require_same_topologies(root, project.root)
    # Of several labs none is picked by chance.
    standing = None if asked.lab is None and len(record.names()) > 1 else _chosen(asked)
    if standing and _digest(base, standing.stage) == standing.record.digest:
        return verify(standing, lambda: from_base(standing, base, project, name), told, began)
    if asked.lab:
        hint = "leave --lab out: a fresh lab is brought up with it"
        raise WrongInput(f"lab {asked.lab} does not run the configuration of {reference}", where="--lab", hint=hint)
    stage = asked.stage or (standing.stage if standing else DEFAULT_STAGE)
    with _fresh(base, stage, asked.engine, told) as fresh:
        return verify(fresh, lambda: from_base(fresh, base, project, name), told, time.monotonic())


def _digest(project: Project, stage: str) -> str:
    topology = load_topology(project.topology_file, variables(Path("/nonexistent")))
    return node_trees.digest(render(topology, plans.load(project.plan_file), project.configs, stage))


def _chosen(asked: Asked) -> Lab | None:
    """The lab that is up and meant; ``None`` if a fresh one is wanted."""
    require_root()
    name, stage, engine = asked.lab, asked.stage, asked.engine
    if asked.fresh or (name is None and not record.names()):
        return None
    lab = _attached(name)
    if lab and lab.plan is None:
        if name:
            raise WrongInput(f"lab {name} has no plan, so nothing is rendered for it", where="--lab")
        return None
    differs = lab and ((stage and lab.stage != stage) or (engine and lab.engine.name != engine))
    if differs and lab and name:
        raise WrongInput(f"lab {name} is at stage {lab.stage} on {lab.engine.name}", where="--lab")
    return None if differs else lab


def _attached(name: str | None) -> Lab | None:
    try:
        return Lab.attach(which(name))
    except LabFailed:
        if name:
            raise
        return None


def _fresh(project: Project, stage: str, engine: str | None, told: Told) -> AbstractContextManager[Lab]:
    wanted = Wanted(project, project.topology_file, stage, f"verify-{os.getpid()}")
    return own_lab(wanted, find_engine(engine), told)
