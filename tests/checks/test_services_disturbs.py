import pytest
from documents import Officer, node_of, officers_places

from harness.fault.base import applied
from harness.fault.without_ipv4 import WithoutIpv4
from harness.probe.side_by_side import side_by_side


@pytest.mark.disturbs
@pytest.mark.check("SVC-13")
def test_documents_pass_from_the_client_to_the_database_while_nobody_has_ipv4(lab, history, plan, judged):
    places = officers_places(plan, lab)
    hosts = tuple(dict.fromkeys((*places, node_of(plan, "qlvb"), node_of(plan, "database"))))
    officers = side_by_side(lambda client: Officer(lab, history, plan, client), places)
    with applied(WithoutIpv4(hosts), lab, history):
        findings = sum(side_by_side(lambda each: each.findings(each.visit), officers), ())
    judged(findings, tuple(event for each in officers for event in each.evidence))
