"""``v6lab report``: which run is meant, where the file goes, and one message for what is wrong."""

import os

import pytest
from click.shell_completion import ShellComplete

from harness.cli import main
from harness.errors import EXIT_WRONG_INPUT
from harness.report import page, pdf
from harness.report.which_run import newest, which_run
from tests.unit.report.left import Run


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with nothing in it but its plan's name. No network is drawn: that has tests of its own."""
    monkeypatch.setattr(page, "estate", lambda report, language: None)
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/plan.yml").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(project):
    found = Run(project / "runs")
    found.checks({"DNS-01": "pass"})
    return found


def refused(arguments, capsys):
    code = main.run(["report", *arguments])
    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert "→" in said
    return code, said


def test_without_a_name_the_newest_run_is_reported_into_its_directory(run, capsys):
    assert main.run(["report"]) == 0
    file = run.path / "report.html"
    assert str(file) in capsys.readouterr().out
    text = file.read_text(encoding="utf-8")
    assert 'main lang="vi"' in text
    assert 'main lang="en"' in text


@pytest.mark.parametrize(("language", "shown", "hidden"), [("vi", "vi", "en"), ("en", "en", "vi")])
def test_one_language_can_be_had_alone(run, language, shown, hidden):
    assert main.run(["report", "pilot", "--lang", language]) == 0
    text = (run.path / "report.html").read_text(encoding="utf-8")
    assert f'main lang="{shown}"' in text
    assert f'main lang="{hidden}"' not in text


def test_a_run_is_named_by_its_lab_or_by_its_directory(run, tmp_path):
    runs = tmp_path / "runs"
    assert which_run(runs, "pilot") == run.path.resolve()
    assert which_run(runs, str(run.path)) == run.path.resolve()
    assert which_run(runs, str(runs / "pilot/latest")) == run.path.resolve()


def test_the_newest_run_is_the_one_whose_time_is_the_latest(tmp_path):
    for lab, stamp in (("a", "20260102T000000Z"), ("b", "20260101T000000Z")):
        (tmp_path / lab / stamp).mkdir(parents=True)
        (tmp_path / lab / "latest").symlink_to(stamp)
    os.utime(tmp_path / "b" / "20260101T000000Z")
    assert newest(tmp_path).parent.name == "a"


def test_a_template_has_a_file_of_its_own_and_output_says_where(run, project):
    assert main.run(["report", "--template", "stage"]) == 0
    assert main.run(["report", "--template", "yearly", "--year", "2027", "-o", str(project / "nam.html")]) == 0
    assert (run.path / "report-stage.html").is_file()
    assert "năm 2027" in (project / "nam.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["/nonexistent/run"],
        ["pilot", "nothing"],
        ["--lang", "fr"],
        ["--template", "weekly"],
        ["-o", "/nonexistent/directory/report.html"],
        ["--year", "26"],
        ["configs"],
    ],
)
def test_wrong_input_is_one_message_with_a_hint_and_exit_code_2(run, capsys, arguments):
    code, said = refused(arguments, capsys)
    assert code == EXIT_WRONG_INPUT
    assert len(said.strip().splitlines()) == 2


def test_where_no_run_is_that_is_said(project, capsys):
    code, said = refused([], capsys)
    assert (code, "no lab has left a run" in said) == (EXIT_WRONG_INPUT, True)


def test_without_chromium_a_pdf_is_refused_before_anything_is_written(run, capsys, monkeypatch):
    monkeypatch.setattr(pdf, "PROGRAMS", ())
    code, said = refused(["--pdf"], capsys)
    assert code == EXIT_WRONG_INPUT
    assert "Chromium" in said
    assert not (run.path / "report.html").exists()


def test_what_cannot_be_read_is_named(run, capsys):
    (run.path / "results/20991231T000000Z-drill-1.json").write_text("{")
    assert main.run(["report"]) == 0
    said = capsys.readouterr().err
    assert "not readable, so not counted" in said
    assert "20991231T000000Z-drill-1.json" in said


def test_an_empty_run_is_reported_as_such(project, capsys):
    Run(project / "runs")
    assert main.run(["report"]) == 0
    assert "Chưa có kết quả" in capsys.readouterr().out


def test_labs_that_have_left_a_run_are_completed(run):
    typed = ShellComplete(main.cli, {}, "v6lab", "_V6LAB_COMPLETE").get_completions(["report"], "pi")
    assert [each.value for each in typed] == ["pilot"]
