"""The steps of journeys that are letters: what a person does, and why it came to nothing, or ``None``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from harness.drill.trip import OFFICER, Trip, Way, addresses, first, said
from harness.history.seen import Family, Seen
from harness.node import Node
from harness.plan import derive
from harness.plan.journeys import Step, families_in
from harness.probe import imap, mail
from harness.probe.mail import Login
from harness.probe.tls import Tls
from harness.wait import Condition, Deadline, until

LETTER_FROM = "someone@example.net"
"""A stranger, whose own domain publishes no SPF policy."""
MAIL_SECONDS = 10.0
"""A mail server that waits for the second of its resolvers still answers; a person has given up by then."""
DELIVERED_SECONDS = 10.0
"""From the server's yes to the letter in the box."""
MAILDIRS = "var/vmail"
"""Where a foreign mail server keeps its mailboxes."""


def _letter(trip: Trip, sender: str, recipient: str) -> bytes:
    head = f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: v6lab {trip.token}\r\n"
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\nThử nghiệm.\r\n".encode()


def _mailbox(trip: Trip, address: str) -> str:
    return address if "@" in address else f"{address}@{trip.plan.domain}"


def _handed_in(
    trip: Trip,
    node: Node,
    ways: list[Way],
    ours: str,
    theirs: str,
    *,
    port: int = mail.SUBMISSION_PORT,
    tls: Tls | None = None,
    login: Login | None = None,
) -> str | None:
    """A letter of the trip is taken by the first server that answers; if not, the text says why."""
    message = _letter(trip, ours, theirs)

    def ask(family: Family, address: str) -> Seen:
        return mail.send(
            trip.history,
            node,
            family,
            address,
            ours,
            [theirs],
            message,
            port=port,
            tls=tls,
            login=login,
            timeout=MAIL_SECONDS,
        )

    return _taken(first(ways, ask))


def _taken(seen: Seen) -> str | None:
    if seen.data.get("accepted"):
        return None
    dialogue = seen.data.get("dialogue") or [{}]
    return f"{dialogue[-1].get('code')} {dialogue[-1].get('text')}" if seen.answer == "reply" else said(seen)


def send(trip: Trip, step: Step) -> str | None:
    """A letter is handed in at the province's mail server by an officer who logs in."""
    name = trip.full("mail")
    ways, why = addresses(trip, name)
    if not ways:
        return why
    ours, theirs = _mailbox(trip, OFFICER), _mailbox(trip, step.object)
    return _handed_in(trip, trip.node, ways, ours, theirs, tls=trip.tls(name), login=trip.login(OFFICER))


def bring(trip: Trip, step: Step) -> str | None:
    """A letter from outside comes to the province's mail server, at the address that the plan gives it."""
    server = next(each.node for each in trip.plan.services if each.name == "mail")
    stranger, theirs = trip.lab.node(step.words["from"]), _mailbox(trip, step.object)
    planned = [(each, derive.address(trip.plan, server, each, trip.lab.stage)) for each in families_in("either")]
    ways: list[Way] = [(family, str(address)) for family, address in planned if address]
    return _handed_in(trip, stranger, ways, LETTER_FROM, theirs, port=mail.SMTP_PORT)


def receive(trip: Trip, step: Step) -> str | None:
    """The letter of this trip comes into a mailbox that its owner opens by IMAP."""
    name = trip.full("mail")
    ways, why = addresses(trip, name)
    if not ways:
        return why
    login, subject = trip.login(step.object), f"v6lab {trip.token}"

    def unmet() -> str | None:
        seen = first(
            ways,
            lambda family, address: imap.find(
                trip.history, trip.node, family, address, login, subject, tls=trip.tls(name)
            ),
        )
        if seen.data.get("found"):
            return None
        return "the letter is not there" if seen.data.get("logged_in") else said(seen)

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
