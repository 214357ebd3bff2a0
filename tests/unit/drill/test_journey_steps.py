"""The parts of journeys that need no lab."""

from __future__ import annotations

import email
from pathlib import Path
from types import SimpleNamespace

import pytest

from harness.drill.journeys import Planned, as_people_do, make
from harness.drill.steps import KINDS
from harness.drill.trip import resolvers
from harness.drill.web_steps import BOUNDARY, form
from harness.errors import CannotMeasure
from harness.fault import without_ipv4
from harness.fault.without_ipv4 import WithoutIpv4
from harness.history.history import History
from harness.plan.journeys import Journey, Step

STEPS = (Step("open", "portal", {}), Step("read", "qlvb", {}))
JOURNEY = Journey("work", "", "", ("pc",), STEPS, {})


def lab(state: str = "running") -> SimpleNamespace:
    return SimpleNamespace(plan=object(), name="t", node=lambda name: SimpleNamespace(name=name, state=state))


def made(monkeypatch, state="running", **kinds):
    for kind in ("open", "read"):
        monkeypatch.setitem(KINDS, kind, kinds.get(kind, lambda trip, step: None))
    return make(lab(state), History(), [Planned(JOURNEY, "pc", 6)])[0]


def unmeasurable(trip, step):
    raise CannotMeasure("no such namespace")


def test_a_journey_is_done_when_all_steps_are(monkeypatch):
    assert (made(monkeypatch).fate, made(monkeypatch).manner) == ("done", "IPv6")


def test_the_first_step_that_fails_loses_the_journey_and_says_why(monkeypatch):
    found = made(monkeypatch, read=lambda trip, step: "gives 503")
    assert (found.fate, found.step, found.why) == ("lost", "read qlvb", "gives 503")


def test_what_cannot_be_measured_is_neither_done_nor_lost(monkeypatch):
    assert made(monkeypatch, open=unmeasurable).fate == "not measured"
    assert made(monkeypatch, state="stopped").why == "pc is stopped"


def test_without_ipv4_each_journey_is_made_once_in_whichever_family_works():
    planned = [Planned(JOURNEY, host, manner) for host in ("pc", "other") for manner in (4, 6, "either")]
    assert as_people_do(planned, {"pc"}) == (Planned(JOURNEY, "pc", "either"),)


def test_a_form_is_multipart_with_the_file_whole():
    head = f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + form({"subject": "x"}, b"v6" * 1000)).get_payload()
    assert [each.get_param("name", header="content-disposition") for each in parts] == ["subject", "file"]
    assert parts[1].get_payload(decode=True) == b"v6" * 1000


@pytest.mark.parametrize(("first", "order"), [(4, [4, 6]), (6, [6, 4])])
def test_resolvers_of_the_journeys_family_are_asked_first(tmp_path: Path, first, order):
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/resolv.conf").write_text("search x\nnameserver 2001:db8::1\nnameserver 192.0.2.1\n")
    assert [family for family, _ in resolvers(SimpleNamespace(root=tmp_path), first)] == order


def test_a_host_without_a_resolv_conf_has_learnt_no_resolver(tmp_path: Path):
    assert resolvers(SimpleNamespace(root=tmp_path), 6) == []


def test_ipv4_is_taken_and_given_back_and_no_other_rule_is_touched(monkeypatch):
    rules, calls = ["0: from all lookup local", "1: from all unreachable"], []

    def run(node, argv, stdin=""):
        calls.append((" ".join(argv), stdin))
        return "\n".join(rules) if argv == ("ip", "-4", "rule") else ""

    monkeypatch.setattr(without_ipv4, "run", run)
    fault = WithoutIpv4(("pc",))
    fault.lift(lab())
    assert [argv for argv, _ in calls if "del" in argv] == ["ip -4 rule del priority 1"]
    assert fault.standing(lab()) == ("pc",)
    del rules[1]
    calls.clear()
    fault.apply(lab())
    assert [argv for argv, _ in calls if "rule" in argv and argv != "ip -4 rule"] == [
        "ip -4 rule add priority 1 unreachable"
    ]
    assert "{ ip, arp }" in calls[-1][1]
