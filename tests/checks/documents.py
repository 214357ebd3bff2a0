"""An officer at the document system, and the hops behind it: shared by the checks of services."""

import secrets
from base64 import b64encode
from collections import Counter

from vantage import INSIDE, families, ipv6_only_hosts
from visiting import Visitor

from harness.drill.web_steps import BOUNDARY, form
from harness.errors import CannotMeasure
from harness.plan import derive
from harness.plan.model import FAMILIES
from harness.probe import route, tcp_segment
from harness.render.keys import Keys
from harness.verdict import visit as judge

OFFICER = "canbo1"
APPLICATION_PORT = 8080
"""Where the web server finds the application, on the loopback of its host."""
DEVICE = "eth1"


def node_of(plan, name):
    return next(each.node for each in plan.services if each.name == name)


def officers_places(plan, lab):
    """The wired hosts of agencies with IPv6, those with IPv6 alone first. Raises if there is none."""
    hosts = dict.fromkeys((*ipv6_only_hosts(plan, lab, own=True), *INSIDE))
    wired = [each for each in hosts if derive.lan_of(plan, each).kind == "wired" and 6 in families(plan, lab, each)]
    if not wired:
        raise CannotMeasure("no wired host of an agency has IPv6 at this stage")
    return wired


def basic(plan):
    """An officer's basic authentication."""
    return "Basic " + b64encode(f"{OFFICER}:{Keys(plan.keys).password(OFFICER)}".encode()).decode()


class Officer(Visitor):
    """Somebody who registers a document and reads it again. ``database`` is the address that holds it."""

    def __init__(self, lab, history, plan, client):
        service = next(each for each in plan.services if each.name == "qlvb")
        site = f"{service.names[0]}.{plan.domain}"
        super().__init__(lab, history, plan, client, site, Authorization=basic(plan))
        self.database = str(derive.address(plan, node_of(plan, "database"), 6, lab.stage))

    def visit(self):
        """Register, find it in the list, open it; and which address of the database the application uses."""
        number = f"KT-{secrets.token_hex(8)}"
        content = (f"multipart/form-data; boundary={BOUNDARY}", form({"number": number, "title": "Kiểm tra"}, b""))
        document = self.ask("register a document", 201, "/van-ban", content=content)
        true = {"number": number, "registered_by": OFFICER, "registered_from": self.seen.data.get("source")}
        listed = self.ask("list of documents", 200, "/van-ban")
        numbers = [each["number"] for each in listed] if isinstance(listed, list) else []
        where = self.client.name
        findings = judge.found_again(f"{where}: list", numbers, number, self.seen.event)
        opened = self.ask("open the document", 200, f"/van-ban/{document.get('id')}")
        findings += judge.says(f"{where}: document", opened, true, self.seen.event)
        state = self.ask("state of the system", 200, "/trang-thai")
        return findings + judge.says(f"{where}: state", state, {"database": self.database}, self.seen.event)


def hops(plan, lab, history):
    """What to call each hop behind the document system → where it passes, its port, and the addresses that speak it:
    others knock at the database's port too."""
    web, database = node_of(plan, "qlvb"), node_of(plan, "database")
    port = next(each.tcp[0] for each in plan.services if each.name == "database")
    held = [one.address for family in FAMILIES for one in route.addresses(history, lab.node(web), family)]
    return {
        f"{web}: web server to application": ((lab.node(web), "lo"), APPLICATION_PORT, frozenset(held)),
        f"{web} to {database}": ((lab.node(database), DEVICE), port, frozenset(held)),
    }


def passed(packets, hop):
    """How many packets of a hop passed, by family."""
    (node, device), port, ends = hop
    segments = [tcp_segment.parse(each.data) for each in packets if (each.node, each.device) == (node.name, device)]
    own = [each for each in segments if each and port in each.ports and ends & {each.source, each.destination}]
    return Counter(6 if ":" in each.source else 4 for each in own)
