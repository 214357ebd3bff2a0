import re
import secrets
from email import message_from_bytes
from ipaddress import ip_address

import pytest
from vantage import asked, families, ipv6_only_hosts, resolved

from harness.drill.mail_steps import MAILDIRS
from harness.errors import CannotMeasure
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import mail
from harness.probe.mail import Login
from harness.probe.side_by_side import side_by_side
from harness.probe.tls import Tls
from harness.render.keys import Keys
from harness.verdict import mail as judge
from harness.verdict import spf
from harness.verdict.verdict import Finding
from harness.wait import Condition, Deadline, until

OFFICER, READER, RECEIVER = "canbo1", "alice", "foreign-mail"
DOMAINS = {4: "ipv4only.example.com", 6: "ipv6only.example.com"}
"""Mail domains whose exchanger has an address of one family alone: the sender has no choice."""
HANDED_IN_BY = re.compile(r"from (?P<helo>\S+) \(\S+ \[(?:IPv6:)?(?P<address>[^]]+)]")
"""How a receiver begins its trace line (RFC 5321 section 4.4): the name that was said, and where the other end is."""


def letters(lab):
    """The letters in the reader's mailbox, newest first."""
    box = lab.node(RECEIVER).root / MAILDIRS / READER / "Maildir" / "new"
    found = sorted(box.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True) if box.is_dir() else []
    return (each.read_bytes() for each in found)


def delivered(lab, token, seconds):
    """The letter with a token in its subject when it has come; ``None`` if it has not in time."""
    found = []

    def there():
        found.extend(each for each in letters(lab) if token.encode() in each)
        return None if found else "not in the box"

    until([Condition(f"letter {token}", there)], Deadline.after(seconds), workers=1)
    return found[0] if found else None


def hand_in(lab, history, plan, name, domain, token):
    """An officer's letter to the reader at a domain, taken by the province's server. Raises if it is not taken."""
    client = lab.node(next(iter(ipv6_only_hosts(plan, lab, own=True)), "stttt-pc"))
    sender, recipient = f"{OFFICER}@{plan.domain}", f"{READER}@{domain}"
    message = f"From: <{sender}>\r\nTo: <{recipient}>\r\nSubject: v6lab {token}\r\n\r\nThử nghiệm.\r\n".encode()
    address = next(iter(resolved(history, client, name, 6)), None)
    if address is None:
        raise CannotMeasure(f"{client.name} finds no IPv6 address of {name}, so no letter can be handed in")
    login, tls = Login(OFFICER, Keys(plan.keys).password(OFFICER)), Tls(name, client.root / "etc/ssl/v6lab/ca.pem")
    seen = mail.send(history, client, 6, address, sender, [recipient], message, tls=tls, login=login)
    if not seen.data.get("accepted"):
        raise CannotMeasure(f"{name} takes no letter from {client.name}: {seen.data.get('dialogue') or seen.answer}")
    return seen


def sender_of(lab, history, plan, letter, family, event):
    """Who handed a letter in, as its receiver wrote down, and what that receiver's resolver says about it."""
    trace = " ".join(message_from_bytes(letter).get_all("Received", [""])[0].split())
    found = HANDED_IN_BY.match(trace)
    if found is None:
        raise CannotMeasure(f"{RECEIVER} does not say who handed the letter in: {trace!r}")
    receiver = lab.node(RECEIVER)
    pointer = derive.pointer(ip_address(found["address"]))
    pointers = [each.rstrip(".") for each in asked(history, receiver, pointer, "PTR")]
    names = dict.fromkeys((*pointers, found["helo"]))
    held = {name: resolved(history, receiver, name, family) for name in names}
    said = spf.check(plan.domain, found["address"], lambda name, rdtype: asked(history, receiver, name, rdtype))
    return judge.Sender(found["address"], found["helo"], pointers, held, said, event)


@pytest.mark.check("SVC-10")
def test_the_mail_server_is_known_in_each_family_to_those_it_writes_to(lab, history, plan, targets, judged):
    server = next(each for each in plan.services if each.name == "mail")
    name = f"{server.names[0]}.{plan.domain}"

    def sent(family):
        token = secrets.token_hex(8)
        seen = hand_in(lab, history, plan, name, DOMAINS[family], token)
        letter, where = delivered(lab, token, targets["delivered_s"]), f"{name} in IPv{family}"
        if letter is None:
            return (Finding(where, f"no letter to {DOMAINS[family]} has come", "one in time", seen.event),), seen
        planned = str(derive.address(plan, server.node, family, lab.stage))
        return judge.identified(where, sender_of(lab, history, plan, letter, family, seen.event), planned), seen

    found = side_by_side(sent, [each for each in FAMILIES if each in families(plan, lab, server.node)])
    judged(sum((findings for findings, _ in found), ()), tuple(seen.event for _, seen in found))
