from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.drill import candidate
from harness.drill.changed import Changed, changed, first_line
from harness.drill.gate import Report, first_named
from harness.drill.gate_report import junit, summary
from harness.errors import WrongInput
from harness.lab.node_change import NodeChange
from harness.lab.project import Project
from harness.render.diff import FileChange
from harness.render.tree import NodeTree, Source, TreeFile
from harness.topology.load import load
from harness.verdict.readiness import Outcome
from harness.verdict.verdict import Verdict

FILES = (
    Changed("edge2", "etc/frr/frr.conf", "c/nodes/edge2/etc/frr/frr.conf", 148),
    Changed("ns1", "etc/hosts", "c/h"),
)
GOOD = Report("c", "31-datacentre", "pilot", FILES, verdicts=(Verdict("BGP-01", "s", "w", "pass"),), verdict_s=12.0)
RED = Verdict("BGP-01", "s", "IPv6", "fail", ("edge2 session with 3fff::2: no IPv6 unicast",), ("17",))
LOST = Outcome("portal", "citizen", "IPv6", "lost", "open portal", "no route")
ERROR = Verdict("DNS-01", "s", "w", "error", ("no answer",))


@pytest.mark.parametrize(
    ("report", "outcome", "code"),
    [
        (GOOD, "pass", 0),
        (Report("c"), "pass", 0),
        (replace(GOOD, verdicts=(RED, ERROR)), "fail", 1),
        (replace(GOOD, pending=(("routes at rest", "they change"),)), "fail", 1),
        (replace(GOOD, verdicts=(RED,), left="lab pilot is not as it was"), "fail", 1),
        (Report("c", refused="frr on edge2 refuses it"), "wrong input", 2),
        (replace(GOOD, verdicts=(ERROR,)), "error", 3),
        (replace(GOOD, journeys=(LOST,)), "fail", 1),
        (replace(GOOD, journeys=(replace(LOST, fate="done"),)), "pass", 0),
        (replace(GOOD, journeys=(replace(LOST, fate="not measured"),)), "error", 3),
        (replace(GOOD, verdicts=(RED,), journeys=(LOST,), already=frozenset({"BGP-01"})), "fail", 1),
        (replace(GOOD, verdicts=(RED,), already=frozenset({"BGP-01"})), "error", 3),
        (replace(GOOD, left="lab pilot is not as it was"), "error", 3),
        (Report("c", trouble="a daemon died"), "error", 3),
    ],
)
def test_every_end_has_its_outcome_and_exit_code(report, outcome, code):
    assert (report.outcome, report.exit_code) == (outcome, code)
    assert report.as_data()["exit_code"] == code


def test_a_bad_change_is_told_with_cause_place_and_evidence():
    report = replace(GOOD, verdicts=(RED, ERROR))
    assert report.cause == "BGP-01 at IPv6: edge2 session with 3fff::2: no IPv6 unicast"
    said = summary(report)
    assert "must not go into production" in said
    assert "**Look at:** `c/nodes/edge2/etc/frr/frr.conf:148`" in said
    assert "history: 17" in said
    assert "DNS-01 at w: no answer" in said


def test_what_did_not_converge_is_the_cause_before_any_check():
    report = replace(GOOD, pending=(("BGP of ns1", "idle"),), verdicts=(RED,))
    assert report.cause == "BGP of ns1: idle"
    assert [each.node for each in report.suspects] == ["ns1"]


def test_what_is_red_without_the_change_too_is_not_held_against_it():
    report = replace(GOOD, verdicts=(RED,), already=frozenset({"BGP-01"}))
    assert (list(report.red), report.as_data()["red_without_it"]) == ([], ["BGP-01"])
    assert "**Red without the change too:**" in summary(report)
    assert report.cause == "red without the change too: BGP-01"


def test_a_lost_journey_is_told_with_who_and_why():
    report = replace(GOOD, journeys=(LOST, replace(LOST, fate="done")))
    assert report.cause == "portal from citizen (IPv6) lost at `open portal`: no route"
    assert "1 of 2 journeys made" in summary(report)
    assert report.as_data()["journeys_lost"] == ["portal from citizen (IPv6)"]


def test_a_good_change_accuses_nobody_and_says_its_seconds():
    assert GOOD.suspects == ()
    assert "verdict in 12.0 s, undone and proven as before" in summary(GOOD)
    assert "nothing was laid over a lab" in summary(Report("c"))


