from harness.drill import summary
from harness.drill.failover import Drill, Noticed
from harness.verdict.outage import Loss, Phase, Way

KEYS = {"outage_ms": "out", "detection_s": "bfd", "failback_ms": "back"}
TARGETS = {"out": 3000.0, "bfd": 1.0, "back": 1000.0}


def drill_of(lost_ms, seconds):
    way = Way("a → b", 6, "outbound", (Loss(10.2, lost_ms),) if lost_ms else ())
    out, back = Phase("silence", 10.0, 15.0, (way,)), Phase("fail-back", 15.0, 20.0, (way,))
    others = Phase("silence", 10.0, 15.0, ())
    return Drill("silence", 10.2, out, others, back, (), (Noticed("edge1", "bfd", 6, seconds),), (), (), ("e1",))


def rows_of(*drills):
    return {row.measure: row for row in summary.rows([summary.measured(each) for each in drills], target_ms)}


def target_ms(measure):
    return summary.target_ms(measure, KEYS, TARGETS)


def test_median_and_worst_are_over_the_repetitions():
    found = rows_of(drill_of(900, 0.7), drill_of(1200, 0.8), drill_of(3100, 0.9))
    assert (found["convergence"].median_ms, found["convergence"].worst_ms) == (1200, 3100)
    assert (found["detection bfd edge1"].median_ms, found["detection bfd edge1"].worst_ms) == (800, 900)


def test_one_repetition_over_the_target_misses_it():
    found = rows_of(drill_of(900, 0.7), drill_of(3100, 0.8))
    assert not found["convergence"].met
    assert found["detection bfd edge1"].met
    assert found["fail-back"].met


def test_a_router_that_once_did_not_notice_has_missed_its_target():
    row = rows_of(drill_of(900, 0.7), drill_of(900, 0.8), drill_of(900, None))["detection bfd edge1"]
    assert (row.median_ms, row.worst_ms, row.met) == (800, None, False)


def test_what_is_none_of_the_failures_business_must_lose_nothing():
    row = summary.rows([{(summary.UNTOUCHED, "IPv4", "outbound"): 10.0}], target_ms)[0]
    assert (row.target_ms, row.met) == (0.0, False)


def test_the_table_names_what_was_missed_and_what_never_came():
    text = summary.table(tuple(rows_of(drill_of(3100, None)).values()))
    assert "never" in text
    assert text.count("MISSED") == 2
    assert "ok" in text


def test_the_table_is_there_in_vietnamese_too():
    lines = summary.table(tuple(rows_of(drill_of(3100, None)).values()), "vi").splitlines()
    assert lines[0].split()[:2] == ["số", "đo"]
    said = "\n".join(lines[1:])
    assert "không bao giờ" in said
    assert said.count("KHÔNG ĐẠT") == 2
    assert not {"never", "MISSED", "convergence", "outbound"} & set(said.split())


def test_a_repetition_is_told_in_the_terms_of_the_benchmark():
    data = summary.as_data(drill_of(900, 0.7))
    assert data["failure_event"]["at"] == 10.2
    assert data["convergence"] == [
        {"flow": "a → b", "family": 6, "direction": "outbound", "loss_ms": 900, "answered_again_s": 0.9}
    ]
    assert data["fail_back"][0]["answered_again_s"] is None
