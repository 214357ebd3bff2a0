"""With a fault in, a check is asked once more only where nobody could say that the lab was at rest, or it measured
nothing."""

from types import SimpleNamespace

import pytest

from harness.drill import judging, mutant
from harness.verdict.verdict import Verdict

FAULT = SimpleNamespace(caught_by=("BGP-01",), stays_green=("SVC-01",))


def said(**outcomes):
    return tuple(
        Verdict(check.replace("_", "-"), "s", "here", outcome, (), (), 0.1) for check, outcome in outcomes.items()
    )


@pytest.mark.parametrize(
    ("first", "settled", "asked"),
    [
        ({"BGP_01": "fail", "SVC_01": "pass"}, False, []),
        ({"BGP_01": "pass", "SVC_01": "pass"}, True, []),
        ({"BGP_01": "fail", "SVC_01": "fail"}, True, []),
        ({"BGP_01": "pass", "SVC_01": "pass"}, False, ["BGP-01"]),
        ({"BGP_01": "fail", "SVC_01": "fail"}, False, ["SVC-01"]),
        ({"BGP_01": "error", "SVC_01": "pass"}, True, ["BGP-01"]),
        ({"SVC_01": "pass"}, True, ["BGP-01"]),
    ],
)
def test_who_is_asked_once_more(monkeypatch, tmp_path, first, settled, asked):
    again = []

    def judge(lab, checks, out, *, disturbing):
        again.extend(checks)
        return said(**{check.replace("-", "_"): "skip" for check in checks})

    monkeypatch.setattr(judging, "judge", judge)
    during = SimpleNamespace(verdicts=lambda: said(**first))
    found = mutant._ask(None, FAULT, tmp_path, during, settled=settled)
    assert again == asked
    assert {each.check for each in found if each.outcome == "skip"} == set(asked)
