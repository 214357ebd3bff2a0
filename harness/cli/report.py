"""``v6lab report``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import click

from harness.cli import completing
from harness.errors import WrongInput, usable
from harness.lab.project import Project
from harness.language import LANGUAGES, Language
from harness.report.page import TEMPLATES, Template, page
from harness.report.pdf import browser, pdf
from harness.report.report import report
from harness.report.which_run import which_run
from harness.report.words import words

Choice = Literal["vi", "en", "both"]
SHOWN: Mapping[Choice, tuple[Language, ...]] = {"both": LANGUAGES, "vi": ("vi",), "en": ("en",)}
"""Both stand in one file, Vietnamese first; a click shows the other."""


@click.command()
@click.argument("runs", nargs=-1, metavar="[RUN]…", shell_complete=completing.runs)
@click.option("--lang", "language", type=click.Choice(list(SHOWN)), default="both", show_default=True, help="The language; both: Vietnamese, and English at a click.")  # fmt: skip
@click.option("--template", type=click.Choice(TEMPLATES), default="run", show_default=True, help="A run; or the reports that the plan asks for, of a stage and of a year.")  # fmt: skip
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Default: report.html in the run's directory.")  # fmt: skip
@click.option("--pdf", "wants_pdf", is_flag=True, help="A PDF beside it, by headless Chromium, in the language shown first.")  # fmt: skip
@click.option("--year", type=click.IntRange(2000, 2100), metavar="YEAR", help="Of a yearly report. Default: that of the newest result.")  # fmt: skip
def command(
    runs: Sequence[str], language: Choice, template: Template, output: Path | None, wants_pdf: bool, year: int | None
) -> None:
    """Make a report of what a run left: one HTML file that needs no network.

    RUN is a run's directory (runs/<lab>/<time>), the desk of an exercise, or a lab's name; without it the newest run.
    Several are joined into one report. It reads the directories alone, never a lab.
    """
    root = Project.find().runs
    directories = list(dict.fromkeys(which_run(root, each) for each in (runs or (None,))))
    out = output or directories[0] / ("report.html" if template == "run" else f"report-{template}.html")
    if not out.absolute().parent.is_dir():
        raise WrongInput("there is no such directory", where=out.absolute().parent, hint="make it first")
    if wants_pdf and browser() is None:
        hint = "as root: apt-get install chromium; or print the HTML file with any browser"
        raise WrongInput("there is no Chromium to print with", where="--pdf", hint=hint)
    found = report(directories)
    with usable(out):
        out.write_text(page(found, SHOWN[language], template, year), encoding="utf-8")
    if wants_pdf:
        pdf(out, out.with_suffix(".pdf"))
        click.echo(out.with_suffix(".pdf"))
    click.echo(out)
    say = words(SHOWN[language][0])
    click.echo(f"{say(f'result.{found.answer.result}')}: {say(found.answer.sentence.key, **found.answer.sentence.values)}")  # fmt: skip
    for each in found.damaged:
        click.echo(f"not readable, so not counted: {each.file}: {each.why}", err=True)
