"""A report as one HTML file: styles, charts and drawing inside it, nothing from elsewhere, no script at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any, Literal, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.language import Language, Text
from harness.report import measures, pictures
from harness.report.answer import rehearsal_values
from harness.report.estate import estate
from harness.report.items import items
from harness.report.made.drill import Drill
from harness.report.made.exercise import Exercise
from harness.report.made.gate import Gate
from harness.report.made.mutants import Mutants
from harness.report.made.rehearsal import Rehearsal
from harness.report.readiness import Row
from harness.report.report import Report, shown
from harness.report.words import Words, words

Template = Literal["run", "stage", "yearly"]
TEMPLATES: tuple[Template, ...] = get_args(Template)


@dataclass(frozen=True, slots=True)
class Body:
    """The report in one language."""

    say: Words
    body: Markup


def page(report: Report, languages: Sequence[Language], template: Template = "run", year: int | None = None) -> str:
    """The file's text. Where there are two languages the first is shown, and a click shows the other.

    ``year`` is the one that is reported on; that of the newest result unless given.
    """
    environment = _environment()
    when = year or _year(report)
    bodies = [_body(environment, report, words(each), template, when) for each in languages]
    say = bodies[0].say
    return environment.get_template("page.html.j2").render(
        bodies=bodies,
        title=f"{say(f'title.{template}', year=when)} – {', '.join(report.labs) or report.directories[0].name}",
        css=Markup(_style()),
        template=template,
        directories=", ".join(str(each) for each in report.directories),
    )


def _body(environment: Environment, report: Report, say: Words, template: Template, year: int) -> Body:
    context: dict[str, Any] = {
        "r": report,
        "say": say,
        "year": year,
        "pictures": pictures,
        "measure": measures.title,
        "rehearsals": report.of(Rehearsal),
        "gates": report.of(Gate),
        "drills": report.of(Drill),
        "mutants": report.of(Mutants),
        "exercises": report.of(Exercise),
        "estate": estate(report, say.language),
        "items": items(report),
        "ways": [each.way for each in report.readiness],
        "merged": lambda what: merged(report, what),
        "rehearsal_values": rehearsal_values,
    }
    return Body(say, Markup(environment.get_template(f"{template}.html.j2").render(context)))


def merged(report: Report, what: Literal["agencies", "services"]) -> Mapping[Text, Mapping[str, Row]]:
    """Agency or service → way of counting → its row."""
    found: dict[Text, dict[str, Row]] = {}
    for each in report.readiness:
        for row in getattr(each, what):
            found.setdefault(row.title, {})[each.way] = row
    return found


def _environment() -> Environment:
    """Everything that comes out of a lab is escaped: evidence is a stranger's text."""
    environment = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["shown_of"] = shown
    return environment


def _style() -> str:
    return files("harness.report").joinpath("templates", "style.css").read_text(encoding="utf-8")


def _year(report: Report) -> int:
    return datetime.fromisoformat(report.period[1]).year if report.period else datetime.now().astimezone().year
