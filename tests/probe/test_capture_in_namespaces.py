"""Captures, against real kernels."""

from __future__ import annotations

import threading
import time

import pytest

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Family
from harness.probe import tap
from harness.probe.capture import Capture, mac_of, send_frame, send_frames
from harness.probe.icmp import EchoOptions, echo
from harness.probe.packet_filter import SHORT, short
from harness.wait import Deadline
from tests.probe.conftest import SERVER, Net

MANY = 300


@pytest.mark.parametrize("family", [4, 6])
def test_a_capture_sees_packets_of_its_interface_and_waits_for_one(net: Net, history: History, family: Family) -> None:
    mark = bytes([170 + family]) * 4
    with Capture(history, [(net.server, "eth1"), (net.router, "eth1")], lambda data: len(data) > 20) as capture:
        before = time.monotonic()
        echo(history, net.client, family, SERVER[family], EchoOptions(size=777))
        found = capture.wait_for(lambda packet: len(packet.data) > 777 and packet.device == "eth1", Deadline.after(2))
        assert found
        assert before <= found.at <= time.monotonic()
        for way in (("server", False), ("server", True), ("router", False), ("router", True)):
            assert capture.wait_for(
                lambda packet, way=way: len(packet.data) > 777 and (packet.node, packet.outgoing) == way,
                Deadline.after(2),
            ), way
        frame = bytes.fromhex(mac_of(net.router, "eth1").replace(":", "")) + bytes(6) + b"\x88\xb5" + mark * 10
        send_frame(history, net.client, "eth1", frame)
        assert capture.wait_for(lambda packet: mark in packet.data and packet.node == "router", Deadline.after(2))
        assert capture.wait_for(lambda packet: b"never" in packet.data, Deadline.after(0.05)) is None


@pytest.mark.parametrize("family", [4, 6])
def test_an_interface_that_is_not_there_cannot_be_captured(net: Net, history: History, family: Family) -> None:
    with pytest.raises(CannotMeasure, match="eth9"), Capture(history, [(net.client, "eth9")]):
        pass


def frames(net: Net, number: int, length: int = 60) -> list[bytes]:
    """Frames from the client to its router, of a protocol that nobody speaks."""
    head = bytes.fromhex(mac_of(net.router, "eth1").replace(":", "")) + bytes(6) + b"\x88\xb5"
    return [(head + each.to_bytes(4, "big")).ljust(length, b"\0") for each in range(number)]


def is_ours(frame: bytes) -> bool:
    return frame[12:14] == b"\x88\xb5"


def slowly(frame: bytes) -> bool:
    """A busy machine: packets pass faster than they are looked at."""
    threading.Event().wait(0.002)
    return is_ours(frame)


def test_a_capture_has_looked_at_all_that_passed_before_it_is_asked(net: Net, history: History) -> None:
    with Capture(history, [(net.router, "eth1")], slowly) as capture:
        send_frames(history, net.client, "eth1", frames(net, MANY))
        assert len(capture.packets()) == MANY


def test_a_wait_that_is_over_has_looked_at_all_that_passed_until_then(net: Net, history: History) -> None:
    with Capture(history, [(net.router, "eth1")], slowly) as capture:
        sent = frames(net, MANY)
        send_frames(history, net.client, "eth1", sent)
        assert capture.wait_for(lambda packet: packet.data == sent[-1], Deadline.after(0.01))


@pytest.mark.parametrize("lossy", [False, True])
def test_a_capture_that_had_no_room_proves_nothing(
    net: Net, history: History, monkeypatch: pytest.MonkeyPatch, lossy: bool
) -> None:
    monkeypatch.setattr(tap, "RECEIVE_BUFFER", 4096)
    looked = threading.Event()

    def overflow() -> None:
        with Capture(history, [(net.router, "eth1")], lambda _: looked.wait(5), lossy=lossy):
            send_frames(history, net.client, "eth1", frames(net, MANY))
            looked.set()

    if lossy:
        overflow()
    else:
        with pytest.raises(CannotMeasure, match=r"router:eth1 had no room for \d+ packets"):
            overflow()
    (event,) = history.events("probe.capture")
    assert event.data["data"]["missed"] > 0


def test_a_capture_that_broke_off_proves_nothing(net: Net, history: History) -> None:
    def trip(frame: bytes) -> bool:
        raise ValueError("not a frame of mine")

    def broken() -> None:
        with Capture(history, [(net.router, "eth1")], trip) as capture:
            send_frames(history, net.client, "eth1", frames(net, 1))
            assert capture.packets() == ()

    with pytest.raises(CannotMeasure, match="broke off: not a frame of mine"):
        broken()


def test_the_kernel_keeps_from_a_capture_what_is_not_asked_for(net: Net, history: History) -> None:
    looked_at: list[int] = []

    def look(frame: bytes) -> bool:
        looked_at.append(len(frame))
        return is_ours(frame)

    with Capture(history, [(net.router, "eth1")], look, passes=short()) as capture:
        send_frames(history, net.client, "eth1", [*frames(net, 3, SHORT + 1), *frames(net, 2, SHORT)])
        assert [len(each.data) for each in capture.packets()] == [SHORT] * 2
    assert max(looked_at) <= SHORT
