"""The steps of journeys: each kind does what a person does and says why it came to nothing, or ``None`` when it is done."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import uuid4

from harness.errors import CannotMeasure
from harness.history.history import History
from harness.history.seen import Family, Seen
from harness.lab.lab import Lab
from harness.node import Node
from harness.plan import derive
from harness.plan.journeys import Manner, Step, families_in
from harness.plan.model import Plan
from harness.probe import dns, http, imap, mail
from harness.probe.dns_message import ADDRESS_TYPE, Question, values
from harness.probe.http import Request
from harness.probe.mail import Login
from harness.probe.tls import Tls
from harness.render.keys import Keys
from harness.wait import Condition, Deadline, until

OFFICER, LETTER_FROM = "canbo1", "someone@example.net"
"""Who writes letters and reads documents; the stranger's own domain publishes no SPF policy."""
UPLOAD_SECONDS = 15.0
MAIL_SECONDS = 10.0
"""A mail server that waits for the second of its resolvers still answers; a person has given up by then."""
DELIVERED_SECONDS = 10.0
"""From the server's yes to the letter in the box."""
BOUNDARY = "v6lab-part"
MAILDIRS = "var/vmail"
"""Where a foreign mail server keeps its mailboxes."""

Way = tuple[Family, str]
"""A family and an address of it."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One host on one journey. ``token`` is in the subject of its letters."""

    lab: Lab
    plan: Plan
    history: History
    node: Node
    manner: Manner
    token: str = field(default_factory=lambda: uuid4().hex)

    def tls(self, name: str) -> Tls:
        """TLS as the host's own store of CAs wants it."""
        return Tls(name, self.node.root / "etc/ssl/v6lab/ca.pem")

    def full(self, place: str) -> str:
        """A place of a step as a whole name: the last name of a service of the plan, or what is whole already."""
        names = next((each.names for each in self.plan.services if each.name == place), None)
        if names is None:
            return place
        return f"{names[-1]}.{self.plan.domain}" if names[-1] else self.plan.domain

    def login(self, user: str) -> Login:
        """An officer's name and password."""
        return Login(user, Keys(self.plan.keys).password(user))


def resolvers(node: Node, first: Family) -> list[Way]:
    """The name servers that a host has been told of, those of a family before the others."""
    path = node.root / "etc/resolv.conf"
    lines = path.read_text().splitlines() if path.exists() else []
    found = [line.split()[1] for line in lines if line.startswith("nameserver ")]
    ways: list[Way] = [(6 if ":" in each else 4, each) for each in found]
    return sorted(ways, key=lambda way: way[0] != first)


def addresses(trip: Trip, name: str) -> tuple[list[Way], str]:
    """Where a name leads in the families of the trip, IPv6 first; if nowhere, the text says why."""
    found: list[Way] = []
    said: list[str] = []
    for family in families_in(trip.manner):
        given, why = _asked(trip, name, family)
        found += [(family, each) for each in given]
        said += [why] if why else []
    return found, "" if found else "; ".join(dict.fromkeys(said))


def _asked(trip: Trip, name: str, family: Family) -> tuple[list[str], str]:
    rdtype, why = ADDRESS_TYPE[family], "it has learnt no resolver"
    for over, server in resolvers(trip.node, family):
        seen = dns.query(trip.history, trip.node, over, server, Question(name, rdtype))
        if seen.answer == "reply" and seen.data.get("rcode") in ("NOERROR", "NXDOMAIN"):
            given = values(dict(seen.data), rdtype)
            return given, "" if given else f"{name} has no {rdtype}"
        why = f"resolver {server}: {seen.data.get('rcode') or seen.answer}"
    return [], why


def _ways(trip: Trip, step: Step) -> tuple[list[Way], str]:
    if "at" not in step.words:
        return addresses(trip, trip.full(step.object))
    node = step.words["at"]
    planned = ((each, derive.address(trip.plan, node, each, trip.lab.stage)) for each in families_in(trip.manner))
    return [(family, str(address)) for family, address in planned if address], f"{node} has no such address"


