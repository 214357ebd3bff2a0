"""From a state and one piece of news to the next state. Pure: the same news in the same order give the same page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from harness.fault.base import APPLIED, LIFTED
from harness.history.event import Event
from harness.watch import seen
from harness.watch.seen import News
from harness.watch.state import DrillState, Entry, SessionKey, Standing, State, Verdicts
from harness.watch.strip import Strip

DRILL = re.compile(r"drill (\S+), begun")
"""How the record names the drill that a lab is *between* for."""
KEPT_EVENTS = 60
LONGEST = 160
"""Signs of an event that are shown."""


def reduce(state: State, news: News, wall: str = "") -> State:
    """The state after the news. ``wall`` is the instant as it is written beside an event that the page makes itself."""
    after = _REDUCERS[type(news)](state, news, wall)
    at = news.event.at if isinstance(news, seen.Logged) else news.at
    return replace(after, clock=at) if at > after.clock else after


def _attached(state: State, news: seen.Attached, wall: str) -> State:
    standing = Standing(news.lab, True, news.engine, state.lab.stage, state.lab.state, state.lab.cause)
    known = replace(state, lab=standing, nodes=dict(news.nodes), ends=dict(news.links), ports={}, sessions={})
    return _said(known, wall, "watch.up", "", news.engine)


def _gone(state: State, news: seen.Gone, wall: str) -> State:
    if not state.lab.up:
        return state
    flows = {name: strip.turned(news.at, "unseen") for name, strip in state.flows.items()}
    drill = state.drill
    if drill and drill.phase != "ended" and not drill.ours:
        drill = replace(drill, phase="ended", ended=news.at, outcome="error")
    lab = Standing(state.lab.name)
    gone = replace(state, lab=lab, nodes={}, ends={}, ports={}, sessions={}, flows=flows, faults=(), drill=drill)
    return _said(gone, wall, "watch.down", "", news.why)


def _recorded(state: State, news: seen.Recorded, wall: str) -> State:
    lab = replace(state.lab, stage=news.stage, state=news.state, cause=news.cause)
    if lab == state.lab:
        return state
    moved = news.stage != state.lab.stage
    # a session that another stage does not have any more is not one that is down
    sessions = {key: up for key, up in state.sessions.items() if up} if moved else state.sessions
    faults = () if news.state == "at" else state.faults
    drill = _by_record(state.drill, news)
    known = replace(state, lab=lab, sessions=sessions, faults=faults, drill=drill)
    return _said(known, wall, f"watch.{news.state}", "", news.cause or news.stage)


def _nodes(state: State, news: seen.NodesSeen, wall: str) -> State:
    for name, how in news.nodes.items():
        if state.nodes.get(name, how) != how:
            state = _said(state, wall, f"watch.node-{how}", name, "")
    # of a node without a process the sessions are unknown; that it is gone is said by itself
    sessions = {key: up for key, up in state.sessions.items() if news.nodes.get(key[0]) != "stopped"}
    return replace(state, nodes=dict(news.nodes), sessions=sessions)


def _port(state: State, news: seen.PortSeen, wall: str) -> State:
    before = state.ports.get(news.port)
    if before == news.up:
        return state
    known = replace(state, ports={**state.ports, news.port: news.up})
    if before is None and news.up:
        return known
    return _said(known, wall, "watch.port-up" if news.up else "watch.port-down", news.port[0], news.port[1])


def _sessions(state: State, news: seen.SessionsSeen, wall: str) -> State:
    def mine(key: SessionKey) -> bool:
        return key[:2] == (news.router, news.protocol) and key[2] in news.families

    found: dict[SessionKey, bool] = {
        (news.router, news.protocol, family, peer): up for (family, peer), up in news.sessions.items()
    }
    before = {key: up for key, up in state.sessions.items() if mine(key)}
    now = found if news.whole else {**dict.fromkeys(before, False), **found}
    if now == before:
        return state
    for key, up in now.items():
        if before.get(key, up) != up:
            what = f"{key[1].upper()} IPv{key[2]} {key[3]}"
            state = _said(state, wall, "watch.session-up" if up else "watch.session-down", key[0], what)
    others = {key: up for key, up in state.sessions.items() if not mine(key)}
    return replace(state, sessions={**others, **now})


def _flows(state: State, news: seen.FlowsChosen, wall: str) -> State:
    return replace(state, flows={name: state.flows.get(name, Strip()) for name in news.flows})


def _passed(state: State, news: seen.Passed, wall: str) -> State:
    flows = dict(state.flows)
    for name, since, passage in news.turns:
        if name in flows:
            flows[name] = flows[name].turned(since, passage)
    return replace(state, flows=flows)


def _logged(state: State, news: seen.Logged, wall: str) -> State:
    event = news.event
    state = _said(state, event.wall, event.kind, event.node, _what(event))
    if news.past and state.lab.state == "at":
        # what a command broke that was killed is mended by another, whose history does not say so; the record does
        return state
    if event.kind == APPLIED:
        running = _running(state)
        drill = replace(running, phase="broken", broke=event.at, mended=0.0) if running else state.drill
        return replace(state, faults=(*state.faults, str(event.data.get("fault"))), drill=drill)
    if event.kind == LIFTED:
        left = tuple(each for each in state.faults if each != str(event.data.get("fault")))
        running = _running(state)
        drill = replace(running, phase="mended", mended=event.at) if running else state.drill
        return replace(state, faults=left, drill=drill)
    return state


def _running(state: State) -> DrillState | None:
    return state.drill if state.drill and state.drill.phase != "ended" else None


def _verdicts(state: State, news: seen.VerdictsSeen, wall: str) -> State:
    return replace(state, verdicts=Verdicts(news.written, dict(news.outcomes), dict(news.findings)))


def _begun(state: State, news: seen.DrillBegun, wall: str) -> State:
    fresh = DrillState(news.id, "preparing", True, news.at)
    return _said(replace(state, drill=fresh), wall, "watch.drill-begun", "", news.id)


def _ended(state: State, news: seen.DrillEnded, wall: str) -> State:
    if not (running := _running(state)):
        return state
    done = replace(running, phase="ended", ended=news.at, outcome=news.outcome, rows=news.rows, why=news.why)
    return _said(replace(state, drill=done), wall, "watch.drill-ended", "", f"{running.id} {news.outcome}".strip())


def _by_record(drill: DrillState | None, news: seen.Recorded) -> DrillState | None:
    """The drill as the lab's record knows it: one that another process does shows there only."""
    said = DRILL.match(news.cause) if news.state == "between" else None
    running = drill if drill and drill.phase != "ended" else None
    if said and running and running.id == said[1]:
        return replace(running, phase="running") if running.phase == "preparing" else running
    if said:
        return DrillState(said[1], "running", False, news.at)
    if running and not running.ours:
        return replace(running, phase="ended", ended=news.at)
    return drill


