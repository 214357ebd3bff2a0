"""What two renders have different."""

from __future__ import annotations

from pathlib import Path

from harness.render.diff import diff
from harness.render.tree import NodeTree, Source, TreeFile, Trees, digest, write


def file(content: str | bytes, mode: int = 0o644, stage: str = "one") -> TreeFile:
    return TreeFile(content.encode() if isinstance(content, str) else content, mode, Source(stage, Path("/x")))


def trees(**nodes: dict[str, TreeFile]) -> Trees:
    return {name: NodeTree(name, files) for name, files in nodes.items()}


def test_equal_trees_differ_in_nothing_though_another_stage_decided() -> None:
    old, new = trees(a={"f": file("x\n")}), trees(a={"f": file("x\n", stage="two")})
    assert diff(old, new) == ()
    assert digest(old) == digest(new)


def test_content_mode_coming_and_going_are_each_a_change() -> None:
    old = trees(a={"same": file("x"), "text": file("x"), "mode": file("x"), "gone": file("x")})
    new = trees(a={"same": file("x"), "text": file("y"), "mode": file("x", 0o755), "new": file("x")})
    changes = diff(old, new)
    assert [(each.path, each.old is None, each.new is None) for each in changes] == [
        ("gone", False, True),
        ("mode", False, False),
        ("new", True, False),
        ("text", False, False),
    ]
    assert digest(old) != digest(new)


def test_a_node_that_only_one_side_has_is_changed_in_all_its_files() -> None:
    only = trees(a={"f": file("x"), "g": file("x")})
    assert [(each.node, each.path) for each in diff({}, only)] == [("a", "f"), ("a", "g")]
    assert all(each.new is None for each in diff(only, {}))


def test_a_change_is_shown_as_a_unified_diff() -> None:
    (change,) = diff(trees(a={"etc/f": file("one\ntwo\n")}), trees(a={"etc/f": file("one\n2\n")}))
    assert change.unified() == "--- a/a/etc/f\n+++ b/a/etc/f\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"


def test_a_new_file_is_shown_against_nothing_and_an_open_last_line_is_closed() -> None:
    (change,) = diff({}, trees(a={"f": file("x")}))
    assert change.unified() == "--- /dev/null\n+++ b/a/f\n@@ -0,0 +1 @@\n+x\n"


def test_bytes_that_are_no_text_can_be_shown() -> None:
    (change,) = diff({}, trees(a={"f": file(b"\xff\n")}))
    assert "+\\xff\n" in change.unified()


def test_a_directory_of_earlier_trees_is_brought_to_exactly_the_new_ones(tmp_path: Path) -> None:
    write(trees(a={"etc/old": file("x"), "etc/f": file("x")}, b={"f": file("x")}), tmp_path)
    write(trees(a={"etc/f": file("y", 0o755)}), tmp_path)
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {".v6lab-trees", "a/etc/f"}
    assert (tmp_path / "a/etc/f").read_text() == "y"
    assert (tmp_path / "a/etc/f").stat().st_mode & 0o777 == 0o755
