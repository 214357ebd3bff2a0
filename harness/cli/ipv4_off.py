"""``v6lab ipv4-off``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from harness.cli.journeys import history_of
from harness.cli.options import Seconds, attach, lab_option, write_json
from harness.cli.progress import Screen
from harness.drill.journeys import known
from harness.drill.without_ipv4 import Rehearsal, rehearse
from harness.errors import EXIT_NOT_MEASURED, EXIT_PASS, LabFailed, WrongInput, require_root
from harness.history import results
from harness.lab.converge import Told
from harness.verdict.readiness import Readiness


@click.command()
@lab_option
@click.option("--site", metavar="NAME", help="The agency whose clients lose IPv4.")
@click.option("--all", "everywhere", is_flag=True, help="All clients of the province.")
@click.option("--seconds", type=Seconds(), metavar="SECONDS", default=60.0, show_default=True, help="For how long.")
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the result there too.")
@click.pass_context
def command(
    ctx: click.Context, lab: str | None, site: str | None, everywhere: bool, seconds: float, file: Path | None
) -> None:
    """Take IPv4 away from people, count what they can still do, and give it back.

    Says how ready each agency is, in percent of its journeys, and what still needs IPv4. That is no fail: exit code 0
    once all is measured and proven to be as before.
    """
    require_root()
    if everywhere == (site is not None):
        raise WrongInput("say whose IPv4 is to be taken", where="--site", hint="either --site NAME or --all")
    found = attach(lab)
    with Screen() as screen, history_of(found) as history:
        done = rehearse(found, history, known(found), site, seconds, Told(screen.phase, screen.met))
    data = {"lab": found.name, "stage": found.stage} | as_data(done)
    results.keep(found.record, "ipv4-off", data)
    if file:
        write_json(file, data)
    click.echo("\n".join(map(text, done.sites)))
    click.echo(
        f"{done.rounds} rounds in {done.seconds:.0f} s at {found.stage} without IPv4 at {len(done.hosts)} hosts; "
        "IPv4 is back, and the lab as before"
    )
    if done.not_back:
        raise LabFailed("done before and not again: " + "; ".join(map(str, done.not_back[:5])))
    ctx.exit(EXIT_PASS if all(each.counted for each in done.sites) else EXIT_NOT_MEASURED)


def as_data(done: Rehearsal) -> dict[str, object]:
    """The result as it is given to other programs."""
    return {
        "seconds": round(done.seconds, 2),
        "rounds": done.rounds,
        "hosts": list(done.hosts),
        "sites": [asdict(each) | {"percent": each.percent} for each in done.sites],
        "not_back": [each.as_data() for each in done.not_back],
    }


def text(site: Readiness) -> str:
    """A site's readiness, and below it what needs IPv4."""
    percent = "unknown" if site.percent is None else f"{site.percent:.0f} %"
    lines = [f"{site.site}: {percent} ready ({site.counted - len(site.needs)} of {site.counted} journeys)"]
    lines += [
        f"  needs IPv4: {each.journey} from {each.host} at `{each.step}`: {each.why}"
        f" (lost {each.lost} of {each.rounds} times)"
        for each in site.needs
    ]
    return "\n".join(lines + [f"  not counted: {each}" for each in site.unknown])
