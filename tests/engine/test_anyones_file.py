"""Somebody's containerlab file comes up, is judged without a plan, and a quiet mistake in it is found."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract_labs import ENGINES

from harness.errors import MissingCapability, WrongInput
from harness.lab.conditions import unplanned
from harness.lab.converge import Told
from harness.lab.engines import engine as find_engine
from harness.lab.lab import Lab
from harness.lab.project import Project
from harness.lab.up import Wanted, down, up
from harness.wait import Deadline, until

FILES = Path(__file__).parent / "files"
CHECKS = Path(__file__).parents[1] / "checks" / "test_any_network.py"
QUIET = Told(lambda text: None, lambda met, left: None)
IMAGE = "v6lab/node:trixie"
WAIT = 120.0


@pytest.fixture
def wanted(tmp_path: Path, new_name: str) -> Wanted:
    return Wanted(Project(tmp_path), FILES / "ring.clab.yml", None, new_name)


@pytest.fixture
def new_name() -> Iterator[str]:
    try:
        ENGINES["embedded"]()
    except MissingCapability as missing:
        pytest.skip(str(missing))
    name = f"any{uuid.uuid4().hex[:10]}"
    yield name
    down(find_engine("embedded"), name)


def judge(lab: Lab, checks: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(CHECKS), "--lab", lab.name]
    return subprocess.run([*argv, "--check", checks], capture_output=True, text=True, check=False, timeout=120)


def vtysh(lab: Lab, node: str, *commands: str) -> None:
    words = [word for command in ("configure terminal", *commands) for word in ("-c", command)]
    done = lab.exec(node, "vtysh", *words)
    assert done.code == 0, done.out + done.err


def test_a_template_with_groups_exec_and_both_kinds_of_links_comes_up(tmp_path: Path, new_name: str) -> None:
    lab = up(Wanted(Project(tmp_path), FILES / "lan.clab.yml", None, new_name), find_engine("embedded"), QUIET)
    assert sorted(lab.nodes) == ["gw", "pc1", "pc2"]
    link = lab.exec("gw", "ip", "-o", "link", "show", "eth2").out
    assert "02:00:00:00:02:01" in link
    assert "mtu 1400" in link
    assert judge(lab, "ANY-01,ANY-04").returncode == 0
    assert lab.exec("pc2", "ip", "-6", "route", "del", "default").code == 0
    assert judge(lab, "ANY-01").returncode == 1


def test_an_image_that_is_not_here_is_named_with_its_nodes_and_nothing_is_left(wanted: Wanted) -> None:
    engine = find_engine("embedded")
    with pytest.raises(WrongInput, match=r"frrouting/frr:v10\.3\.1: wanted by r1, r2, r3"):
        up(wanted, engine, QUIET)
    assert wanted.name
    assert engine.leftovers(wanted.name) == ()


def test_a_family_that_one_end_has_not_activated_is_red_though_all_is_reached(wanted: Wanted) -> None:
    told: list[str] = []
    wanted = Wanted(wanted.project, wanted.topology, None, wanted.name, IMAGE)
    lab = up(wanted, find_engine("embedded"), Told(told.append, QUIET.met), wait=WAIT)
    assert f"image {IMAGE} stands in for frrouting/frr:v10.3.1 on r1, r2, r3" in told
    all_checks = "ANY-01,ANY-02,ANY-03,ANY-04"
    good = judge(lab, all_checks)
    assert good.returncode == 0, good.stdout

    six, four = "address-family ipv6 unicast", "address-family ipv4 unicast"
    vtysh(lab, "r2", "router bgp 64502", four, "neighbor 2001:db8:0:1::1 activate")
    vtysh(lab, "r1", "router bgp 64501", four, "neighbor 2001:db8:0:1::2 activate")
    vtysh(lab, "r1", "router bgp 64501", six, "no neighbor 2001:db8:0:1::2 activate")
    again = until(tuple(unplanned.conditions(lab)), Deadline.after(WAIT))
    assert again.pending == (), "every session is Established again"
    assert judge(lab, "ANY-01,ANY-03,ANY-04").returncode == 0
    found = judge(lab, "ANY-02")
    assert found.returncode == 1, found.stdout
    assert "ipv6Unicast is activated at the other end only" in found.stdout
    assert "r1 and r2: no session carries IPv6" in found.stdout
