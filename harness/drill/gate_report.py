"""What the gate says of a change: a summary in Markdown, and JUnit for whoever runs it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.etree import ElementTree

from harness.drill.gate import Report, name_of
from harness.language import Language, Text
from harness.verdict.verdict import Verdict

Say = Callable[[Text], str]

TITLES = {
    "pass": Text("được phép áp dụng", "may go into production"),
    "fail": Text("không được phép áp dụng", "must not go into production"),
    "wrong input": Text("chưa đánh giá được vì không hợp lệ", "cannot be judged as it is"),
    "error": Text("không đo được", "could not be measured"),
}
CAUSE = Text("Nguyên nhân đầu tiên", "First cause")
LOOK = Text("Xem tại", "Look at")
CHANGED = Text("Thay đổi", "Changed")
UNSETTLED = Text("Mạng không ổn định được", "Did not converge")
RED = Text("Không đạt", "Red")
LOST = Text("Việc người dùng không làm được nữa", "Journeys lost")
DARK = Text("Không đo được", "Not measured")
ALREADY = Text("Không đạt cả khi không có thay đổi này", "Red without the change too")
LEFT = Text("Lab không trở lại như trước", "The lab is not as before")
NOT_LAID = Text("Chưa đưa phần nào vào lab.", "Nothing of it is on a lab.")
UNCHANGED = Text(
    "Không tệp nào của nút nào thay đổi, nên không đưa gì vào lab.",
    "No file of any node changes, so nothing was laid over a lab.",
)
JOURNEYS = Text(", {} trên {} hành trình người dùng làm được", ", {} of {} journeys made")
PROVEN = Text(
    ", đã gỡ ra và chứng minh lab trở lại như trước trong {:.1f} s nữa",
    ", undone and proven as before in {:.1f} s more",
)
END = Text(
    "{green} phép kiểm tra không báo đỏ trên lab {lab} ở giai đoạn {stage}{people}; có kết luận sau {seconds:.1f} s{proven}.",
    "{green} checks are not red on lab {lab} at stage {stage}{people}; verdict in {seconds:.1f} s{proven}.",
)
MORE, ITS_MORE = Text("và {} mục nữa", "and {} more"), Text("không nói gì thêm", "it says no more")
EVIDENCE = Text("nhật ký", "history")
SHOWN_FINDINGS, SHOWN_FILES = 3, 10


def summary(report: Report, language: Language = "en") -> str:
    """A few lines of Markdown: outcome, first cause, where, what is red and on what evidence, seconds.

    What checks and daemons say is quoted as they say it.
    """
    title = f"## {report.candidate}: {TITLES[report.outcome].of(language)}"
    return "\n".join((title, *_body(report, lambda text: text.of(language)), ""))


def _body(report: Report, say: Say) -> Iterator[str]:
    if report.cause:
        yield f"\n**{say(CAUSE)}:** {_line(report.cause)}"
    if report.suspects:
        yield f"**{say(LOOK)}:** " + ", ".join(f"`{each.place or each}`" for each in report.suspects[:SHOWN_FILES])
    if report.refused:
        yield f"\n{say(NOT_LAID)}"
    unmeasured = [_shown(each, say) for each in report.unmeasured.values()]
    lists = {
        CHANGED: [f"`{each}`" for each in report.changed],
        UNSETTLED: [f"{name}: {why}" for name, why in report.pending],
        RED: [_shown(each, say) for each in report.red.values()],
        LOST: [_line(str(each)) for each in report.lost],
        DARK: unmeasured + [_line(str(each)) for each in report.unmade],
        ALREADY: sorted(report.already),
    }
    for head, lines in lists.items():
        yield from _list(say(head), lines, say)
    if report.left:
        yield f"\n**{say(LEFT)}:** {_line(report.left)}"
    if not (report.changed or report.refused or report.trouble):
        yield f"\n{say(UNCHANGED)}"
    elif report.verdicts:
        yield f"\n{_end(report, say)}"


def _end(report: Report, say: Say) -> str:
    green = {each.check for each in report.verdicts} - report.failing.keys() - report.unmeasured.keys()
    made = sum(each.fate == "done" for each in report.journeys)
    return say(END).format(
        green=len(green),
        lab=report.lab,
        stage=report.stage,
        people=say(JOURNEYS).format(made, len(report.journeys)) if report.journeys else "",
        seconds=report.verdict_s,
        proven="" if report.left else say(PROVEN).format(report.undone_s),
    )


def _list(title: str, lines: list[str], say: Say) -> Iterator[str]:
    if lines:
        yield f"\n**{title}:**\n"
        yield from (f"- {each}" for each in lines[:SHOWN_FILES])
        if (more := len(lines) - SHOWN_FILES) > 0:
            yield f"- {say(MORE).format(more)}"


def _shown(verdict: Verdict, say: Say) -> str:
    found = "; ".join(_line(each) for each in verdict.findings[:SHOWN_FINDINGS]) or say(ITS_MORE)
    more = len(verdict.findings) - SHOWN_FINDINGS
    evidence = f" ({say(EVIDENCE)}: {', '.join(verdict.evidence)})" if verdict.evidence else ""
    return f"{verdict.check} at {verdict.where}: {found}{f' {say(MORE).format(more)}' if more > 0 else ''}{evidence}"


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
