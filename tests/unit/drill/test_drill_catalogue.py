from pathlib import Path

import pytest
import yaml

from harness.drill import catalogue
from harness.drill.breaking import Breaking
from harness.errors import WrongInput

ROOT = Path(__file__).parents[3]
STAGES = [each["name"] for each in yaml.safe_load((ROOT / "configs/plan.yml").read_text())["stages"]]
TARGETS = yaml.safe_load((ROOT / "configs/targets.yml").read_text())
GOOD = (ROOT / "configs/drills/F02.yml").read_text()


def read(tmp_path, text, name="F02"):
    file = tmp_path / f"{name}.yml"
    file.write_text(text)
    return catalogue.read(file, STAGES, TARGETS)


def test_every_drill_of_the_project_can_be_read():
    found = catalogue.read_all(ROOT / "configs/drills", STAGES, TARGETS)
    assert {"F01", "F02", "F03", "F04", "F05", "F09", "F11", "F12", "F15"} <= set(found)


def test_a_drill_says_what_breaks_and_who_must_notice(tmp_path):
    found = read(tmp_path, GOOD)
    assert found.breaks == (Breaking("silence", ("viettel", "edge1")),)
    assert ("edge1", "bfd") in found.notice
    assert found.crosses == (("edge1", "viettel"),)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: silence", "kind: noise", "there is no kind 'noise'"),
        ("id: F02", "id: F03", "is not the file's name"),
        ("from: 31-datacentre", "from: 99-moon", "there is no stage '99-moon'"),
        ("link: [viettel, edge1]", "link: [viettel]", "a link has two ends"),
        ("link: [viettel, edge1]", "link: [viettel, edge1], at: core1", "cannot be at core1"),
        ("edge1:viettel", "edge1", "is no interface"),
        ("[4, 6]", "[4, 5]", "families 4 and 6 only"),
        ("edge1: [bfd, bgp]", "edge1: [rip]", "there is no protocol 'rip'"),
        ("outage_ms: failover_silence_ms", "outage_ms: soon", "there is no target 'soon'"),
        ("source:", "sauce:", "no such key"),
        ("directions: [outbound, inbound]", "directions: []", "an empty list"),
        ("break:", "break: [", "not YAML"),
    ],
)
def test_a_wrong_file_gets_one_message_with_its_line(tmp_path, old, new, said):
    assert old in GOOD
    with pytest.raises(WrongInput) as raised:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert said in str(raised.value)
    assert raised.value.where == tmp_path / "F02.yml"
    assert raised.value.hint
