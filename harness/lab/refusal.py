"""Why a lab did not come up, where a daemon can say it: the file that it refuses, as somebody wrote it."""

from __future__ import annotations

from pathlib import Path

from harness.engine.base import Completed
from harness.errors import WrongInput
from harness.lab.conditions.nodes import failed
from harness.lab.lab import Lab
from harness.lab.reload import TABLE, Service
from harness.render.tree import NodeTree, Trees

SECONDS = 60.0


def refused(lab: Lab, trees: Trees) -> WrongInput | None:
    """The first file that the daemon of a failed service refuses when it is asked again; ``None`` if none does."""
    for node in lab.nodes.values():
        service = next((each for each in TABLE if each.name == failed(node)), None)
        if service and service.test and node.name in trees:
            answer = lab.exec(node.name, *service.test, timeout=SECONDS)
            if answer.code:
                return refusal(node.name, service, answer, source(trees[node.name], service))
    return None


def refusal(node: str, service: Service, answer: Completed, written: Path | None) -> WrongInput:
    """The error for a file that its daemon refuses."""
    hint = "mend it and try again; all is as it was before"
    return WrongInput(f"{service.name[3:]} on {node} refuses it: {last_words(answer)}", where=written, hint=hint)


def source(tree: NodeTree, service: Service) -> Path | None:
    """The file below ``configs/stages`` that a service of a node starts from."""
    file = tree.files.get(service.needs)
    return file.source.file if file else None


def last_words(answer: Completed) -> str:
    """What a command said last, in one line."""
    lines = (answer.err or answer.out).strip().splitlines()
    return " / ".join(lines[-3:]) if lines else f"exit code {answer.code}"
