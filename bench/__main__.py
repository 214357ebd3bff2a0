"""``python -m bench [engines] [checks] [continuity]``: measure, print tables, keep them in the runs' directory."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import click

from bench import checks, continuity, engines
from bench.measure import Table
from harness.errors import HarnessError
from harness.lab.project import Project

ROUNDS = 3


@click.command()
@click.argument("subjects", nargs=-1, type=click.Choice(["engines", "checks", "continuity"]))
@click.option("--rounds", default=ROUNDS, show_default=True, help="How often each engine brings the lab up.")
def main(subjects: tuple[str, ...], rounds: int) -> None:
    """Measure SUBJECTS, all of them by default. Leave the machine alone meanwhile."""
    measures: Mapping[str, Callable[[], Table]] = {
        "continuity": continuity.measure,
        "checks": checks.measure,
        "engines": lambda: engines.measure(rounds),
    }
    tables = []
    for name, measure in measures.items():
        if not subjects or name in subjects:
            click.echo(f"measuring {name} …", err=True)
            tables.append(measure())
            click.echo(tables[-1].markdown())
    directory = Project.find().runs / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.md"
    file.write_text("\n".join(table.markdown() for table in tables), encoding="utf-8")
    click.echo(f"kept in {file}", err=True)
    sys.exit(1 if any(row.verdict == "MISSED" for table in tables for row in table.rows) else 0)


if __name__ == "__main__":
    try:
        main()
    except HarnessError as problem:
        click.echo(f"bench: {problem}", err=True)
        sys.exit(problem.exit_code)
