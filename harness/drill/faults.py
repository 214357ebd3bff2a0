"""The faults of ``configs/faults``, one YAML file each: every mistake in a file is told with file, line and key."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.drill.breaking import Breaking, read_breaking
from harness.errors import WrongInput, usable
from harness.plan.section import Section, read_sections
from harness.render.tree import Trees

SUFFIX = ".yml"
KEYS = ("id", "vi", "en", "source", "stages", "mistake", "breakage", "reached", "caught_by", "stays_green", "note")
EDIT_KEYS = ("node", "path", "replace", "file")
REACHED_KEYS = ("node", "command", "running", "contains", "lacks", "matches")
ALL_STAGES, FROM = "all", "from "
RUNNING = ("vtysh", "-c", "show running-config")


@dataclass(frozen=True, slots=True)
class Replacement:
    """Put ``new`` in the place of the one text that ``old`` is, or that the regular expression ``pattern`` matches."""

    old: str
    new: str
    pattern: bool = False

    def count(self, text: str) -> int:
        """How often the text to be replaced occurs."""
        return len(re.findall(self.old, text, re.MULTILINE)) if self.pattern else text.count(self.old)

    def apply(self, text: str) -> str:
        """The text with the replacement made."""
        return (
            re.sub(self.old, self.new, text, flags=re.MULTILINE) if self.pattern else text.replace(self.old, self.new)
        )


@dataclass(frozen=True, slots=True)
class Edit:
    """What a mistake does to one file of a node: a replacement in what is rendered, or another file as a whole."""

    node: str
    path: str
    key: str
    line: int
    replacement: Replacement | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    """How it is known that a fault took effect: what a command in a node answers."""

    node: str
    command: tuple[str, ...]
    contains: str = ""
    lacks: str = ""
    matches: str = ""

    def missing(self, answer: str) -> str | None:
        """Why the answer does not show the fault; ``None`` if it does."""
        if self.contains and self.contains not in answer:
            return f"{self} does not contain {self.contains!r}"
        if self.matches and not re.search(self.matches, answer, re.MULTILINE):
            return f"{self} does not match {self.matches!r}"
        if self.lacks and self.lacks in answer:
            return f"{self} still contains {self.lacks!r}"
        return None if answer.strip() else f"{self} is empty"

    def __str__(self) -> str:
        return f"the answer of {self.node} to {shlex.join(self.command)}"


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake or a breakage with a name: how to apply it, how to know that it was reached, and who must notice."""

    file: Path
    id: str
    vi: str
    en: str
    source: str
    stages: tuple[str, ...]
    edits: tuple[Edit, ...]
    breakage: tuple[Breaking, ...]
    reached: tuple[Sign, ...]
    caught_by: tuple[str, ...]
    stays_green: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What a fault's file may name."""

    stages: tuple[str, ...]
    nodes: Collection[str]
    checks: Collection[str]


def read(directory: Path, known: Known) -> dict[str, Fault]:
    """All faults of a directory by id. Raises ``WrongInput`` with file, line and key for what cannot be understood."""
    if not directory.is_dir():
        raise WrongInput("there is no such directory", where=directory, hint="name a directory of faults")
    files = sorted(directory.glob(f"*{SUFFIX}"))
    if not files:
        raise WrongInput(f"no fault here: no file ends in {SUFFIX}", where=directory, hint="see docs/add-a-fault.md")
    return {fault.id: fault for fault in (_read_one(file, known) for file in files)}


