"""Another image in place of those that a file names: its nodes keep their commands, files and links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.topology.model import Topology


def stand_in(topology: Topology, image: str | None) -> Topology:
    """The topology with ``image`` in every node that has an image of another name (tags apart); as it is without one."""
    if image is None:
        return topology
    name = image.partition(":")[0]
    nodes = {
        each.name: each if each.image.partition(":")[0] == name else replace(each, image=image)
        for each in topology.nodes.values()
    }
    return replace(topology, nodes=nodes)


def replaced(before: Topology, after: Topology) -> Iterator[str]:
    """One line for each image that another one stands in for, with the nodes concerned."""
    nodes: dict[tuple[str, str], list[str]] = {}
    for old, new in zip(before.nodes.values(), after.nodes.values(), strict=True):
        if old.image != new.image:
            nodes.setdefault((old.image, new.image), []).append(old.name)
    for (old_image, new_image), names in nodes.items():
        yield f"image {new_image} stands in for {old_image} on {', '.join(names)}"
