"""The rtnetlink requests that wiring needs (rtnetlink(7)), written out: 0.1 ms a link and nothing to import."""

from __future__ import annotations

import array
import fcntl
import os
import socket
import struct
from types import TracebackType

RTM_NEWLINK = 16
NLMSG_ERROR = 2
NLM_F_REQUEST, NLM_F_ACK, NLM_F_EXCL, NLM_F_CREATE = 0x1, 0x4, 0x200, 0x400
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINKINFO, IFLA_GROUP, IFLA_NET_NS_FD = 1, 3, 4, 18, 27, 28
IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 1, 2, 1
IFF_UP = 1
TOGETHER = 1
"""The group (``ip link set group``) of interfaces that go down together; those of no group are in 0."""
SIOCETHTOOL, ETHTOOL_STXCSUM = 0x8946, 0x17


def attribute(kind: int, value: bytes) -> bytes:
    """One attribute: length, type, value, padded to four bytes."""
    return struct.pack("=HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def link_header(flags: int = 0, change: int = 0) -> bytes:
    """``struct ifinfomsg`` of an interface that is named by an attribute."""
    return struct.pack("=BxHiII", socket.AF_UNSPEC, 0, 0, flags, change)


def interface(name: str, mtu: int, mac: str, *more: bytes) -> bytes:
    """The attributes that both ends of a veth have; an empty ``mac`` leaves it to the kernel."""
    parts = [attribute(IFLA_IFNAME, name.encode() + b"\0"), attribute(IFLA_MTU, struct.pack("=I", mtu)), *more]
    if mac:
        parts.append(attribute(IFLA_ADDRESS, bytes.fromhex(mac.replace(":", "").replace("-", ""))))
    return b"".join(parts)


def veth(end: tuple[str, str], peer: tuple[str, str], mtu: int, peer_netns: int) -> bytes:
    """A request's body: a veth pair, ``end`` (name, MAC) here and up, ``peer`` in the namespace ``peer_netns``.

    The peer has to be set up by a request of its own: the kernel opens it before it knows its pair.
    """
    there = interface(*_named(peer, mtu), attribute(IFLA_NET_NS_FD, struct.pack("=I", peer_netns)))
    data = attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, link_header() + there))
    info = attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, b"veth") + data)
    return link_header(IFF_UP, IFF_UP) + interface(*_named(end, mtu), info)


def group(number: int) -> bytes:
    """The group of an interface, or of those that a request is for where it names none."""
    return attribute(IFLA_GROUP, struct.pack("=I", number))


def _named(end: tuple[str, str], mtu: int) -> tuple[str, int, str]:
    return end[0], mtu, end[1]


class Wire:
    """A socket in the network namespace in which it was opened, and what it can do there."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
        self._socket.bind((0, 0))

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def close(self) -> None:
        """Let go of the socket (and with it of its hold on the namespace)."""
        self._socket.close()

    def make_veth(self, end: tuple[str, str], peer: tuple[str, str], mtu: int, peer_netns: int) -> None:
        """A veth pair, see ``veth``; ``end`` is up, ``peer`` is not yet."""
        self._request(NLM_F_CREATE | NLM_F_EXCL, veth(end, peer, mtu, peer_netns), end[0])

    def set_up(self, name: str) -> None:
        """Set the interface up."""
        self._request(0, link_header(IFF_UP, IFF_UP) + attribute(IFLA_IFNAME, name.encode() + b"\0"), name)

    def join(self, name: str) -> None:
        """Put the interface among those that ``set_down_together`` sets down."""
        self._request(0, link_header() + attribute(IFLA_IFNAME, name.encode() + b"\0") + group(TOGETHER), name)

    def set_down_together(self) -> None:
        """Set all that have joined down in one instant.

        One after another the second peer would hear of it up to a second after the first: the kernel tells of lost
        carriers at once if it has told of none for a second, and else at the end of that second (link_watch.c).
        """
        self._request(0, link_header(0, IFF_UP) + group(TOGETHER), "those that go down together")

    def move(self, name: str, netns: int) -> None:
        """Move the interface, set down, into another namespace. It keeps name, MAC and MTU and loses its addresses."""
        body = link_header(0, IFF_UP) + attribute(IFLA_IFNAME, name.encode() + b"\0")
        self._request(0, body, name)
        self._request(0, body + attribute(IFLA_NET_NS_FD, struct.pack("=I", netns)) + group(0), name)

    def checksum_in_software(self, name: str) -> None:
        """Turn transmit checksum offload off, as containerlab does: what leaves is what a real wire would carry."""
        value = array.array("B", struct.pack("=II", ETHTOOL_STXCSUM, 0))
        request = struct.pack("16sP", name.encode(), value.buffer_info()[0]) + bytes(16)
        fcntl.ioctl(self._socket, SIOCETHTOOL, request)

    def _request(self, flags: int, body: bytes, subject: str) -> None:
        head = struct.pack("=IHHII", 16 + len(body), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK | flags, 0, 0)
        self._socket.send(head + body)
        answer = self._socket.recv(65536)
        kind = struct.unpack_from("=H", answer, 4)[0]
        code = -struct.unpack_from("=i", answer, 16)[0] if kind == NLMSG_ERROR else 0
        if code:
            raise OSError(code, os.strerror(code), subject)
