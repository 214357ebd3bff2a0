import pytest
from labelled import look, sites

from harness.probe.side_by_side import side_by_side
from harness.verdict import label


@pytest.mark.check("SVC-14")
def test_all_five_classes_of_systems_are_served_over_ipv6_with_the_label(lab, history, plan, judged):
    asked = sites(plan)
    seen = side_by_side(lambda site: look(lab, history, plan, site), asked)
    findings = sum((label.labelled(site.name, each) for site, each in zip(asked, seen, strict=True)), ())
    judged(findings, tuple(each.event for each in seen))
