"""What the gate says of a change: a summary in Markdown, and JUnit for whoever runs it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from harness.drill.gate import Report, name_of
from harness.verdict.verdict import Verdict

TITLES = {
    "pass": "may go into production",
    "fail": "must not go into production",
    "wrong input": "cannot be judged as it is",
    "error": "could not be measured",
}
SHOWN_FINDINGS, SHOWN_FILES = 3, 10


def summary(report: Report) -> str:
    """A few lines of Markdown: outcome, first cause, where, what is red and on what evidence, seconds."""
    return "\n".join((f"## {report.candidate} {TITLES[report.outcome]}", *_body(report), ""))


def _body(report: Report) -> Iterator[str]:
    if report.cause:
        yield f"\n**First cause:** {_line(report.cause)}"
    if report.suspects:
        yield "**Look at:** " + ", ".join(f"`{each.place or each}`" for each in report.suspects[:SHOWN_FILES])
    if report.refused:
        yield "\nNothing of it is on a lab."
    yield from _list("Changed", [f"`{each}`" for each in report.changed])
    yield from _list("Did not converge", [f"{name}: {why}" for name, why in report.pending])
    yield from _list("Red", [_shown(each) for each in report.red.values()])
    yield from _list("Journeys lost", [_line(str(each)) for each in report.lost])
    unmeasured = [_shown(each) for each in report.unmeasured.values()] + [_line(str(each)) for each in report.unmade]
    yield from _list("Not measured", unmeasured)
    yield from _list("Red without the change too", sorted(report.already))
    if report.left:
        yield f"\n**The lab is not as before:** {_line(report.left)}"
    if not (report.changed or report.refused or report.trouble):
        yield "\nNo file of any node changes, so nothing was laid over a lab."
    elif report.verdicts:
        green = {each.check for each in report.verdicts} - report.failing.keys() - report.unmeasured.keys()
        where = f"lab {report.lab} at stage {report.stage}"
        proven = "" if report.left else f", undone and proven as before in {report.undone_s:.1f} s more"
        made = sum(each.fate == "done" for each in report.journeys)
        people = f", {made} of {len(report.journeys)} journeys made" if report.journeys else ""
        yield f"\n{len(green)} checks are not red on {where}{people}; verdict in {report.verdict_s:.1f} s{proven}."


def _list(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"\n**{title}:**\n"
        yield from (f"- {each}" for each in lines[:SHOWN_FILES])
        if (more := len(lines) - SHOWN_FILES) > 0:
            yield f"- and {more} more"


def _shown(verdict: Verdict) -> str:
    found = "; ".join(_line(each) for each in verdict.findings[:SHOWN_FINDINGS]) or "it says no more"
    more = len(verdict.findings) - SHOWN_FINDINGS
    evidence = f" (history: {', '.join(verdict.evidence)})" if verdict.evidence else ""
    return f"{verdict.check} at {verdict.where}: {found}{f' and {more} more' if more > 0 else ''}{evidence}"


def _line(text: str) -> str:
    return " ".join(text.split())


def junit(report: Report) -> str:
    """The steps of the gate and every verdict, as JUnit has them."""
    suite = ElementTree.Element("testsuite", name=f"verify {report.candidate}", time=f"{report.verdict_s:.3f}")
    _case(suite, "gate", "can be laid over a lab", error=report.refused or report.trouble)
    if report.changed:
        open_ = "\n".join(f"{name}: {why}" for name, why in report.pending)
        _case(suite, "gate", "converges", failure=open_)
        for each in report.verdicts:
            said = "\n".join(each.findings) or each.outcome
            kind = {"fail": "failure", "error": "error", "skip": "skipped"}.get(each.outcome)
            _case(suite, each.check, each.where, each.seconds, **({kind: said} if kind else {}))
        for made in report.journeys:
            kind = {"lost": "failure", "not measured": "error"}.get(made.fate)
            _case(suite, "journeys", name_of(made), made.seconds, **({kind: str(made)} if kind else {}))
        _case(suite, "gate", "leaves all as before", error=report.left)
    for kind in ("failure", "error", "skipped"):
        name = kind if kind == "skipped" else {"failure": "failures", "error": "errors"}[kind]
        suite.set(name, str(len(suite.findall(f"testcase/{kind}"))))
    suite.set("tests", str(len(suite.findall("testcase"))))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, group: str, name: str, seconds: float = 0.0, **said: str) -> None:
    case = ElementTree.SubElement(suite, "testcase", classname=group, name=name, time=f"{seconds:.3f}")
    for kind, text in said.items():
        if text:
            ElementTree.SubElement(case, kind, message=_printable(_line(text)[:300])).text = _printable(text)


def _printable(text: str) -> str:
    """XML 1.0 has no control characters but these three."""
    return "".join(each for each in text if each >= " " or each in "\t\n\r")
