"""The two engines give the same verdicts: on the pilot estate as it should be, and with the quiet mistake in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from contract_labs import ENGINES, available

from harness.lab.lab import Lab
from harness.lab.project import Project
from harness.plan import derive
from harness.wait import Condition, Deadline, until

V6LAB = (sys.executable, "-c", "from harness.cli.main import main; main()")
PYTEST = (sys.executable, "-m", "pytest", "-q", "--tb=no", "-p", "no:cacheprovider", "-m", "not disturbs")
AFTER_A_MISTAKE = "ADR-01,BGP-01,BGP-02,BGP-09,BGP-10,DNS-01,DS-01,DS-03,DS-07,SEC-01,SVC-01"
"""Of every group some that look at what the mistake touches and some that must not be moved by it."""
NAMES = {4: "ipv4", 6: "ipv6"}

Outcomes = Mapping[tuple[str, str], str]
"""(check, where) → outcome."""


@dataclass(frozen=True)
class Neighbours:
    """The two ends of a BGP session over IPv6: router, its AS, and the address of its neighbour."""

    ends: tuple[tuple[str, int, str], tuple[str, int, str]]

    @classmethod
    def between(cls, lab: Lab, a: str, b: str) -> Neighbours:
        assert lab.plan is not None
        plan = lab.plan
        link = next(each for each in plan.links if {each.a, each.b} == {a, b})
        asn = {node: derive.asn_of(plan, node) or 0 for node in (a, b)}
        address = {node: str(derive.link_interface(link, node, 6).ip) for node in (a, b)}
        return cls(((a, asn[a], address[b]), (b, asn[b], address[a])))

    def activate(self, lab: Lab, family: int) -> None:
        """Activate the session under that family and under no other, at both ends."""
        for node, asn, neighbour in self.ends:
            lines = ["configure terminal", f"router bgp {asn}"]
            for each, name in NAMES.items():
                no = "" if each == family else "no "
                lines += [f"address-family {name} unicast", f"{no}neighbor {neighbour} activate", "exit-address-family"]
            done = lab.exec(node, "vtysh", *(word for line in lines for word in ("-c", line)))
            assert done.code == 0, done

    def negotiated(self, lab: Lab, family: int) -> Condition:
        """That the session is Established with that family alone, at both ends."""

        def unmet() -> str | None:
            for node, _, neighbour in self.ends:
                answer = json.loads(lab.exec(node, "vtysh", "-c", f"show bgp neighbors {neighbour} json").out)
                session = answer[neighbour]
                families = session.get("neighborCapabilities", {}).get("multiprotocolExtensions", {})
                both = [name for name, how in families.items() if how.get("advertisedAndReceived")]
                if session["bgpState"] != "Established" or both != [f"{NAMES[family]}Unicast"]:
                    return f"{node}: {session['bgpState']}, {both}"
            return None

        return Condition(f"{lab.name}: {self.ends[0][0]} and {self.ends[1][0]} have negotiated family {family}", unmet)


def run(*argv: str, codes: tuple[int, ...] = (0,)) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "V6LAB_ENGINE"))}
    done = subprocess.run(
        argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        env=environment, cwd=Project.find().root,
    )  # fmt: skip
    assert done.returncode in codes, f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def on_both(what: Callable[[str], object]) -> None:
    """Do it for both engines at once."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(what, ENGINES))


@pytest.fixture(scope="module")
def labs() -> Iterator[Mapping[str, str]]:
    """The name of a lab of each engine, both at the same stage."""
    for name in ENGINES:
        available(name)
    labs = {name: f"test-{uuid.uuid4().hex[:6]}-{name[:5]}" for name in ENGINES}
    try:
        on_both(lambda engine: run(*V6LAB, "up", "--engine", engine, "--name", labs[engine], "--wait", "120"))
        yield labs
    finally:
        on_both(lambda engine: run(*V6LAB, "down", labs[engine], "--engine", engine))


def verdicts(labs: Mapping[str, str], directory: Path, *options: str) -> Mapping[str, Outcomes]:
    """What the checks say on the lab of each engine."""
    found: dict[str, Outcomes] = {}

    def judge(engine: str) -> None:
        file = directory / f"{engine}.json"
        run(*PYTEST, "tests/checks", "--lab", labs[engine], "--verdicts", str(file), *options, codes=(0, 1))
        found[engine] = {(each["check"], each["where"]): each["outcome"] for each in json.loads(file.read_text())}

    on_both(judge)
    return found


def test_both_engines_give_the_same_verdicts_on_the_estate_as_it_should_be(
    labs: Mapping[str, str], tmp_path: Path
) -> None:
    found = verdicts(labs, tmp_path)
    assert found["embedded"] == found["containerlab"]
    assert len(found["embedded"]) >= 30
    assert set(found["embedded"].values()) <= {"pass", "skip"}


def test_both_engines_give_the_same_verdicts_on_the_quiet_mistake(labs: Mapping[str, str], tmp_path: Path) -> None:
    mistaken = {name: Lab.attach(lab) for name, lab in labs.items()}
    session = Neighbours.between(mistaken["embedded"], "vnpt", "edge2")
    try:
        for lab in mistaken.values():
            session.activate(lab, 4)
        reached = until([session.negotiated(lab, 4) for lab in mistaken.values()], Deadline.after(30))
        assert not reached.pending
        found = verdicts(labs, tmp_path, "--check", AFTER_A_MISTAKE)
    finally:
        for lab in mistaken.values():
            session.activate(lab, 6)
    assert found["embedded"] == found["containerlab"]
    assert "fail" in {outcome for (check, _), outcome in found["embedded"].items() if check == "BGP-01"}
