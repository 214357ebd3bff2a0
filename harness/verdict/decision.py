"""What somebody has decided to let pass, with a name and an end: the only way round a requirement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Decision:
    """``check`` does not apply at ``where`` (as the check names its places) until the end of ``until``; ``owner``
    answers for it."""

    check: str
    where: str
    owner: str
    until: date
    why: str
