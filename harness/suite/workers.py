"""Which xdist worker runs which test: each group on one worker, the rest wherever there is room.

xdist's own ``loadgroup`` writes groups into node ids, which pytest 9.2 no longer lets it do; so the workers, who
collect, write the groups into a file, and the controller, who distributes, reads it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadScopeScheduling

DISTRIBUTIONS = ("load", "loadgroup")
"""Those in which a worker is chosen for each test; ``load`` is what plain ``-n`` means."""


def write_groups(file: Path, groups: Mapping[str, str]) -> None:
    """Node id → group, whole or not at all; every worker writes the same."""
    fresh = file.with_suffix(f".{os.getpid()}")
    fresh.write_text(json.dumps(groups), encoding="utf-8")
    fresh.replace(file)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Sends the tests of one group to one worker, in their order."""

    def __init__(self, config: Any, log: Any, file: Path) -> None:
        super().__init__(config, log)
        self.file = file
        self.groups: dict[str, str] = {}

    def schedule(self) -> None:
        """Every worker has collected by now."""
        if self.file.exists():
            self.groups = json.loads(self.file.read_text(encoding="utf-8"))
        super().schedule()

    def _split_scope(self, nodeid: str) -> str:
        return self.groups.get(nodeid, nodeid)
