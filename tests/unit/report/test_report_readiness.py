"""Readiness is counted in journeys; what is not offered, lost or not measured is in the denominator and never ready."""

import pytest

from harness.report import basis as bases
from harness.report.report import report
from harness.verdict.readiness import Outcome
from tests.unit.estate import ROOT, the_plan
from tests.unit.report.left import CHECKS, STAGE, Run, step, verdict

SITES = the_plan().sites


def made(host, journey="portal", **fates):
    return [Outcome(journey, host, manner, fate) for manner, fate in fates.items()]


def counts(rows, title):
    return dict(next(row.counts for row in rows if row.title.vi == title))


def test_agencies_and_services_are_counted_by_what_became_of_their_journeys(tmp_path):
    run = Run(tmp_path)
    run.journeys(
        *made("stttt-pc", IPv4="done", IPv6="done", either="done"),
        *made("stttt-pc", "document", IPv4="done", IPv6="lost"),
        *made("stttt-pc", "mail-inside", IPv4="done", IPv6="not measured"),
        *made("vpubnd-pc", IPv4="done"),
    )
    (ready,) = report([run.path]).readiness
    assert counts(ready.agencies, SITES["stttt"].title) == {"ready": 1, "lost": 1, "unknown": 1}
    assert counts(ready.agencies, SITES["vpubnd"].title) == {"absent": 1}
    assert counts(ready.services, "Cổng thông tin điện tử") == {"ready": 1, "absent": 1}
    assert next(row for row in ready.agencies if row.title.vi == SITES["stttt"].title).whole == 3


def test_people_who_will_never_have_ipv6_are_nobodys_readiness(tmp_path):
    run = Run(tmp_path)
    run.journeys(*made("viettel-legacy", IPv4="done"), *made("viettel-citizen", IPv4="done", IPv6="done"))
    (ready,) = report([run.path]).readiness
    assert [row.whole for row in ready.agencies] == [1]


def test_without_ipv4_what_needs_it_or_is_unknown_is_not_ready(tmp_path):
    run = Run(tmp_path)
    before = [Outcome(name, "stttt-pc", "either", "done") for name in ("portal", "document", "resolver")]
    during = [before[0], Outcome("document", "stttt-pc", "either", "lost", "read", "no route"), Outcome("resolver", "stttt-pc", "either", "not measured")]  # fmt: skip
    run.ipv4_off(before, during)
    found = report([run.path])
    (ready,) = found.readiness
    assert counts(ready.agencies, SITES["stttt"].title) == {"ready": 1, "lost": 1, "unknown": 1}
    assert {"remains.unknown.without-ipv4", "remains.lost.without-ipv4"} <= {each.key for each in found.remains}


def test_the_newest_result_of_each_way_counts(tmp_path):
    run = Run(tmp_path)
    run.journeys(*made("stttt-pc", IPv6="lost"))
    run.journeys(*made("stttt-pc", IPv6="done"))
    (ready,) = report([run.path]).readiness
    assert counts(ready.agencies, SITES["stttt"].title) == {"ready": 1}


def test_a_rehearsal_tells_readiness_at_the_furthest_stage_that_was_left(tmp_path):
    run = Run(tmp_path)
    lost = [*made("stttt-pc", IPv6="done"), *made("stttt-pc", IPv6="lost")]
    run.rehearsal(step("21-pilot", STAGE), step(STAGE, "21-pilot", left=(), journeys=tuple(lost)))
    (ready,) = report([run.path]).readiness
    assert ready.stage == STAGE
    assert counts(ready.agencies, SITES["stttt"].title) == {"lost": 1}


def test_a_run_without_journeys_has_no_figure(tmp_path):
    run = Run(tmp_path)
    run.checks({"DNS-01": "pass"})
    assert report([run.path]).readiness == ()


@pytest.mark.parametrize(
    ("outcome", "said", "expected"),
    [
        ("pass", "", {"portal": "pass", "online": "pass"}),
        (
            "fail",
            "dichvucong.daknong.gov.vn: no AAAA record (expected at least one)",
            {"portal": "pass", "online": "fail"},
        ),
        ("fail", "something else is wrong", {"portal": "fail", "online": "fail"}),
        ("error", "no answer", {"portal": "error", "online": "error"}),
        ("skip", "this machine lacks it", {"portal": "skip", "online": "skip"}),
    ],
)
def test_a_class_of_the_label_fails_by_the_sites_that_a_finding_names(tmp_path, outcome, said, expected):
    run = Run(tmp_path)
    run.checks({"SVC-14": outcome}, said)
    found = {each.indicator.name: each.label for each in report([run.path]).services}
    assert {name: found[name] for name in expected} == expected
    assert found["dns"] is None


def test_a_class_that_one_look_failed_and_another_could_not_measure_is_not_passed(tmp_path):
    run = Run(tmp_path)
    run.rehearsal(
        **{STAGE: [verdict("SVC-14", "fail", "mail.daknong.gov.vn: 404"), verdict("SVC-14", "error", "no answer")]}
    )
    found = {each.indicator.name: each.label for each in report([run.path]).services}
    assert (found["mail"], found["portal"]) == ("fail", "error")


def test_a_label_that_nobody_asked_for_is_not_asked(tmp_path):
    run = Run(tmp_path)
    run.checks({"DNS-01": "pass"})
    assert {each.label for each in report([run.path]).services} == {"unasked", None}


def test_every_indicator_names_what_there_is(tmp_path):
    run = Run(tmp_path)
    run.checks({"DNS-01": "pass"})
    basis = report([run.path]).basis
    services = {each.name for each in the_plan().services}
    journeys = {each.name for each in basis.journeys}
    for each in basis.indicators:
        assert set(each.checks) <= set(CHECKS)
        assert set(each.label) <= services
        assert set(each.journeys) <= journeys
    assert {name for each in basis.indicators for name in each.journeys} == journeys
    assert sum(bool(each.label) for each in basis.indicators) == 5
    assert {each.name for each in basis.indicators if each.national} == {"portal", "online", "mail", "dns"}


def test_a_basis_that_cannot_be_read_is_told_and_hides_nothing_else(tmp_path):
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks/dns.yml").write_text("DNS-01: {item: '2.1'}\n")
    (tmp_path / "indicators.yml").write_text((ROOT / "configs/indicators.yml").read_text())
    found = bases.read(tmp_path)
    assert len(found.trouble) == 1
    assert "checks" in found.trouble[0]
    assert len(found.indicators) > 5
