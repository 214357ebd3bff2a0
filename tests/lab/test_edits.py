"""An edit of configs/ reaches a lab that is up, as production would be changed."""

from __future__ import annotations

import json

import pytest

from harness.lab import record

OSPF = "configs/macros/frr.j2"


@pytest.fixture
def edited(shared):
    """Edits files of the checkout, and puts everything back afterwards."""
    kept = {}

    def edit(file, old, new):
        path = shared.root / file
        kept.setdefault(path, path.read_text())
        return shared.edit(file, old, new)

    yield edit
    for path, text in kept.items():
        path.write_text(text)
    said = shared.up()
    assert said.returncode == 0, said.stderr


def shown(shared, node, *argv):
    return shared.v6lab("exec", node, "--lab", shared.lab, "--", *argv).stdout


def uptimes(shared):
    """Established at, of every session of an edge."""
    said = json.loads(shown(shared, "edge1", "vtysh", "-c", "show bgp neighbors json"))
    return {peer: seen["bgpTimerUpEstablishedEpoch"] for peer, seen in said.items()}


def state(shared):
    return json.loads(shared.v6lab("status", "--lab", shared.lab, "--json").stdout)["state"]


def test_an_edit_is_taken_over_without_resetting_a_session(shared, edited):
    before = uptimes(shared)
    edited(OSPF, "ip ospf hello-interval 1", "ip ospf hello-interval 2")
    said = shared.up()
    assert said.returncode == 0, said.stderr
    assert "ip ospf hello-interval 2" in shown(shared, "fw1", "vtysh", "-c", "show running-config ospfd")
    after = uptimes(shared)
    assert {peer: abs(at - before[peer]) <= 1 for peer, at in after.items()} == dict.fromkeys(before, True)


def test_a_file_that_its_daemon_refuses_is_named_and_nothing_is_changed(shared, edited):
    edited(OSPF, "ip ospf hello-interval 1", "ip ospf hello-intervall 1")
    said = shared.up()
    assert said.returncode == 2
    assert "frr.conf.j2: frr on" in said.stderr
    assert "ip ospf hello-intervall 1" in said.stderr
    assert "Traceback" not in said.stderr
    assert "hello-interval 1" in shown(shared, "fw1", "grep", "-m1", "ip ospf hello", "/etc/frr/frr.conf")
    assert state(shared) == "at"


def test_an_address_moves_with_its_zone_and_its_service(shared, edited):
    edited("configs/plan.yml", "portal: 31", "portal: 39")
    said = shared.up()
    assert said.returncode == 0, said.stderr
    addresses = shown(shared, "portal", "ip", "-6", "-brief", "address", "show", "scope", "global")
    assert "::39/64" in addresses
    assert "::31/64" not in addresses
    assert "::39" in shown(shared, "ns1", "dig", "+short", "@::1", "AAAA", "www.daknong.gov.vn")


def test_without_an_edit_nothing_is_touched(shared):
    before = uptimes(shared)
    said = shared.up()
    assert (said.returncode, "nothing was edited since" in said.stderr) == (0, True)
    assert uptimes(shared) == before


def test_an_edit_that_was_broken_off_is_known_and_can_be_finished(shared, edited):
    edited(OSPF, "ip ospf hello-interval 1", "ip ospf hello-interval 3")
    begun = shared.begin("up", "--name", shared.lab)
    while record.read(shared.lab).state == "at" and begun.poll() is None:
        pass
    begun.kill()
    begun.wait()
    assert state(shared) == "between"
    said = shared.up()
    assert said.returncode == 0, said.stderr
    assert state(shared) == "at"
    assert "ip ospf hello-interval 3" in shown(shared, "edge1", "vtysh", "-c", "show running-config ospfd")


def test_a_lab_that_is_up_as_something_else_is_not_touched(shared):
    said = shared.up("--stage", "00-baseline")
    assert said.returncode == 2
    assert "at another stage (31-datacentre)" in said.stderr
    assert "→" in said.stderr


def test_a_topology_that_has_changed_wants_a_new_lab(shared, edited):
    file = "topologies/pilot.clab.yml"
    text = (shared.root / file).read_text()
    (shared.root / file).write_text(text.replace('icmp_ratemask: "0"', 'icmp_ratemask: "8"'))
    said = shared.up()
    (shared.root / file).write_text(text)
    assert (said.returncode, "its topology has changed since" in said.stderr) == (2, True)
