"""The live page on a lab, in a real browser: what happens is on it at once, and it neither harms nor leaves anything."""

from __future__ import annotations

import select
import signal
import socket
import statistics
import subprocess
import time
import urllib.parse
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.drill import main_flows
from harness.drill.as_before import left_over, remember
from harness.drill.failover import hold
from harness.fault.carrier import Carrier
from harness.fault.silence import Silence
from harness.history.history import History
from harness.lab import record
from harness.lab.lab import Lab
from harness.report import pdf
from harness.wait import Condition, Deadline, until
from tests.lab.one_lab.browser import browser

long = pytest.mark.long

FOLLOWS_MS = 300
"""So soon after something happened it is on the page."""
TRIES = 5
GREEN = (
    'document.body.dataset.health === "good" && document.querySelectorAll(\'#flows [data-now="through"]\').length > 10'
)
NOTED = """window.turns = [[document.body.dataset.health, Date.now()]];
new MutationObserver(() => turns.push([document.body.dataset.health, Date.now()]))
  .observe(document.body, {attributes: true, attributeFilter: ["data-health"]})"""
DRILL = "F02"
BROKEN = 'document.querySelector("#drill").dataset.phase === "broken"'
UNDER_WAY = 'document.querySelector("#drill").dataset.phase'
CLOCK = 'document.querySelector("#clock").textContent'
ENDED = 'document.querySelector("#drill").dataset.phase === "ended"'


class Served:
    """A running ``v6lab watch``."""

    def __init__(self, process, address):
        self.process, self.address = process, address
        self.port = urllib.parse.urlsplit(address).port

    def ends(self, how):
        """Tell it to end; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=120)


@contextmanager
def serving(desk, *arguments):
    process = desk.begin("watch", "--lab", desk.lab, "--port", "0", "--lang", "en", *arguments)
    try:
        assert select.select([process.stdout], [], [], 60)[0], "it says nothing"
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), address + process.stdout.read()
        yield Served(process, address)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=120)
        process.stdout.close()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    if not pdf.browser():
        pytest.skip("lacks Chromium: the live page cannot be looked at (apt-get install chromium)")
    with browser(tmp_path_factory.mktemp("chromium") / "profile") as found:
        yield found


@pytest.fixture
def served(shared):
    with serving(shared) as found:
        yield found


@pytest.fixture
def look(chromium, served):
    """Opens the page and waits until it is green."""

    def opened():
        tab = chromium.tab()
        tab.size(1280, 800)
        tab.open(served.address)
        tab.until(GREEN, 60)
        tab.until('document.querySelectorAll("#drawing .node.state-good").length > 50')
        tab.run(NOTED)
        return tab

    return opened


def healths(tab):
    return [health for health, _ in tab.run("turns")]


def start(tab):
    tab.run(f'document.querySelector("#drill select").value = "{DRILL}"')
    tab.until('!document.querySelector("#start").disabled')
    tab.run('document.querySelector("#start").click()')


def test_a_lab_at_rest_is_green_in_both_languages_and_fits_the_screen(look, shared):
    tab = look()
    assert tab.run('document.querySelectorAll("#drawing .node").length') == len(Lab.attach(shared.lab).nodes)
    assert "31-datacentre" in tab.run('document.querySelector("#stage").textContent')
    for width, height in ((1280, 800), (1920, 1080)):
        tab.size(width, height)
        for language in ("vi", "en"):
            tab.run(f'document.querySelector("[data-language={language}]").click()')
            tab.until(f'document.documentElement.lang === "{language}"')
            assert tab.run("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]") == [width, height]  # fmt: skip
    assert tab.errors == []


def freezing(lab):
    return (lambda: lab.engine.stop(lab.name, "ns2", "freeze")), (lambda: lab.engine.start(lab.name, "ns2"))


def cutting(lab):
    fault = Carrier(link(lab))
    return (lambda: fault.apply(lab)), (lambda: fault.lift(lab))


def silencing(lab):
    fault = Silence(link(lab))
    return (lambda: fault.apply(lab)), (lambda: fault.lift(lab))


def link(lab):
    return next(each for each in lab.topology.links if {end.node for end in each.ends} == {"stttt-sw", "stttt-pc"})


@pytest.mark.parametrize("how", [freezing, pytest.param(cutting, marks=long), pytest.param(silencing, marks=long)])
def test_what_happens_is_on_the_page_within_300_ms(look, shared, how, record_property):
    tab, lab = look(), Lab.attach(shared.lab)
    breaking, mending = how(lab)
    late = []
    for _ in range(TRIES):
        tab.until('document.body.dataset.health === "good"')
        tab.run("turns.length = 0")
        breaking()
        done = time.time()
        try:
            tab.until('turns.some(([health]) => health === "bad")')
        finally:
            mending()
        late.append(next(at for health, at in tab.run("turns") if health == "bad") - done * 1000)
    tab.until('document.body.dataset.health === "good"')
    record_property("late_ms", [round(each) for each in late])
    assert statistics.median(late) <= FOLLOWS_MS, late


def test_a_drill_is_seen_from_green_through_red_to_green_in_two_browsers_and_through_a_reload(look, shared):
    one, other = look(), look()
    start(one)
    other.until(UNDER_WAY, 90)
    before = other.run(CLOCK)
    other.run("location.reload()")
    other.until(f'{UNDER_WAY} && {CLOCK} > "{before}"')
    for tab in (one, other):
        tab.until(ENDED, 120)
        assert tab.run('document.querySelector("#drill").dataset.outcome') == "pass"
        assert "F02" in tab.run('document.querySelector("#what").textContent')
        assert tab.run('document.querySelectorAll("#measures tr").length') > 4
        tab.until('document.body.dataset.health === "good"')
        assert tab.errors == []
    seen = healths(one)
    assert (seen[0], seen[-1]) == ("good", "good")
    assert "bad" in seen
    said = one.run('document.querySelector("#events ol").textContent')
    assert "broken: silence" in said
    assert "mended: silence" in said
    assert record.read(shared.lab).state == "at"


@long
def test_a_drill_that_is_stopped_on_the_page_mends_what_it_broke(look, shared):
    lab = Lab.attach(shared.lab)
    before = remember(lab)
    tab = look()
    start(tab)
    tab.until(BROKEN, 90)
    tab.run('document.querySelector("#stop").click()')
    tab.until(ENDED, 60)
    assert tab.run('document.querySelector("#drill").dataset.outcome') == "stopped"
    tab.until('document.body.dataset.health === "good"')
    assert left_over(lab, before) == ()


@long
def test_a_drill_from_a_command_line_is_seen_and_cannot_be_stopped_or_doubled_on_the_page(look, shared):
    tab = look()
    begun = shared.begin("drill", DRILL, "--lab", shared.lab)
    try:
        tab.until(BROKEN, 90)
        assert tab.run('[document.querySelector("#start").disabled, document.querySelector("#stop").disabled]') == [True, True]  # fmt: skip
        status = """fetch("/drill/start", {method: "POST", headers: {"Content-Type": "application/json"},
            body: '{"id": "F02"}'}).then((answer) => answer.status)"""
        assert tab.run(status) == 409
    finally:
        said, _ = begun.communicate(timeout=120)
    assert begun.returncode == 0, said
    tab.until(ENDED)


@long
def test_the_continuity_probe_does_not_notice_that_the_lab_is_watched(look, shared):
    look()
    lab = Lab.attach(shared.lab)
    flows = main_flows.through(lab, lab.plan, lab.stage, lab.stage)
    with main_flows.probe(History(), flows) as probe:
        hold(5)  # that nothing is lost must hold for a while
    assert [each for each in probe.result() if each.there.gaps or each.back.gaps] == []


def test_a_port_in_use_is_one_message(served, shared):
    said = shared.v6lab("watch", "--lab", shared.lab, "--port", str(served.port))
    assert said.returncode == 2
    assert said.stderr == f"v6lab: --port: port {served.port} is in use\n  → name another one; --port 0 finds one\n"


@long
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_end_in_a_drill_leaves_a_lab_that_is_as_before_and_nothing_else(look, served, shared, how):  # fmt: skip
    lab = Lab.attach(shared.lab)
    before = remember(lab)
    tab = look()
    start(tab)
    tab.until(BROKEN, 90)
    assert served.ends(how) == 0
    assert children(served.process.pid) == []
    assert not answers(served.port)
    assert record.read(shared.lab).state == "at"
    assert left_over(lab, before) == ()
    tab.until('!document.querySelector("#silent").hidden')


def children(parent):
    """Processes of this lab's drills and pages that are still there."""
    said = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    return [line for line in said.splitlines() if f" {parent} " in line.split("v6lab")[0]]


