"""A rehearsal of one step: there and back, watched and judged, and written down where a report finds it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.lab import record

pytestmark = pytest.mark.long


def test_a_step_there_and_back_is_watched_judged_and_written_down(own, tmp_path):
    said = own.up("--stage", "12-prepare")
    assert said.returncode == 0, said.stderr
    file = tmp_path / "rehearsal.json"
    same = own.v6lab("rehearse", "--lab", own.lab, "--to", "12-prepare")
    assert same.returncode == 2, same.stderr
    said = own.v6lab("rehearse", "--lab", own.lab, "--to", "21-pilot", "--json", str(file))
    assert "Traceback" not in said.stderr, said.stderr
    data = json.loads(file.read_text())
    assert [(each["from"], each["to"]) for each in data["steps"]] == [
        ("12-prepare", "21-pilot"),
        ("21-pilot", "12-prepare"),
    ], said.stdout
    there, back = data["steps"]
    ways = {(each["family"], each["direction"]) for each in there["convergence"]}
    assert ways == {(4, "outbound"), (4, "inbound")}  # IPv6 is not offered before
    assert not there["not_proven"]
    assert all(each["sent"] > 100 for each in there["convergence"])
    assert (there["rolled_back_to_equal"], back["rolled_back_to_equal"]) == (None, True), back["not_as_before"]
    assert there["journeys"]["made"]
    assert there["sessions_flapped"] == back["sessions_flapped"] == []
    assert data["stages"]["12-prepare"]["checks"]["MIG-08"] == data["stages"]["21-pilot"]["checks"]["MIG-08"] == "pass"
    assert (said.returncode, data["outcome"]) == (0, "pass"), said.stdout
    standing = record.read(own.lab)
    assert (standing.stage, standing.state) == ("12-prepare", "at")
    (kept,) = (Path(standing.run) / "results").glob("*-rehearsal-*.json")
    assert json.loads(kept.read_text())["data"] == data