def _first(ways: list[Way], ask: Callable[[Family, str], Seen]) -> Seen:
    """The first that answers, else the last."""
    for family, address in ways:
        seen = ask(family, address)
        if seen.answer == "reply":
            break
    return seen


def _said(seen: Seen) -> str:
    told = seen.data.get("error") or seen.data.get("reason") or seen.answer
    return f"{seen.asked.get('address')} port {seen.asked.get('port')}: {told}"


def _fetched(trip: Trip, ways: list[Way], request: Request, timeout: float = http.WAIT_SECONDS) -> tuple[Seen, str]:
    """What came, and what is wrong with it if it is not a success."""
    seen = _first(ways, lambda family, address: http.fetch(trip.history, trip.node, family, address, request, timeout))
    status = seen.data.get("status")
    if seen.answer == "reply" and status in (200, 201):
        return seen, ""
    return seen, f"{request.path} gives {status}" if seen.answer == "reply" else _said(seen)


def resolve(trip: Trip, step: Step) -> str | None:
    """A resolver of the host gives an address."""
    return addresses(trip, trip.full(step.object))[1] or None


def open_page(trip: Trip, step: Step) -> str | None:
    """A page is there."""
    ways, why = _ways(trip, step)
    if not ways:
        return why
    name = trip.full(step.object)
    tls = None if step.words.get("tls") == "false" else trip.tls(name)
    return _fetched(trip, ways, Request(name, step.words.get("path", "/"), tls=tls))[1] or None


def form(fields: Mapping[str, str], content: bytes) -> bytes:
    """A form with a file as multipart/form-data (RFC 7578)."""
    parts = [(f'name="{name}"', value.encode()) for name, value in fields.items()]
    parts.append(('name="file"; filename="giay-to.bin"\r\nContent-Type: application/octet-stream', content))
    body = b"".join(
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + value + b"\r\n"
        for head, value in parts
    )
    return body + f"--{BOUNDARY}--\r\n".encode()


def file_application(trip: Trip, step: Step) -> str | None:
    """An application with an upload is taken, and its receipt, asked for afterwards, holds size and hash."""
    name = trip.full(step.object)
    ways, why = addresses(trip, name)
    if not ways:
        return why
    content = b"v6" * (int(step.words.get("mib", "5")) << 19)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": "application/json"}
    body = form({"applicant": "Trần Thị Bình", "subject": f"Kiểm tra {trip.token}"}, content)
    request = Request(name, "/nop-ho-so", "POST", headers, body, trip.tls(name))
    seen, why = _fetched(trip, ways, request, UPLOAD_SECONDS)
    if why:
        return why
    receipt = Request(name, f"/bien-nhan/{_json(seen, 'number')}.json", tls=trip.tls(name))
    seen, why = _fetched(trip, ways, receipt)
    if why:
        return why
    kept = (_json(seen, "size"), _json(seen, "sha256"))
    return None if kept == (len(content), hashlib.sha256(content).hexdigest()) else f"the receipt says {kept[0]} bytes"


def _json(seen: Seen, key: str) -> object:
    try:
        return json.loads(seen.raw)[key]
    except (ValueError, KeyError, TypeError):
        return None


def read_document(trip: Trip, step: Step) -> str | None:
    """The newest document of the list is opened, with an officer's password."""
    name = trip.full(step.object)
    ways, why = addresses(trip, name)
    if not ways:
        return why
    login = trip.login(OFFICER)
    officer = b64encode(f"{login.user}:{login.password}".encode()).decode()
    headers = {"Authorization": f"Basic {officer}", "Accept": "application/json"}
    request = partial(Request, name, headers=headers, tls=trip.tls(name))
    seen, why = _fetched(trip, ways, request(path="/van-ban"))
    if why:
        return why
    try:
        number = json.loads(seen.raw)[0]["id"]
    except (ValueError, LookupError, TypeError):
        return "the list of documents is empty or cannot be read"
    return _fetched(trip, ways, request(path=f"/van-ban/{number}"))[1] or None


def _letter(trip: Trip, sender: str, recipient: str) -> bytes:
    head = f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: v6lab {trip.token}\r\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\nThử nghiệm.\r\n".encode()


