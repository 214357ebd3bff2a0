from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.errors import CannotMeasure
from harness.lab.reload import TABLE
from harness.verdict.verdict import Finding

AT_ONCE = 8
NOT_FOUND = 127


def parsers(lab):
    """Every configuration that a node was given and its daemon's own test of it: (node, path, command).

    An image holds packages' default configurations too: what counts is what the lab has put there.
    """
    for node in lab.nodes.values():
        tree = Path(lab.record.trees) / node.name
        for service in TABLE:
            if service.test and (tree / service.needs).is_file():
                yield node.name, service.needs, service.test


@pytest.mark.waits
@pytest.mark.check("MIG-08")
def test_every_configuration_passes_its_own_daemons_parser(lab, history, judged):
    asked = list(parsers(lab))
    if not asked:
        raise CannotMeasure("no node has a configuration that a parser knows")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        done = list(pool.map(lambda each: lab.exec(each[0], *each[2]), asked))
    findings, events = [], []
    for (node, path, argv), answer in zip(asked, done, strict=True):
        data = {"argv": argv, "code": answer.code, "err": answer.err[-2000:]}
        events.append(history.append("probe.parse", node, data).reference)
        if answer.code == NOT_FOUND:
            raise CannotMeasure(f"{argv[0]} is not on node {node}")
        if answer.code:
            said = (answer.err or answer.out).strip().splitlines()
            findings.append(Finding(f"{node}:/{path}", said[-1] if said else f"{argv[0]} says {answer.code}"))
    judged(tuple(findings), tuple(events[:3]))