def _ticked(state: State, news: seen.Ticked, wall: str) -> State:
    return state


def _said(state: State, wall: str, kind: str, node: str, what: str) -> State:
    """The state with one more line in its list of events."""
    number = state.events[-1].number + 1 if state.events else 1
    return replace(state, events=(*state.events, Entry(number, wall, kind, node, what))[-KEPT_EVENTS:])


def _what(event: Event) -> str:
    """What an event says, on one line."""
    if "fault" in event.data:
        return str(event.data["fault"])
    text = json.dumps(event.data, ensure_ascii=False, separators=(", ", ": "))[1:-1].replace('"', "")
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def written_at(seconds: float) -> str:
    """An instant of the wall clock as events have it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


_REDUCERS: Mapping[type, Callable[[State, Any, str], State]] = {
    seen.Attached: _attached,
    seen.Gone: _gone,
    seen.Recorded: _recorded,
    seen.NodesSeen: _nodes,
    seen.PortSeen: _port,
    seen.SessionsSeen: _sessions,
    seen.FlowsChosen: _flows,
    seen.Passed: _passed,
    seen.Logged: _logged,
    seen.VerdictsSeen: _verdicts,
    seen.DrillBegun: _begun,
    seen.DrillEnded: _ended,
    seen.Ticked: _ticked,
}
"""Kind of news → what becomes of the state."""
