"""Loading faults: a wrong file gets one message with file and key; edits fit exactly or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.drill import faults
from harness.drill.breaking import Breaking
from harness.drill.faults import Known, Sign
from harness.errors import WrongInput
from harness.render.tree import NodeTree, Source, TreeFile

KNOWN = Known(("00-before", "10-after"), ("r1", "r2"), ("BGP-01", "BGP-02"))
GOOD = """\
id: X-1
vi: một
en: one
source: nowhere
stages: from 10-after
mistake:
  - node: r1
    path: etc/frr/frr.conf
    replace: {old: "a\\n", new: "b\\n"}
reached:
  - node: r1
    running: b
caught_by: [BGP-01]
stays_green: [BGP-02]
"""
MISTAKE = GOOD[GOOD.index("mistake:") : GOOD.index("reached:")]


def read(directory, text, name="X-1.yml"):
    (directory / name).write_text(text)
    return faults.read(directory, KNOWN)


def trees(text):
    file = TreeFile(text.encode(), 0o640, Source("10-after", Path("frr.conf")))
    return {"r1": NodeTree("r1", {"etc/frr/frr.conf": file})}


def test_a_good_file_is_a_fault(tmp_path):
    fault = read(tmp_path, GOOD)["X-1"]
    assert (fault.stages, fault.caught_by, fault.stays_green) == (("10-after",), ("BGP-01",), ("BGP-02",))
    assert fault.edits[0].replacement.apply("a\n") == "b\n"
    assert fault.reached[0].command == faults.RUNNING


def test_a_breakage_names_its_kind_and_link(tmp_path):
    text = GOOD.replace(MISTAKE, "breakage: {kind: silence-ipv6, link: [r2, r1]}\n")
    assert read(tmp_path, text)["X-1"].breakage == (Breaking("silence-ipv6", ("r2", "r1")),)


def test_several_breakages_are_in_order_each_of_its_kind(tmp_path):
    several = "breakage:\n  - {kind: carrier, link: [r1, r2], at: r2}\n  - {kind: frozen, node: r1}\n"
    stopped = "  - {kind: service-stopped, node: r2, service: 40-bind}\n"
    setting = "  - {kind: sysctl, node: r2, name: net.ipv6.conf.all.forwarding, value: '0'}\n"
    assert read(tmp_path, GOOD.replace(MISTAKE, several + stopped + setting))["X-1"].breakage == (
        Breaking("carrier", ("r1", "r2"), at="r2"),
        Breaking("frozen", None, node="r1"),
        Breaking("service-stopped", None, node="r2", service="40-bind"),
        Breaking("sysctl", None, node="r2", setting=("net.ipv6.conf.all.forwarding", "0")),
    )


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("id: X-1", "id: X-2", "id"),
        ("en: one", "en: ''", "en"),
        ("en: one\n", "", "`en` is missing"),
        ("en: one", "en: one\ncolour: red", "colour"),
        ("from 10-after", "from 11", "stages"),
        ("from 10-after", "[10-after, 11]", "stages[1]"),
        ("- node: r1\n    path", "- node: r9\n    path", "mistake[0].node"),
        ("path: etc", "path: /etc", "mistake[0].path"),
        ("path: etc", "path: ../etc", "mistake[0].path"),
        ("old: ", "older: ", "mistake[0].replace.older"),
        ("old: ", "pattern: '(', old: ", "mistake[0].replace"),
        ('old: "a\\n"', "pattern: '('", "mistake[0].replace"),
        ('old: "a\\n", new: "b\\n"', "pattern: a, new: '\\1'", "mistake[0].replace"),
        ('replace: {old: "a\\n", new: "b\\n"}', "file: none.conf", "mistake[0].file"),
        ("running: b", "command: [id]", "reached[0]"),
        ("running: b", "command: [], contains: x", "not YAML"),
        ("running: b", "running: b\n    lacks: c", "reached[0]"),
        ("running: b", "command: [id]\n    matches: '('", "reached[0].matches"),
        ("[BGP-01]", "[BGP-99]", "caught_by[0]"),
        ("[BGP-02]", "[]", "stays_green"),
        (MISTAKE, "", "mistake"),
        (MISTAKE, "breakage: {kind: fire, link: [r1, r2]}\n", "breakage.kind"),
        (MISTAKE, "breakage: {kind: silence, link: [r1, r1]}\n", "breakage.link"),
        (MISTAKE, "breakage: {kind: silence, link: [r1, r9]}\n", "breakage.link[1]"),
        (MISTAKE, "breakage: {kind: silence, link: [r1, r2], at: r1}\n", "breakage.at"),
        (MISTAKE, "breakage: {kind: frozen, node: r9}\n", "breakage.node"),
        (MISTAKE, "breakage: {kind: sysctl, node: r1, name: kernel.panic, value: '1'}\n", "breakage.name"),
        (MISTAKE, "breakage: {kind: frozen, link: [r1, r2]}\n", "breakage.link"),
        (MISTAKE, "breakage: {kind: service-stopped, node: r1, service: bind}\n", "breakage.service"),
        (MISTAKE, "breakage: [{kind: frozen, node: r1}, {kind: silence, link: [r1]}]\n", "breakage[1].link"),
        (GOOD, "- [", "not YAML"),
        (GOOD, "", "empty"),
    ],
)
def test_a_wrong_file_gets_one_message_with_file_and_key(tmp_path, old, new, key):
    assert old in GOOD
    with pytest.raises(WrongInput) as error:
        read(tmp_path, GOOD.replace(old, new, 1))
    assert str(tmp_path / "X-1.yml") in str(error.value)
    assert key in str(error.value)


def test_a_directory_without_faults_is_told(tmp_path):
    for directory in (tmp_path, tmp_path / "none"):
        with pytest.raises(WrongInput, match=str(directory)):
            faults.read(directory, KNOWN)


def test_a_candidate_is_made_of_the_edited_files(tmp_path):
    fault = read(tmp_path, GOOD)["X-1"]
    written = faults.candidate(fault, trees("x\na\ny\n"), tmp_path / "out") / "nodes/r1/etc/frr/frr.conf"
    assert written.read_text() == "x\nb\ny\n"
    assert written.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("text", ["nothing\n", "a\na\n"])
def test_what_does_not_fit_exactly_one_place_is_refused(tmp_path, text):
    fault = read(tmp_path, GOOD)["X-1"]
    with pytest.raises(WrongInput, match=r"X-1.yml:7: mistake\[0\]: matches"):
        faults.candidate(fault, trees(text), tmp_path / "out")


def test_edits_of_one_file_follow_each_other(tmp_path):
    second = "  - node: r1\n    path: etc/frr/frr.conf\n    replace: {pattern: '^(b)$', new: '\\1c'}\n"
    fault = read(tmp_path, GOOD.replace(MISTAKE, MISTAKE + second))["X-1"]
    assert (faults.candidate(fault, trees("a\n"), tmp_path / "o") / "nodes/r1/etc/frr/frr.conf").read_text() == "bc\n"


def test_another_file_as_a_whole(tmp_path):
    (tmp_path / "other.conf").write_text("all else\n")
    text = GOOD.replace('replace: {old: "a\\n", new: "b\\n"}', "file: other.conf")
    fault = read(tmp_path, text)["X-1"]
    assert (
        faults.candidate(fault, trees("a\n"), tmp_path / "o") / "nodes/r1/etc/frr/frr.conf"
    ).read_text() == "all else\n"


@pytest.mark.parametrize(
    ("sign", "answer", "shows"),
    [
        (Sign("r1", ("x",), contains="a b"), "a b c", True),
        (Sign("r1", ("x",), contains="a b"), "a", False),
        (Sign("r1", ("x",), lacks="a"), "b", True),
        (Sign("r1", ("x",), lacks="a"), "b a", False),
        (Sign("r1", ("x",), lacks="a"), " \n", False),
        (Sign("r1", ("x",), matches="^b$"), "a\nb\n", True),
        (Sign("r1", ("x",), matches="^b$"), "a\nbc\n", False),
    ],
)
def test_a_sign_shows_or_says_why_not(sign, answer, shows):
    assert (sign.missing(answer) is None) == shows
