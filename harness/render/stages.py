"""The stack of stages: which file a node has at a stage, and which stage decided it.

Walk back from the stage to the baseline; in each stage look into ``nodes/<node>/``, then ``roles/<role>/``, then
``roles/all/``. The first that has the path wins; an empty ``<path>.absent`` says that the node has no such file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import WrongInput
from harness.render.tree import Source

TEMPLATE, ABSENT = ".j2", ".absent"
EVERY_ROLE = "all"


@dataclass(frozen=True, slots=True)
class Step:
    """One place that was looked at on the walk, and what was found there."""

    stage: str
    place: str
    found: Path | None


@dataclass(frozen=True, slots=True)
class Stack:
    """The directories of the stages up to one of them, newest first. A candidate may lie on top as one more."""

    layers: tuple[tuple[str, Path], ...]
    _listing: dict[str, dict[str, Path]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def at(cls, directory: Path, stages: Sequence[str], stage: str, *overlays: Path) -> Stack:
        """The stack of ``stage`` below ``configs/stages``, with overlays (candidates) on top."""
        if stage not in stages:
            raise WrongInput(f"there is no stage {stage!r}", where="--stage", hint="stages: " + ", ".join(stages))
        upto = stages[: list(stages).index(stage) + 1]
        layers = [(overlay.name, overlay) for overlay in reversed(overlays)]
        layers += [(name, directory / name) for name in reversed(upto)]
        return cls(tuple(layers))

    def paths(self, node: str, role: str) -> tuple[str, ...]:
        """Every path that some layer gives this node, also those that a later layer takes away."""
        found: set[str] = set()
        for _, directory in self.layers:
            for place in _places(node, role):
                found.update(_plain(path) for path in self._files(directory / place))
        return tuple(sorted(found))

    def walk(self, node: str, role: str, path: str) -> tuple[Step, ...]:
        """All places that were looked at, up to and including the one that decided."""
        steps: list[Step] = []
        for stage, directory in self.layers:
            for place in _places(node, role):
                files = self._files(directory / place)
                for name in (path, path + TEMPLATE, path + ABSENT):
                    if name in files:
                        return (*steps, Step(stage, place, files[name]))
                steps.append(Step(stage, place, None))
        return tuple(steps)

    def resolve(self, node: str, role: str, path: str) -> Source | None:
        """Where the file comes from; ``None`` where the node has none."""
        steps = self.walk(node, role, path)
        last = steps[-1] if steps else None
        if last is None or last.found is None or last.found.name.endswith(ABSENT):
            return None
        return Source(last.stage, last.found)

    def _files(self, root: Path) -> dict[str, Path]:
        key = str(root)
        if key not in self._listing:
            self._listing[key] = {
                str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file() or path.is_symlink()
            }
        return self._listing[key]


def _places(node: str, role: str) -> tuple[str, ...]:
    return (f"nodes/{node}", f"roles/{role}", f"roles/{EVERY_ROLE}")


def _plain(path: str) -> str:
    return path.removesuffix(TEMPLATE).removesuffix(ABSENT)
