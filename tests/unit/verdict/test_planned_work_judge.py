from dataclasses import replace

from harness.verdict import planned_work as judge

PATH = judge.Learnt("edge1", 6, "::/0", "3fff:100:0:f0::2")
BEFORE = judge.Standing({PATH: "preference 200, no community"}, "router bgp 65540\n", "router bgp 65540\n")


def test_work_that_moved_all_and_left_nothing_has_no_findings():
    assert judge.moved(True, True, "edge1") == judge.undone("edge1", BEFORE, BEFORE) == ()


def test_flows_that_did_not_leave_or_come_back_are_found():
    assert len(judge.moved(False, False, "edge1")) == 2


def test_a_preference_that_stayed_is_found():
    after = replace(BEFORE, paths={PATH: "preference 0, no community"})
    (found,) = judge.undone("edge1", BEFORE, after)
    assert (found.what, found.expected) == ("preference 0, no community", "preference 200, no community")
    (gone,) = judge.undone("edge1", BEFORE, replace(BEFORE, paths={}))
    assert gone.what == "no path"


def test_a_line_that_stayed_or_was_saved_is_found():
    drained = "router bgp 65540\n bgp graceful-shutdown\n"
    (running,) = judge.undone("edge1", BEFORE, replace(BEFORE, running=drained))
    assert "now 'bgp graceful-shutdown'" in running.what
    (saved,) = judge.undone("edge1", BEFORE, replace(BEFORE, startup=drained))
    assert "another was saved" in saved.what
