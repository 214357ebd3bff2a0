"""An edit of configs/ reaches a lab that is up, as production would be changed."""

from __future__ import annotations

import json

import pytest

from harness.lab import record

MACROS = "configs/macros/frr.j2"
OLD, NEW, BROKEN = ' description {{ "to "', ' description {{ "link to "', ' descryption {{ "to "'
"""A text on every link of every router: it moves nothing."""
ROUTERS = ("edge1", "core2", "fw1", "viettel", "vnix", "tslcd-vnpt", "gianghia-gw1")
CLOCK_SECONDS = 2
"""bgpd tells since when in whole seconds, counted back from now."""


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


def same(before, after):
    return before.keys() == after.keys() and all(abs(after[peer] - at) <= CLOCK_SECONDS for peer, at in before.items())


def state(shared):
    return json.loads(shared.v6lab("status", "--lab", shared.lab, "--json").stdout)["state"]


def test_an_edit_is_taken_over_without_resetting_a_session(shared, edited):
    before = uptimes(shared)
    edited(MACROS, OLD, NEW)
    said = shared.up()
    assert said.returncode == 0, said.stderr
    assert "description link to core1" in shown(shared, "fw1", "vtysh", "-c", "show running-config")
    assert same(before, uptimes(shared))


@pytest.mark.parametrize("router", ROUTERS)
def test_a_reload_of_an_unchanged_router_would_change_nothing(shared, router):
    reload = ("/usr/lib/frr/frr-reload.py", "--test", "/etc/frr/frr.conf")
    said = shared.v6lab("exec", router, "--lab", shared.lab, "--", *reload)
    assert (said.returncode, said.stdout) == (0, ""), said.stdout + said.stderr


def test_a_file_that_its_daemon_refuses_is_named_and_nothing_is_changed(shared, edited):
    edited(MACROS, OLD, BROKEN)
    said = shared.up()
    assert said.returncode == 2
    assert "frr.conf.j2: frr on" in said.stderr
    assert "descryption to" in said.stderr
    assert "Traceback" not in said.stderr
    assert "description to" in shown(shared, "fw1", "grep", "-m1", "description", "/etc/frr/frr.conf")
    assert state(shared) == "at"


def test_an_address_moves_with_its_zone_and_its_service(shared, edited):
    edited("configs/plan.yml", "portal: 31,", "portal: 39,")
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
    assert same(before, uptimes(shared))


def test_an_edit_that_was_broken_off_is_known_and_can_be_finished(shared, edited):
    edited(MACROS, OLD, NEW)
    begun = shared.begin("up", "--name", shared.lab)
    while record.read(shared.lab).state == "at" and begun.poll() is None:
        pass
    begun.kill()
    begun.wait()
    assert state(shared) == "between"
    said = shared.up()
    assert said.returncode == 0, said.stderr
    assert state(shared) == "at"
    assert "description link to core1" in shown(shared, "edge1", "vtysh", "-c", "show running-config")


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
