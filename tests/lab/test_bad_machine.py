"""A lab that stands, a machine that cannot, a daemon that will not: one message each, and nothing is left."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.engine.traces import traces
from tests.lab.conftest import PROGRAM, ROOT, Desk, desk
from tests.lab.refusing import NODES, edit, leaves_nothing, refuses

BASELINE = "configs/stages/00-baseline"


AS_NOBODY = """
import os, sys
from harness.cli import main
for name in main.COMMANDS:
    main.cli.get_command(None, name)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
sys.exit(main.run(sys.argv[1:]))
"""
"""A checkout below root's home cannot be read by others, so the program becomes somebody else once it is loaded."""


@pytest.mark.parametrize("line", ["up --name LAB", "down LAB", "status --lab LAB", "exec -l LAB a true"])
def test_whoever_is_not_root_is_told_to_be(lone, line):
    with tempfile.TemporaryDirectory() as directory:  # pytest's own are for root alone
        Path(directory).chmod(0o755)
        shutil.copytree(ROOT / "configs", f"{directory}/configs")
        shutil.copytree(ROOT / "topologies", f"{directory}/topologies")
        said = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, *line.replace("LAB", lone.lab).split()],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(ROOT), "V6LAB_STATE": str(lone.state)},
            capture_output=True,
            text=True,
            check=False,
        )
        refuses(said, "root")
        assert not Path(directory, "runs").exists()
    assert lone.v6lab("exec", "a", "--lab", lone.lab, "--", "true").returncode == 0


class Lone(Desk):
    """A desk with a small lab."""

    state = Path(os.environ.get("V6LAB_STATE") or "/run/v6lab")


@pytest.fixture(scope="module")
def lone(tmp_path_factory):
    """A lab of one node."""
    for made in desk(tmp_path_factory.mktemp("lone") / "checkout"):
        (made.root / "lone.clab.yml").write_text(NODES)
        said = made.up("-t", "lone.clab.yml")
        assert said.returncode == 0, said.stderr
        yield Lone(made.root, made.lab)


STANDING = {
    "exec in an unknown node": ("exec -l LAB nosuch true", ["'nosuch'", "nodes: a"]),
    "log of an unknown node": ("log -l LAB nosuch", ["'nosuch'", "nodes: a"]),
    "log of an unknown service": ("log -l LAB a nosuch", ["'nosuch'", "v6lab log a"]),
    "shell in an unknown node": ("shell -l LAB nosuch", ["'nosuch'", "nodes: a"]),
    "up of what is up": ("up --name LAB -t lone.clab.yml", ["already up", "v6lab down LAB"]),
    "up at a stage that there is not": ("up --name LAB --stage 99-done", ["no stage '99-done'", "40-ipv6-only"]),
    "up of another file under its name": ("up --name LAB", ["already up from another file", "lone.clab.yml", "--name"]),
}


@pytest.mark.parametrize("case", STANDING)
def test_a_lab_that_stands_is_left_alone_by_what_makes_no_sense(lone, case):
    line, words = STANDING[case]
    runs = sorted((lone.root / "runs").rglob("*"))
    refuses(lone.v6lab(*line.replace("LAB", lone.lab).split()), *(word.replace("LAB", lone.lab) for word in words))
    assert sorted((lone.root / "runs").rglob("*")) == runs
    assert json.loads(lone.v6lab("status", "--lab", lone.lab, "--json").stdout)["state"] == "at"


def test_a_lab_that_is_up_elsewhere_is_left_alone(lone, bad):
    (bad.root / "lone.clab.yml").write_text(NODES)
    said = bad.v6lab("up", "--name", lone.lab, "-t", "lone.clab.yml")
    refuses(said, f"lab {lone.lab} is already up", str(lone.root), "--name")
    leaves_nothing(bad)
    assert lone.v6lab("exec", "a", "--lab", lone.lab, "--", "true").returncode == 0


def on_a_small_disk(bad, directory, options, line):
    """Run a command where ``directory`` is a small file system that nobody else sees; what is left in it is printed."""
    (bad.root / directory).mkdir(exist_ok=True)
    script = f"mount -t tmpfs -o {options} tmpfs {directory} && {{ {line}; }}; code=$?; ls -A {directory}; exit $code"
    env = {**os.environ, "V6LAB_STATE": str(bad.root / directory)} if directory == "state" else None
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", script], cwd=bad.root, env=env, capture_output=True, text=True, check=False
    )


def test_a_disk_that_fills_while_the_trees_are_written_is_told(bad):
    line = f"{shlex.quote(str(PROGRAM))} up --name {bad.lab}"
    for options in ("size=1m", "nr_inodes=2", "nr_inodes=3", "nr_inodes=4", "nr_inodes=5"):
        said = on_a_small_disk(bad, "runs", options, line)
        refuses(said, str(bad.root / "runs"), "o space", "make room")
        assert (said.stdout, traces(bad.lab)) == ("", []), options


def test_a_disk_that_fills_while_trees_are_rendered_is_told(bad):
    line = f"{shlex.quote(str(PROGRAM))} render --out trees/new"
    refuses(on_a_small_disk(bad, "trees", "size=256k", line), "trees/new", "o space", "make room")


def test_a_disk_that_fills_at_any_moment_of_an_up_is_told_and_nothing_stands(bad):
    (bad.root / "lone.clab.yml").write_text(NODES)
    program = shlex.quote(str(PROGRAM))
    line = f"{program} up --name {bad.lab} -t lone.clab.yml && {program} down {bad.lab}"
    full = 0
    for options in [*(f"nr_inodes={number}" for number in range(1, 12)), "size=4k", "size=8k", "size=12k"]:
        said = on_a_small_disk(bad, "state", options, line)
        if said.returncode:
            full += 1
            refuses(said, str(bad.root / "state"), "o space", "make room")
            assert said.stdout == "", options
        assert traces(bad.lab) == [], options
        assert not (bad.root / "runs" / bad.lab / "latest").is_dir() or not said.returncode, options
        shutil.rmtree(bad.root / "runs", ignore_errors=True)
    assert 5 <= full <= 12


REFUSED = {
    "frr": (f"{BASELINE}/roles/firewall/etc/frr/frr.conf.j2", "router ospff\n", "router ospff"),
    "kea-dhcp4": (f"{BASELINE}/roles/gateway/etc/kea/kea-dhcp4.conf.j2", "}\n", "kea-dhcp4.conf"),
}
"""One that fails in its service script, and one that ends in the background."""

SECONDS = 60.0
"""What a refusal may take: the wait for convergence ends with it."""


@pytest.mark.parametrize(
    "daemon", [pytest.param(each, marks=pytest.mark.long if each == "frr" else ()) for each in REFUSED]
)
def test_a_file_that_its_daemon_refuses_ends_an_up_and_takes_the_lab_down(bad, daemon):
    file, line, words = REFUSED[daemon]
    edit(bad, file, "", line)
    began = time.monotonic()
    said = bad.up()
    refuses(said, f"{file}: {daemon} on ", words)
    assert time.monotonic() - began < SECONDS
    leaves_nothing(bad)
