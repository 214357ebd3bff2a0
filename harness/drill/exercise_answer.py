"""An answer as it lies on the desk: what is not the trainee's to change, and what of it has to reach the lab."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.drill.exercise_file import Exercise, Place
from harness.lab.apply import changes
from harness.lab.lab import Lab
from harness.lab.node_change import NodeChange, node_change
from harness.language import Language, Text
from harness.render import tree as node_trees
from harness.render.diff import FileChange
from harness.render.tree import Trees

WORKERS = 4
MOST_SHOWN = 5

OTHER_FILE = Text("{} không thuộc các tệp được sửa", "{} is not one of the files that may be edited")
TOUCHED = Text(
    "{} trong lab đã bị thay đổi, mà tệp này phải giữ nguyên", "{} has been changed in the lab and must stay"
)


def forbidden(exercise: Exercise, answer: dict[Place, bytes], beginning: Trees, language: Language) -> tuple[str, ...]:
    """Why an answer does not count, whatever the checks would say: files that are not the trainee's, forbidden text."""
    others = [place for place in answer if place not in exercise.files and not _as_it_was(place, answer, beginning)]
    said = [OTHER_FILE.of(language).format(place) for place in others]
    text = "\n".join(answer[place].decode(errors="replace") for place in exercise.files if place in answer)
    said += [each.why.of(language) for each in exercise.forbidden if re.search(each.pattern, text, re.MULTILINE)]
    return tuple(said)


def _as_it_was(place: Place, answer: dict[Place, bytes], beginning: Trees) -> bool:
    file = beginning[place.node].files.get(place.path) if place.node in beginning else None
    return file is not None and file.content == answer[place]


def said_of_touched(lab: Lab, exercise: Exercise, beginning: Trees, language: Language) -> tuple[str, ...]:
    """That files in the lab's nodes have been changed which must stay."""
    return tuple(TOUCHED.of(language).format(each) for each in touched(lab, exercise, beginning)[:MOST_SHOWN])


def touched(lab: Lab, exercise: Exercise, beginning: Trees) -> tuple[Place, ...]:
    """The files in the lab's nodes that must stay and are not what they were at the start."""
    wanted: dict[str, dict[str, str]] = {}
    for node, tree in beginning.items():
        for path, file in tree.files.items():
            if Place(node, path).matches(exercise.untouched):
                wanted.setdefault(node, {})[path] = hashlib.sha256(file.content).hexdigest()
    with ThreadPoolExecutor(WORKERS) as pool:
        seen = pool.map(lambda node: _digests(lab, node, tuple(wanted[node])), wanted)
        return tuple(
            Place(node, path)
            for (node, paths), there in zip(wanted.items(), seen, strict=True)
            for path, digest in paths.items()
            if there.get(path) != digest
        )


def _digests(lab: Lab, node: str, paths: tuple[str, ...]) -> dict[str, str]:
    answer = lab.exec(node, "sha256sum", "--", *(f"/{path}" for path in paths))
    pairs = (line.split(None, 1) for line in answer.out.splitlines())
    return {path.removeprefix("/"): digest for digest, path in pairs}


def with_answer(lab: Lab, wanted: Trees, files: Sequence[Place]) -> tuple[NodeChange, ...]:
    """What has to change, and the trainee's files in any case: what was typed into a running daemon is not in a file,
    and the file is the answer."""
    old = node_trees.read(Path(lab.record.trees))
    found = {each.node: {file.path: file for file in each.files} for each in changes(lab, wanted)}
    for place in files:
        change = FileChange(
            place.node, place.path, old[place.node].files.get(place.path), wanted[place.node].files[place.path]
        )
        found.setdefault(place.node, {}).setdefault(place.path, change)
    return tuple(node_change(node, tuple(paths.values()), old, wanted) for node, paths in found.items())


def answers(lab: Lab, exercise: Exercise) -> tuple[str, ...]:
    """What the commands say now whose answer must not change."""
    return tuple(lab.exec(each.node, *each.command).out for each in exercise.steady)
