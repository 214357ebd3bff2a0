import pytest
from documents import Officer, node_of, officers_places
from labelled import look, page, sites
from vantage import families

from harness.fault.base import applied
from harness.fault.service import ServiceStopped
from harness.fault.without_ipv4 import WithoutIpv4
from harness.plan import derive
from harness.probe.side_by_side import side_by_side
from harness.verdict import label
from harness.wait import Condition, Deadline, until

WEB, APPLICATION = "62-nginx", "60-app"


@pytest.mark.disturbs
@pytest.mark.check("SVC-13")
def test_documents_pass_from_the_client_to_the_database_while_nobody_has_ipv4(lab, history, plan, judged):
    places = officers_places(plan, lab)
    hosts = tuple(dict.fromkeys((*places, node_of(plan, "qlvb"), node_of(plan, "database"))))
    officers = side_by_side(lambda client: Officer(lab, history, plan, client), places)
    with applied(WithoutIpv4(hosts), lab, history):
        findings = sum(side_by_side(lambda each: each.findings(each.visit), officers), ())
    judged(findings, tuple(event for each in officers for event in each.evidence))


def start_anew(lab, nodes):
    """Stop and start what serves the web on some nodes, as after a power cut or an update."""
    for service in (WEB, APPLICATION):
        running = [ServiceStopped(node, service) for node in nodes if _runs(lab, node, service)]
        side_by_side(lambda each: each.apply(lab), running)
        side_by_side(lambda each: each.lift(lab), running)


def _runs(lab, node, service):
    needs = {WEB: "etc/nginx/nginx.conf", APPLICATION: "etc/default/app"}[service]
    return (lab.node(node).root / needs).exists()


def served(lab, history, plan, site):
    """The condition that a site shows its page in some family, so that IPv6 is not asked too early."""

    def unmet():
        for family in families(plan, lab, site.node):
            address = str(derive.address(plan, site.node, family, lab.stage))
            if page(lab, history, plan, site, family, address).data.get("status") == label.OK:
                return None
        return "no page yet"

    return Condition(site.name, unmet)


@pytest.mark.disturbs
@pytest.mark.check("SVC-14")
def test_the_label_is_kept_through_six_weeks_in_which_everything_is_started_anew(lab, history, plan, targets, judged):
    asked, weeks = sites(plan), {}
    nodes = tuple(dict.fromkeys(site.node for site in asked))
    for _ in range(label.WEEKS):
        start_anew(lab, nodes)
        until([served(lab, history, plan, site) for site in asked], Deadline.after(targets["served_again_s"]))
        for site, seen in zip(asked, side_by_side(lambda site: look(lab, history, plan, site), asked), strict=True):
            weeks.setdefault(site.name, []).append(label.labelled(site.name, seen))
    judged(label.kept(weeks), tuple(event.reference for event in history.events("probe.http")[-4:]))
