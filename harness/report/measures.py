"""What a drill measured, in the words of both languages; names of routers and hosts in it stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

from harness.language import Text
from harness.report.made.drill import Spread
from harness.report.words import Words, words


def title(spread: Spread) -> Text:
    """The measure with its family and direction."""
    return Text(_title(spread, words("vi")), _title(spread, words("en")))


def missed(spreads: Sequence[Spread]) -> Text:
    """The measures that missed their targets, each with its worst."""
    return Text(_missed(spreads, words("vi")), _missed(spreads, words("en")))


def _missed(spreads: Sequence[Spread], say: Words) -> str:
    found = []
    for each in spreads:
        worst = say("drills.never") if each.worst_ms is None else say("rehearsal.ms", n=each.worst_ms)
        found.append(say("drills.missed", measure=_title(each, say), worst=worst, target=each.target_ms))
    return "; ".join(found)


def _title(spread: Spread, say: Words) -> str:
    what, _, rest = spread.measure.partition(" ")
    named = f"measure.{what}"
    name = f"{say(named)} {rest}".strip() if named in say.texts else spread.measure
    towards = f"direction.{spread.direction}"
    direction = say(towards) if towards in say.texts else spread.direction
    return " · ".join(filter(None, (name, spread.family, direction)))
