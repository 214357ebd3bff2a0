"""What is to be judged: a directory laid out like a stage, or what has changed since a commit. Refused early, by name."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from harness.errors import WrongInput, usable
from harness.render.stages import EVERY_ROLE
from harness.topology.model import Topology

NODES, ROLES = "nodes", "roles"
PARTS = ("configs", "topologies")
SECONDS = 60.0


def require(candidate: Path, topology: Topology) -> None:
    """Raise ``WrongInput`` unless every file of a candidate is for a node or a role of the topology."""
    if not candidate.is_dir():
        raise WrongInput("there is no such directory", where=candidate, hint="name a directory with nodes/ or roles/")
    files = sorted(each.relative_to(candidate) for each in candidate.rglob("*") if not each.is_dir())
    if not files:
        raise WrongInput("the candidate is empty", where=candidate, hint="put nodes/<node>/<path> into it")
    roles = dict.fromkeys((EVERY_ROLE, *(node.role for node in topology.nodes.values())))
    known = {NODES: tuple(topology.nodes), ROLES: tuple(roles)}
    for file in files:
        _require_one(candidate, file, known)


def _require_one(candidate: Path, file: Path, known: dict[str, tuple[str, ...]]) -> None:
    place = file.parts[0]
    if place == "topologies" or file.name.endswith(".clab.yml"):
        hint = "edit topologies/ itself, take the lab down and bring up a new one; its checks judge it"
        raise WrongInput(
            "needs a new topology, which cannot be laid over a running lab", where=candidate / file, hint=hint
        )
    if place not in known or len(file.parts) < 3:
        hint = "a candidate is laid out like a stage: nodes/<node>/<path>, roles/<role>/<path>"
        raise WrongInput("is no file of a node or a role", where=candidate / file, hint=hint)
    if (name := file.parts[1]) not in known[place]:
        noun = place.removesuffix("s")
        hint = f"{place}: " + ", ".join(known[place])
        raise WrongInput(f"the topology has no {noun} {name!r}", where=candidate / file, hint=hint)


def commit(root: Path, reference: str) -> str:
    """The hash of the commit that is meant. Raises ``WrongInput``."""
    answer = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    if answer is None:
        raise WrongInput(f"there is no commit {reference!r}", where="--base", hint="name a commit, a branch or a tag")
    return answer.decode().strip()


def extract(root: Path, wanted: str, out: Path) -> Path:
    """``configs/`` and ``topologies/`` as they are in a commit, written to the directory ``out``. Raises
    ``WrongInput``."""
    answer = _git(root, "archive", "--format=tar", wanted, "--", *PARTS)
    if answer is None:
        raise WrongInput(f"{wanted[:12]} has no {' and '.join(PARTS)}", where="--base", hint="name a later commit")
    with usable(out):
        out.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=BytesIO(answer)) as packed:
            # Debian 12 began with Python 3.11.2, which has no filters yet.
            packed.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            packed.extractall(out)
    return out


def require_same_topologies(base: Path, present: Path) -> None:
    """Raise ``WrongInput`` if ``topologies/`` is not the same in both."""
    old, new = (_contents(each / "topologies") for each in (base, present))
    if changed := sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name)):
        raise WrongInput(
            "has changed since the base: this needs a new topology, which cannot be laid over a running lab",
            where=present / "topologies" / changed[0],
            hint="v6lab up --name NEW brings a lab up with it, pytest tests/checks --lab NEW judges it",
        )


def _contents(root: Path) -> dict[str, bytes]:
    return {str(each.relative_to(root)): each.read_bytes() for each in root.rglob("*") if each.is_file()}


def _git(root: Path, *argv: str) -> bytes | None:
    """What git answers; ``None`` if it refuses."""
    try:
        answer = subprocess.run(
            ("git", "-C", str(root), *argv), capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL, check=False
        )
    except FileNotFoundError as error:
        raise WrongInput("git is not installed", where="--base", hint="install git, or use --candidate") from error
    return answer.stdout if answer.returncode == 0 else None
