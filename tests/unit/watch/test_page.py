"""The page's words are complete, and its port is told to be in use in one message."""

from __future__ import annotations

import re
import shutil
import socket
from importlib import resources
from typing import get_args

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.errors import MissingCapability, WrongInput
from harness.watch import drills, pictures, seen, server, state, words
from harness.watch.app import FILES
from tests.unit.estate import the_plan, the_topology

SCRIPTS = {name: resources.files("harness.watch").joinpath("page", name).read_text() for name in FILES}


def test_both_languages_say_the_same_things_with_as_many_gaps():
    assert words.VI.keys() == words.EN.keys()
    assert [name for name in words.VI if words.VI[name].count("{}") != words.EN[name].count("{}")] == []


def test_every_word_that_the_page_asks_for_is_there_and_none_is_idle():
    text = "\n".join(SCRIPTS.values())
    asked = set(re.findall(r'say\("([\w.-]+)"', text)) | set(re.findall(r'data-(?:say|label)="([\w.-]+)"', text))
    asked |= {name for both in re.findall(r'\? "([\w.]+)" : "([\w.]+)"', text) for name in both if name in words.VI}
    made = set(re.findall(r"say\(`([\w-]+)\.\$\{", text))
    assert asked <= words.VI.keys()
    assert {name for name in words.VI if name not in asked and name.partition(".")[0] not in made} == set()


@pytest.mark.parametrize(
    ("family", "members"),
    [
        ("phase", get_args(seen.Phase)),
        ("health", get_args(state.Health)),
        ("flow", ("through", "lost", "unseen")),
        ("refused", get_args(drills.Why)),
        ("outcome", (*drills.OUTCOMES.values(), "skip", "")),
        ("how", ("running", "stopped", "frozen", "broken", "up", "down")),
        ("state", ("at", "between", "starting")),
    ],
)
def test_every_state_that_there_is_has_a_word(family, members):
    assert [each for each in members if f"{family}.{each}" not in words.VI] == []


def test_a_port_in_use_is_one_message_and_nothing_stays_open():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(WrongInput, match=f"port {port} is in use\n  → name another one"):
            server.listen(port)


def test_only_the_loopback_is_listened_on():
    sockets = server.listen(0)
    try:
        assert {each.getsockname()[0] for each in sockets} <= {"127.0.0.1", "::1"}
        assert len({each.getsockname()[1] for each in sockets}) == 1
    finally:
        for each in sockets:
            each.close()


def test_tokens_are_long_and_never_the_same():
    assert len({server.token() for _ in range(9)}) == 9
    assert len(server.token()) >= 40


@pytest.mark.parametrize("arguments", [("--port", "x"), ("--port", "70000"), ("--lang", "fr"), ("--lab", "no/such")])
def test_bad_input_is_one_message(arguments, capsys):
    assert main.run(["watch", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("v6lab: ")
    assert "Traceback" not in said


def test_there_is_no_option_to_listen_elsewhere():
    assert "--host" not in CliRunner().invoke(main.cli, ["watch", "--help"]).output


def test_the_drawing_has_no_style_of_its_own_and_every_node_and_link_by_its_id():
    if shutil.which("dot") is None:
        raise MissingCapability("dot", "drawings cannot be laid out (apt-get install graphviz)")
    drawn = pictures.Pictures(the_topology(), the_plan()).draw("31-datacentre", "en")
    assert "<style" not in drawn
    assert "style=" not in drawn
    assert all(f'id="node-{name}"' in drawn for name in the_topology().nodes)
