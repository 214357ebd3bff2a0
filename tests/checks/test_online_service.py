import hashlib
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from vantage import INSIDE, OUTSIDE, families, ipv6_only_hosts
from visiting import Visitor

from harness.drill.web_steps import BOUNDARY, form
from harness.errors import CannotMeasure
from harness.probe.side_by_side import side_by_side
from harness.render.keys import Keys
from harness.verdict import visit as judge

CITIZEN = "congdan1"
PAPER = b"v6" * (5 << 19)
"""Five mebibytes."""
OK, CREATED, UNAUTHORIZED = 200, 201, 401
FORM = "application/x-www-form-urlencoded"


class Citizen(Visitor):
    """Somebody with an account at the online public services."""

    def log_in(self, password):
        content = (FORM, urlencode({"account": CITIZEN, "password": password}).encode())
        self.ask("log in", OK, "/dang-nhap", content=content)
        jar = SimpleCookie("; ".join(self.seen.data.get("headers", {}).get("set-cookie", [])))
        self.headers["Cookie"] = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())

    def file(self, seconds):
        """Hand the paper in; gives the receipt's number, and what it must say."""
        fields = {"applicant": "Lê Thị Cúc", "subject": f"Kiểm tra từ {self.client.name}"}
        content = (f"multipart/form-data; boundary={BOUNDARY}", form(fields, PAPER))
        said = self.ask("file with 5 MiB", CREATED, "/nop-ho-so", content=content, timeout=seconds)
        true = {"size": len(PAPER), "sha256": hashlib.sha256(PAPER).hexdigest(), "account": CITIZEN}
        return said.get("number"), true | {"address": self.seen.data.get("source")}

    def visit(self, password, seconds):
        """The whole way: in, through and back again, then to and fro between the families."""
        where = self.client.name
        self.ask("own applications without logging in", UNAUTHORIZED, "/ho-so-cua-toi")
        self.log_in(password)
        self.ask("form", OK, "/nop-ho-so")
        number, true = self.file(seconds)
        receipt = self.ask("receipt", OK, f"/bien-nhan/{number}.json")
        findings = judge.says(f"{where}: receipt", receipt, true, self.seen.event)
        for family in (4, 6) if 4 in self.addresses else (6,):
            listed = self.ask("own applications", OK, "/ho-so-cua-toi", family)
            numbers = [each["number"] for each in listed] if isinstance(listed, list) else []
            findings += judge.found_again(f"{where} over IPv{family}", numbers, number, self.seen.event)
        return findings


@pytest.mark.check("SVC-05")
def test_a_citizen_goes_all_the_way_over_ipv6_and_stays_logged_in_across_families(lab, history, plan, targets, judged):
    service = next(each for each in plan.services if each.name == "dvc")
    site = f"{service.names[0]}.{plan.domain}"
    alone = ipv6_only_hosts(plan, lab, own=True) + ipv6_only_hosts(plan, lab, own=False)
    both = [each for each in (*OUTSIDE, *INSIDE) if set(families(plan, lab, each)) == {4, 6}]
    if not alone or not both:
        raise CannotMeasure("there is not both a client with IPv6 alone and one with both families")
    citizens = side_by_side(lambda client: Citizen(lab, history, plan, client, site), [*alone, *both])
    password, seconds = Keys(plan.keys).password(CITIZEN), targets["upload_s"]
    found = side_by_side(lambda each: each.findings(lambda: each.visit(password, seconds)), citizens)
    judged(sum(found, ()), tuple(event for each in citizens for event in each.evidence))
