"""Why a lab did not come up, where a daemon can say it: the file that it refuses, as somebody wrote it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.engine.base import Completed
from harness.errors import HarnessError, WrongInput
from harness.lab.conditions.nodes import failed, started
from harness.lab.lab import Lab
from harness.lab.reload import TABLE, Service
from harness.render.tree import NodeTree, Trees

SECONDS = 60.0
WORKERS = 4
LOGS = "/var/log/v6lab"
"""What the services of a node said as they started. Some cannot be asked before, and say it only there."""


def refused(lab: Lab, trees: Trees) -> WrongInput | None:
    """The first file that its daemon refuses when it is asked again; ``None`` if none does.

    First are asked those whose service did not start. If it is none of them, all: a daemon that is started in the
    background fails without a word. A node that is still starting is not asked: its daemons miss what their services
    have yet to make (a directory for a log), and would refuse a file that is good.
    """
    failures = {name: failed(node) for name, node in lab.nodes.items() if name in trees and node.pid}
    suspects = [(name, each) for name, wrong in failures.items() for each in TABLE if each.name == wrong]
    ready = [name for name in failures if started(lab.nodes[name])]
    everyone = [(name, each) for name in ready for each in TABLE if each.needs in trees[name].files]
    return (
        _first_refusal(lab, trees, suspects)
        or _first_last_word(lab, trees, suspects)
        or _first_refusal(lab, trees, everyone)
    )


def _first_last_word(lab: Lab, trees: Trees, suspects: list[tuple[str, Service]]) -> WrongInput | None:
    for node, service in suspects:
        if not service.test:
            said = lab.exec(node, "tail", "-n", "3", f"{LOGS}/{service.name}.log", timeout=SECONDS)
            return refusal(node, service, said, source(trees[node], service, said))
    return None


def _first_refusal(lab: Lab, trees: Trees, group: list[tuple[str, Service]]) -> WrongInput | None:
    asked = [(node, service) for node, service in group if service.test]
    with ThreadPoolExecutor(WORKERS) as pool:
        for (node, service), answer in zip(asked, pool.map(lambda each: _ask(lab, *each), asked), strict=True):
            if answer and answer.code:
                pool.shutdown(wait=False, cancel_futures=True)
                return refusal(node, service, answer, source(trees[node], service, answer))
    return None


def _ask(lab: Lab, node: str, service: Service) -> Completed | None:
    try:
        return lab.exec(node, *service.test, timeout=SECONDS)
    except HarnessError:  # a node that cannot be asked says nothing of its files
        return None


def refusal(node: str, service: Service, answer: Completed, written: Path | None) -> WrongInput:
    """The error for a file that its daemon refuses."""
    hint = "mend it and try again; all is as it was before"
    return WrongInput(f"{service.name[3:]} on {node} refuses it: {last_words(answer)}", where=written, hint=hint)


def source(tree: NodeTree, service: Service, answer: Completed) -> Path | None:
    """The file below ``configs/stages`` of which the daemon speaks: the one that it names, else the one that it starts
    from."""
    words = answer.err + answer.out
    named = [path for path in tree.files if service.concerned(path) and f"/{path}" in words]
    file = tree.files.get(max(named, key=len, default=service.needs))
    return file.source.file if file else None


def last_words(answer: Completed) -> str:
    """What a command said last, in one line."""
    lines = (answer.err or answer.out).strip().splitlines()
    return " / ".join(lines[-3:]) if lines else f"exit code {answer.code}"