def test_a_node_is_found_by_its_whole_name_and_the_first_counts():
    assert first_named(["core1 hears nothing of edge2", "edge1 too"], ("edge1", "edge2")) == "edge2"
    assert first_named(["edge1-old is silent"], ("edge1", "edge")) == ""


def test_the_line_is_that_of_the_first_difference():
    assert first_line(b"a\nb\nc\n", b"a\nx\nc\n") == 2
    assert first_line(b"a\nb\nc\n", b"a\nb\n") == 2
    assert first_line(b"", b"a\n") == 1
    assert first_line(b"a\n", b"a\n") is None


def test_a_template_has_no_line_and_a_removed_file_no_source():
    copied, rendered = (TreeFile(b"new\n", 0o644, Source("c", Path(name))) for name in ("frr.conf", "frr.conf.j2"))
    files = [FileChange("edge1", "etc/frr/frr.conf", None, each) for each in (copied, rendered, None)]
    found = changed([NodeChange("edge1", tuple(files), (), ())], {})
    assert [each.place for each in found] == ["frr.conf:1", "frr.conf.j2", ""]


def test_the_line_of_a_template_or_of_the_plan_is_found_where_it_has_changed(tmp_path):
    old, new, plan, other = (tmp_path / name for name in ("old.j2", "new.j2", "plan.yml", "other.yml"))
    for path, text in {old: "a\nb\n", new: "a\nc\n", plan: "p\nq\nr\n", other: "p\nq\ns\n"}.items():
        path.write_text(text)
    before = {"edge1": NodeTree("edge1", {"f": TreeFile(b"old", 0o644, Source("s", old))})}

    def place(source):
        file = FileChange("edge1", "f", None, TreeFile(b"new", 0o644, Source("s", source)))
        return changed([NodeChange("edge1", (file,), (), ())], before, (plan, other))[0].place

    assert (place(new), place(old)) == (f"{new}:2", f"{other}:3")


def test_junit_counts_what_it_holds():
    suite = ElementTree.fromstring(junit(replace(GOOD, verdicts=(RED, ERROR, GOOD.verdicts[0]), left="x\x00"))).find(
        "*"
    )
    assert suite.attrib | {"tests": "6", "failures": "1", "errors": "2", "skipped": "0"} == suite.attrib


@pytest.fixture(scope="module")
def topology():
    return load(Project.find(Path(__file__)).topology_file, {"V6LAB_TREES": "/nonexistent"})


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("nodes/edge9/etc/frr/frr.conf", "no node 'edge9'"),
        ("roles/edgy/etc/frr/frr.conf", "no role 'edgy'"),
        ("topologies/pilot.clab.yml", "needs a new topology"),
        ("etc/frr/frr.conf", "is no file of a node or a role"),
        ("nodes/edge1", "is no file of a node or a role"),
    ],
)
def test_what_is_no_candidate_is_refused_by_name(tmp_path, topology, file, said):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).touch()
    with pytest.raises(WrongInput) as error:
        candidate.require(tmp_path, topology)
    assert said in str(error.value)
    assert file in str(error.value)


def test_a_candidate_of_known_nodes_and_roles_is_taken_and_an_empty_one_is_not(tmp_path, topology):
    with pytest.raises(WrongInput, match="empty"):
        candidate.require(tmp_path, topology)
    for file in ("nodes/edge1/etc/hosts", "roles/edge/etc/hosts", "roles/all/etc/hosts"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).touch()
    candidate.require(tmp_path, topology)


def test_another_topology_since_the_base_is_refused(tmp_path):
    for side, text in (("base", "a"), ("present", "b")):
        (tmp_path / side / "topologies").mkdir(parents=True)
        (tmp_path / side / "topologies" / "pilot.clab.yml").write_text(text)
    candidate.require_same_topologies(tmp_path / "base", tmp_path / "base")
    with pytest.raises(WrongInput, match="needs a new topology"):
        candidate.require_same_topologies(tmp_path / "base", tmp_path / "present")


def test_the_summary_is_said_in_vietnamese_too_and_quotes_what_checks_say():
    report = replace(GOOD, verdicts=(Verdict("BGP-01", "s", "w", "fail", ("vnpt: not negotiated",)),))
    said = summary(report, "vi")
    assert said.startswith("## c: không được phép áp dụng")
    assert "**Không đạt:**" in said
    assert "BGP-01 at w: vnpt: not negotiated" in said