def candidate(fault: Fault, trees: Trees, out: Path) -> Path:
    """Write the mistake as a directory laid out like a stage, made from what is rendered.

    Raises ``WrongInput`` at the edit that does not fit: no such node or file, or not exactly one place to replace.
    """
    for (node, path), text in texts(fault.file, fault.edits, trees).items():
        target = out / "nodes" / node / path
        with usable(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
            if file := trees[node].files.get(path):
                target.chmod(file.mode)
    return out


def texts(file: Path, edits: Sequence[Edit], trees: Trees) -> dict[tuple[str, str], str]:
    """The edited files, (node, path) → text; those of one file are made one after the other. ``file`` is where the
    edits were written. Raises ``WrongInput`` at the edit that does not fit."""
    found: dict[tuple[str, str], str] = {}
    for edit in edits:
        place = edit.node, edit.path
        found[place] = _edited(file, edit, found.get(place), trees)
    return found


def _edited(file: Path, edit: Edit, before: str | None, trees: Trees) -> str:
    if edit.node not in trees:
        raise _misfit(file, edit, f"the topology has no node {edit.node!r}", "correct `node:`")
    if edit.file:
        return edit.file.read_text(encoding="utf-8")
    rendered = trees[edit.node].files.get(edit.path)
    if rendered is None:
        raise _misfit(file, edit, f"{edit.node} has no file {edit.path}", "v6lab render shows what it has")
    assert edit.replacement
    text = rendered.content.decode() if before is None else before
    if (count := edit.replacement.count(text)) != 1:
        what = "matches nothing" if not count else f"matches {count} places"
        hint = f"it must match exactly one place: v6lab render, then look into {edit.node}/{edit.path}"
        raise _misfit(file, edit, f"{what} in {edit.node}:{edit.path}", hint)
    return edit.replacement.apply(text)


def _misfit(file: Path, edit: Edit, what: str, hint: str) -> WrongInput:
    return WrongInput(what, where=file, line=edit.line, key=edit.key, hint=hint)


def _read_one(file: Path, known: Known) -> Fault:
    root = read_sections(file)
    root.only(KEYS)
    if _text(root, "id") != file.stem:
        raise root.child("id").wrong(
            f"{_text(root, 'id')!r} is not the file's name", f"write {file.stem}, or rename it"
        )
    if ("mistake" in root) == ("breakage" in root):
        raise root.wrong("one of `mistake` and `breakage` is needed, and not both", "keep one")
    return Fault(
        file=file,
        id=file.stem,
        vi=_text(root, "vi"),
        en=_text(root, "en"),
        source=_text(root, "source"),
        stages=_stages(root, known.stages),
        edits=tuple(read_edit(file, each, known.nodes) for each in root.filled("mistake")) if "mistake" in root else (),
        breakage=_breakage(root, known) if "breakage" in root else (),
        reached=tuple(_sign(each, known) for each in root.filled("reached")),
        caught_by=_checks(root, "caught_by", known),
        stays_green=_checks(root, "stays_green", known),
        note=_text(root, "note") if "note" in root else "",
    )


def _text(section: Section, key: str) -> str:
    found = section.child(key)
    if not (text := found.as_text()).strip():
        raise found.wrong("says nothing", "write something here")
    return text


def _stages(root: Section, stages: tuple[str, ...]) -> tuple[str, ...]:
    section = root.child("stages")
    if isinstance(section.value, list):
        return tuple(each.one_of(stages, "stage") for each in root.filled("stages"))
    written = section.as_text()
    if written == ALL_STAGES:
        return stages
    since = written.removeprefix(FROM).strip()
    if not written.startswith(FROM) or since not in stages:
        hint = f"write `all`, `from STAGE` or a list; stages: {', '.join(stages)}"
        raise section.wrong(f"{written!r} is no stage", hint)
    return stages[stages.index(since) :]


def _checks(root: Section, key: str, known: Known) -> tuple[str, ...]:
    return tuple(each.one_of(known.checks, "check") for each in root.filled(key))


def read_edit(file: Path, entry: Section, nodes: Collection[str]) -> Edit:
    """One edit as it is written in a file; ``nodes`` are those that it may name. Raises ``WrongInput``."""
    entry.only(EDIT_KEYS)
    if ("replace" in entry) == ("file" in entry):
        raise entry.wrong("one of `replace` and `file` is needed, and not both", "keep one")
    node, path = entry.child("node").one_of(nodes, "node"), _text(entry, "path")
    if path.startswith("/") or ".." in PurePosixPath(path).parts:
        raise entry.child("path").wrong(f"{path!r} is no path below a node's root", "write etc/frr/frr.conf")
    if "replace" in entry:
        return Edit(node, path, entry.path, entry.line, replacement=_replacement(entry.child("replace")))
    beside = file.parent / _text(entry, "file")
    if not beside.is_file():
        raise entry.child("file").wrong(f"there is no file {beside}", "put it beside the fault")
    return Edit(node, path, entry.path, entry.line, file=beside)


def _replacement(entry: Section) -> Replacement:
    entry.only(("old", "pattern", "new"))
    if ("old" in entry) == ("pattern" in entry):
        raise entry.wrong("one of `old` and `pattern` is needed, and not both", "keep one")
    new = entry.child("new").as_text()
    if "old" in entry:
        return Replacement(_text(entry, "old"), new)
    found = Replacement(_text(entry, "pattern"), new, pattern=True)
    try:
        re.compile(found.old).sub(new, "")
    except re.error as error:
        raise entry.wrong(f"is no regular expression: {error}", "mend it, or use `old`") from error
    return found


def _breakage(root: Section, known: Known) -> tuple[Breaking, ...]:
    entry = root.child("breakage")
    entries = root.filled("breakage") if isinstance(entry.value, list) else (entry,)
    for each in entries:
        if "link" in each:
            for end in each.filled("link"):
                end.one_of(known.nodes, "node")
        if "node" in each:
            each.child("node").one_of(known.nodes, "node")
    return tuple(map(read_breaking, entries))


def _sign(entry: Section, known: Known) -> Sign:
    entry.only(REACHED_KEYS)
    if ("command" in entry) == ("running" in entry):
        raise entry.wrong("one of `command` and `running` is needed, and not both", "keep one")
    said = [key for key in ("contains", "lacks", "matches") if key in entry]
    node = entry.child("node").one_of(known.nodes, "node")
    if "running" in entry:
        if said:
            raise entry.wrong("`running` says itself what the configuration must contain", f"take out `{said[0]}`")
        return Sign(node, RUNNING, contains=_text(entry, "running"))
    if not said:
        raise entry.wrong("nothing says what the answer must be", "add `contains`, `lacks` or `matches`")
    command = tuple(each.as_text() for each in entry.filled("command"))
    if "matches" in entry:
        try:
            re.compile(_text(entry, "matches"))
        except re.error as error:
            raise entry.child("matches").wrong(f"is no regular expression: {error}", "mend it") from error
    return Sign(node, command, **{key: _text(entry, key) for key in said})
