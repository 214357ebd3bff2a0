"""A running lab goes to the next stage, as production would be changed."""

from __future__ import annotations

import json

from harness.lab.converge import Told
from harness.lab.lab import Lab
from harness.lab.walk import walk


def test_a_running_lab_reaches_the_next_stage_and_says_so(own):
    said = own.up("--stage", "21-pilot")
    assert said.returncode == 0, said.stderr
    phases: list[str] = []
    (step,) = walk(Lab.attach(own.lab), "31-datacentre", Told(phases.append, lambda met, left: None))
    assert step.name == "21-pilot → 31-datacentre"
    told = [phase.split(": ")[1] for phase in phases]
    assert told.index("paths") < told.index("services") < told.index("openings") < told.index("forward zones")
    status = json.loads(own.v6lab("status", "--lab", own.lab, "--json").stdout)
    assert (status["stage"], status["state"]) == ("31-datacentre", "at")
    answer = own.v6lab("exec", "ns1", "--lab", own.lab, "--", "dig", "+short", "@::1", "AAAA", "www.daknong.gov.vn")
    assert "::31" in answer.stdout
