"""What the gate found of one change, as a page for people: made of a run's directory with this one result in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.drill.gate import Report
from harness.history.history import FILES
from harness.history.results import basis_of, keep_in
from harness.lab.project import Project
from harness.language import LANGUAGES
from harness.report import page as pages
from harness.report import report as reports


def page(found: Report, project: Project) -> str:
    """One HTML file in both languages, also of a change that no lab ever had. Raises ``WrongInput`` on a full disk."""
    with TemporaryDirectory(prefix="v6lab-gate-") as made:
        directory = Path(made)
        head = {"lab": found.lab, "stage": found.stage, "engine": found.engine}
        basis = basis_of(project.root, project.topology_file, project.plan_file)
        keep_in(directory, "verify", head, found.as_data(), basis)
        for each in Path(found.run).glob(FILES) if found.run else ():
            (directory / each.name).symlink_to(each)
        whole = reports.report([directory])
        return pages.page(replace(whole, directories=(Path(found.run or found.candidate),)), LANGUAGES)
