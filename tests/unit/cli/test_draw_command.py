"""``v6lab draw``: where the drawing goes, in which format, and what is said where Graphviz is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cli.main import run
from harness.errors import EXIT_WRONG_INPUT
from tests.unit.report.left import Run


def test_the_format_is_what_the_files_name_ends_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "network.mmd"
    assert run(["draw", "--stage", "32-wan", "--out", str(out)]) == 0
    assert out.read_text("utf-8").startswith('---\ntitle: "Mạng pilot – Giai đoạn 32-wan')
    assert capsys.readouterr().out == f"{out}: 55 nodes, 76 links at stage 32-wan\n"


def test_without_a_file_the_drawing_is_printed_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["draw", "--format", "mermaid", "--lang", "en"]) == 0
    assert capsys.readouterr().out.startswith('---\ntitle: "Network pilot – Stage 31-datacentre')


def test_without_graphviz_one_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert run(["draw"]) == EXIT_WRONG_INPUT
    assert capsys.readouterr().err == (
        "v6lab: v6lab draw: Graphviz (the program dot) is not here\n"
        "  → as root: make setup, or apt-get install graphviz; --format mermaid does without\n"
    )


def test_a_file_that_cannot_be_written_is_the_users_to_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["draw", "--out", str(tmp_path / "none" / "network.mmd")]) == EXIT_WRONG_INPUT
    assert "No such file or directory" in capsys.readouterr().err


def test_what_a_run_found_red_is_marked_and_its_stage_is_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    left = Run(tmp_path, stage="32-wan")
    left.checks({"BGP-01": "fail"}, "edge2: is wrong")
    drawing = ["draw", "--run", str(left.path), "--format", "mermaid", "--lang", "en"]
    assert run(drawing) == 0
    drawn = capsys.readouterr().out
    assert "Stage 32-wan" in drawn
    assert "class node_edge2 bad" in drawn
    assert run([*drawing, "--stage", "21-pilot"]) == EXIT_WRONG_INPUT
    assert "--stage: the run is of stage 32-wan" in capsys.readouterr().err
