"""``v6lab ipv4-off``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from harness.cli.journeys import history_of
from harness.cli.options import Seconds, attach, lab_option, lang_option, write_json
from harness.cli.progress import Screen
from harness.drill.journeys import known
from harness.drill.without_ipv4 import Rehearsal, rehearse
from harness.errors import EXIT_NOT_MEASURED, EXIT_PASS, LabFailed, WrongInput, require_root
from harness.history import results
from harness.lab.converge import Told
from harness.language import Language, Text
from harness.verdict.readiness import Readiness

END = Text(
    "{rounds} lượt trong {seconds:.0f} s ở {stage} không có IPv4 tại {hosts} máy; IPv4 đã được trả lại, lab như trước",
    "{rounds} rounds in {seconds:.0f} s at {stage} without IPv4 at {hosts} hosts; IPv4 is back, and the lab as before",
)
UNKNOWN = Text("chưa rõ", "unknown")
READY = Text(
    "{site}: sẵn sàng {percent} ({done} trên {all} hành trình)", "{site}: {percent} ready ({done} of {all} journeys)"
)
NEEDS = Text(
    "  còn cần IPv4: {0.journey} từ {0.host} ở bước `{0.step}`: {0.why} (mất {0.lost} trên {0.rounds} lần)",
    "  needs IPv4: {0.journey} from {0.host} at `{0.step}`: {0.why} (lost {0.lost} of {0.rounds} times)",
)
NOT_COUNTED = Text("  không tính: {}", "  not counted: {}")


@click.command()
@lab_option
@click.option("--site", metavar="NAME", help="The agency whose clients lose IPv4.")
@click.option("--all", "everywhere", is_flag=True, help="All clients of the province.")
@click.option("--seconds", type=Seconds(), metavar="SECONDS", default=60.0, show_default=True, help="For how long.")
@click.option("--json", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the result there too.")
@lang_option("en")
@click.pass_context
def command(
    ctx: click.Context,
    lab: str | None,
    site: str | None,
    everywhere: bool,
    seconds: float,
    file: Path | None,
    language: Language,
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
    click.echo("\n".join(text(each, language) for each in done.sites))
    end = END.of(language)
    click.echo(end.format(rounds=done.rounds, seconds=done.seconds, stage=found.stage, hosts=len(done.hosts)))
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


def text(site: Readiness, language: Language = "en") -> str:
    """A site's readiness, and below it what needs IPv4."""
    percent = UNKNOWN.of(language) if site.percent is None else f"{site.percent:.0f} %"
    ready = READY.of(language)
    lines = [ready.format(site=site.site, percent=percent, done=site.counted - len(site.needs), all=site.counted)]
    lines += [NEEDS.of(language).format(each) for each in site.needs]
    return "\n".join(lines + [NOT_COUNTED.of(language).format(each) for each in site.unknown])
