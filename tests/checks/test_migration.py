from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.errors import CannotMeasure
from harness.verdict.verdict import Finding

PARSERS = {
    "etc/frr/frr.conf": ("vtysh", "-C"),
    "etc/nftables.conf": ("nft", "-c", "-f", "/etc/nftables.conf"),
    "etc/bind/named.conf": ("named-checkconf",),
    "etc/unbound/unbound.conf": ("unbound-checkconf", "/etc/unbound/unbound.conf"),
    "etc/nginx/nginx.conf": ("nginx", "-t"),
    "etc/postfix/main.cf": ("postfix", "check"),
    "etc/kea/kea-dhcp4.conf": ("kea-dhcp4", "-t", "/etc/kea/kea-dhcp4.conf"),
    "etc/kea/kea-dhcp6.conf": ("kea-dhcp6", "-t", "/etc/kea/kea-dhcp6.conf"),
}


@pytest.mark.check("MIG-08")
def test_every_configuration_passes_its_own_daemons_parser(lab, history, judged):
    asked = [
        (node.name, path, argv)
        for node in lab.nodes.values()
        for path, argv in PARSERS.items()
        if (node.root / path).is_file()
    ]
    if not asked:
        raise CannotMeasure("no node has a configuration that a parser knows")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda each: lab.exec(each[0], *each[2]), asked))
    findings = []
    for (node, path, argv), answer in zip(asked, done, strict=True):
        history.append("lab.parse", node, {"argv": argv, "code": answer.code, "err": answer.err[-2000:]})
        if answer.code == 127:
            raise CannotMeasure(f"{argv[0]} is not on node {node}")
        if answer.code:
            said = (answer.err or answer.out).strip().splitlines()
            findings.append(Finding(f"{node}:/{path}", said[-1] if said else f"{argv[0]} says {answer.code}"))
    judged(tuple(findings))
