import pytest

from harness.errors import WrongInput
from harness.suite import decisions

GOOD = "- {check: ADR-06, where: lan, owner: somebody, until: 2027-12-31, why: pilot}\n"


def read(directory, text):
    file = directory / "exceptions.yml"
    file.write_text(text)
    return decisions.read(file, "ADR-06")


def test_an_exception_is_found_by_its_place_and_check(tmp_path):
    found = read(tmp_path, GOOD + GOOD.replace("ADR-06", "DS-01").replace("lan", "other"))
    assert [(name, each.owner) for name, each in found.items()] == [("lan", "somebody")]


def test_no_file_is_no_exception(tmp_path):
    assert decisions.read(tmp_path / "none.yml", "ADR-06") == {}


@pytest.mark.parametrize(
    "text", [GOOD.replace("owner: somebody, ", ""), GOOD.replace("2027-12-31", "soon"), "- [", "- 1"]
)
def test_an_exception_without_an_owner_or_an_end_is_refused(tmp_path, text):
    with pytest.raises(WrongInput):
        read(tmp_path, text)