def _mailbox(trip: Trip, address: str) -> str:
    return address if "@" in address else f"{address}@{trip.plan.domain}"


def _taken(seen: Seen) -> str | None:
    if seen.data.get("accepted"):
        return None
    dialogue = seen.data.get("dialogue") or [{}]
    return f"{dialogue[-1].get('code')} {dialogue[-1].get('text')}" if seen.answer == "reply" else _said(seen)


def send(trip: Trip, step: Step) -> str | None:
    """A letter is handed in at the province's mail server by an officer who logs in."""
    name = trip.full("mail")
    ways, why = addresses(trip, name)
    if not ways:
        return why
    ours, theirs = _mailbox(trip, OFFICER), _mailbox(trip, step.object)
    login, message = trip.login(OFFICER), _letter(trip, ours, theirs)

    def ask(family: Family, address: str) -> Seen:
        tls = trip.tls(name)
        return mail.send(
            trip.history,
            trip.node,
            family,
            address,
            ours,
            [theirs],
            message,
            tls=tls,
            login=login,
            timeout=MAIL_SECONDS,
        )

    return _taken(_first(ways, ask))


def bring(trip: Trip, step: Step) -> str | None:
    """A letter from outside comes to the province's mail server, at the address that the plan gives it."""
    server = next(each.node for each in trip.plan.services if each.name == "mail")
    stranger, theirs = trip.lab.node(step.words["from"]), _mailbox(trip, step.object)
    planned = [(each, derive.address(trip.plan, server, each, trip.lab.stage)) for each in families_in("either")]
    ways: list[Way] = [(family, str(address)) for family, address in planned if address]
    message = _letter(trip, LETTER_FROM, theirs)

    def ask(family: Family, address: str) -> Seen:
        return mail.send(
            trip.history,
            stranger,
            family,
            address,
            LETTER_FROM,
            [theirs],
            message,
            port=mail.SMTP_PORT,
            timeout=MAIL_SECONDS,
        )

    return _taken(_first(ways, ask))


def receive(trip: Trip, step: Step) -> str | None:
    """The letter of this trip comes into a mailbox that its owner opens by IMAP."""
    name = trip.full("mail")
    ways, why = addresses(trip, name)
    if not ways:
        return why
    login, subject = trip.login(step.object), f"v6lab {trip.token}"

    def unmet() -> str | None:
        seen = _first(
            ways,
            lambda family, address: imap.find(
                trip.history, trip.node, family, address, login, subject, tls=trip.tls(name)
            ),
        )
        if seen.data.get("found"):
            return None
        return "the letter is not there" if seen.data.get("logged_in") else _said(seen)

    return _awaited(unmet)


def delivered(trip: Trip, step: Step) -> str | None:
    """The letter of this trip lies in a mailbox of a foreign server."""
    box = trip.lab.node(step.words["to"]).root / MAILDIRS / step.object / "Maildir"
    return _awaited(lambda: None if _holds(box, trip.token) else "the letter has not arrived")


def _holds(box: Path, token: str) -> bool:
    return any(token in text for text in _letters(box))


def _letters(box: Path) -> Iterator[str]:
    """The newest letters of a Maildir."""
    found = [each for part in ("new", "cur") if (box / part).is_dir() for each in (box / part).iterdir()]
    for each in sorted(found, key=lambda path: path.name, reverse=True)[:200]:
        yield each.read_text(errors="replace")


def _awaited(unmet: Callable[[], str | None]) -> str | None:
    outcome = until([Condition("the letter", unmet)], Deadline.after(DELIVERED_SECONDS), workers=1)
    return outcome.pending[0][1] if outcome.pending else None


KINDS: Mapping[str, Callable[[Trip, Step], str | None]] = {
    "resolve": resolve,
    "open": open_page,
    "file": file_application,
    "read": read_document,
    "send": send,
    "bring": bring,
    "receive": receive,
    "delivered": delivered,
}
"""Kind of step → what does it."""


def running(lab: Lab, host: str) -> Node:
    """A host that can be measured from. Raises ``CannotMeasure``."""
    node = lab.node(host)
    if node.state != "running":
        raise CannotMeasure(f"{host} is {node.state}")
    return node
