"""``v6lab journeys``."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import click

from harness.cli.options import attach, lab_option, lang_option, write_json
from harness.drill.journeys import known, make, offered
from harness.errors import EXIT_FAIL, EXIT_NOT_MEASURED, EXIT_PASS, require_root
from harness.history import results
from harness.history.history import History
from harness.history.run import RunDirectory
from harness.lab.lab import Lab
from harness.language import Language, Text
from harness.plan.journeys import Journey
from harness.verdict.readiness import Outcome

HEAD = Text(
    f"{'hành trình':<18} {'IPv4':>7} {'IPv6':>7} {'tùy ý':>7}  việc",
    f"{'journey':<18} {'IPv4':>7} {'IPv6':>7} {'either':>7}  what",
)
END = Text("{} hành trình ở {} trong {:.1f} s", "{} journeys at {} in {:.1f} s")


@click.command()
@lab_option
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the outcomes there too.")
@lang_option("en")
@click.pass_context
def command(ctx: click.Context, lab: str | None, file: Path | None, language: Language) -> None:
    """Do what people do (configs/journeys.yml), in every family that the stage offers them.

    Exit codes: 0 all are done, 1 one is lost, 3 one could not be measured.
    """
    require_root()
    found = attach(lab)
    journeys = known(found)
    began = time.monotonic()
    with history_of(found) as history:
        outcomes = make(found, history, offered(found, journeys))
    seconds = time.monotonic() - began
    data = {"lab": found.name, "stage": found.stage, "seconds": round(seconds, 2)}
    data |= {"journeys": [each.as_data() for each in outcomes]}
    results.keep(found.record, "journeys", data)
    if file:
        write_json(file, data)
    click.echo(table(journeys, outcomes, language))
    click.echo(END.of(language).format(len(outcomes), found.stage, seconds))
    fates = {each.fate for each in outcomes}
    ctx.exit(EXIT_FAIL if "lost" in fates else EXIT_NOT_MEASURED if "not measured" in fates or not fates else EXIT_PASS)


def history_of(lab: Lab) -> History:
    """A history of one's own in the lab's run."""
    return RunDirectory(Path(lab.record.run)).history(f"journeys-{os.getpid()}")


def table(journeys: Sequence[Journey], outcomes: Sequence[Outcome], language: Language = "en") -> str:
    """A line a journey with how many of each manner were done, then a line for each that was not."""
    lines = [HEAD.of(language)]
    for journey in journeys:
        mine = [each for each in outcomes if each.journey == journey.name]
        cells = " ".join(f"{_count(mine, manner):>7}" for manner in ("IPv4", "IPv6", "either"))
        lines.append(f"{journey.name:<18} {cells}  {Text(journey.vi, journey.en).of(language)}")
    lines += [str(each) for each in outcomes if each.fate != "done"]
    return "\n".join(lines)


def _count(outcomes: Sequence[Outcome], manner: str) -> str:
    mine = [each.fate for each in outcomes if each.manner == manner]
    return f"{mine.count('done')}/{len(mine)}" if mine else "–"
