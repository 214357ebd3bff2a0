"""News as a lab would give them, for tests that need no lab."""

from __future__ import annotations

from harness.history.event import Event
from harness.watch.board import Board
from harness.watch.reduce import reduce
from harness.watch.seen import Attached, FlowsChosen, Logged, News, Passed, PortSeen, Recorded, SessionsSeen
from harness.watch.state import Standing, State

LINK, ENDS = "link-edge1.viettel--viettel.edge1", (("edge1", "viettel"), ("viettel", "edge1"))
FLOW = ("portal → foreign-web", 6)
UP = (
    Attached(1.0, "pilot", "embedded", {LINK: ENDS}, {"edge1": "running", "viettel": "running"}),
    Recorded(1.0, "31-datacentre", "at"),
    PortSeen(1.1, ENDS[0], True),
    PortSeen(1.1, ENDS[1], True),
    SessionsSeen(1.2, "edge1", "bgp", (4, 6), {(6, "3fff::1"): True}, whole=True),
    FlowsChosen(1.3, (FLOW,)),
    Passed(1.4, ((FLOW, 1.4, "through"),)),
)
"""A lab that is green."""
FAULT = "silence on edge1:viettel – viettel:edge1"


def event(kind: str, at: float, **data: str) -> Logged:
    return Logged(Event(1, at, "2026-11-29T03:00:00.000000+00:00", kind, "", data, "drill-F02"))


def state_after(*news: News) -> State:
    state = State(Standing("pilot"))
    for each in news:
        state = reduce(state, each, "2026-11-29T03:00:00.000000+00:00")
    return state


def board_after(*news: News) -> Board:
    board = Board(State(Standing("pilot")))
    for each in news:
        board.tell(each)
    return board
