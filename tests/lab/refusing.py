"""What a refusal looks like, and what it leaves."""

from __future__ import annotations

import re

from harness.lab import record
from tests.engine.traces import traces
from tests.lab.conftest import Desk

NODES = "name: lone\ntopology:\n  nodes:\n    a: {kind: linux, image: v6lab/node:trixie, network-mode: none}\n"


def refuses(said, *words):
    """Exit code 2 and one message, with a place, what is wrong and what to do about it."""
    told = said.stdout + said.stderr
    assert said.returncode == 2, told
    assert "Traceback" not in told
    assert len(re.findall("^v6lab: ", told, re.MULTILINE)) == 1, told
    assert len(re.findall("^  → .", told, re.MULTILINE)) == 1, told
    assert [word for word in words if word not in told] == [], told


def leaves_nothing(desk: Desk):
    assert traces(desk.lab) == []
    assert desk.lab not in record.names()
    assert not (desk.root / "runs").exists()


def edit(desk, file, old, new):
    """Replace a text, or append where there is none to replace."""
    path = desk.root / file
    if old:
        desk.edit(file, old, new)
    else:
        path.write_text(path.read_text() + new)
