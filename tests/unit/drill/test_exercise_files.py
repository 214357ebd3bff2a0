"""What is wrong in an exercise's file is said with file, line and key."""

import pytest

from harness.drill import exercise_file
from harness.drill.exercise_file import Place
from harness.drill.faults import Known
from harness.errors import WrongInput
from tests.unit.estate import ROOT

KNOWN = Known(("00-baseline", "21-pilot"), ("edge1", "edge2"), ("BGP-01", "BGP-02"))
GOOD = """\
id: X1
vi: Một bài
en: An exercise
level: basic
stage: 21-pilot
minutes: 10
goal: {vi: sửa, en: mend}
edits:
  - {node: edge1, path: etc/frr/frr.conf, replace: {old: a, new: b}}
files: ["edge1:etc/frr/frr.conf"]
untouched: ["edge2:*"]
goal_checks:
  BGP-02: {vi: xấu, en: bad}
stays_green:
  BGP-01: {vi: xấu, en: bad}
hints: [{vi: một, en: one}, {vi: hai, en: two}, {vi: ba, en: three}]
solution: {vi: thế này, en: like this}
cheats:
  - name: a cheat
    edits: [{node: edge1, path: etc/frr/frr.conf, replace: {old: b, new: c}}]
"""


def read(tmp_path, text):
    file = tmp_path / "X1" / "exercise.yml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return exercise_file.read(file, ROOT / "configs/faults", KNOWN)


def test_a_good_file_is_read(tmp_path):
    found = read(tmp_path, GOOD)
    assert found.checks == ("BGP-02", "BGP-01")
    assert found.files == (Place("edge1", "etc/frr/frr.conf"),)
    assert found.meaning("BGP-01").of("en") == "bad"
    assert found.goal.of("vi") == "sửa"
    assert found.solution_directory is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("id: X1", "id: X2", "1: id: 'X2' is not the folder's name"),
        ("stage: 21-pilot", "stage: 22", "5: stage: there is no stage '22'"),
        ("level: basic", "level: easy", "4: level: there is no level 'easy'"),
        ("minutes: 10", "minutes: 0", "6: minutes: 0 minutes"),
        ("goal: {vi: sửa, en: mend}", "goal: {vi: sửa, en: ''}", "7: goal.en: says nothing"),
        ("node: edge1, path", "node: edge9, path", "9: edits[0].node: there is no node 'edge9'"),
        ('files: ["edge1:', 'files: ["edge9:', "10: files[0]: there is no node 'edge9'"),
        ('files: ["edge1:etc', 'files: ["edge1:/etc', "10: files[0]: 'edge1:/etc/frr/frr.conf' is no file of a node"),
        ("edge2:*", "edge*:*", "11: untouched: edge1:etc/frr/frr.conf may be edited"),
        ("BGP-02: {", "BGP-99: {", "13: goal_checks.BGP-99: there is no check 'BGP-99'"),
        ("  BGP-01: {", "  BGP-02: {", "15: stays_green: BGP-02 is a goal as well"),
        (", {vi: ba, en: three}", "", "16: hints: 2 hints"),
        ("edits:\n  - {", "faults: [FLT-99]\nedits:\n  - {", "8: faults[0]: there is no fault 'FLT-99'"),
        ("minutes: 10", "minutes: 10\nmalus: 3", "7: malus: no such key"),
        ("solution:", "steady: []\nsolution:", "17: steady: an empty list"),
        ("solution:", "forbidden: [{pattern: '(', vi: x, en: y}]\nsolution:", "is no regular expression"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_line_and_key(tmp_path, old, new, said):
    assert old in GOOD
    with pytest.raises(WrongInput) as caught:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert said in str(caught.value)


def test_an_exercise_in_which_nothing_is_broken_is_refused(tmp_path):
    begin, end = GOOD.index("edits:"), GOOD.index("files:")
    with pytest.raises(WrongInput, match="nothing is broken"):
        read(tmp_path, GOOD[:begin] + GOOD[end:])


def test_a_check_that_needs_a_lab_is_none_of_a_plan(tmp_path):
    text = GOOD.replace("stage: 21-pilot\n", "").replace("edge1", "plan").replace("etc/frr/frr.conf", "plan.yml")
    with pytest.raises(WrongInput, match="there is no check 'BGP-02'"):
        read(tmp_path, text)
    assert read(tmp_path, text.replace("BGP-02", "ADR-02").replace("BGP-01", "LINT")).stage == ""
