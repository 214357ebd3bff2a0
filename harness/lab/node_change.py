"""What changes on one node, and which of its daemons have to know. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.lab.reload import Service, services
from harness.render.diff import FileChange
from harness.render.tree import Trees


@dataclass(frozen=True, slots=True)
class NodeChange:
    """What changes on one node: the files, and the services that have to take them over or to end."""

    node: str
    files: tuple[FileChange, ...]
    reloaded: tuple[Service, ...]
    ended: tuple[Service, ...]

    def content(self, side: str) -> dict[str, bytes | None]:
        """The files as they are to be pushed, of the ``old`` or the ``new`` side; without those of ended services."""
        sides = {
            f"/{each.path}": each.old if side == "old" else each.new for each in self.files if each not in self.last
        }
        return {path: file.content if file else None for path, file in sides.items()}

    @property
    def last(self) -> tuple[FileChange, ...]:
        """Files that go when the service that read them has ended: it may need them to end."""
        gone = [each for each in self.files if each.new is None]
        return tuple(each for each in gone if any(service.concerned(each.path) for service in self.ended))

    def text(self, side: str, path: str) -> str:
        """One changed file as text; empty where it is absent."""
        files = {each.path: each.old if side == "old" else each.new for each in self.files}
        file = files.get(path)
        return file.content.decode() if file else ""


def node_change(node: str, files: Sequence[FileChange], old: Trees, wanted: Trees) -> NodeChange:
    """The change of a node between two sets of trees. Raises ``WrongInput`` for a file that no daemon is known to read."""
    before = old[node].files if node in old else {}
    after = wanted[node].files if node in wanted else {}
    concerned = services(node, [each.path for each in files], [*before, *after])
    return NodeChange(
        node,
        tuple(files),
        tuple(each for each in concerned if each.needs in after),
        tuple(each for each in concerned if each.needs not in after),
    )
