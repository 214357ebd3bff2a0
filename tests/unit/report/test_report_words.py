"""Both languages say everything: the same keys, filled in with the same, and none that a page could miss."""

import re
import string
from pathlib import Path

import pytest

from harness.history.results import KINDS
from harness.language import LANGUAGES, Text
from harness.report.checked import STATES
from harness.report.readiness import STATES as READY
from harness.report.words import words
from tests.unit.estate import ROOT

REPORT = ROOT / "harness/report"
VI, EN = (words(each).texts for each in LANGUAGES)
SOURCES = "\n".join(
    each.read_text(encoding="utf-8")
    for pattern in ("*.py", "made/*.py", "templates/*.j2")
    for each in sorted(REPORT.glob(pattern))
)


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_keys():
    assert VI.keys() == EN.keys()
    assert len(VI) > 200


@pytest.mark.parametrize("key", sorted(VI))
def test_a_text_is_there_in_both_languages_and_filled_in_with_the_same(key):
    assert VI[key].strip()
    assert EN[key].strip()
    assert fields(VI[key]) == fields(EN[key])


def test_every_key_that_is_written_out_somewhere_is_a_text():
    tops = sorted({key.partition(".")[0] for key in VI if "." in key})
    written = re.findall(rf"""["']((?:{"|".join(tops)})\.[a-z0-9.-]*[a-z0-9])["']""", SOURCES)
    keys = {each for each in written if not each.endswith(".j2")}
    assert {each for each in keys if each not in VI and not any(key.startswith(f"{each}.") for key in VI)} == set()
    assert len(set(written)) > 100


def test_every_text_is_used():
    def used(key):
        if f"'{key}'" in SOURCES or f'"{key}"' in SOURCES:
            return True
        above = key.rpartition(".")[0]  # made of a prefix and what the data say
        return any(f"{quote}{above}." in SOURCES for quote in ("'", '"')) or any(
            f"{quote}{above.rpartition('.')[0]}." in SOURCES for quote in ("'", '"')
        )

    assert [key for key in VI if not used(key)] == []


def test_whatever_the_data_say_has_a_word():
    for state in STATES:
        assert {f"state.{state}", f"sign.{state}"} <= VI.keys()
    for kind in KINDS:
        assert f"kind.{kind}" in VI
    for way in ("ipv6", "without-ipv4"):
        assert {f"ready.{way}.{each}" for each in READY} <= VI.keys()
    groups = {f"group.{each.stem}" for each in Path(ROOT / "configs/checks").glob("*.yml")}
    assert groups <= VI.keys()


def test_a_key_that_there_is_none_of_is_an_error():
    with pytest.raises(KeyError):
        words("vi")("no.such.text")


def test_titles_and_numbers_are_said_in_the_language_of_the_page():
    title = Text("Cổng", "Portal")
    assert words("vi")("part.drill.pass", id="F02", title=title, n=3).count("Cổng") == 1
    assert words("en")("part.drill.pass", id="F02", title=title, n=3).count("Portal") == 1
    assert (words("vi").number(12.5), words("en").number(12.5)) == ("12,5", "12.5")


def test_a_percentage_says_what_it_is_of_and_is_rounded_down():
    assert words("vi").percent(199, 200) == "199/200 (99\u00a0%)"
    assert words("en").percent(0, 0) == "no figures"
