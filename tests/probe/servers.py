"""Small servers that the tests open inside a namespace, each with a thread of its own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from harness.history.seen import Family
from harness.node import Node
from harness.probe.address import sockaddr, socket_family
from harness.probe.namespace import open_in

Talk = Callable[[socket.socket], None]


def bound(node: Node, family: Family, address: str, port: int, kind: socket.SocketKind) -> socket.socket:
    def make() -> socket.socket:
        sock = socket.socket(socket_family(family), kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(sockaddr(family, address, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(64)
        return sock

    return open_in(node, make)


@contextmanager
def tcp_server(node: Node, family: Family, address: str, port: int, talk: Talk) -> Iterator[int]:
    """Serve each connection with ``talk``, one after another; gives the port."""
    with bound(node, family, address, port, socket.SOCK_STREAM) as sock:

        def serve() -> None:
            while True:
                try:
                    near, _ = sock.accept()
                except OSError:
                    return
                with near:
                    try:
                        talk(near)
                    except OSError:
                        continue

        with _thread(serve, sock):
            yield sock.getsockname()[1]


@contextmanager
def udp_server(
    node: Node, family: Family, address: str, port: int, answer: Callable[[bytes], bytes | None]
) -> Iterator[int]:
    """Answer each datagram; gives the port."""
    with bound(node, family, address, port, socket.SOCK_DGRAM) as sock:

        def serve() -> None:
            while True:
                try:
                    data, peer = sock.recvfrom(65535)
                except OSError:
                    return
                if not data:
                    return
                if (response := answer(data)) is not None:
                    sock.sendto(response, peer)

        with _thread(serve, sock):
            yield sock.getsockname()[1]


@contextmanager
def _thread(serve: Callable[[], None], sock: socket.socket) -> Iterator[None]:
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        with suppress(OSError):  # an unconnected datagram socket complains, and is woken all the same
            sock.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def dns_answerer(records: list[str], referrals: dict[str, tuple[list[str], list[str]]]) -> Callable[[bytes], bytes]:
    """Answers with those of ``records`` (text) that fit the question, else with the referral of the longest zone.

    A referral is a list of name servers and a list of glue records.
    """

    def answer(wire: bytes) -> bytes:
        query = dns.message.from_wire(wire)
        response = dns.message.make_response(query)
        question = query.question[0]
        found = [
            rrset for rrset in map(rrset_of, records) if (rrset.name, rrset.rdtype) == (question.name, question.rdtype)
        ]
        zones = [zone for zone in referrals if question.name.to_text().endswith(zone)]
        if found:
            response.flags |= dns.flags.AA
            response.answer = found
        elif zones:
            servers, extra = referrals[max(zones, key=len)]
            response.authority = [dns.rrset.from_text(max(zones, key=len), 300, "IN", "NS", *servers)]
            response.additional = [rrset_of(each) for each in extra]
        else:
            response.flags |= dns.flags.AA
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()

    return answer


def rrset_of(record: str) -> dns.rrset.RRset:
    name, rdtype, value = record.split(maxsplit=2)
    return dns.rrset.from_text(name, 300, "IN", rdtype, value)


def over_tcp(answer: Callable[[bytes], bytes]) -> Talk:
    """A DNS answerer as it talks over TCP."""

    def talk(near: socket.socket) -> None:
        length = int.from_bytes(near.recv(2), "big")
        response = answer(near.recv(length))
        near.sendall(len(response).to_bytes(2, "big") + response)

    return talk
