"""What turns one ``ip -batch`` file into another on a node whose interfaces are up already: pure text in, text out."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import WrongInput

OPPOSITE = {"address add": "address del", "route add": "route del", "link add": "link del"}


@dataclass(frozen=True, slots=True)
class Transition:
    """Lines for ``ip -batch``: ``undone`` take away what is gone, ``done`` bring what is new, and ``unlinked`` delete
    links that do not come back, once nobody's daemon holds on to them (FRR's zebra dies of an interface that goes while
    VRRP has it send advertisements)."""

    undone: str = ""
    done: str = ""
    unlinked: str = ""


def transition(node: str, old: str, new: str) -> Transition:
    """What turns the old lines into the new ones.

    Routes are set again in whole: a kernel drops those that hung on an address that went. What hung on a link that
    is deleted goes with it. Raises ``WrongInput`` for a line that has no opposite.
    """
    before, after = _lines(old), _lines(new)
    gone = [line for line in before if line not in after]
    links = {_link(line) for line in gone if line.startswith("link add")}
    again = {_link(line) for line in after if line.startswith("link add")}
    undo = [line for line in reversed(gone) if line.startswith("link add") or _device(line) not in links]
    late = [line for line in undo if line.startswith("link add") and _link(line) not in again]
    early = [_undo(node, line) for line in undo if line not in late and not _as_ever(line)]
    fresh = [line for line in after if line not in before or _device(line) in links]
    done = [line for line in fresh if not line.startswith("route add")]
    routes = [line.replace("route add", "route replace", 1) for line in after if line.startswith("route add")]
    return Transition(_text(early), _text(done + routes), _text([_undo(node, line) for line in late]))


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _link(line: str) -> str:
    return line.split()[2]


def _device(line: str) -> str:
    """The interface that a line is about."""
    words = line.split()
    if words[0] == "link":
        return words[2]
    return words[words.index("dev") + 1] if "dev" in words else ""


def _as_ever(line: str) -> bool:
    """Whether it says what an engine does for every interface of a link anyway."""
    words = line.split()
    return words[:2] == ["link", "set"] and words[3:] == ["up"]


def _undo(node: str, line: str) -> str:
    words = line.split()
    verb = " ".join(words[:2])
    if verb == "link add":
        return f"link del {_link(line)}"
    if verb in OPPOSITE:
        return line.replace(verb, OPPOSITE[verb], 1).removesuffix(" nodad")
    raise WrongInput(
        f"a running lab cannot take back {line!r}",
        where=f"{node}:etc/network/ip.batch",
        hint="take the lab down and up again",
    )


def _text(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
