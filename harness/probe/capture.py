"""What passes an interface of a node: the last packets of each, kept while other things happen; and raw frames out."""

from __future__ import annotations

import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import PREFIX
from harness.node import Node
from harness.probe.namespace import open_in
from harness.probe.packet_filter import Program
from harness.probe.tap import SNAP, missed, open_tap, stamp
from harness.wait import Deadline

KIND = "capture"
PACKET_OUTGOING = 4
KEPT_PACKETS = 2000
BURST = 64
"""Packets of one interface that are looked at before those of the others."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One frame that passed ``device`` of ``node``, ``at`` as CLOCK_MONOTONIC seconds by the kernel's own stamp."""

    at: float
    node: str
    device: str
    outgoing: bool
    data: bytes

    def parsed(self) -> Any:
        """The frame as scapy has it. The first call in a process takes most of a second: scapy is loaded then."""
        import scapy.layers.inet6  # noqa: F401 - binds IPv6 to its ethertype; without it the frame's inside stays bytes
        from scapy.layers.l2 import Ether

        return Ether(self.data)


class Capture:
    """Keeps the last ``keep`` packets that ``wanted`` says yes to, on several interfaces, from ``with`` to its end.

    ``wanted`` runs on the capture's own thread, once a packet: bytes in, cheap; what ``passes`` the kernel keeps
    from it all else. Opening takes 12 ms an interface: keep it open rather than open it again; it ends by
    itself on a node that dies. What went by is written to the history as one event at the end. A capture that had no
    room for a packet ends in ``CannotMeasure``, unless it may be ``lossy``: nobody could say what did not pass.
    """

    def __init__(
        self,
        history: History,
        places: Sequence[tuple[Node, str]],
        wanted: Callable[[bytes], bool] = lambda _: True,
        keep: int = KEPT_PACKETS,
        *,
        passes: Program = (),
        lossy: bool = False,
    ) -> None:
        self.history, self.places, self.wanted = history, tuple(places), wanted
        self.passes, self.lossy = passes, lossy
        self._packets: deque[Packet] = deque(maxlen=keep)
        self._changed = threading.Condition()
        self._counted = 0
        self._sockets: list[tuple[socket.socket, Node, str]] = []
        self._near, self._far = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)
        self._began = 0.0
        self._asked = self._answered = 0
        self._running = False
        self._trouble: Exception | None = None

    def __enter__(self) -> Capture:
        try:
            for node, device in self.places:
                self._sockets.append((open_tap(node, device, self.passes), node, device))
        except BaseException:
            self._close()
            raise
        self._began = time.monotonic()
        self._running = True
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._near.close()  # wakes the thread
        self._thread.join()
        lost = sum(missed(sock) for sock, _, _ in self._sockets)
        self._close()
        places = [f"{node.name}:{device}" for node, device in self.places]
        data: dict[str, float] = {"seen": self._counted, "kept": len(self._packets), "missed": lost}
        data["seconds"] = round(time.monotonic() - self._began, 3)
        asked = {"places": places}
        event = {"family": None, "asked": asked, "answer": "reply", "by": "", "data": data, "raw": ""}
        self.history.append(PREFIX + KIND, self.places[0][0].name if self.places else "", event)
        if error is not None:
            return
        if self._trouble:
            raise CannotMeasure(f"the capture on {', '.join(places)} broke off: {self._trouble}") from self._trouble
        if lost and not self.lossy:
            raise CannotMeasure(f"the capture on {', '.join(places)} had no room for {lost} packets")

    def packets(self, since: float = float("-inf")) -> tuple[Packet, ...]:
        """The packets that are kept, oldest first, of those that passed at or after ``since`` and before this call."""
        self._catch_up()
        with self._changed:
            return tuple(packet for packet in self._packets if packet.at >= since)

    def _catch_up(self) -> None:
        """Wait until what has passed so far has been looked at: on a busy machine an interface may have a queue."""
        with self._changed:
            if not self._running:
                return
            self._asked += 1
            mine = self._asked
            self._near.send(b"?")
            self._changed.wait_for(lambda: self._answered >= mine or not self._running)

    def wait_for(
        self, predicate: Callable[[Packet], bool], deadline: Deadline, since: float = float("-inf")
    ) -> Packet | None:
        """The first packet at or after ``since`` that ``predicate`` accepts, kept already or still to come; ``None``
        when the deadline has passed and what passed until then has been looked at."""
        looked, over = 0, False
        with self._changed:
            while True:
                kept = list(self._packets)
                fresh = kept[max(0, len(kept) - (self._counted - looked)) :]
                looked = self._counted
                found = next((packet for packet in fresh if packet.at >= since and predicate(packet)), None)
                if found or over:
                    return found
                self._changed.wait(deadline.left)
                if over := not deadline.left:
                    self._catch_up()

    def _run(self) -> None:
        try:
            self._look()
        except Exception as error:  # it belongs to whoever captures
            self._trouble = error
        finally:
            with self._changed:
                self._running = False
                self._changed.notify_all()

    def _look(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._far, selectors.EVENT_READ, None)
            for sock, node, device in self._sockets:
                selector.register(sock, selectors.EVENT_READ, (node.name, device))
            guards = self._guards(selector)
            while True:
                for key, _ in selector.select():
                    if key.data is None:
                        if not self._answer():
                            return _close_all(guards)
                    elif key.fd in guards:
                        self._bury(selector, key.fd, guards.pop(key.fd))
                    elif key.fd >= 0:
                        self._read(key.fileobj, *key.data)

    def _answer(self) -> bool:
        """Look at all that has passed before somebody asked for it; false if that was the wish to end."""
        now, asked = time.monotonic(), len(self._far.recv(BURST))
        if not asked:
            return False
        for sock, node, device in self._sockets:
            while (last := self._read(sock, node.name, device)) is not None and last < now:
                pass
        with self._changed:
            self._answered += asked
            self._changed.notify_all()
        return True

    def _guards(self, selector: selectors.BaseSelector) -> dict[int, str]:
        """Hear of the death of each node's first process: an open socket would keep its namespace and links alive."""
        guards = {}
        for node in {node.name: node for node, _ in self.places}.values():
            with suppress(OSError):  # gone between opening and now: its sockets die with the capture
                guards[os.pidfd_open(node.pid or 0)] = node.name
        for process in guards:
            selector.register(process, selectors.EVENT_READ, ())
        return guards

    def _bury(self, selector: selectors.BaseSelector, process: int, name: str) -> None:
        selector.unregister(process)
        os.close(process)
        for sock, node, _ in self._sockets:
            if node.name == name and sock.fileno() >= 0:
                selector.unregister(sock)
                sock.close()

    def _read(self, sock: Any, node: str, device: str) -> float | None:
        """Look at ``BURST`` packets at most; when the last of them passed, ``None`` if there were fewer."""
        found, last = [], None
        for left in reversed(range(BURST)):
            try:
                data, ancillary, _, address = sock.recvmsg(SNAP, 64)
            except OSError:  # nothing is left; or the interface went down, or away with its node: nothing passes it
                break
            if self.wanted(data):
                found.append(Packet(stamp(ancillary), node, device, address[2] == PACKET_OUTGOING, data))
            if not left:
                last = stamp(ancillary)
        if found:
            with self._changed:
                self._packets += found
                self._counted += len(found)
                self._changed.notify_all()
        return last

    def _close(self) -> None:
        for sock, _, _ in self._sockets:
            sock.close()
        self._near.close()
        self._far.close()


def _close_all(descriptors: Iterable[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def send_frame(history: History, node: Node, device: str, frame: bytes, times: int = 1) -> None:
    """Put an Ethernet frame as it is on the wire, ``times`` over: a forged source, a rogue advertisement.

    Written to the history. Raises ``CannotMeasure`` if the interface does not take it.
    """

    send_frames(history, node, device, [frame] * times)


def send_frames(history: History, node: Node, device: str, frames: Sequence[bytes]) -> None:
    """Put several frames on the wire by one socket: closing one costs the kernel more than sending hundreds."""

    def send() -> None:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
            sock.bind((device, 0))
            for each in frames:
                sock.send(each)

    open_in(node, send)
    history.append(
        "probe.frame", node.name, {"device": device, "times": len(frames), "frames": list(dict.fromkeys(frames))}
    )


def mac_of(node: Node, device: str) -> str:
    """The hardware address of an interface, for frames that are made by hand."""

    def read() -> str:
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
            sock.bind((device, 0))
            return bytes(sock.getsockname()[4]).hex(":")

    return open_in(node, read)
