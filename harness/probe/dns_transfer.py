"""Zone transfers (RFC 5936) from inside a node: whether a server gives a zone away, and what it says if not."""

from __future__ import annotations

import hashlib
import re
import socket
import time
from dataclasses import dataclass
from typing import NamedTuple

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Family, Seen, record
from harness.node import Node
from harness.probe.address import checked
from harness.probe.dial import dial

KIND = "dns_transfer"
PORT = 53
WAIT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Key:
    """A key that signs a question (TSIG, RFC 8945); ``secret`` as BIND's files have it."""

    name: str
    algorithm: str
    secret: str


class TransferAsk(NamedTuple):
    """Who asks which server for which zone, with which key."""

    node: Node
    family: Family
    server: str
    zone: str
    key: Key | None = None


def key_in(text: str) -> Key:
    """The first key in a file of BIND's. Raises ``CannotMeasure`` if there is none."""
    found = re.search(r'key\s+"([^"]+)"\s*\{\s*algorithm\s+([\w-]+);\s*secret\s+"([^"]+)";', text)
    if found is None:
        raise CannotMeasure("there is no key to ask for a transfer with")
    return Key(*found.groups())


def transfer(history: History, ask: TransferAsk) -> Seen:
    """Ask for the whole zone. On a *reply* ``data`` holds ``rcode``, the number of ``records``, the ``serial``, and the
    ``digest`` of what the zone says: of all records but the SOA and signatures, whose numbers rise by themselves."""
    checked(ask.family, ask.server)
    asked = {"server": ask.server, "zone": ask.zone, "key": ask.key.name if ask.key else ""}
    dialled = dial(ask.node, ask.family, ask.server, PORT, WAIT_SECONDS)
    if dialled.sock is None:
        seen = Seen(dialled.at, ask.node.name, ask.family, KIND, asked, dialled.answer, dialled.by, dialled.data)
        return record(history, seen)
    with dialled.sock as sock:
        sock.settimeout(WAIT_SECONDS)
        try:
            data = _converse(sock, ask)
        except TimeoutError:
            return record(history, Seen(time.monotonic(), ask.node.name, ask.family, KIND, asked, "silence"))
        except (OSError, dns.exception.DNSException) as error:
            data = {"rcode": f"{type(error).__name__}: {error}", "records": 0, "serial": None, "digest": ""}
    return record(history, Seen(time.monotonic(), ask.node.name, ask.family, KIND, asked, "reply", ask.server, data))


def _converse(sock: socket.socket, ask: TransferAsk) -> dict[str, object]:
    query = dns.message.make_query(ask.zone, "AXFR")
    if ask.key:
        ring = dns.tsigkeyring.from_text({ask.key.name: (ask.key.algorithm, ask.key.secret)})
        query.use_tsig(ring)
    wire = query.to_wire()
    sock.sendall(len(wire).to_bytes(2, "big") + wire)
    records, soas, serial, context = 0, 0, None, None
    said: set[str] = set()
    while soas < 2:  # RFC 5936 section 2.2: the zone begins and ends with its SOA
        answer = dns.message.from_wire(
            _message(sock),
            keyring=query.keyring,
            request_mac=query.mac,
            xfr=True,
            tsig_ctx=context,
            multi=bool(ask.key),
        )
        context = answer.tsig_ctx
        if answer.rcode() != dns.rcode.NOERROR:
            return {"rcode": dns.rcode.to_text(answer.rcode()), "records": records, "serial": serial, "digest": ""}
        for each in answer.answer:
            records += len(each)
            if each.rdtype == dns.rdatatype.SOA:
                soas, serial = soas + len(each), each[0].serial
            elif each.rdtype != dns.rdatatype.RRSIG:
                said |= {f"{each.name} {each.ttl} {dns.rdatatype.to_text(each.rdtype)} {value}" for value in each}
        if not answer.answer:
            break
    return {"rcode": "NOERROR", "records": records, "serial": serial, "digest": _digest(said)}


def _digest(lines: set[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


def _message(sock: socket.socket) -> bytes:
    return _exactly(sock, int.from_bytes(_exactly(sock, 2), "big"))


def _exactly(sock: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        more: bytes = sock.recv(count - len(data))
        if not more:
            raise ConnectionResetError("connection closed before a whole message came")
        data += more
    return data
