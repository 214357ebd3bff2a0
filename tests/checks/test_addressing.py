from pathlib import Path

import pytest

from harness.plan.model import FAMILIES
from harness.probe import route
from harness.verdict import plan as judge

CONFIGURED = ("frr.conf", "nftables.conf", "ip.batch", "nginx.conf", "named.conf", "unbound.conf", "radvd.conf")


@pytest.mark.check("ADR-01")
def test_every_prefix_lies_in_the_registered_block(plan, judged):
    judged(judge.inside_block(plan))


@pytest.mark.check("ADR-02")
def test_no_prefix_overlaps_and_every_address_is_planned(lab, history, plan, judged):
    static = [node for node in lab.nodes.values() if lab.topology.nodes[node.name].group in ("router", "server")]
    found = [
        (node.name, f"{each.address}/{each.prefix_length}")
        for node in static
        for family in FAMILIES
        for each in route.addresses(history, node, family)
        if each.device != "lo" or each.address not in ("127.0.0.1", "::1")
        if not each.address.startswith("fe80:")
    ]
    judged(judge.overlaps(plan) + judge.planned(plan, found))


@pytest.mark.check("ADR-03")
def test_every_lan_with_hosts_is_a_64(plan, judged):
    judged(judge.host_lans(plan))


@pytest.mark.check("ADR-04")
def test_every_router_link_is_a_legal_127(plan, judged):
    judged(judge.router_links(plan))


@pytest.mark.check("ADR-08")
def test_no_configuration_holds_an_illegal_or_badly_written_address(lab, judged):
    trees = Path(lab.record.trees)
    files = {
        str(path.relative_to(trees)): path.read_text(errors="replace")
        for path in trees.rglob("*")
        if path.is_file() and path.name in CONFIGURED
    }
    judged(judge.literals(files))
