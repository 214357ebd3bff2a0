"""The page: whole, in both languages, of any run; a stranger's text is text; nothing comes from elsewhere."""

import re
import shutil
from functools import cache
from html.parser import HTMLParser

import pytest

from harness.language import LANGUAGES
from harness.report import page as pages_of
from harness.report.page import TEMPLATES, page
from harness.report.pdf import browser, pdf
from harness.report.report import report
from harness.verdict.grade import Grade
from harness.verdict.verdict import Finding
from tests.unit.report.left import STAGE, Run, desk, everything, step, verdict

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)> {{ 7*7 }} $x^2$ \" ' &"
needs_graphviz = pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz (the program dot) is not here")


class Reader(HTMLParser):
    """What a page is made of: tags with their attributes, and its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.words, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in ("meta", "br", "input", "path", "use", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another"

    def handle_data(self, data):
        if "style" not in self.open:
            self.words.append(data)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return everything(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def pages(whole, tmp_path_factory):
    """Template → a page, made once: of everything in both languages, or of a rehearsal as it goes to the Committee."""

    def made(template="run"):
        if template == "run":
            return page(report([whole.path]), LANGUAGES)
        run = Run(tmp_path_factory.mktemp("runs"))
        return page(report([fill(run, "rehearsal")]), ("vi",), template, 2027)

    return cache(made)


@pytest.fixture
def undrawn(monkeypatch):
    """The drawing has tests of its own, and Graphviz takes its time."""
    monkeypatch.setattr(pages_of, "estate", lambda report, language: None)


def fill(run, kind):
    if kind == "checks":
        run.checks({"BGP-01": "fail", "DNS-01": "pass"}, HOSTILE, evidence=run.seen("silence"))
    elif kind == "verify":
        run.verify(candidate=HOSTILE, verdicts=(verdict("BGP-01", "fail", HOSTILE),))
    elif kind == "rehearsal":
        run.rehearsal(step("21-pilot", STAGE), step(STAGE, "21-pilot", left=(Finding("fw1", HOSTILE),)))
    elif kind == "drill":
        run.drill((20.0, 30.0), (40.0, 20.0))
    elif kind == "mutants":
        run.mutants(run.proof("FLT-01", "fail", HOSTILE))
    return run.path


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("kind", "template"),
    [
        *((each, "run") for each in ("checks", "verify", "rehearsal", "drill", "mutants", "exercise")),
        *(("nothing", each) for each in TEMPLATES),
    ],
)
def test_any_run_makes_a_page_in_both_languages(tmp_path, kind, template):
    path = desk(tmp_path, Grade(red=("BGP-01",))) if kind == "exercise" else fill(Run(tmp_path), kind)
    text = page(report([path]), LANGUAGES, template)
    found = Reader(text)
    assert found.open == []
    assert len(found.ids) == len(set(found.ids))
    assert [each["lang"] for tag, each in found.tags if tag == "main"] == ["vi", "en"]
    if kind != "checks":  # there evidence is shown, which is JSON
        assert "{" not in "".join(found.words).replace(HOSTILE, "")


def test_pages_are_whole_and_name_everything_once(pages):
    for template in TEMPLATES:
        found = Reader(pages(template))
        assert found.open == []
        assert len(found.ids) == len(set(found.ids))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_done_stands_in_the_page(whole, pages, language):
    mine = pages().split("<main ")[1 + LANGUAGES.index(language)]
    words = " ".join(" ".join(Reader("<main " + mine.partition("</main>")[0] + "</main>").words).split())
    for said in ("BGP-01", "1240", "F02", "FLT-01", "candidates/bgp-timers", "this machine lacks netem", "fw1 rules"):
        assert said in words
    requirement = report([whole.path]).basis.requirement("BGP-01")
    assert requirement.title.of(language) in words
    assert requirement.reference in words


@pytest.mark.parametrize("kind", ["checks", "verify", "rehearsal", "mutants"])
def test_evidence_is_a_strangers_text(undrawn, tmp_path, kind):
    text = page(report([fill(Run(tmp_path), kind)]), LANGUAGES)
    found = Reader(text)
    assert not [each for each in found.tags if each[0] in ("script", "img")]
    assert not [name for _, each in found.tags for name in each if name.startswith("on")]
    assert "<script>alert(1)</script>" in "".join(found.words)
    assert "{{ 7*7 }}" in "".join(found.words)


def test_hostile_names_stay_names_in_charts(undrawn, tmp_path):
    run = Run(tmp_path)
    run.rehearsal(step("21-pilot", STAGE, actions=((HOSTILE, 101.0),)))
    found = Reader(page(report([run.path]), ("vi",)))
    assert not [each for each in found.tags if each[0] in ("script", "img")]
    assert HOSTILE in "".join(found.words)


@pytest.mark.parametrize("template", TEMPLATES)
def test_nothing_comes_from_elsewhere(pages, template):
    text = pages(template)
    found = Reader(text)
    for tag, attributes in found.tags:
        for name in ("src", "href", "xlink:href", "data", "action", "poster", "srcset"):
            if name in attributes:
                assert attributes[name].startswith("#"), (tag, attributes)
        assert "url(" not in attributes.get("style", "").replace("url(#", ""), attributes
    assert not [tag for tag, _ in found.tags if tag in ("script", "link", "iframe", "object", "embed", "base")]
    assert re.findall(r"url\((?!#)|@import", text) == []
    assert set(re.findall(r"https?://[^\s\"'<)]+", re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL))) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_links_lead_to_what_is_in_the_page(pages):
    found = Reader(pages())
    targets = {each["href"][1:] for tag, each in found.tags if tag == "a" and each.get("href", "").startswith("#")}
    assert len(targets) > 10
    assert targets <= set(found.ids)


def test_charts_refer_to_their_own_parts_only(pages):
    text = pages()
    assert set(re.findall(r"(?:url\(#|xlink:href=\"#)([^\")]+)", text)) <= set(Reader(text).ids)


def test_evidence_is_shown_beneath_its_verdict_and_what_is_gone_is_said_so(undrawn, tmp_path):
    run = Run(tmp_path)
    run.checks({"BGP-01": "fail"}, evidence=(*run.seen("refusal"), "checks-9:17"))
    text = " ".join(" ".join(Reader(page(report([run.path]), ("en",))).words).split())
    assert "answer: refusal" in text
    assert "no longer in the histories" in text


def test_a_history_that_is_damaged_is_told_and_the_rest_is_shown(undrawn, tmp_path):
    run = Run(tmp_path)
    run.checks({"BGP-01": "fail"}, evidence=run.seen("refusal", "silence"))
    file = run.path / "history-checks-1.jsonl"
    whole = file.read_text()
    file.write_text(whole.splitlines()[0] + "\nnot json\n")
    found = report([run.path])
    assert found.damaged[0].file == file
    assert "line 2" in found.damaged[0].why
    words = " ".join(Reader(page(found, ("en",))).words)
    assert "history-checks-1.jsonl" in words
    assert "answer: refusal" in words


def test_the_last_line_that_its_writer_did_not_finish_is_no_damage(tmp_path):
    run = Run(tmp_path)
    run.checks({"BGP-01": "fail"}, evidence=run.seen("refusal"))
    with (run.path / "history-checks-1.jsonl").open("a") as file:
        file.write('{"number": 2, "at"')
    assert report([run.path]).damaged == ()


def test_of_an_event_that_was_counted_anew_the_last_one_before_the_verdict_is_meant(tmp_path):
    run = Run(tmp_path)
    run.checks({"BGP-01": "fail"}, evidence=run.seen("refusal"))
    run.seen("reply")
    (shown,) = report([run.path]).evidence.values()
    assert "refusal" in shown.text


@needs_graphviz
def test_the_network_is_drawn_with_what_is_red_and_what_is_dark(pages):
    text = pages()
    assert re.search(r'id="vi-node-edge2"[^>]*class="[^"]*state-bad', text) or re.search(r'class="[^"]*state-bad[^"]*"[^>]*id="vi-node-edge2"', text)  # fmt: skip
    assert re.search(r'id="vi-node-core1"[^>]*class="[^"]*state-unknown', text) or re.search(r'class="[^"]*state-unknown[^"]*"[^>]*id="vi-node-core1"', text)  # fmt: skip


def test_without_graphviz_the_page_says_that_the_network_is_not_drawn(tmp_path, monkeypatch):
    run = Run(tmp_path)
    run.mutants(run.proof("FLT-37", "pass"))
    monkeypatch.setenv("PATH", "/nonexistent")
    words = " ".join(Reader(page(report([run.path]), ("en",))).words)
    assert "could not be drawn: this machine lacks Graphviz" in words


def test_a_yearly_report_has_every_item_of_the_plan_and_says_of_which_nothing_is_known(pages):
    text = pages("yearly")
    words = " ".join(" ".join(Reader(text).words).split())
    assert "Tình hình thực hiện Kế hoạch chuyển đổi IPv6 năm 2027" in words
    assert "1574/QĐ-UBND" in words
    assert "15 tháng 12" in words
    table = text[text.index("4. Kết quả theo hạng mục") :]
    for item in ("1.1", "1.2", "2.1", "3.1", "3.2", "3.3"):
        assert f"<td>{item}</td>" in table
    assert "chưa có số liệu" in table


def test_a_stage_report_goes_to_the_committee_and_the_ministry(pages):
    words = " ".join(" ".join(Reader(pages("stage")).words).split())
    for said in ("Kính gửi:", "Ủy ban nhân dân tỉnh Đắk Nông", "Bộ Thông tin và Truyền thông", "hạng mục 3.1"):
        assert said in words


def test_several_runs_are_one_report(tmp_path):
    first, second = Run(tmp_path, "a"), Run(tmp_path, "b")
    first.checks({"DNS-01": "pass"}, stage="21-pilot")
    second.checks({"DNS-01": "fail"})
    found = report([first.path, second.path])
    assert found.labs == ("a", "b")
    assert [each.stage for each in found.stages] == ["21-pilot", STAGE]


@pytest.mark.usefixtures("undrawn")
def test_the_same_run_makes_the_same_page(tmp_path):
    path = fill(Run(tmp_path), "rehearsal")
    assert page(report([path]), ("vi",)) == page(report([path]), ("vi",))


@pytest.mark.skipif(browser() is None, reason="no Chromium is here")
def test_a_page_is_printed_by_headless_chromium(pages, tmp_path):
    html, out = tmp_path / "report.html", tmp_path / "report.pdf"
    html.write_text(pages(), encoding="utf-8")
    pdf(html, out)
    assert out.read_bytes().startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", out.read_bytes())) > 3
