"""DHCPv4 (RFC 2131) between a client and whoever serves its link: questions as frames, answers as data. No sockets."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address

from harness.probe.datagram_frame import datagram

DISCOVER, OFFER, REQUEST, ACK, RELEASE = 1, 2, 3, 5, 7
ROUTER, REQUESTED, KIND, SERVER, WANTED, V6ONLY, END = 3, 50, 53, 54, 55, 108, 255
"""Options, RFC 2132; V6ONLY is IPv6-Only Preferred (RFC 8925)."""
ASKED_FOR = (1, ROUTER, 6)
"""What every client wants to know: mask, router, resolvers."""
CLIENT_PORT, SERVER_PORT = 68, 67
COOKIE = bytes([99, 130, 83, 99])
BROADCAST, EVERYONE, NOBODY = "ff:ff:ff:ff:ff:ff", "255.255.255.255", "0.0.0.0"
HEAD = struct.Struct("!BBBB4sHH4s4s4s4s16s192s")
"""RFC 2131 section 2, up to the options."""
ETHERNET, IPV4, UDP = 14, 20, 8


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's message: its kind, the transaction it answers, the address that it gives, who gives it, the router that
    it names, and for how many seconds it says that IPv6 will do (``None``: it does not say so)."""

    kind: int
    transaction: bytes
    address: str
    server: str
    router: str | None
    v6only_s: int | None


def question(kind: int, transaction: bytes, mac: str, *, v6only: bool = False, taking: Answer | None = None) -> bytes:
    """A client's message to all servers as a frame; the answer is to come to everyone on the link.

    ``transaction`` has four octets; ``v6only`` says that the client can do without IPv4; ``taking`` is the offer that
    a REQUEST takes, or the lease that a RELEASE gives back.
    """
    hardware = bytes.fromhex(mac.replace(":", ""))
    own = IPv4Address(taking.address if taking and kind == RELEASE else NOBODY).packed
    flags = 0 if kind == RELEASE else 0x8000
    head = HEAD.pack(1, 1, 6, 0, transaction, 0, flags, own, *[bytes(4)] * 3, hardware, b"")
    options = _option(KIND, bytes([kind]))
    if taking:
        options += _option(SERVER, IPv4Address(taking.server).packed)
        options += _option(REQUESTED, IPv4Address(taking.address).packed) if kind == REQUEST else b""
    options += _option(WANTED, bytes([*ASKED_FOR, *([V6ONLY] if v6only else [])])) if kind != RELEASE else b""
    message = head + COOKIE + options + bytes([END])
    return datagram((mac, BROADCAST), NOBODY, EVERYONE, (CLIENT_PORT, SERVER_PORT), message)


def parse(frame: bytes) -> Answer | None:
    """An answer of a server to a client in an Ethernet frame; ``None`` if it is anything else or cut off."""
    begin = ETHERNET + IPV4 + UDP
    if len(frame) < begin + HEAD.size + 4 or frame[12:ETHERNET] != b"\x08\x00" or frame[ETHERNET + 9] != 17:
        return None
    if struct.unpack_from("!HH", frame, ETHERNET + IPV4) != (SERVER_PORT, CLIENT_PORT):
        return None
    head, rest = HEAD.unpack_from(frame, begin), frame[begin + HEAD.size :]
    options = dict(_options(rest[4:])) if rest[:4] == COOKIE else {}
    if KIND not in options or SERVER not in options:
        return None
    router, wait = options.get(ROUTER), options.get(V6ONLY)
    return Answer(
        kind=options[KIND][0],
        transaction=head[4],
        address=str(IPv4Address(head[8])),
        server=str(IPv4Address(options[SERVER])),
        router=str(IPv4Address(router[:4])) if router else None,
        v6only_s=int.from_bytes(wait, "big") if wait else None,
    )


def arp_request(mac: str, source: str, target: str) -> bytes:
    """The question who has ``target``, from somebody with ``source`` (RFC 826), as a frame."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    ends = hardware + IPv4Address(source).packed + bytes(6) + IPv4Address(target).packed
    return b"\xff" * 6 + hardware + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + ends


def is_arp_reply(frame: bytes, mac: str, target: str) -> bool:
    """Whether a frame tells ``mac`` who has ``target``."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    return (
        frame[12:14] == b"\x08\x06"
        and frame[20:22] == b"\0\2"
        and frame[28:32] + frame[32:38] == (IPv4Address(target).packed + hardware)
    )


def _option(code: int, body: bytes) -> bytes:
    return bytes([code, len(body)]) + body


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 2 and data[0] != END:
        if data[0] == 0:  # padding
            data = data[1:]
            continue
        yield data[0], data[2 : 2 + data[1]]
        data = data[2 + data[1] :]
