import pytest

from harness.drill import catalogue
from harness.drill.planned_file import PlannedWork
from harness.drill.planned_work import MAP, Work, Worked
from harness.errors import WrongInput
from harness.verdict.outage import Loss, Phase, Way
from tests.unit.drill.test_drill_catalogue import ROOT, STAGES, TARGETS

GOOD = (ROOT / "configs/drills/F15.yml").read_text()
WORK = Work(
    "edge1",
    65540,
    (("edge1", "192.0.2.1", 4), ("edge1", "2001:db8::1", 6), ("isp", "192.0.2.2", 4), ("isp", "2001:db8::2", 6)),
    {"core1": {4: "10.0.0.1", 6: "fd00::1"}},
    (),
    (4, 6),
    (True, False),
    (),
    (),
)


def worked(lost_ms=0.0, drained=1.0, returned=1.0, residue=()):
    way = Way("a → b", 6, "outbound", (Loss(11.0, lost_ms),) if lost_ms else ())
    whole = Phase("planned work on edge1", 10.0, 40.0, (way,))
    return PlannedWork(Worked(10.0, whole, {6: 3000}, {6: int(lost_ms / 10)}, drained, returned, residue))


def test_one_packet_lost_is_more_than_none():
    assert worked().measures() == {("lost", "IPv6", "outbound"): 0.0}
    assert worked(10.0).measures() == {("lost", "IPv6", "outbound"): 10.0}
    assert catalogue.read(ROOT / "configs/drills/F15.yml", STAGES, TARGETS).target_ms("lost", {"planned_work_lost_ms": 0}) == 0  # fmt: skip


def test_flows_that_stay_and_preferences_that_differ_are_findings():
    assert not worked().missing()
    assert len(worked(drained=None, returned=None, residue=("IPv6 ::/0 …",)).missing()) == 3


def test_what_is_told_is_taken_back_in_both_families():
    do, undo = WORK.yielding("core1")
    assert [line for line in do if "neighbor" in line] == [f"neighbor {each} route-map {MAP} out" for each in ("10.0.0.1", "fd00::1")]  # fmt: skip
    assert [line for line in undo if "neighbor" in line] == [f"no neighbor {each} route-map {MAP} out" for each in ("10.0.0.1", "fd00::1")]  # fmt: skip


def test_the_sessions_that_are_shut_are_those_with_the_isp():
    do, undo = WORK.shutting()
    assert [line.split()[1] for line in do[1:]] == ["192.0.2.1", "2001:db8::1"]
    assert all("shutdown message" in line for line in do[1:])
    assert undo[1:] == ["no neighbor 192.0.2.1 shutdown", "no neighbor 2001:db8::1 shutdown"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("router: edge1, ", "", "`router` is missing"),
        ("lost_ms: planned_work_lost_ms", "lost_ms: nothing", "there is no target 'nothing'"),
        ("from: 31-datacentre", "from: 99-moon", "there is no stage '99-moon'"),
    ],
)
def test_a_wrong_file_gets_one_message(tmp_path, old, new, said):
    file = tmp_path / "F15.yml"
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(WrongInput) as raised:
        catalogue.read(file, STAGES, TARGETS)
    assert said in str(raised.value)