def answers(port):
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


def namespaces():
    """The network namespaces that some process of this machine is in or holds."""
    held = set()
    for entry in Path("/proc").glob("[0-9]*/ns/net"):
        try:
            held.add(str(entry.readlink()))
        except OSError:
            continue
    return held


@long
def test_a_lab_that_goes_down_says_so_and_goes_on_when_it_is_up_again(look, served, shared):
    tab = look()
    lab = Lab.attach(shared.lab)
    inside = {str(node.netns.readlink()) for node in lab.nodes.values()}
    assert shared.v6lab("down", shared.lab).returncode == 0
    tab.until('document.body.dataset.health === "down" && !document.querySelector("#covered").hidden', 10)
    assert namespaces() & inside == set()
    released = Condition("no socket holds a namespace", lambda: holding(served.process.pid) or None)
    assert until([released], Deadline.after(5)).pending == ()
    assert shared.up().returncode == 0
    tab.until(GREEN, 60)
    assert "down" in healths(tab)
    assert tab.errors == []


def holding(process):
    """Which raw and netlink sockets a process has open: it opens them inside nodes only."""
    own = [str(each.readlink()) for each in Path(f"/proc/{process}/fd").iterdir()]
    sockets = {each.removeprefix("socket:[").rstrip("]") for each in own if each.startswith("socket:")}
    tables = [Path(f"/proc/{process}/net/{name}").read_text().split() for name in ("tcp", "tcp6", "unix")]
    known = set().union(*tables)
    return ", ".join(sorted(sockets - known))
