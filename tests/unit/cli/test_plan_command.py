"""``v6lab plan``: what it says of a sound plan and of a wrong one, and what goes into a pipe."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from harness.cli.plan import command
from harness.errors import EXIT_WRONG_INPUT

ROOT = Path(__file__).parents[3]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a plan and a topology, and the work in it."""
    for name in ("configs/plan.yml", "topologies/pilot.clab.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "configs/plan.yml"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments))


def test_a_sound_plan_is_counted(project: Path) -> None:
    result = run("lint")
    assert (result.exit_code, result.output) == (0, f"{project}: 24 LANs, 26 links, 11 services: sound\n")


def test_every_finding_has_its_line_its_key_and_what_to_do_in_the_order_of_the_file(project: Path) -> None:
    text = project.read_text().replace("node: ns1, ", "node: ns3, ").replace("ns2: 12", "ns2: 11")
    project.write_text(text)
    line = {part: text[: text.index(part)].count("\n") + 1 for part in ("ns2: 11", "node: ns3")}
    result = run("lint")
    assert result.exit_code == EXIT_WRONG_INPUT
    assert result.output == (
        f"{project}:{line['ns2: 11']}: lans.dmz.hosts.ns2: host number 11 is ns1's already\n  → use another\n"
        f"{project}:{line['node: ns3']}: services[0].node: no LAN has a host 'ns3'\n  → add it to a LAN\n"
    )


def test_what_goes_into_a_pipe_has_every_column_and_no_colour(project: Path) -> None:
    result = run("show")
    assert result.exit_code == 0
    assert "\x1b[" not in result.output
    assert "no room here" not in result.output
    head = next(line for line in result.output.splitlines() if line.startswith("LAN "))
    assert head.split("  ")[-1] == "nodes"
    assert "203.0.113.192/26" in result.output


def test_the_tables_are_json_for_a_program(project: Path) -> None:
    tables = json.loads(run("show", "--json").output)
    assert tables["Blocks: IPv6"][0]["prefix"] == "3fff:d40::/40"
    assert next(each["stage"] for each in tables["Stages"]) == "00-baseline"
