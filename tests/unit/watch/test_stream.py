"""Server-sent events: the whole at first, then changes; who was away is told what was missed, or all anew."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

from harness.watch import stream as streams
from harness.watch.patch import merged
from harness.watch.seen import Passed, PortSeen, Ticked
from harness.watch.state import as_data
from harness.watch.stream import Stream
from tests.unit.watch.told import ENDS, FLOW, UP, board_after


def read(text):
    fields = dict(line.split(": ", 1) for line in text.strip().splitlines())
    return fields["id"], fields["event"], json.loads(fields["data"])


async def take(following, wanted):
    """Events until one satisfies; a page that never sees it fails the test by its deadline."""
    found = []
    async with asyncio.timeout(5), aclosing(following) as events:
        async for each in events:
            found.append(read(each))
            if wanted(found[-1][2]):
                return found
    raise AssertionError(found)


def run(story):
    return asyncio.run(asyncio.wait_for(story(), 10))


def test_a_page_gets_the_whole_and_then_only_what_changes():
    async def story():
        board = board_after(*UP)
        stream = Stream(board)
        following = stream.follow()
        first = read(await anext(following))
        board.tell(PortSeen(9.0, ENDS[0], False))
        return first, await take(following, lambda data: "links" in data), board

    (_, kind, whole), patches, board = run(story)
    assert kind == "state"
    assert {each[1] for each in patches} == {"patch"}
    for _, _, patch in patches:
        whole = merged(whole, patch)
    assert whole == as_data(board.state)


def test_two_pages_are_told_the_same():
    async def story():
        board = board_after(*UP)
        stream = Stream(board)
        both = [stream.follow(), stream.follow()]
        wholes = [read(await anext(each)) for each in both]
        board.tell(PortSeen(9.0, ENDS[0], False))
        tales = await asyncio.gather(*(take(each, lambda data: "links" in data) for each in both))
        return wholes, tales

    wholes, tales = run(story)
    for (_, _, whole), tale in zip(wholes, tales, strict=True):
        for _, _, patch in tale:
            whole = merged(whole, patch)
        assert set(whole["links"].values()) == {"down"}


def test_a_page_that_comes_back_is_told_what_it_missed_and_not_the_whole():
    async def story():
        board = board_after(*UP)
        stream = Stream(board)
        following = stream.follow()
        number, _, _ = read(await anext(following))
        await following.aclose()
        board.tell(Passed(9.0, ((FLOW, 9.0, "lost"),)))
        return await take(stream.follow(number), lambda data: "flows" in data)

    assert {kind for _, kind, _ in run(story)} == {"patch"}


def test_a_number_of_another_server_or_none_at_all_gets_the_whole():
    async def story():
        stream = Stream(board_after(*UP))
        found = []
        for last in (
            "",
            "0badcafe-0",
            "nonsense",
            f"{stream._boot}-999",
            f"{stream._boot}-",
            f"{stream._boot}-²",
            f"{stream._boot}-{'9' * 5000}",
        ):
            following = stream.follow(last)
            found.append(read(await anext(following))[1])
            await following.aclose()
        return found

    assert set(run(story)) == {"state"}


def test_a_page_that_was_away_for_too_long_gets_the_whole(monkeypatch):
    monkeypatch.setattr(streams, "KEPT_CHANGES", 2)

    async def story():
        board = board_after(*UP)
        stream = Stream(board)
        following = stream.follow()
        number, _, _ = read(await anext(following))
        await following.aclose()
        for second in range(4):
            board.tell(PortSeen(9.0 + second, ENDS[0], second % 2 == 1))
            again = stream.follow()
            await anext(again)
            await again.aclose()
        return read(await anext(stream.follow(number)))[1]

    assert run(story) == "state"


def test_a_page_hears_the_clock_while_nothing_happens():
    async def story():
        board = board_after(*UP)
        following = Stream(board).follow()
        await anext(following)
        heard = []
        for second in range(3):
            board.tell(Ticked(9.0 + second))
            heard.append(read(await anext(following))[2])
        return heard

    assert run(story) == [{"clock": 9.0}, {"clock": 10.0}, {"clock": 11.0}]


def test_closing_ends_all_that_follow():
    async def story():
        stream = Stream(board_after(*UP))
        following = stream.follow()
        await anext(following)
        asyncio.get_running_loop().call_later(0.05, stream.close)
        return [each async for each in following]

    assert isinstance(run(story), list)
